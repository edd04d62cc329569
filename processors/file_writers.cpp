#include "processors/file_writers.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>

#include "processors/file_errors.hpp"
#include "processors/file_path_policy.hpp"

namespace kfs {
namespace {

/// Bytes that are handed to the operating system at once.
constexpr std::size_t chunk_bytes = 1024 * 1024;
/// How long a sink waits for another sink that writes to the same file.
constexpr std::chrono::seconds patience{5};

/// Takes the lock, if the file system knows locks.
result<void> keep_others_out(const file_descriptor& file, const std::filesystem::path& path) {
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return {};
  if (errno == EWOULDBLOCK)
    return failure(
        ec::sink_unavailable,
        fmt::format("\"{}\" is held by another process, or by this one under another name (a hard link); end "
                    "the other writer, or choose another file_path",
                    path.native()));
  if (errno == ENOLCK || errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL) return {};
  return tl::make_unexpected(file_error(errno, "lock", path));
}

}  // namespace

result<std::unique_lock<std::timed_mutex>> file_writer::lock() {
  std::unique_lock held(mutex_, patience);
  if (!held)
    return failure(ec::sink_unavailable,
                   fmt::format("another consumer has been writing to \"{}\" for {} s; it is tried again",
                               path_.native(), patience.count()));
  return held;
}

result<void> file_writer::open() {
  const auto held = lock();
  if (!held) return tl::make_unexpected(held.error());
  return open_locked();
}

result<void> file_writer::open_locked() {
  if (file_) return {};
  auto opened = open_resolved(path_);
  if (!opened) return tl::make_unexpected(opened.error());
  if (auto locked = keep_others_out(*opened, path_); !locked) return locked;
  file_ = std::move(*opened);
  end_.reset();
  return {};
}

result<void> file_writer::append(const batch& records) {
  const auto held = lock();
  if (!held) return tl::make_unexpected(held.error());
  if (auto ready = prepare(); !ready) return ready;
  const auto begin = size();
  if (!begin) return tl::make_unexpected(begin.error());
  written_ = 0;
  buffer_.clear();
  if (!ends_in_whole_line(*begin)) buffer_.push_back('\n');
  auto outcome = write_lines(records);
  if (outcome) {
    end_ = *begin + written_;
    return outcome;
  }
  leftover_ = leftover{*begin, *begin + written_};
  if (const auto taken = take_back(); !taken) outcome.error().message += "; moreover, " + taken.error().message;
  return outcome;
}

/// Has the file open and free of what an earlier failure left behind; a new one where the file was moved away.
result<void> file_writer::prepare() {
  if (leftover_) {
    if (auto taken = take_back(); leftover_) return taken;
  }
  if (file_ && was_moved()) file_.reset();
  return open_locked();
}

bool file_writer::was_moved() const {
  struct stat mine {};
  struct stat named {};
  if (::fstat(file_.get(), &mine) != 0 || mine.st_nlink == 0) return true;
  return ::lstat(path_.c_str(), &named) != 0 || named.st_ino != mine.st_ino || named.st_dev != mine.st_dev;
}

/// False where a process was killed amid a line, or another program left one unfinished.
bool file_writer::ends_in_whole_line(off_t end) const {
  if (end == 0 || end_ == end) return true;
  char last = 0;
  return ::pread(file_.get(), &last, 1, end - 1) == 1 && last == '\n';
}

result<off_t> file_writer::size() const {
  struct stat found {};
  if (::fstat(file_.get(), &found) != 0) return tl::make_unexpected(file_error(errno, "examine", path_));
  return found.st_size;
}

result<void> file_writer::write_lines(const batch& records) {
  for (const auto& one : records.records()) {
    if (buffer_.size() + one.value.size() >= chunk_bytes) {
      if (auto flushed = flush(); !flushed) return flushed;
    }
    if (one.value.size() >= chunk_bytes) {
      if (auto written = write_all(one.value); !written) return written;
    } else {
      buffer_.append(one.value);
    }
    buffer_.push_back('\n');
  }
  return flush();
}

result<void> file_writer::flush() {
  auto written = write_all(buffer_);
  buffer_.clear();
  return written;
}

result<void> file_writer::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::write(file_.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return tl::make_unexpected(file_error(count < 0 ? errno : EIO, "write to", path_));
    written_ += count;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

/// Cuts off what the failed batch left, so that trying it again doubles nothing.
result<void> file_writer::take_back() {
  if (leftover_->begin == leftover_->end) {
    leftover_.reset();
    return {};
  }
  const auto now = size();
  if (!now) return tl::make_unexpected(now.error());
  if (*now != leftover_->end) {
    const auto bytes = leftover_->end - leftover_->begin;
    leftover_.reset();
    return failure(
        ec::sink_unavailable,
        fmt::format("another program changed \"{}\" meanwhile, so up to {} bytes of the batch stay in it and "
                    "are written again",
                    path_.native(), bytes));
  }
  if (::ftruncate(file_.get(), leftover_->begin) != 0)
    return tl::make_unexpected(file_error(errno, "take back the failed write to", path_));
  leftover_.reset();
  return {};
}

std::shared_ptr<file_writer> file_writers::of(const std::filesystem::path& resolved) {
  const std::lock_guard held(mutex_);
  std::erase_if(writers_, [](const auto& entry) { return entry.second.expired(); });
  auto& place = writers_[resolved];
  auto writer = place.lock();
  if (!writer) place = writer = std::make_shared<file_writer>(resolved);
  return writer;
}

}  // namespace kfs
