#pragma once

#include <filesystem>

#include "config/base/error.hpp"

namespace kfs {

/// The directory of the embedded store, held by this process alone for as long as the object lives.
///
/// The lock is the kernel's (flock on `consumers.sqlite3.lock`), so it ends with the process, kill -9 included; the
/// file stays. Reading the database with other tools meanwhile is allowed.
///
/// Ownership: of the store. Threading: none.
class data_directory {
 public:
  /// Makes what is missing (the directory with mode 0700, the files with 0600, as they may hold secrets) and takes the
  /// lock. Errors: store_unavailable with the path and what to do, also when another process holds the lock.
  static result<data_directory> open(const std::filesystem::path& directory);

  data_directory(data_directory&& other) noexcept;
  data_directory& operator=(data_directory&& other) noexcept;
  ~data_directory();

  [[nodiscard]] const std::filesystem::path& database_file() const noexcept { return database_file_; }

 private:
  data_directory(std::filesystem::path database_file, int lock);

  std::filesystem::path database_file_;
  int lock_ = -1;  ///< file descriptor that holds the lock; -1: moved from
};

}  // namespace kfs
