#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kfs::test {

/// How to start a program.
struct child_command {
  std::vector<std::string> arguments;              ///< the program first, by its path or as PATH finds it
  std::map<std::string, std::string> environment;  ///< all of it; see inherited_environment()
  std::filesystem::path working_directory;         ///< empty: this process's
  std::filesystem::path output;                    ///< stdout and stderr are appended here
};

/// One program that was started, the leader of a process group of its own.
///
/// The kernel kills it when the thread that started it ends, so that nothing outlives a test that crashed: start it
/// from the test's own thread. The destructor kills the whole group.
///
/// Threading: none. Errors: std::system_error where the program cannot be started.
class child_process {
 public:
  explicit child_process(const child_command& command);
  ~child_process();
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

  /// True until it has ended.
  [[nodiscard]] bool running();

  /// Sends a signal to the process itself, if it has not ended.
  void signal(int number);

  /// Waits for its end: the exit code, or 128 + the signal that ended it; nothing where it still runs after `patience`.
  std::optional<int> wait(std::chrono::milliseconds patience);

  /// SIGTERM, then SIGKILL where it still runs after `patience` (the exit code is then 137).
  int terminate(std::chrono::milliseconds patience);

  /// SIGKILL to the whole process group.
  void kill();

 private:
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

/// PATH, HOME and what the sanitizers read, of this process: what a program needs to start at all.
std::map<std::string, std::string> inherited_environment();

/// A text file as one string; empty where it is not there.
std::string file_text(const std::filesystem::path& path);

/// The last `count` lines of a text.
std::string last_lines(const std::string& text, std::size_t count);

}  // namespace kfs::test
