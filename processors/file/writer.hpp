#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.hpp"
#include "config/base/file_descriptor.hpp"
#include "processors/batch.hpp"
#include "processors/file/compression.hpp"
#include "processors/file/journal.hpp"
#include "processors/record_lines.hpp"

namespace kfs {

/// When what was written is forced to the disk.
enum class fsync_mode : std::uint8_t { batch, interval, never };

/// How a series of files is kept; the same for all who write to it.
struct file_options {
  fsync_mode fsync = fsync_mode::interval;
  std::optional<std::int64_t> rotate_max_bytes;              ///< a file is closed before it grows beyond it
  std::optional<std::chrono::milliseconds> rotate_interval;  ///< a file that holds something is closed after it
  compression compress = compression::none;                  ///< of closed files
  bool operator==(const file_options&) const = default;
};

/// What a file_writer is given by those who keep it. Outlives it.
struct file_writer_environment {
  std::string boot;  ///< changes when the machine restarts
  std::function<std::chrono::system_clock::time_point()> now;
  /// Told of each file that is closed for good, and how it is to be compressed.
  std::function<void(const std::filesystem::path&, compression)> closed;
  /// Told of each series that was opened, of the file that it has open, and how closed ones are to be compressed.
  std::function<void(const std::filesystem::path& series, const std::filesystem::path& file, compression)> opened;
};

/// Appends batches to one series of files (the one now, those of other dates, those that were closed), exactly once:
/// the journal beside them tells which bytes are whole and up to where each partition is in them.
///
/// The only writer of that series in this process; other processes are kept out by an advisory lock (flock) where the
/// file system has them. A file that was moved, removed or emptied (log rotation) is begun anew before the next batch;
/// one that was changed otherwise is not touched.
///
/// Ownership: shared by the sinks that name the series; closed with the last of them.
/// Threading: safe from any thread; one batch at a time, so lines of two sinks never mix.
/// Errors: as file_error() and file_journal say, and sink_unavailable while another sink has been writing for seconds.
/// shutting_down where the caller was given up while it waited for its turn: what came after it may have moved on.
/// After an error nothing of the batch counts as written.
class file_writer {
 public:
  /// Records of one source, those of a partition in offset order. `from` is the batch that holds them.
  struct lines {
    const batch& from;
    std::span<const record> records;
    std::span<const batch_range> ranges;
    record_lines& as;
  };

  file_writer(std::filesystem::path series, const file_options& options, const file_writer_environment& environment);
  ~file_writer();
  file_writer(const file_writer&) = delete;
  file_writer& operator=(const file_writer&) = delete;

  /// Opens the files unless they are open.
  result<void> open();

  /// Appends a line for every record that the series does not hold yet. They outlive the process when it returns, and
  /// the machine with fsync_mode::batch.
  result<void> append(const lines& what, const std::stop_token& given_up);

  /// Up to where the partitions are in the series; none: it knows nothing of it.
  result<std::vector<std::optional<offset>>> positions(const record_source& source,
                                                       std::span<const partition_number> partitions,
                                                       const std::stop_token& given_up);

  /// From now on the partitions stand there. Durable when it returns.
  result<void> start_at(const record_source& source, std::span<const partition_offset> starts,
                        const std::stop_token& given_up);

  /// What is due by time alone: forcing to the disk, noting that what was written is whole, closing a file that is old
  /// enough, keeping the journal short.
  /// Gives way to a batch that is being written. What fails is said by the next append().
  void maintain();

  [[nodiscard]] const std::filesystem::path& series() const noexcept { return series_; }
  [[nodiscard]] const file_options& options() const noexcept { return options_; }

 private:
  /// Up to where a range is in the file already.
  struct known_range {
    partition_number partition;
    offset next;
  };

  result<std::unique_lock<std::timed_mutex>> lock();
  result<std::unique_lock<std::timed_mutex>> lock_unless(const std::stop_token& given_up);
  result<void> open_locked();
  result<void> recover(std::optional<off_t> size);
  result<void> begin(const std::string& name);
  result<void> open_file(const std::string& name);
  result<void> prepare();
  result<void> restore_journal();
  result<void> match_size();
  result<journal::source_number> number_of(const record_source& source);

  bool plan(const lines& what, journal::source_number source);
  [[nodiscard]] bool is_known(const record& one) const;
  std::int64_t measure(const lines& what);
  result<void> announce(std::int64_t length);
  result<void> write_lines(const lines& what);
  result<void> flush();
  result<void> write_all(std::string_view bytes);
  void take_back();

  [[nodiscard]] bool is_due(std::int64_t more) const;
  result<void> rotate();
  [[nodiscard]] result<std::filesystem::path> set_aside();
  result<void> sync();
  void sync_unlocked(std::unique_lock<std::timed_mutex> held);

  [[nodiscard]] std::string changed_message(off_t size) const;
  [[nodiscard]] std::string name_now() const;
  [[nodiscard]] std::int64_t now_ms() const;  ///< since the epoch
  [[nodiscard]] std::filesystem::path path_of(const std::string& name) const { return directory_ / name; }
  [[nodiscard]] result<off_t> size() const;
  [[nodiscard]] std::int64_t length() const { return journal_->state().length(); }

  const std::filesystem::path series_;
  const std::filesystem::path directory_;  ///< of the journal
  const std::string series_name_;          ///< the series below it
  const file_options options_;
  const file_writer_environment& environment_;

  std::timed_mutex mutex_;  ///< guards all that follows
  std::optional<file_journal> journal_;
  file_descriptor file_;
  std::filesystem::path path_;                   ///< of the file
  std::optional<std::filesystem::path> closed_;  ///< is told of once the next one is begun
  bool unfinished_ = false;                      ///< the file was taken over amid a line
  std::optional<error> sync_failed_;             ///< not said yet
  bool dirty_ = false;         ///< bytes were written that may not be on the disk (never: not noted as whole)
  std::uint64_t changes_ = 0;  ///< counts the files begun or opened, and the positions that were set
  std::vector<known_range> known_;
  journal::write announced_;  ///< reused
  std::string buffer_;        ///< lines not written yet
};

}  // namespace kfs
