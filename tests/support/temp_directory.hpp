#pragma once

#include <filesystem>

namespace kfs::test {

/// A new directory below the system's temporary directory. The destructor removes it with its content, unless
/// KFS_TEST_KEEP is set in the environment.
class temp_directory {
 public:
  temp_directory();
  ~temp_directory();
  temp_directory(const temp_directory&) = delete;
  temp_directory& operator=(const temp_directory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace kfs::test
