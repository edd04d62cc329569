#include "tests/fault/small_disk.hpp"

#include <sched.h>
#include <sys/mount.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "tests/fault/consuming.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/temp_directory.hpp"

namespace kfs::fault {
namespace {

using namespace std::chrono_literals;

constexpr auto restarted = "KFS_TEST_OWN_MOUNTS";

/// Separates the mounts of this thread from all others. False when the system does not allow it.
bool have_own_mounts() {
  return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

/// Runs a command under unshare(1) as root of a user namespace. Returns its exit code; nullopt when it takes too long.
std::optional<int> run_unshared(const std::vector<std::string>& command, const std::filesystem::path& output) {
  std::vector<std::string> arguments{"unshare", "--map-root-user", "--mount", "--kill-child", "--fork"};
  arguments.insert(arguments.end(), command.begin(), command.end());
  auto environment = test::inherited_environment();
  environment["KFS_TEST_BOOTSTRAP"] = test::shared_bootstrap_servers();
  environment[restarted] = "1";
  test::child_process child{
      {.arguments = arguments, .environment = environment, .working_directory = {}, .output = output}};
  return child.wait(2min);
}

}  // namespace

small_disk::small_disk(std::filesystem::path directory, const std::string& size) : directory_(std::move(directory)) {
  if (::mount("tmpfs", directory_.c_str(), "tmpfs", 0, ("size=" + size).c_str()) != 0)
    throw std::system_error(errno, std::generic_category(), "mount a tmpfs on " + directory_.string());
}

small_disk::~small_disk() {
  ::umount2(directory_.c_str(), MNT_DETACH);
}

void small_disk::resize(const std::string& size) {
  if (::mount("tmpfs", directory_.c_str(), "tmpfs", MS_REMOUNT, ("size=" + size).c_str()) != 0)
    throw std::system_error(errno, std::generic_category(), "resize " + directory_.string());
}

void run_with_mounts(const std::string& test_case, const std::function<void()>& test) {
  if (have_own_mounts()) return test();
  BOOST_TEST_REQUIRE(std::getenv(restarted) == nullptr, "mounting is not allowed even under unshare(1)");
  const test::temp_directory directory;
  const auto output = directory.path() / "output";
  if (run_unshared({"true"}, output) != 0)
    return say("SKIPPED " + test_case +
               ": it needs mounts, and this process is not root and cannot use unshare(1): " + test::file_text(output));
  const auto program = std::filesystem::read_symlink("/proc/self/exe").string();
  const auto code = run_unshared({program, "--run_test=" + test_case, "--color_output=no"}, output);
  say(test::file_text(output));
  BOOST_TEST((code == 0));
}

}  // namespace kfs::fault
