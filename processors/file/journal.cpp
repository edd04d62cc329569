#include "processors/file/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <random>

#include "config/base/fault_point.hpp"
#include "processors/file/disk.hpp"
#include "processors/file/errors.hpp"
#include "processors/file/lock.hpp"
#include "processors/file/path_policy.hpp"

namespace kfs {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view suffix = ".kfs-journal";
constexpr std::string_view date = "{date}";
/// More than any valid journal has, because it is shortened long before.
constexpr std::int64_t most_bytes = 64 * 1024 * 1024;

}  // namespace

fs::path file_journal::path_of(const fs::path& series) {
  auto name = name_of(series);
  const auto directory = series.native().substr(0, series.native().size() - name.size());
  std::ranges::replace(name, '/', '_');
  return directory + name.append(suffix);
}

std::string file_journal::name_of(const fs::path& series) {
  const auto& text = series.native();
  return text.substr(text.rfind('/', text.find(date)) + 1);
}

bool file_journal::is_name(std::string_view file_name) {
  return file_name.ends_with(suffix) || is_name_of_replacement(file_name);
}

bool file_journal::is_name_of_replacement(std::string_view file_name) {
  const auto at = file_name.rfind(suffix);
  if (at == std::string_view::npos) return false;
  const auto rest = file_name.substr(at + suffix.size());
  return rest == ".new" ||  // in format 1
         (rest.starts_with(journal_replacement_suffix) && rest.size() == journal_replacement_length);
}

fs::path file_journal::replacement_of(const fs::path& path) {
  std::random_device random;
  return path.native() + fmt::format("{}{:08x}", journal_replacement_suffix, static_cast<std::uint32_t>(random()));
}

result<file_journal> file_journal::open(const fs::path& series) {
  const auto path = path_of(series);
  // Another process may have replaced the journal by a shorter one during the wait for the lock: then open it again.
  for (int tries = 0; tries < 3; ++tries) {
    auto file = open_resolved(path);
    if (!file) return tl::make_unexpected(file.error());
    if (auto locked = lock_file(*file, path); !locked) return tl::make_unexpected(locked.error());
    if (!is_named(*file, path)) continue;
    file_journal made(path, std::move(*file));
    if (auto read = made.read(series); !read) return tl::make_unexpected(read.error());
    if (auto cut = made.cut_torn_end(); !cut) return tl::make_unexpected(cut.error());
    return made;
  }
  return failure(ec::sink_unavailable, fmt::format("\"{}\" is being replaced; it is tried again", path.native()));
}

result<file_journal> file_journal::look_at(const fs::path& series) {
  const auto path = path_of(series);
  auto file = open_resolved(path);
  if (!file) return tl::make_unexpected(file.error());
  file_journal found(path, std::move(*file));
  if (auto read = found.read(series); !read) return tl::make_unexpected(read.error());
  return found;
}

result<file_journal> file_journal::make(const fs::path& path, const journal::state& state) {
  auto file = open_resolved(path);
  if (!file) return tl::make_unexpected(file.error());
  // Locked before it gets its name, so that no other process can lock it first.
  if (auto locked = lock_file(*file, path); !locked) return tl::make_unexpected(locked.error());
  file_journal made(path, std::move(*file));
  for (const auto& entry : state.summary()) {
    if (auto appended = made.append(entry); !appended) return tl::make_unexpected(appended.error());
  }
  if (auto flushed = made.sync(); !flushed) return tl::make_unexpected(flushed.error());
  return made;
}

result<void> file_journal::read(const fs::path& series) {
  const auto text = read_whole(file_, path_, most_bytes);
  if (!text) return tl::make_unexpected(text.error());
  if (auto replayed = replay(*text); !replayed) return replayed;
  bytes_read_ = static_cast<std::int64_t>(text->size());
  torn_ = bytes_ != bytes_read_;
  if (is_new()) return {};
  if (state_.series() != name_of(series))
    return failure(ec::sink_denied,
                   fmt::format("\"{}\" is the journal of \"{}\", which was moved here; move it back, or away",
                               path_.native(), state_.series()));
  return {};
}

