// How a file_writer closes files in time, and forces them to the disk.
#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "config/base/fault_point.hpp"
#include "processors/file/errors.hpp"
#include "processors/file/writer.hpp"

namespace kfs {
namespace {

namespace fs = std::filesystem;

/// A journal that is longer is shortened.
constexpr std::int64_t long_journal_bytes = 1024 * 1024;

/// False with EEXIST when the name is taken. Some file systems lack such a rename; there a check before must suffice.
bool rename_to_new(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  if (::faccessat(AT_FDCWD, to.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
    errno = EEXIST;
    return false;
  }
  return ::rename(from.c_str(), to.c_str()) == 0;
}

}  // namespace

bool file_writer::is_due(std::int64_t more) const {
  if (length() == 0) return false;
  if (options_.rotate_max_bytes && length() + more > *options_.rotate_max_bytes) return true;
  if (!options_.rotate_interval) return false;
  // A file that begins in the future is older than it seems: the clock was set back.
  const auto age = now_ms() - journal_->state().file_since_ms();
  return std::abs(age) >= options_.rotate_interval->count();
}

/// The journal notes that the file is whole before it is renamed, so that a restart in between begins a new file.
result<void> file_writer::rotate() {
  if (auto settled = journal_->append(journal::whole{length()}); !settled) return settled;
  if (options_.fsync != fsync_mode::never) {
    if (auto flushed = sync(); !flushed) return flushed;
  }
  fault_point("file.before_rotation");
  auto aside = set_aside();
  if (!aside) return tl::make_unexpected(aside.error());
  closed_ = std::move(*aside);
  fault_point("file.after_rotation");
  return begin(name_now());
}

/// Renames the file to its closed name: its own, the time (UTC), and a number when that is taken.
result<fs::path> file_writer::set_aside() {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(environment_.now());
  const auto stamp = fmt::format("{:%Y%m%dT%H%M%S}.{:03}Z", std::chrono::floor<std::chrono::seconds>(now),
                                 now.time_since_epoch().count() % 1000);
  for (int number = 0; number < 1000; ++number) {
    auto aside = path_.native() + "." + stamp + (number == 0 ? "" : "-" + std::to_string(number));
    if (rename_to_new(path_, aside)) return aside;
    if (errno != EEXIST) return tl::make_unexpected(file_error(errno, "set aside", path_));
  }
  return tl::make_unexpected(file_error(EEXIST, "set aside", path_));
}

/// Forces everything that was written to the disk, and notes that in the journal.
result<void> file_writer::sync() {
  fault_point("file.before_sync");
  if (::fdatasync(file_.get()) != 0) return tl::make_unexpected(file_error(errno, "flush", path_));
  fault_point("file.after_sync");
  if (auto noted = journal_->append(journal::synced{length(), journal_->state().positions()}); !noted) return noted;
  auto flushed = journal_->sync();
  dirty_ = !flushed.has_value();
  return flushed;
}

void file_writer::maintain() {
  std::unique_lock held(mutex_, std::try_to_lock);
  if (!held || !journal_ || !file_) return;
  if (is_due(0) && prepare() && is_due(0) && !rotate()) return;
  if (journal_->bytes() > long_journal_bytes)
    static_cast<void>(journal_->shorten());  // if this fails, it is tried again
  if (!dirty_) return;
  if (options_.fsync == fsync_mode::interval) return sync_unlocked(std::move(held));
  // If the file is moved away and the process is killed, the journal still says what was written.
  if (options_.fsync == fsync_mode::never && !journal_->state().pending_end())
    dirty_ = !journal_->append(journal::whole{length()}).has_value();
}

/// Releases the lock while bytes are forced to the disk, which can take long, so that batches go on.
void file_writer::sync_unlocked(std::unique_lock<std::timed_mutex> held) {
  const file_descriptor file(::fcntl(file_.get(), F_DUPFD_CLOEXEC, 0));
  const file_descriptor journal(::fcntl(journal_->descriptor().get(), F_DUPFD_CLOEXEC, 0));
  const auto begun_at = changes_;
  const journal::synced reached{length(), journal_->state().positions()};
  dirty_ = false;
  held.unlock();
  const bool flushed = file && journal && ::fdatasync(file.get()) == 0;
  const auto reason = errno;
  held.lock();
  if (!journal_ || !file_ || begun_at != changes_) {
    dirty_ = true;
    return;
  }
  if (!flushed) sync_failed_ = file_error(reason, "flush", path_);
  if (!flushed || !journal_->append(reached)) {
    dirty_ = true;
    return;
  }
  held.unlock();
  static_cast<void>(::fdatasync(journal.get()));  // if this fails, a power failure costs one interval more
}

std::int64_t file_writer::now_ms() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(environment_.now().time_since_epoch()).count();
}

}  // namespace kfs
