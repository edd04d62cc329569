#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace kfs::fault {

/// A tmpfs of a given size, mounted on a directory. Only this thread and the processes that it starts later see it.
///
/// Use it inside run_with_mounts(). Threading: none. Errors: std::system_error.
class small_disk {
 public:
  /// `size` in the format of tmpfs(5), for example "1m".
  small_disk(std::filesystem::path directory, const std::string& size);
  ~small_disk();
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;

  void resize(const std::string& size);

 private:
  std::filesystem::path directory_;
};

/// Runs a test that mounts file systems. As root, it runs the test here with separate mounts. Otherwise it starts this
/// program again under unshare(1) with this test case only ("suite/case"). When the system allows neither, it skips the
/// test and prints that.
void run_with_mounts(const std::string& test_case, const std::function<void()>& test);

}  // namespace kfs::fault
