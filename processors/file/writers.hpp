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
#include "processors/file/writer.hpp"

namespace kfs {

/// True for names that closed files get: `<file>.20261124T093000.123Z`, with a number, compressed or being compressed.
bool is_name_of_closed_file(const std::string& file_name);

/// The writers of a process, one a series of files, and the threads that do for them what no batch should wait for:
/// forcing to the disk, closing files in time, compressing what was closed.
///
/// Threading: safe from any thread. The threads begin with the first writer and end with this object, within the time
/// of one write to the disk; a file that is being compressed then is compressed after the next start.
class file_writers {
 public:
  using clock = std::function<std::chrono::system_clock::time_point()>;
  static constexpr std::chrono::milliseconds maintenance_interval{1'000};

  explicit file_writers(logger log, clock now = std::chrono::system_clock::now);
  ~file_writers();
  file_writers(const file_writers&) = delete;
  file_writers& operator=(const file_writers&) = delete;

  /// The writer of a resolved series (file_path_policy), made if there is none. Opens nothing. sink_denied when others
  /// write to it with different options.
  result<std::shared_ptr<file_writer>> of(const std::filesystem::path& series, const file_options& options);

  /// What is due by time alone, of all writers. Called every maintenance_interval.
  void maintain();

 private:
  struct to_compress {
    std::filesystem::path file;
    compression how;
    int tries = 0;
  };

  void start_threads();
  void closed(const std::filesystem::path& file, compression how);
  void take_up(const std::filesystem::path& series, const std::filesystem::path& open_file, compression how);
  void compress_all(const std::stop_token& ended);

  const logger log_;
  file_writer_environment environment_;
  std::mutex mutex_;  ///< guards the writers
  std::map<std::filesystem::path, std::weak_ptr<file_writer>> writers_;

  std::mutex closed_mutex_;  ///< guards the closed files
  std::condition_variable_any closed_one_;
  std::deque<to_compress> closed_;

  std::jthread maintainer_;
  std::jthread compressor_;
};

}  // namespace kfs