result<void> file_journal::cut_torn_end() {
  if (torn_ && ::ftruncate(file_.get(), bytes_) != 0)
    return tl::make_unexpected(file_error(errno, "cut the torn end off", path_));
  torn_ = false;
  return {};
}

/// Only the last line may be torn: the process was killed, or the machine lost power, while it was written.
result<void> file_journal::replay(std::string_view text) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto entry = end == std::string_view::npos ? std::nullopt : journal::decode(text.substr(0, end));
    if (!entry) {
      if (end == std::string_view::npos || end + 1 == text.size()) return {};
      return tl::make_unexpected(damaged(bytes_));
    }
    const auto* first = std::get_if<journal::header>(&*entry);
    if ((bytes_ == 0) != (first != nullptr)) return tl::make_unexpected(damaged(bytes_));
    if (first != nullptr && first->format > journal::format)
      return failure(ec::sink_denied, fmt::format("\"{}\" was written by a newer version of this server (format {}, "
                                                  "this one knows {}); use that version, or move the file and its "
                                                  "journal away",
                                                  path_.native(), first->format, journal::format));
    if (!state_.apply(*entry)) return tl::make_unexpected(damaged(bytes_));
    bytes_ += static_cast<std::int64_t>(end + 1);
    text.remove_prefix(end + 1);
  }
  return {};
}

error file_journal::damaged(std::int64_t at) const {
  return {ec::sink_denied,
          fmt::format("the journal \"{}\" is damaged at byte {}; restore it with its file, or move both away: the "
                      "consumer then goes on in a new file at the offsets its group has committed",
                      path_.native(), at)};
}

result<void> file_journal::append(const journal::entry& added) {
  line_.clear();
  journal::encode(added, line_);
  if (auto appended = append_text(line_); !appended) return appended;
  if (!state_.apply(added)) return failure(ec::internal, "a journal entry contradicts the ones before it: " + line_);
  return {};
}

/// A part of an entry that could not be cut off at once is cut off before anything else is written.
result<void> file_journal::append_text(std::string_view text) {
  if (auto cut = cut_torn_end(); !cut) return cut;
  for (auto rest = text; !rest.empty();) {
    const auto count = ::write(file_.get(), rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      const auto failed = file_error(count < 0 ? errno : EIO, "write to", path_);
      torn_ = ::ftruncate(file_.get(), bytes_) != 0;
      return tl::make_unexpected(failed);
    }
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  bytes_ += static_cast<std::int64_t>(text.size());
  return {};
}

result<void> file_journal::sync() {
  if (::fdatasync(file_.get()) != 0) return tl::make_unexpected(file_error(errno, "flush", path_));
  return {};
}

/// The name is looked at once the replacement exists. A process that takes over removes all replacements after it has
/// put its own in place, so a rename that comes later than that finds nothing to rename.
result<void> file_journal::shorten() {
  const auto temporary = replacement_of(path_);
  const auto replace = [&]() -> result<void> {
    auto shorter = make(temporary, state_);
    if (!shorter) return tl::make_unexpected(shorter.error());
    fault_point("file.before_shorter_journal");
    if (was_replaced()) return tl::make_unexpected(replaced());
    if (::rename(temporary.c_str(), path_.c_str()) != 0)
      return tl::make_unexpected(file_error(errno, "replace", path_));
    file_ = std::move(shorter->file_);
    bytes_ = shorter->bytes_;
    state_.apply(journal::header{journal::format, state_.series()});
    return {};
  };
  auto done = replace();
  if (!done) ::unlink(temporary.c_str());
  return done;
}

bool file_journal::is_in_place() const {
  return is_named(file_, path_);
}

bool file_journal::is_unchanged() const {
  struct stat now {};
  return is_in_place() && ::fstat(file_.get(), &now) == 0 && now.st_size == bytes_read_;
}

bool file_journal::was_replaced() const {
  struct stat named {};
  return !is_in_place() && ::lstat(path_.c_str(), &named) == 0;
}

error file_journal::replaced() const {
  return {ec::sink_unavailable,
          fmt::format("\"{}\" was replaced while this server had it open: another replica has taken the file over. "
                      "Nothing more is written here; it goes on where the consumer runs now",
                      path_.native())};
}

}  // namespace kfs
