// How a file_writer opens its files, and makes file and journal agree.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "processors/file/errors.hpp"
#include "processors/file/lock.hpp"
#include "processors/file/path_policy.hpp"
#include "processors/file/path_template.hpp"
#include "processors/file/writer.hpp"

namespace kfs {
namespace {

namespace fs = std::filesystem;

/// The size of a file; nullopt when it does not exist.
result<std::optional<off_t>> size_at(const fs::path& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0) return std::optional(found.st_size);
  if (errno == ENOENT || errno == ENOTDIR) return std::optional<off_t>{};
  return tl::make_unexpected(file_error(errno, "examine", path));
}

bool ends_amid_line(const file_descriptor& file, off_t length) {
  char last = '\n';
  return length > 0 && ::pread(file.get(), &last, 1, length - 1) == 1 && last != '\n';
}

}  // namespace

result<void> file_writer::open() {
  const auto held = lock();
  if (!held) return tl::make_unexpected(held.error());
  return prepare();
}

result<void> file_writer::open_locked() {
  auto journal = file_journal::open(series_);
  if (!journal) return tl::make_unexpected(journal.error());
  journal_ = std::move(*journal);
  auto opened = [this]() -> result<void> {
    if (journal_->is_new()) {
      if (auto headed = journal_->append(journal::header{journal::format, series_name_}); !headed) return headed;
    }
    const auto& name = journal_->state().file_name();
    if (!name.empty()) {
      const auto found = size_at(path_of(name));
      if (!found) return tl::make_unexpected(found.error());
      if (auto recovered = recover(*found); !recovered) return recovered;
    }
    // From the next entry on, a power failure loses what is not on the disk.
    if (file_ && options_.fsync != fsync_mode::never && length() > journal_->state().synced_length()) {
      if (auto flushed = sync(); !flushed) return flushed;
    }
    if (auto noted = journal_->append(journal::opened{environment_.boot, options_.fsync != fsync_mode::never}); !noted)
      return noted;
    return file_ ? result<void>{} : begin(name_now());
  }();
  if (opened) {
    environment_.opened(series_, path_, options_.compress);
  } else {
    journal_.reset();
    file_.reset();
  }
  return opened;
}

/// Makes file and journal agree after a restart.
result<void> file_writer::recover(std::optional<off_t> size) {
  const auto name = journal_->state().file_name();
  switch (journal_->judge(size, environment_.boot)) {
    case journal::verdict::begun_anew:
      return journal_->shorten();
    case journal::verdict::changed:
      return failure(ec::sink_denied, changed_message(*size));
    case journal::verdict::whole:
      if (auto opened = open_file(name); !opened) return opened;
      return journal_->append(journal::whole{length()});
    case journal::verdict::torn:
      if (auto opened = open_file(name); !opened) return opened;
      if (::ftruncate(file_.get(), length()) != 0)
        return tl::make_unexpected(file_error(errno, "cut the torn end off", path_));
      return journal_->shorten();
  }
  return {};
}

result<void> file_writer::open_file(const std::string& name) {
  const auto path = path_of(name);
  auto opened = open_resolved(path);
  if (!opened) return tl::make_unexpected(opened.error());
  if (auto locked = lock_file(*opened, path); !locked) return locked;
  file_ = std::move(*opened);
  path_ = path;
  ++changes_;
  return {};
}

/// Continues with this file, which is taken as it is when it exists.
result<void> file_writer::begin(const std::string& name) {
  if (options_.fsync != fsync_mode::never && file_) {
    if (::fdatasync(file_.get()) != 0) return tl::make_unexpected(file_error(errno, "flush", path_));
  }
  dirty_ = false;
  file_.reset();
  if (auto settled = journal_->append(journal::whole{length()}); !settled) return settled;
  if (auto opened = open_file(name); !opened) return opened;
  const auto found = size();
  if (!found) return tl::make_unexpected(found.error());
  unfinished_ = ends_amid_line(file_, *found);
  auto noted = journal_->append(journal::file{name, *found, now_ms()});
  if (!noted) {
    file_.reset();
    return noted;
  }
  if (closed_) environment_.closed(*std::exchange(closed_, std::nullopt), options_.compress);
  return {};
}

/// Makes sure that today's file is open and agrees with the journal.
result<void> file_writer::prepare() {
  if (!journal_) {
    if (auto opened = open_locked(); !opened) return opened;
  }
  if (journal_->was_moved()) {
    if (auto restored = restore_journal(); !restored) return restored;
  }
  if (!file_ || !is_named(file_, path_)) return begin(name_now());
  if (auto matched = match_size(); !matched) return matched;
  if (name_now() == journal_->state().file_name()) return {};
  closed_ = path_;
  return begin(name_now());
}

/// Makes a removed journal again: somebody who removes it wants the file taken as it is.
result<void> file_writer::restore_journal() {
  if (auto restored = journal_->shorten(); !restored) return restored;
  return begin(name_now());
}

/// Checks that no other program has written to the file.
result<void> file_writer::match_size() {
  const auto now = size();
  if (!now) return tl::make_unexpected(now.error());
  if (*now == length()) return {};
  if (*now == 0) return begin(journal_->state().file_name());
  if (*now < length() || *now > journal_->state().pending_end().value_or(length()))
    return failure(ec::sink_denied, changed_message(*now));
  // Cut off what a failed write left and could not take back.
  if (::ftruncate(file_.get(), length()) != 0)
    return tl::make_unexpected(file_error(errno, "take back the failed write to", path_));
  journal_->settle(false);
  return {};
}

std::string file_writer::changed_message(off_t size) const {
  return fmt::format(
      "\"{}\" has {} bytes where {} were written: another program changed it. Restore it; or move it away, then a new "
      "one is begun; or remove \"{}\", then it is taken as it is",
      path_of(journal_->state().file_name()).native(), size, length(), journal_->path().native());
}

result<off_t> file_writer::size() const {
  struct stat found {};
  if (::fstat(file_.get(), &found) != 0) return tl::make_unexpected(file_error(errno, "examine", path_));
  return found.st_size;
}

std::string file_writer::name_now() const {
  return with_date(series_name_, std::chrono::floor<std::chrono::days>(environment_.now()));
}

}  // namespace kfs
