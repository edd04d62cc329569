#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/base/error.hpp"
#include "config/base/file_descriptor.hpp"
#include "processors/batch.hpp"
#include "processors/file/compression.hpp"
#include "processors/file/journal.hpp"
#include "processors/file/server_files.hpp"
#include "processors/leases.hpp"
#include "processors/lifeline.hpp"
#include "processors/record_lines.hpp"
#include "processors/sink.hpp"

namespace kfs {

/// When what was written is forced to the disk.
enum class fsync_mode : std::uint8_t { batch, interval, never };

/// How a series of files is kept. All its writers must agree.
struct file_options {
  fsync_mode fsync = fsync_mode::interval;
  std::optional<std::int64_t> rotate_max_bytes;              ///< a file is closed before it grows beyond this
  std::optional<std::chrono::milliseconds> rotate_interval;  ///< a file with content is closed after this time
  compression compress = compression::none;                  ///< of closed files
  bool operator==(const file_options&) const = default;
};

/// What a file_writer uses of its owner. Outlives the writer.
struct file_writer_environment {
  std::string boot;  ///< changes when the machine restarts
  std::function<std::chrono::system_clock::time_point()> now;
  /// Called for each file that is closed for good, with its compression.
  std::function<void(const std::filesystem::path&, compression)> closed;
  /// Called for each series that was opened, with its open file and the compression of its closed files.
  std::function<void(const std::filesystem::path& series, const std::filesystem::path& file, compression)> opened;
  /// Called while a series is taken over from another process, about once a second, with the bytes that are copied so
  /// far and the size of the file. Empty: nobody wants to know.
  std::function<void(const std::filesystem::path& series, std::int64_t done, std::int64_t all)> copying = {};
  /// What takeovers and journals that were interrupted have left in a directory. Empty: the directory is read.
  std::function<std::vector<std::filesystem::path>(const std::filesystem::path& directory)> leftovers = {};
  /// How long a process whose leases have ended may at least hold the files, because it is just closing them.
  std::chrono::milliseconds patience{100};
  /// No file is opened that is one of these.
  server_files of_server = {};
};

/// Appends batches to one series of files (the open file, those of other dates, the closed ones), exactly once: the
/// journal beside them tells which bytes are whole, and the next offset of each partition.
///
/// The only writer of the series in this process. An advisory lock (flock) keeps other processes out, if the file
/// system has locks. A sink with a lease takes the files over from a process whose leases have ended (takeover.hpp);
/// the writer of that process finds out before it reports a batch as written. When a file was moved, removed or emptied
/// (log rotation), a new one is begun before the next batch; a file that was changed in another way is not touched.
///
/// Ownership: shared by the sinks of the series; closed with the last of them.
/// Threading: safe from any thread; one batch at a time, so lines of two sinks never mix.
/// Errors: as file_error() and file_journal say; sink_unavailable while another sink writes for seconds; shutting_down
/// when the caller was cancelled while it waited for its turn, because its successor may already have written.
/// After an error nothing of the batch counts as written.
class file_writer {
 public:
  /// Records of the batch `from`; those of a partition are in offset order.
  struct lines {
    const batch& from;
    std::span<const record> records;
    std::span<const batch_range> ranges;
    record_lines& as;
    /// Asked once the write stands in the journal, where others see it: an error ends it, and nothing is written.
    /// Empty: nobody has to be asked.
    std::function<result<void>()> may_write = {};
  };

  file_writer(std::filesystem::path series, const file_options& options, const file_writer_environment& environment);
  ~file_writer();
  file_writer(const file_writer&) = delete;
  file_writer& operator=(const file_writer&) = delete;

  /// Opens the files unless they are open already, and notes in the journal that this sink writes under its lease.
  result<void> open(const sink_lease& lease, const lifeline& watched);
  /// The same for a sink without a lease.
  result<void> open();

  /// Appends a line for every record that the series does not hold yet. When this returns, the lines survive the end of
  /// the process, and with fsync_mode::batch a power failure.
  result<void> append(const lines& added, const std::stop_token& given_up);

  /// The position in each partition of what the series holds; nullopt when it holds nothing of it.
  result<std::vector<std::optional<stored_position>>> positions(const record_source& source,
                                                                std::span<const partition_number> partitions,
                                                                const std::stop_token& given_up);

  /// Sets the position in each partition. Durable when it returns.
  result<void> start_at(const record_source& source, std::span<const sink_start> starts,
                        const std::stop_token& given_up);

  /// Does what is due by time: forces bytes to the disk, notes that writes are whole, closes a file that is old enough,
  /// shortens the journal.
  /// Returns at once while a batch is being written. The next append() reports what failed here.
  void maintain();

  [[nodiscard]] const std::filesystem::path& series() const noexcept { return series_; }
  [[nodiscard]] const file_options& options() const noexcept { return options_; }

 private:
  /// The next offset of a partition before the current batch.
  struct known_range {
    partition_number partition;
    offset next;
  };

  result<std::unique_lock<std::timed_mutex>> lock();
  result<std::unique_lock<std::timed_mutex>> lock_unless(const std::stop_token& given_up);
  result<void> open_locked();
  result<void> open_journal();
  result<void> take_over_if_frozen(const sink_lease& lease, const lifeline& watched);
  void close_files();
  [[nodiscard]] result<void> still_ours();
  result<void> recover(std::optional<off_t> size);
  result<void> begin(const std::string& name);
  result<void> open_file(const std::string& name);
  result<void> prepare();
  result<void> restore_journal();
  result<void> match_size();
  result<journal::source_number> number_of(const record_source& source);

  bool plan(const lines& added, journal::source_number source);
  [[nodiscard]] bool is_known(const record& item) const;
  std::int64_t measure(const lines& added);
  result<void> announce(std::int64_t length);
  result<void> write_lines(const lines& added);
  result<void> flush();
  result<void> write_all(std::string_view bytes);
  void take_back();

  [[nodiscard]] bool is_due(std::int64_t more) const;
  result<void> rotate();
  [[nodiscard]] result<std::filesystem::path> set_aside();
  result<void> sync();
  void sync_unlocked(std::unique_lock<std::timed_mutex> held);

  [[nodiscard]] tl::unexpected<error> changed(off_t size) const;
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

  std::timed_mutex mutex_;                                                 ///< guards everything below
  std::map<std::pair<std::string, std::int64_t>, journal::owner> owners_;  ///< those whose sinks opened the series
  std::optional<file_journal> journal_;
  file_descriptor file_;
  std::filesystem::path path_;                   ///< of the file
  std::optional<std::filesystem::path> closed_;  ///< reported once the next file is begun
  bool unfinished_ = false;                      ///< the file was taken over in the middle of a line
  std::optional<error> sync_failed_;             ///< not reported yet
  bool dirty_ = false;         ///< written bytes may not be on the disk (with `never`: are not noted as whole)
  std::uint64_t changes_ = 0;  ///< counts the files begun or opened, and the positions that were set
  std::vector<known_range> known_;
  journal::write announced_;  ///< reused
  std::string buffer_;        ///< lines that are not written yet
};

}  // namespace kfs
