#include "processors/file/claims.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <string>
#include <system_error>
#include <thread>

#include "config/base/fault_point.hpp"
#include "config/base/file_descriptor.hpp"
#include "config/base/json.hpp"
#include "config/base/sha256.hpp"
#include "processors/file/disk.hpp"
#include "processors/file/errors.hpp"
#include "processors/file/journal.hpp"
#include "processors/file/lock.hpp"
#include "processors/file/path_policy.hpp"
#include "processors/file/path_template.hpp"

namespace kfs {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view suffix = ".kfs-claims";
constexpr int format = 1;
/// Where in an entry the consumers stand, behind partition, holder and claimant.
constexpr std::size_t consumers_at = 3;
/// How much of a group's name is in the name of its claims.
constexpr std::size_t most_of_group = 40;
constexpr std::size_t digits_of_digest = 16;
/// Another process changes the claims within milliseconds, unless it is frozen.
constexpr std::chrono::seconds patience{2};
constexpr std::chrono::milliseconds between_tries{2};
constexpr std::int64_t most_bytes = 64 * 1024 * 1024;

/// A process that writes for longer than that has been frozen, and tries again.
constexpr std::chrono::minutes kept_for{1};

bool is_plain(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
         letter == '-' || letter == '_';
}

bool is_same(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino && one.st_size == other.st_size &&
         one.st_ctim.tv_sec == other.st_ctim.tv_sec && one.st_ctim.tv_nsec == other.st_ctim.tv_nsec;
}

}  // namespace

bool file_claims::is_name(std::string_view file_name) {
  const auto at = file_name.rfind(suffix);
  if (at == std::string_view::npos) return false;
  const auto rest = file_name.substr(at + suffix.size());
  return rest.empty() || rest == ".new" ||  // of a version before
         (rest.starts_with(journal_replacement_suffix) && rest.size() == journal_replacement_length);
}

std::string file_claims::directory_of(const std::string& files) {
  std::size_t at = 0;
  while (at < files.size()) {
    const auto [length, stands_for] = placeholder_at(std::string_view(files).substr(at));
    if (stands_for) break;
    at += length;
  }
  return files.substr(0, files.rfind('/', at) + 1);
}

std::string file_claims::path_for(const std::string& files) {
  auto path = directory_of(files);
  for (const char letter : std::string_view(files).substr(path.size())) {
    if (letter == '/') {
      path += "%2F";
    } else if (letter == '%') {
      path += "%25";
    } else {
      path += letter;
    }
  }
  return path.append(suffix);
}

std::string file_claims::path_for_group(const std::string& directory, const record_source& source, std::size_t place) {
  auto group = source.group.substr(0, most_of_group);
  std::ranges::replace_if(
      group, [](char letter) { return !is_plain(letter); }, '_');
  const json whole{source.cluster_id, source.group, source.topic, place};
  const auto digest =
      sha256_hex(whole.dump(-1, ' ', false, json::error_handler_t::replace)).substr(0, digits_of_digest);
  return fmt::format("{}{}-{}{}", directory, group, digest, suffix);
}

result<std::vector<file_claims::owner>> file_claims::take(const record_source& source, std::span<const claim> wanted,
                                                          const std::function<bool()>& goes_on) {
  std::vector<owner> holders;
  auto done = change(
      [&](table& claims) -> result<bool> {
        bool changed = false;
        holders.clear();
        for (const auto& [partition, by] : wanted) {
          auto& [holder, claimant] = claims[source][partition];
          changed = changed || claimant != by;
          claimant = by;
          holders.push_back(holder);
        }
        return changed;
      },
      goes_on);
  if (!done) return tl::make_unexpected(done.error());
  return holders;
}

result<void> file_claims::hold(const record_source& source, std::span<const claim> taken,
                               const std::function<bool()>& goes_on) {
  return change(
      [&](table& claims) -> result<bool> {
        bool changed = false;
        for (const auto& [partition, by] : taken) {
          auto& [holder, claimant] = claims[source][partition];
          if (claimant.file != by.file)
            return failure(ec::sink_unavailable,
                           fmt::format("\"{}\" has claimed partition {} at the same time as \"{}\"; it is tried again",
                                       claimant.file, partition, by.file));
          changed = changed || holder != by;
          holder = by;
        }
        return changed;
      },
      goes_on);
}

bool file_claims::holds(const record_source& source, partition_number partition, const std::string& file) const {
  if (!are_there_) return true;
  const auto* const found = find(source, partition);
  return found != nullptr && found->holder.file == file && found->claimant.file == file;
}

file_claims::holding file_claims::seen(const record_source& source, partition_number partition) const {
  const auto* const found = are_there_ ? find(source, partition) : nullptr;
  return found == nullptr ? holding{} : *found;
}

const file_claims::holding* file_claims::find(const record_source& source, partition_number partition) const {
  const auto of_source = seen_.find(source);
  if (of_source == seen_.end()) return nullptr;
  const auto found = of_source->second.find(partition);
  return found == of_source->second.end() ? nullptr : &found->second;
}

