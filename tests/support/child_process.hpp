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
  std::vector<std::string> arguments;              ///< the program first: a path, or a name that PATH finds
  std::map<std::string, std::string> environment;  ///< the complete environment; see inherited_environment()
  std::filesystem::path working_directory;         ///< empty for the directory of this process
  std::filesystem::path output;                    ///< stdout and stderr are appended here
};

/// One started program, the leader of its own process group.
///
/// The kernel kills it when the thread that started it ends, so that nothing survives a crashed test: start it from the
/// test's thread. The destructor kills the whole group.
///
/// Threading: none. Errors: std::system_error when the program cannot be started.
class child_process {
 public:
  explicit child_process(const child_command& command);
  ~child_process();
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

  /// True until the program has ended.
  [[nodiscard]] bool running();

  /// Sends a signal to the process if it has not ended.
  void signal(int number);

  /// Waits for the end. Returns the exit code, or 128 + the signal that ended it; nullopt when it still runs after
  /// `patience`.
  std::optional<int> wait(std::chrono::milliseconds patience);

  /// Sends SIGTERM, and SIGKILL (exit code 137) when it still runs after `patience`.
  int terminate(std::chrono::milliseconds patience);

  /// Sends SIGKILL to the whole process group.
  void kill();

 private:
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

/// The variables of this process's environment that a program needs to start: PATH, HOME and the sanitizers' options.
std::map<std::string, std::string> inherited_environment();

/// The content of a text file; empty when it does not exist.
std::string file_text(const std::filesystem::path& path);

/// The last `count` lines of a text.
std::string last_lines(const std::string& text, std::size_t count);

}  // namespace kfs::test
