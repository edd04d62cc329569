// How a file_writer opens its files, and makes file and journal agree.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <utility>

#include "processors/file/errors.hpp"
#include "processors/file/lock.hpp"
#include "processors/file/path_policy.hpp"
#include "processors/file/path_template.hpp"
#include "processors/file/takeover.hpp"
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
  return open(sink_lease({}, {}, 0), {});
}

result<void> file_writer::open(const sink_lease& lease, const lifeline& watched) {
  const auto held = lock_unless(watched.cancelled);
  if (!held) return tl::make_unexpected(held.error());
  if (!lease.epoch()) return prepare();
  const journal::owner writes{lease.consumer().value, lease.instance(), *lease.epoch()};
  owners_[{writes.consumer, writes.instance}] = writes;
  if (!journal_ || journal_->was_replaced()) {
    if (auto taken = take_over_if_frozen(lease, watched); !taken) return taken;
  }
  if (auto ready = prepare(); !ready) return ready;
  const auto noted = journal_->state().owners();
  return std::ranges::find(noted, writes) == noted.end() ? journal_->append(writes) : result<void>{};
}

/// A process that hands the consumer over lets go by itself soon, and nothing has to be copied. The wait takes about as
/// long as the copy would.
result<void> file_writer::take_over_if_frozen(const sink_lease& lease, const lifeline& watched) {
  using clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds between_looks{20};
  constexpr std::chrono::seconds between_reports{1};
  constexpr std::chrono::milliseconds longest_patience{2000};
  constexpr std::int64_t copied_in_a_millisecond = 1'000'000;
  const auto begun = clock::now();
  const auto size = size_at(path_of(name_now()));
  const auto patience =
      std::min(environment_.patience + std::chrono::milliseconds(size && *size ? **size / copied_in_a_millisecond : 0),
               longest_patience);
  while (is_journal_held(series_)) {
    if (watched.cancelled.stop_requested()) return failure(ec::shutting_down, "the processor was given up");
    if (clock::now() - begun < patience) {
      std::this_thread::sleep_for(between_looks);
      continue;
    }
    auto reported = clock::time_point{};
    const auto goes_on = [&](std::string_view, std::int64_t done, std::int64_t all) {
      const auto now = clock::now();
      if (watched.gauge) watched.gauge->alive(now);
      if (environment_.copying && (now - reported >= between_reports || (all > 0 && done == all))) {
        environment_.copying(series_, done, all);
        reported = now;
      }
      return !watched.cancelled.stop_requested() && !lease.has_ended(now);
    };
    std::vector<journal::owner> owners;
    for (const auto& [instance, owner] : owners_) owners.push_back(owner);
    return take_over({.series = series_,
                      .boot = environment_.boot,
                      .syncs = options_.fsync != fsync_mode::never,
                      .new_owners = std::move(owners),
                      .has_ended =
                          [&](const journal::owner& other) {
                            return lease.view()->has_ended(consumer_id{other.consumer},
                                                           static_cast<int>(other.instance), other.epoch);
                          },
                      .goes_on = goes_on});
  }
  return {};
}

/// Leaves what another process has taken over.
void file_writer::close_files() {
  journal_.reset();
  file_.reset();
  sync_failed_.reset();
  dirty_ = false;
  unfinished_ = false;
  ++changes_;
}

/// Another process may have taken the files over while this one was frozen: what was written then reaches nobody.
result<void> file_writer::still_ours() {
  if (journal_->is_in_place() || !journal_->was_replaced()) return {};
  auto taken = journal_->replaced();
  close_files();
  return tl::make_unexpected(std::move(taken));
}

/// Opens the journal, in today's format, and completes what an interrupted takeover has begun.
result<void> file_writer::open_journal() {
  auto journal = file_journal::open(series_);
  if (!journal) return tl::make_unexpected(journal.error());
  journal_ = std::move(*journal);
  if (journal_->is_new()) return journal_->append(journal::header{journal::format, series_name_});
  if (journal_->state().format() < journal::format) {
    if (auto converted = journal_->shorten(); !converted) return converted;
  }
  if (auto finished = finish_takeover(*journal_, options_.fsync != fsync_mode::never); !finished) return finished;
  remove_leftovers(journal_->path(), path_of(journal_->state().file_name()), {},
                   environment_.leftovers ? environment_.leftovers : leftovers_in);
  return {};
}

result<void> file_writer::open_locked() {
  auto opened = [this]() -> result<void> {
    if (auto journal = open_journal(); !journal) return journal;
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
    for (const auto& [instance, owner] : owners_) {
      if (auto noted = journal_->append(owner); !noted) return noted;
    }
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
      return changed(*size);
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
  if (environment_.of_server.meet(path))
    return failure(ec::sink_denied,
                   fmt::format("\"{}\" is a file of the server itself; choose another file_path", path.native()));
  auto opened = open_resolved(path);
  if (!opened) return tl::make_unexpected(opened.error());
  if (auto locked = lock_file(*opened, path); !locked) return locked;
  // While the journal is in place no takeover has put another file there, so the locked file is the journal's.
  if (journal_->was_replaced()) return tl::make_unexpected(journal_->replaced());
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
  if (journal_ && journal_->was_replaced()) {
    auto taken = journal_->replaced();
    close_files();
    if (auto opened = open_locked(); !opened)
      return opened.error().code == ec::sink_unavailable ? tl::make_unexpected(std::move(taken)) : opened;
  }
  if (!journal_) {
    if (auto opened = open_locked(); !opened) return opened;
  }
  if (!journal_->is_in_place()) {
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
  if (*now < length() || *now > journal_->state().pending_end().value_or(length())) return changed(*now);
  // Cut off what a failed write left and could not take back.
  if (::ftruncate(file_.get(), length()) != 0)
    return tl::make_unexpected(file_error(errno, "take back the failed write to", path_));
  journal_->settle(false);
  return {};
}

/// Unless another process has taken the files over since the journal was read: then they are as that one left them.
tl::unexpected<error> file_writer::changed(off_t size) const {
  if (journal_->was_replaced()) return tl::make_unexpected(journal_->replaced());
  return failure(
      ec::sink_denied,
      fmt::format("\"{}\" has {} bytes where {} were written: another program changed it. Restore it; or move it away, "
                  "then a new one is begun; or remove \"{}\", then it is taken as it is",
                  path_of(journal_->state().file_name()).native(), size, length(), journal_->path().native()));
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