result<void> file_claims::look() {
  struct stat now {};
  are_there_ = ::lstat(path_.c_str(), &now) == 0;
  if (!are_there_) {
    if (errno == ENOENT) return {};
    return tl::make_unexpected(file_error(errno, "examine", path_));
  }
  if (seen_from_ && is_same(now, seen_as_)) return {};
  seen_from_.reset();
  auto file = open_resolved(path_);
  if (!file) return tl::make_unexpected(file.error());
  // What is read is as new as this, or newer, which the next call finds out.
  if (::fstat(file->get(), &seen_as_) != 0) return tl::make_unexpected(file_error(errno, "examine", path_));
  auto claims = read(*file);
  if (!claims) return tl::make_unexpected(claims.error());
  seen_ = std::move(*claims);
  seen_from_ = std::move(*file);
  return {};
}

/// The next claims are written beside the file, and put in its place while it is locked, if it is still the one that
/// was read. So a process that is frozen, or whose disk is slow, holds the lock for two calls of the system, not for as
/// long as the disk takes.
result<void> file_claims::change(const std::function<result<bool>(table&)>& edit,
                                 const std::function<bool()>& goes_on) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    const auto file = open_resolved(path_);
    if (!file) return tl::make_unexpected(file.error());
    auto claims = read(*file);
    if (!claims) return tl::make_unexpected(claims.error());
    const auto changed = edit(*claims);
    if (!changed) return tl::make_unexpected(changed.error());
    if (!*changed) return {};
    auto replaced = replace(*file, *claims);
    if (!replaced) return tl::make_unexpected(std::move(replaced).error());
    if (*replaced) {
      remove_old_leftovers();
      return sync_directory(path_.parent_path());
    }
    if (!goes_on()) return failure(ec::shutting_down, "the processor was given up");
    if (std::chrono::steady_clock::now() >= deadline) {
      if (auto locked = lock_file(*file, path_); !locked) return locked;
      return failure(ec::sink_unavailable, fmt::format("\"{}\" is being replaced; it is tried again", path_.native()));
    }
    std::this_thread::sleep_for(between_tries);
  }
}

/// False when another process has the lock, or has replaced the file.
result<bool> file_claims::replace(const file_descriptor& read_from, const table& next) {
  const auto beside = file_journal::replacement_of(path_);
  auto replaced = write_whole(beside, text_of(next)).and_then([&]() -> result<bool> {
    if (is_held_elsewhere(read_from) || !is_named(read_from, path_)) return false;
    fault_point("file.before_claims");
    if (::rename(beside.c_str(), path_.c_str()) != 0) return tl::make_unexpected(file_error(errno, "replace", path_));
    return true;
  });
  if (!replaced || !*replaced) ::unlink(beside.c_str());
  return replaced;
}

/// A kill may have left some.
void file_claims::remove_old_leftovers() const {
  const auto name = path_.filename().native() + std::string(journal_replacement_suffix);
  std::error_code failed;  // what cannot be removed stays
  for (fs::directory_iterator entry(path_.parent_path(), failed), end; !failed && entry != end;
       entry.increment(failed)) {
    if (!entry->path().filename().native().starts_with(name)) continue;
    const auto written = entry->last_write_time(failed);
    if (!failed && fs::file_time_type::clock::now() - written > kept_for) fs::remove(entry->path(), failed);
  }
}

std::string file_claims::text_of(const table& claims) const {
  json sources = json::array();
  for (const auto& [source, partitions] : claims) {
    json entries = json::array();
    for (const auto& [partition, one] : partitions) {
      json entry{partition, one.holder.file, one.claimant.file};
      if (!one.claimant.consumer.empty()) {
        entry.push_back(one.holder.consumer);
        entry.push_back(one.claimant.consumer);
      }
      entries.push_back(std::move(entry));
    }
    sources.push_back(
        {{"source", {source.cluster_id, source.group, source.topic}}, {"partitions", std::move(entries)}});
  }
  const json whole{{"claims", format}, {"files", about_}, {"sources", std::move(sources)}};
  return whole.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

result<file_claims::table> file_claims::read(const file_descriptor& file) const {
  const auto text = read_whole(file, path_, most_bytes);
  if (!text) return tl::make_unexpected(text.error());
  table claims;
  if (text->empty()) return claims;
  try {
    const auto whole = json::parse(*text);
    if (whole.at("claims") != format || whole.at("files") != about_) return tl::make_unexpected(damaged());
    for (const auto& one : whole.at("sources")) {
      const auto& named = one.at("source");
      auto& partitions = claims[{named.at(0), named.at(1), named.at(2)}];
      for (const auto& entry : one.at("partitions")) {
        auto& [holder, claimant] = partitions[entry.at(0).get<partition_number>()];
        holder.file = entry.at(1);
        claimant.file = entry.at(2);
        if (entry.size() <= consumers_at) continue;
        holder.consumer = entry.at(consumers_at);
        claimant.consumer = entry.at(consumers_at + 1);
      }
    }
  } catch (const json::exception&) {
    return tl::make_unexpected(damaged());
  }
  return claims;
}

error file_claims::damaged() const {
  return {ec::sink_denied,
          fmt::format("\"{}\" does not tell which file (\"{}\") has which partition: it is damaged, was moved "
                      "here, or is of another version of this server; stop the consumers of the group, wait until all "
                      "their members have ended, and move it away",
                      path_.native(), about_)};
}

}  // namespace kfs
