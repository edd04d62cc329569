#pragma once

#include <sys/resource.h>

namespace kfs::test {

/// Makes every file of this process that grows beyond `bytes` fail, as a full disk does: a short write, then an error.
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

/// The same for good: for a child that ends soon.
void limit_file_size(rlim_t bytes);

}  // namespace kfs::test
