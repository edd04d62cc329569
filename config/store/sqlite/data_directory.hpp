#pragma once

#include <filesystem>

#include "config/base/error.hpp"

namespace kfs {

/// The directory of the embedded store. While the object lives, no other server can use the directory.
///
/// The lock is the kernel's (flock on `consumers.sqlite3.lock`), so it ends with the process, even by kill -9; the lock
/// file stays. Other tools may read the database meanwhile.
///
/// Ownership: owned by the store.
/// Threading: none.
class data_directory {
 public:
  /// Makes what is missing (the directory with mode 0700, the files with mode 0600, because they may hold secrets) and
  /// takes the lock.
  /// Errors: store_unavailable with the path and what to do, also when another process holds the lock.
  static result<data_directory> open(const std::filesystem::path& directory);

  data_directory(data_directory&& other) noexcept;
  data_directory& operator=(data_directory&& other) noexcept;
  ~data_directory();

  [[nodiscard]] const std::filesystem::path& database_file() const noexcept { return database_file_; }

 private:
  data_directory(std::filesystem::path database_file, int lock);

  std::filesystem::path database_file_;
  int lock_ = -1;  ///< file descriptor that holds the lock; -1 when moved from
};

}  // namespace kfs
