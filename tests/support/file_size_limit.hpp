#pragma once

#include <sys/resource.h>

namespace kfs::test {

/// Fails writes of this process beyond a file size of `bytes`, as a full disk does: first a short write, then an error.
class file_size_limit {
 public:
  explicit file_size_limit(rlim_t bytes);
  ~file_size_limit();
  file_size_limit(const file_size_limit&) = delete;
  file_size_limit& operator=(const file_size_limit&) = delete;

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

/// The same without an end. For a child process that ends soon.
void limit_file_size(rlim_t bytes);

}  // namespace kfs::test
