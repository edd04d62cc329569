#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "config/base/error.hpp"
#include "config/base/logger.hpp"
#include "processors/file/handover.hpp"
#include "processors/file/writer.hpp"

namespace kfs {

/// Whether closed files have names like this: `<file>.20261124T093000.123Z`, perhaps with a number and a suffix.
bool is_name_of_closed_file(const std::string& file_name);

/// The writers of the process, one per series of files, with two threads for the work that no batch should wait for:
/// forcing bytes to the disk, closing files in time, compressing closed files.
///
/// Threading: safe from any thread. The threads start with the first writer and end with this object, within the time
/// of one write to the disk. A compression that is under way then is done again after the next start.
class file_writers {
 public:
  using clock = std::function<std::chrono::system_clock::time_point()>;
  static constexpr std::chrono::milliseconds maintenance_interval{1'000};

  /// `of_server`: files in which nothing is written, whatever a date leads to. `patience`: how long a write waits for
  /// the file of another instance.
  explicit file_writers(logger log, clock now = std::chrono::system_clock::now,
                        std::chrono::milliseconds patience = std::chrono::seconds{2}, server_files of_server = {});
  ~file_writers();
  file_writers(const file_writers&) = delete;
  file_writers& operator=(const file_writers&) = delete;

  /// The writer of a resolved series (file_path_policy); made when there is none. Opens nothing. sink_denied when other
  /// sinks write to the series with different options.
  result<std::shared_ptr<file_writer>> of(const std::filesystem::path& series, const file_options& options);

  [[nodiscard]] file_handover::manner handover() const { return {environment_.boot, patience_}; }

  /// Calls maintain() of all writers. Runs every maintenance_interval.
  void maintain();

 private:
  struct to_compress {
    std::filesystem::path file;
    compression how;
    int tries = 0;
  };

  void start_threads();
  void closed(const std::filesystem::path& file, compression how);
  std::vector<std::filesystem::path> leftovers(const std::filesystem::path& directory);
  void take_up(const std::filesystem::path& series, const std::filesystem::path& open_file, compression how);
  void compress_all(const std::stop_token& ended);

  const logger log_;
  const std::chrono::milliseconds patience_;
  file_writer_environment environment_;
  std::mutex mutex_;  ///< guards writers_
  std::map<std::filesystem::path, std::weak_ptr<file_writer>> writers_;

  std::mutex leftovers_mutex_;                                                     ///< guards leftovers_
  std::map<std::filesystem::path, std::vector<std::filesystem::path>> leftovers_;  ///< by directory

  std::mutex closed_mutex_;  ///< guards closed_
  std::condition_variable_any closed_one_;
  std::deque<to_compress> closed_;

  std::jthread maintainer_;
  std::jthread compressor_;
};

}  // namespace kfs
