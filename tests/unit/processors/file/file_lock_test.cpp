#include "processors/file/lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "tests/support/temp_directory.hpp"

namespace kfs::file_lock_test {

namespace fs = std::filesystem;

namespace {

file_descriptor open_file(const fs::path& path) {
  file_descriptor opened(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  BOOST_REQUIRE(opened.get() >= 0);
  return opened;
}

std::string name_of_this() {
  std::string name;
  std::getline(std::ifstream("/proc/self/comm"), name);
  return name;
}

/// A process that holds the lock of a file for the lifetime of this object.
class other_process {
 public:
  explicit other_process(const fs::path& path) {
    int ready[2];
    int end[2];
    BOOST_REQUIRE(::pipe2(ready, O_CLOEXEC) == 0);
    BOOST_REQUIRE(::pipe2(end, O_CLOEXEC) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(end[1]);
      const int file = ::open(path.c_str(), O_RDWR);
      char byte = ::flock(file, LOCK_EX | LOCK_NB) == 0 ? 'y' : 'n';
      if (::write(ready[1], &byte, 1) == 1) static_cast<void>(::read(end[0], &byte, 1) == 0);
      ::_exit(0);
    }
    ::close(ready[1]);
    ::close(end[0]);
    const file_descriptor from(ready[0]);
    end_ = file_descriptor(end[1]);
    char byte = 'n';
    BOOST_REQUIRE(::read(from.get(), &byte, 1) == 1);
    BOOST_REQUIRE(byte == 'y');
  }
  ~other_process() {
    end_.reset();
    ::waitpid(pid_, nullptr, 0);
  }
  other_process(const other_process&) = delete;
  other_process& operator=(const other_process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  file_descriptor end_;
};

struct fixture {
  test::temp_directory directory;
  fs::path path = directory.path() / "out.log";
  file_descriptor file = open_file(path);
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(file_lock, fixture)

BOOST_AUTO_TEST_CASE(a_file_that_nobody_holds_is_held_until_it_is_closed) {
  BOOST_TEST(lock_file(file, path).has_value());
  const auto second = open_file(path);
  BOOST_TEST(::flock(second.get(), LOCK_EX | LOCK_NB) != 0);
  file.reset();
  BOOST_TEST(::flock(second.get(), LOCK_EX | LOCK_NB) == 0);
}

BOOST_AUTO_TEST_CASE(another_process_that_holds_the_file_is_named_until_it_lets_go) {
  {
    const other_process holder(path);
    const auto refused = lock_file(file, path);
    BOOST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == ec::sink_unavailable));
    BOOST_TEST(has(refused.error().message, path.native()), refused.error().message);
    BOOST_TEST(has(refused.error().message, "process " + std::to_string(holder.pid()) + " (" + name_of_this() + ")"),
               refused.error().message);
  }
  BOOST_TEST(lock_file(file, path).has_value());
}

BOOST_AUTO_TEST_CASE(a_hard_link_that_this_process_holds_is_named_as_that) {
  fs::create_hard_link(path, directory.path() / "link");
  const auto link = open_file(directory.path() / "link");
  BOOST_REQUIRE(lock_file(link, directory.path() / "link").has_value());
  const auto refused = lock_file(file, path);
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST(has(refused.error().message, "this server itself"), refused.error().message);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::file_lock_test
