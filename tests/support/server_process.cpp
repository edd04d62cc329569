#include "tests/support/server_process.hpp"

#include <boost/test/results_collector.hpp>
#include <boost/test/unit_test_suite.hpp>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string_view>

#include "tests/support/eventually.hpp"
#include "tests/support/paths.hpp"

namespace kfs::test {
namespace {

using namespace std::chrono_literals;

constexpr auto server_start_patience = 30s;
constexpr auto server_stop_patience = 30s;
constexpr std::size_t shown_log_lines = 100;

bool test_case_failed() {
  namespace ut = boost::unit_test;
  if (!ut::framework::test_in_progress()) return false;
  return std::uncaught_exceptions() > 0 ||
         !ut::results_collector.results(ut::framework::current_test_case_id()).passed();
}

std::vector<std::string> command_line(const std::filesystem::path& binary, const std::vector<std::string>& arguments,
                                      const std::vector<std::string>& launcher = {}) {
  auto out = launcher;
  out.push_back(binary.string());
  out.insert(out.end(), arguments.begin(), arguments.end());
  return out;
}

}  // namespace

server_process::server_process(std::map<std::string, std::string> environment, std::vector<std::string> arguments,
                               std::vector<std::string> launcher, std::filesystem::path program)
    : environment_(inherited_environment()),
      arguments_(std::move(arguments)),
      launcher_(std::move(launcher)),
      program_(program.empty() ? server_binary() : std::move(program)) {
  const std::map<std::string, std::string> settings{
      {"HTTP_HOST", "127.0.0.1"},
      {"HTTP_PORT", "0"},
      {"DATA_DIR", (files() / "data").string()},
      {"FILE_SINK_DIRECTORIES", files().string()},
      // No test sends anything to other machines.
      {"KAFKA_ALLOWED_BROKERS", "127.0.0.0/8,::1,localhost"},
      {"DATABASE_ALLOWED_HOSTS", "127.0.0.0/8,::1,localhost"},
      {"FORWARDER_ALLOWED_HOSTS", "127.0.0.0/8,::1,localhost"},
  };
  for (const auto& [name, value] : settings) environment_[name] = value;
  for (const auto& [name, value] : environment) environment_[name] = value;
  start();
}

server_process::~server_process() {
  if (test_case_failed()) std::cerr << "--- the server's log:\n" << last_lines(log(), shown_log_lines) << "---\n";
}

std::string server_process::url() const {
  return "http://127.0.0.1:" + std::to_string(port_);
}

http_client server_process::client() const {
  return http_client{url()};
}

std::filesystem::path server_process::log_path() const {
  return files() / ("server-" + std::to_string(starts_) + ".log");
}

std::string server_process::log() const {
  return file_text(log_path());
}

// The port in the log line "… listening … port=NNNN …"; 0 when there is none yet.
std::uint16_t server_process::listening_port() const {
  const auto text = log();
  const auto message = text.find(" listening");
  if (message == std::string::npos) return 0;
  const auto end = text.find('\n', message);
  const auto field = text.find(" port=", message);
  if (end == std::string::npos || field > end) return 0;
  constexpr std::string_view name = " port=";
  return static_cast<std::uint16_t>(std::stoul(text.substr(field + name.size(), 5)));
}

void server_process::start() {
  if (start(command_line(program_, arguments_, launcher_), {})) return;
  throw std::runtime_error("the server does not listen: " + last_lines(log(), shown_log_lines));
}

bool server_process::start_with_faults(const std::map<std::string, std::string>& variables,
                                       const std::vector<std::string>& launcher) {
  return start(command_line(server_with_faults_binary(), arguments_, launcher), variables);
}

bool server_process::start(std::vector<std::string> command, const std::map<std::string, std::string>& variables) {
  ++starts_;
  port_ = 0;
  auto environment = environment_;
  for (const auto& [name, value] : variables) environment[name] = value;
  process_ = std::make_unique<child_process>(child_command{
      .arguments = std::move(command),
      .environment = std::move(environment),
      .working_directory = files(),
      .output = log_path(),
  });
  const bool settled = eventually(server_start_patience, [this] {
    port_ = listening_port();
    return port_ != 0 || !process_->running();
  });
  return settled && port_ != 0;
}

int server_process::stop() {
  return process_->terminate(server_stop_patience);
}

void server_process::kill() {
  process_->kill();
}

finished_run run_server(const std::vector<std::string>& arguments,
                        const std::map<std::string, std::string>& environment, const std::filesystem::path& directory) {
  auto all = inherited_environment();
  for (const auto& [name, value] : environment) all[name] = value;
  const auto output = directory / unique_name("run");
  child_process process{child_command{
      .arguments = command_line(server_binary(), arguments),
      .environment = all,
      .working_directory = directory,
      .output = output,
  }};
  if (!process.wait(20s)) process.kill();
  return {.exit_code = process.wait(0s).value_or(137), .output = file_text(output)};
}

}  // namespace kfs::test
