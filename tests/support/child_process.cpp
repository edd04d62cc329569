#include "tests/support/child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>

#include "tests/support/eventually.hpp"

namespace kfs::test {
namespace {

using namespace std::chrono_literals;

constexpr int cannot_start = 127;

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  out.reserve(strings.size() + 1);
  for (auto& text : strings) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// Runs between fork and exec. Uses only calls that are safe there.
[[noreturn]] void become(char* const* arguments, char* const* environment, const char* directory, int output,
                         pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(cannot_start);  // the parent ended before prctl took effect
  ::signal(SIGPIPE, SIG_DFL);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  if (directory[0] != '\0' && ::chdir(directory) != 0) ::_exit(cannot_start);
  ::execvpe(arguments[0], arguments, environment);
  ::_exit(cannot_start);
}

}  // namespace

child_process::child_process(const child_command& command) {
  auto arguments = command.arguments;
  std::vector<std::string> environment;
  for (const auto& [name, value] : command.environment) environment.push_back(name + '=' + value);
  const auto argument_pointers = pointers(arguments);
  const auto environment_pointers = pointers(environment);
  const std::string directory = command.working_directory.string();

  const int output = ::open(command.output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (output < 0) throw std::system_error(errno, std::generic_category(), command.output.string());
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) become(argument_pointers.data(), environment_pointers.data(), directory.c_str(), output, parent);
  const int failed = errno;
  ::close(output);
  if (pid_ < 0) throw std::system_error(failed, std::generic_category(), "fork");
}

child_process::~child_process() {
  kill();
}

bool child_process::running() {
  return !wait(0ms);
}

void child_process::signal(int number) {
  if (running()) ::kill(pid_, number);
}

std::optional<int> child_process::wait(std::chrono::milliseconds patience) {
  const auto ended = [this] {
    if (exit_code_) return true;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return true;
  };
  (void)eventually(patience, ended, 5ms);
  return exit_code_;
}

int child_process::terminate(std::chrono::milliseconds patience) {
  signal(SIGTERM);
  if (!wait(patience)) kill();
  return exit_code_.value_or(128 + SIGKILL);
}

void child_process::kill() {
  ::kill(-pid_, SIGKILL);  // also processes of its group that are still running
  (void)wait(10s);
}

std::map<std::string, std::string> inherited_environment() {
  constexpr std::array names{"PATH",          "HOME",         "XDG_CACHE_HOME", "ASAN_OPTIONS",
                             "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS"};
  std::map<std::string, std::string> out;
  for (const char* name : names) {
    if (const char* value = std::getenv(name)) out.emplace(name, value);
  }
  return out;
}

std::string file_text(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

std::string last_lines(const std::string& text, std::size_t count) {
  auto start = text.size();
  for (std::size_t lines = 0; lines <= count && start != 0; ++lines) {
    start = text.rfind('\n', start - 1);
    if (start == std::string::npos) return text;
  }
  return text.substr(std::min(start + 1, text.size()));
}

}  // namespace kfs::test
