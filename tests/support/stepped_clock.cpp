#include "tests/support/stepped_clock.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>

#include "config/base/file_descriptor.hpp"
#include "tests/support/paths.hpp"

namespace kfs::test {

stepped_clock::stepped_clock() {
  const file_descriptor file(::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  void* memory = MAP_FAILED;
  if (file && ::ftruncate(file.get(), sizeof *offset_) == 0)
    memory = ::mmap(nullptr, sizeof *offset_, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), file_.native());
  offset_ = static_cast<std::int64_t*>(memory);
}

stepped_clock::~stepped_clock() {
  ::munmap(offset_, sizeof *offset_);
}

bool stepped_clock::is_available() {
  return !stepped_clock_library().empty();
}

std::map<std::string, std::string> stepped_clock::environment() const {
  return {{"LD_PRELOAD", stepped_clock_library().native()}, {"KFS_TEST_CLOCK_OFFSET", file_.native()}};
}

void stepped_clock::step_to(std::chrono::nanoseconds offset) {
  std::atomic_ref(*offset_).store(offset.count(), std::memory_order_relaxed);
}

}  // namespace kfs::test
