#include "processors/file/writer.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "config/base/fault_point.hpp"
#include "processors/file/errors.hpp"

namespace kfs {
namespace {

namespace fs = std::filesystem;

/// How many bytes are passed to the operating system at once.
constexpr std::size_t chunk_bytes = 1024 * 1024;
/// A larger buffer, which one large batch needed, is released after it.
constexpr std::size_t kept_buffer_bytes = 8 * chunk_bytes;
/// How long a sink waits for another sink that writes to the same file.
constexpr std::chrono::seconds patience{5};

}  // namespace

file_writer::file_writer(fs::path series, const file_options& options, const file_writer_environment& environment)
    : series_(std::move(series)),
      directory_(file_journal::path_of(series_).parent_path()),
      series_name_(file_journal::name_of(series_)),
      options_(options),
      environment_(environment) {}

/// Notes in the journal that all is whole, so bytes that are found beyond it later come from another program.
file_writer::~file_writer() {
  if (!journal_ || !file_) return;
  if (const auto now = size(); !now || *now != length()) return;
  if (dirty_ && options_.fsync != fsync_mode::never && !sync()) return;
  static_cast<void>(journal_->append(journal::whole{length()}));  // if this fails, the next start finds the same
}

result<std::unique_lock<std::timed_mutex>> file_writer::lock() {
  std::unique_lock held(mutex_, patience);
  if (!held)
    return failure(ec::sink_unavailable,
                   fmt::format("another consumer has been writing to \"{}\" for {} s; it is tried again",
                               series_.native(), patience.count()));
  return held;
}

/// A caller that was cancelled while it waited has a successor, which may have had the lock meanwhile.
result<std::unique_lock<std::timed_mutex>> file_writer::lock_unless(const std::stop_token& given_up) {
  auto held = lock();
  if (held && given_up.stop_requested())
    return failure(ec::shutting_down,
                   fmt::format("the processor that writes to \"{}\" was given up", series_.native()));
  return held;
}

result<void> file_writer::append(const lines& added, const std::stop_token& given_up) {
  const auto held = lock_unless(given_up);
  if (!held) return tl::make_unexpected(held.error());
  if (auto ready = prepare(); !ready) return ready;
  if (sync_failed_) return tl::make_unexpected(*std::exchange(sync_failed_, std::nullopt));
  const auto source = number_of(added.from.source());
  if (!source) return tl::make_unexpected(source.error());
  // The bytes that could not be forced to the disk last time are those of this retried batch.
  if (!plan(added, *source)) {
    if (options_.fsync == fsync_mode::batch && dirty_) {
      if (auto synced = sync(); !synced) return synced;
    }
    return still_ours();
  }
  auto more = measure(added);
  if (is_due(more)) {
    if (auto rotated = rotate(); !rotated) return rotated;
    more = measure(added);  // an unfinished line of the closed file does not concern the new file
  }
  fault_point("file.before_journal");
  if (auto announced = announce(more); !announced) return announced;
  fault_point("file.after_journal");
  auto written = added.may_write ? added.may_write() : result<void>{};
  if (written) written = write_lines(added);
  if (!written) {
    take_back();
    return written;
  }
  fault_point("file.after_write");
  journal_->settle(true);
  unfinished_ = false;
  dirty_ = true;
  if (options_.fsync == fsync_mode::batch) {
    if (auto synced = sync(); !synced) return synced;
  }
  return still_ours();
}

/// Finds the records that are not in the file yet, and the offsets after they are; false when there are none.
bool file_writer::plan(const lines& added, journal::source_number source) {
  known_.clear();
  announced_.next.clear();
  bool any_new = false;
  for (const auto& range : added.ranges) {
    const auto at = journal_->state().position(source, range.partition);
    if (at && range.first < *at) known_.push_back({range.partition, *at});
    any_new = any_new || !at || range.next > *at;
    announced_.next.push_back({source, range.partition, std::max(range.next, at.value_or(range.next))});
  }
  return any_new;
}

bool file_writer::is_known(const record& candidate) const {
  return std::ranges::any_of(known_, [&](const known_range& range) {
    return range.partition == candidate.partition && candidate.position < range.next;
  });
}

/// The size of the new lines in bytes. JSON lines are in the buffer afterwards.
std::int64_t file_writer::measure(const lines& added) {
  buffer_.clear();
  if (buffer_.capacity() > kept_buffer_bytes) buffer_.shrink_to_fit();
  if (unfinished_) buffer_.push_back('\n');
  if (added.as.format() == line_format::json_object) {
    for (const auto& candidate : added.records) {
      if (known_.empty() || !is_known(candidate)) added.as.append(added.from, candidate, buffer_);
    }
    return static_cast<std::int64_t>(buffer_.size());
  }
  auto bytes = buffer_.size();
  for (const auto& candidate : added.records) {
    if (known_.empty() || !is_known(candidate)) bytes += candidate.value.size() + 1;
  }
  return static_cast<std::int64_t>(bytes);
}

result<void> file_writer::announce(std::int64_t more) {
  announced_.from = length();
  announced_.to = length() + more;
  return journal_->append(announced_);
}

result<journal::source_number> file_writer::number_of(const record_source& source) {
  if (const auto known = journal_->state().number_of(source)) return *known;
  if (auto named = journal_->append(journal::source{source}); !named) return tl::make_unexpected(named.error());
  return *journal_->state().number_of(source);
}

result<void> file_writer::write_lines(const lines& added) {
  if (added.as.format() == line_format::json_object) return flush();
  for (const auto& candidate : added.records) {
    if (!known_.empty() && is_known(candidate)) continue;
    if (buffer_.size() + candidate.value.size() >= chunk_bytes) {
      if (auto flushed = flush(); !flushed) return flushed;
    }
    if (candidate.value.size() >= chunk_bytes) {
      if (auto written = write_all(candidate.value); !written) return written;
    } else {
      buffer_.append(candidate.value);
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
    bytes.remove_prefix(static_cast<std::size_t>(count));
    if (!bytes.empty()) fault_point("file.amid_write");
  }
  return {};
}

/// Cuts off what the failed batch left. If that fails too, it is tried again before the next batch. Another instance
/// may be waiting to know what has become of the batch, so the journal says it, if it can.
void file_writer::take_back() {
  if (::ftruncate(file_.get(), length()) != 0) return;
  journal_->settle(false);
  static_cast<void>(journal_->append(journal::whole{length()}));
}

result<std::vector<std::optional<stored_position>>> file_writer::positions(const record_source& source,
                                                                           std::span<const partition_number> partitions,
                                                                           const std::stop_token& given_up) {
  const auto held = lock_unless(given_up);
  if (!held) return tl::make_unexpected(held.error());
  if (auto ready = prepare(); !ready) return tl::make_unexpected(ready.error());
  std::vector<std::optional<stored_position>> found;
  found.reserve(partitions.size());
  const auto& state = journal_->state();
  for (const auto partition : partitions) {
    const auto next = state.position(source, partition);
    found.push_back(next ? std::optional(stored_position{*next, state.log(source, partition)}) : std::nullopt);
  }
  return found;
}

result<void> file_writer::start_at(const record_source& source, std::span<const sink_start> starts,
                                   const std::stop_token& given_up) {
  const auto held = lock_unless(given_up);
  if (!held) return tl::make_unexpected(held.error());
  if (auto ready = prepare(); !ready) return ready;
  const auto number = number_of(source);
  if (!number) return tl::make_unexpected(number.error());
  if (auto settled = journal_->append(journal::whole{length()}); !settled) return settled;
  journal::start from;
  for (const auto& [partition, position, log] : starts) from.next.push_back({*number, partition, position, log});
  if (auto noted = journal_->append(from); !noted) return noted;
  ++changes_;
  if (options_.fsync != fsync_mode::never) {
    if (auto synced = journal_->sync(); !synced) return synced;
  }
  return still_ours();
}

}  // namespace kfs
