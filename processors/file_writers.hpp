#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "config/error.hpp"
#include "processors/batch.hpp"
#include "processors/file_descriptor.hpp"

namespace kfs {

/// Appends batches to one file, one value a line. The only writer of that file in this process; other processes are
/// kept out by an advisory lock (flock) where the file system has them.
///
/// A file that was moved or removed (log rotation) is left where it is, and a new one is begun, before the next batch.
///
/// Ownership: shared by the sinks that name the file; the file is closed with the last of them.
/// Threading: safe from any thread; one batch at a time, so lines of two sinks never mix.
/// Errors: as file_error() says, and sink_unavailable while another process holds the file or another sink has been
/// writing for seconds. After an error nothing of the batch stays in the file, unless the message says otherwise.
class file_writer {
 public:
  explicit file_writer(std::filesystem::path resolved) : path_(std::move(resolved)) {}

  /// Opens the file unless it is open.
  result<void> open();

  /// Appends every value of the batch and a line end each; of a tombstone the line end only. Returns when the bytes are
  /// with the operating system.
  result<void> append(const batch& records);

 private:
  /// What a failed write left in the file and could not take back yet.
  struct leftover {
    off_t begin = 0;
    off_t end = 0;
  };

  result<std::unique_lock<std::timed_mutex>> lock();
  result<void> open_locked();
  result<void> prepare();
  result<void> write_lines(const batch& records);
  result<void> flush();
  result<void> write_all(std::string_view bytes);
  result<void> take_back();
  [[nodiscard]] bool was_moved() const;
  [[nodiscard]] bool ends_in_whole_line(off_t end) const;
  [[nodiscard]] result<off_t> size() const;

  const std::filesystem::path path_;
  std::timed_mutex mutex_;  ///< guards all that follows
  file_descriptor file_;
  std::optional<off_t> end_;  ///< where this writer's last whole line ended; none: unknown
  std::optional<leftover> leftover_;
  off_t written_ = 0;   ///< bytes of the batch in hand
  std::string buffer_;  ///< lines not written yet
};

/// The writers of a process, one a file.
///
/// Threading: safe from any thread.
class file_writers {
 public:
  /// The writer of a resolved path (file_path_policy), made if there is none. Opens nothing.
  std::shared_ptr<file_writer> of(const std::filesystem::path& resolved);

 private:
  std::mutex mutex_;
  std::map<std::filesystem::path, std::weak_ptr<file_writer>> writers_;
};

}  // namespace kfs
