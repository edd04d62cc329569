#include "tests/fault/consuming.hpp"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <iostream>
#include <sstream>

#include "tests/support/child_process.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/temp_directory.hpp"

namespace kfs::fault {
namespace {

using namespace std::chrono_literals;

/// The pause between two requests for a status, because each request adds a line to the server's log.
constexpr auto status_pause = 100ms;

constexpr int killed_by_sigkill = 137;

}  // namespace

consuming::consuming(std::size_t width) : consuming(test::shared_bootstrap_servers(), width) {}

consuming::consuming(const std::string& bootstrap_servers, std::size_t width)
    : flow(bootstrap_servers, partitions, width),
      client(server.client()),
      group(test::unique_name("group")),
      out(file("out.log")) {}

json consuming::body(const json& options, const json& sink_options) const {
  const auto servers = flow.bootstrap_servers();
  const auto colon = servers.rfind(':');
  auto config = sink_options;
  config["file_path"] = out.string();
  const json sink{{"processor_type", "file_sink"}, {"config", config}};
  return {{"broker_ip", servers.substr(0, colon)},
          {"broker_port", std::stoi(servers.substr(colon + 1))},
          {"topic", flow.topic()},
          {"consumer_group", group},
          {"auto_start", true},
          {"processor_configs", json::array({sink})},
          {"options", options}};
}

void consuming::create(const json& options, const json& sink_options) {
  const auto answered = client.post("/consumers", body(options, sink_options));
  BOOST_TEST_REQUIRE(answered.status == 201, answered.body);
  path = "/consumers/" + answered.parsed().at("consumer_id").get<std::string>();
}

json consuming::post_command(const std::string& command) {
  const auto answered = client.post(path + '/' + command);
  BOOST_TEST_REQUIRE(answered.status == 200, command << ": " << answered.body);
  return answered.parsed();
}

void consuming::start_consumer_to_die() {
  try {
    client.post(path + "/start");
  } catch (const test::no_answer&) {
  }
}

void consuming::delete_consumer() {
  const auto answered = client.del(path);
  BOOST_TEST_REQUIRE(answered.status == 204, answered.body);
}

void consuming::change_consumer(const json& change) {
  const auto answered = client.put(path, change);
  BOOST_TEST_REQUIRE(answered.status == 200, answered.body);
}

json consuming::consumer() {
  const auto answered = client.get(path);
  BOOST_TEST_REQUIRE(answered.status == 200, answered.body);
  return answered.parsed();
}

bool consuming::becomes(const std::string& status, std::chrono::milliseconds within) {
  return test::eventually(
      within, [&] { return consumer().at("status") == status; }, status_pause);
}

void consuming::start_server() {
  server.start();
  client = server.client();
}

void consuming::start_server_with_fault(const std::string& point, int hit,
                                        const std::map<std::string, std::string>& variables,
                                        const std::vector<std::string>& launcher) {
  auto environment = variables;
  environment["KFS_FAULT_POINT"] = point;
  environment["KFS_FAULT_HIT"] = std::to_string(hit);
  if (server.start_with_faults(environment, launcher)) client = server.client();
}

bool consuming::dies_while_records_come() {
  const bool died = test::eventually(
      patience,
      [this] {
        if (!server.process().running()) return true;
        flow.produce(partitions * 10);
        return false;
      },
      100ms);
  return died && server.process().wait(0ms) == killed_by_sigkill;
}

bool consuming::has_no_lag() {
  return test::eventually(patience, [this] { return flow.is_committed_by(group); });
}

bool consuming::arrives(std::chrono::milliseconds within) const {
  return test::eventually(within, [this] { return bytes_of(files_of(out)) >= flow.expected_bytes(); });
}

void consuming::check_exact(const std::string& label) {
  BOOST_TEST(arrives(), label);
  stop_consumer();
  check_exact_while_running(label);
}

void consuming::check_exact_while_running(const std::string& label) const {
  BOOST_TEST(arrives(), label);
  const auto all = flow.compare(files_of(out));
  std::ostringstream line;
  line << label << ": " << all;
  say(line.str());
  BOOST_TEST(all.exact(), line.str());
}

std::filesystem::path consuming::journal() const {
  return out.string() + ".kfs-journal";
}

json kafka_properties(const json& properties) {
  return {{"kafka", {{"properties", properties}}}};
}

std::string groups_tool(const std::string& bootstrap_servers, const std::vector<std::string>& arguments) {
  const test::temp_directory directory;
  std::vector<std::string> command{test::source_file("deploy/kafka.sh"), "groups", "--bootstrap-server",
                                   bootstrap_servers};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const auto output = directory.path() / "output";
  test::child_process tool{
      {.arguments = command, .environment = test::inherited_environment(), .working_directory = {}, .output = output}};
  const auto code = tool.wait(patience);
  const auto text = test::file_text(output);
  if (text.find("GroupIdNotFoundException") != std::string::npos) return {};
  BOOST_TEST_REQUIRE((code == 0 && text.find("Error") == std::string::npos), text);
  return text;
}

void say(const std::string& line) {
  std::cout << line << std::endl;
}

}  // namespace kfs::fault
