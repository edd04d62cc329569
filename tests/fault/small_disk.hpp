#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace kfs::fault {

/// A file system of its own size in memory, mounted on a directory for this thread and what it starts from then on.
///
/// Needs where_one_may_mount(). Threading: none. Errors: std::system_error.
class small_disk {
 public:
  /// `size` as tmpfs(5) takes it: "1m".
  small_disk(std::filesystem::path directory, const std::string& size);
  ~small_disk();
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;

  void resize(const std::string& size);

 private:
  std::filesystem::path directory_;
};

/// Runs a test that mounts: here as root, in mounts of this thread's own; else by this program once more, with this
/// test case alone ("suite/case"), below unshare(1). Where the system allows neither the test is skipped, which is
/// printed.
void where_one_may_mount(const std::string& test_case, const std::function<void()>& test);

}  // namespace kfs::fault
