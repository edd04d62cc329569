#include "tests/support/network_namespace.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "tests/support/child_process.hpp"
#include "tests/support/temp_directory.hpp"

namespace kfs::test {
namespace {

constexpr std::chrono::seconds command_patience{10};

/// A thread has a network of its own from here on.
int new_namespace() {
  if (::unshare(CLONE_NEWNET) != 0) return -1;
  return ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
}

void run(const std::vector<std::string>& command) {
  const temp_directory files;
  const auto output = files.path() / "output";
  child_process process{
      {.arguments = command, .environment = inherited_environment(), .working_directory = {}, .output = output}};
  if (process.wait(command_patience) == 0) return;
  std::string line;
  for (const auto& word : command) line += word + ' ';
  throw std::runtime_error(line + "fails: " + file_text(output));
}

}  // namespace

network_namespace::network_namespace() {
  int code = 0;
  std::thread([&] {
    descriptor_ = new_namespace();
    code = errno;
  }).join();
  if (descriptor_ < 0) throw std::runtime_error(std::string{"no network namespace: "} + std::strerror(code));
  try {
    ip("link set lo up");
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

network_namespace::~network_namespace() {
  ::close(descriptor_);
}

std::string network_namespace::why_none() {
  try {
    const network_namespace one;
    one.ip("link add bridge type bridge");
    return {};
  } catch (const std::exception& error) {
    return error.what();
  }
}

std::string network_namespace::path() const {
  return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(descriptor_);
}

std::vector<std::string> network_namespace::launcher() const {
  return {"nsenter", "--net=" + path()};
}

void network_namespace::ip(const std::string& arguments) const {
  auto command = launcher();
  command.emplace_back("ip");
  std::istringstream words(arguments);
  for (std::string word; words >> word;) command.push_back(word);
  run(command);
}

void network_namespace::within(const std::function<void()>& action) const {
  bool entered = false;
  std::thread([&] {
    entered = ::setns(descriptor_, CLONE_NEWNET) == 0;
    if (entered) action();
  }).join();
  if (!entered) throw std::runtime_error("cannot enter a network namespace");
}

}  // namespace kfs::test
