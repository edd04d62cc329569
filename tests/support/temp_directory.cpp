#include "tests/support/temp_directory.hpp"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace kfs::test {

temp_directory::temp_directory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "kfs-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::system_error(errno, std::generic_category(), pattern);
  path_ = std::filesystem::canonical(pattern);
}

temp_directory::~temp_directory() {
  if (std::getenv("KFS_TEST_KEEP") != nullptr) return;
  std::error_code ignored;  // a process that is still ending may write files here
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace kfs::test
