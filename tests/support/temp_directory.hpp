#pragma once

#include <filesystem>

namespace kfs::test {

/// A directory of this test's own below the system's temporary directory; removed with all it holds at the end.
///
/// With KFS_TEST_KEEP set in the environment it stays, for looking at what a failed test left.
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
