#include "tests/support/local_server.hpp"

#include <stdexcept>

#include "tests/support/eventually.hpp"
#include "tests/support/paths.hpp"

namespace kfs::test {

std::unique_ptr<child_process> start_local_server(const local_server_command& command,
                                                  const std::function<bool()>& answers) {
  const auto start_log = command.directory / "start.log";
  auto process = std::make_unique<child_process>(child_command{
      .arguments = {source_file("deploy/" + command.script), "run", command.directory.string()},
      .environment = inherited_environment(),
      .working_directory = {},
      .output = start_log,
  });
  const bool decided = eventually(command.patience, [&] { return !process->running() || answers(); });
  if (!decided || !process->running()) {
    throw std::runtime_error(command.name + " did not start: " + file_text(start_log) +
                             last_lines(file_text(command.log), 20));
  }
  return process;
}

std::string first_line(const std::filesystem::path& path) {
  const auto text = file_text(path);
  return text.substr(0, text.find('\n'));
}

}  // namespace kfs::test
