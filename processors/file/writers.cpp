#include "processors/file/writers.hpp"

#include <fmt/format.h>

#include <fstream>
#include <regex>
#include <system_error>
#include <utility>

#include "processors/file/path_template.hpp"
#include "processors/file/takeover.hpp"

namespace kfs {
namespace {

namespace fs = std::filesystem;

/// How often, and after which pause, the compression of a file is retried.
constexpr int most_tries = 5;
constexpr std::chrono::milliseconds before_retry{500};

/// The boot id, which changes with each restart of the machine (random(4)).
std::string boot_id() {
  std::string id;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), id);
  return id;
}

/// Matches what is appended to the name of a closed file.
constexpr auto closed_stamp = R"(\.\d{8}T\d{6}\.\d{3}Z(-\d+)?)";

/// Matches the names of closed files of a series that are not compressed yet.
std::regex closed_names(const std::string& name) {
  static const std::regex special(R"([.^$|()\[\]{}*+?\\])");
  constexpr std::string_view escaped_date = R"(\{date\})";
  auto pattern = std::regex_replace(name, special, R"(\$&)");
  const bool dated = pattern.find(escaped_date) != std::string::npos;
  for (auto at = pattern.find(escaped_date); at != std::string::npos; at = pattern.find(escaped_date))
    pattern.replace(at, escaped_date.size(), R"(\d{4}-\d\d-\d\d)");
  return std::regex(pattern + "(" + closed_stamp + ")" + (dated ? "?" : ""));
}

}  // namespace

bool is_name_of_closed_file(const std::string& file_name) {
  static const std::regex closed(std::string(".*") + closed_stamp + R"((\.(gz|zst)(\.partial)?)?)");
  return std::regex_match(file_name, closed);
}

file_writers::file_writers(logger log, clock now, std::chrono::milliseconds patience, server_files of_server)
    : log_(std::move(log)),
      patience_(patience),
      environment_{.boot = boot_id(),
                   .now = std::move(now),
                   .closed = [this](const fs::path& file, compression how) { closed(file, how); },
                   .opened = [this](const fs::path& series, const fs::path& file,
                                    compression how) { take_up(series, file, how); },
                   .copying =
                       [this](const fs::path& series, std::int64_t done, std::int64_t all) {
                         log_.info("a file is copied, because a process whose lease has ended still holds it",
                                   {{"file", series.native()},
                                    {"copied_bytes", std::to_string(done)},
                                    {"bytes", std::to_string(all)}});
                       },
                   .leftovers = [this](const fs::path& directory) { return leftovers(directory); },
                   .of_server = std::move(of_server)} {}

file_writers::~file_writers() {
  maintainer_ = {};
  compressor_ = {};
}

result<std::shared_ptr<file_writer>> file_writers::of(const fs::path& series, const file_options& options) {
  const std::lock_guard held(mutex_);
  std::erase_if(writers_, [](const auto& entry) { return entry.second.expired(); });
  auto& place = writers_[series];
  auto writer = place.lock();
  if (writer && writer->options() != options)
    return failure(ec::sink_denied,
                   fmt::format("another processor writes to \"{}\" with other options for fsync, rotation or "
                               "compression; give both the same, or choose another file_path",
                               series.native()));
  if (writer) return writer;
  place = writer = std::make_shared<file_writer>(series, options, environment_);
  start_threads();
  return writer;
}

void file_writers::start_threads() {
  if (maintainer_.joinable()) return;
  maintainer_ = std::jthread([this](const std::stop_token& ended) {
    std::mutex mutex;
    std::condition_variable_any told;
    std::unique_lock lock(mutex);
    while (!told.wait_for(lock, ended, maintenance_interval, [&] { return ended.stop_requested(); })) maintain();
  });
  compressor_ = std::jthread([this](const std::stop_token& ended) { compress_all(ended); });
}

void file_writers::maintain() {
  std::vector<std::shared_ptr<file_writer>> live;
  {
    const std::lock_guard held(mutex_);
    for (const auto& [series, writer] : writers_) {
      if (auto alive = writer.lock()) live.push_back(std::move(alive));
    }
  }
  for (const auto& writer : live) writer->maintain();
}

void file_writers::closed(const fs::path& file, compression how) {
  if (how == compression::none) return;
  const std::lock_guard held(closed_mutex_);
  closed_.push_back({.file = file, .how = how});
  closed_one_.notify_one();
}

/// Reads each directory once, because a thousand series may lie in it. What is left there later is removed after the
/// next start.
std::vector<fs::path> file_writers::leftovers(const fs::path& directory) {
  const std::lock_guard held(leftovers_mutex_);
  const auto [known, added] = leftovers_.try_emplace(directory);
  if (added) known->second = leftovers_in(directory);
  return known->second;
}

/// Schedules closed files that an earlier process had no time to compress. The series must be open, because its journal
/// may still refer to such a file before that.
void file_writers::take_up(const fs::path& series, const fs::path& open_file, compression how) {
  if (how == compression::none) return;
  const auto names = closed_names(series.filename().native());
  const auto current = with_date(series.filename().native(), std::chrono::floor<std::chrono::days>(environment_.now()));
  std::error_code failed;  // a missing directory holds none
  for (fs::directory_iterator entry(series.parent_path(), failed), end; !failed && entry != end;
       entry.increment(failed)) {
    const auto name = entry->path().filename().native();
    if (name != current && entry->path() != open_file && std::regex_match(name, names) &&
        entry->is_regular_file(failed) && !entry->is_symlink(failed))
      closed(entry->path(), how);
  }
}

void file_writers::compress_all(const std::stop_token& ended) {
  std::unique_lock held(closed_mutex_);
  while (closed_one_.wait(held, ended, [this] { return !closed_.empty(); })) {
    auto next = std::move(closed_.front());
    closed_.pop_front();
    held.unlock();
    const auto done = compress_file(next.file, next.how, ended);
    held.lock();
    if (done || ended.stop_requested()) continue;
    // Its writer may still be forcing it to the disk.
    if (done.error().code == ec::sink_unavailable && ++next.tries < most_tries) {
      closed_.push_back(std::move(next));
      closed_one_.wait_for(held, ended, before_retry, [] { return false; });
      continue;
    }
    log_.warning("a closed file could not be compressed; it stays as it is until the next start",
                 {{"file", next.file.native()}, {"reason", done.error().message}});
  }
}

}  // namespace kfs
