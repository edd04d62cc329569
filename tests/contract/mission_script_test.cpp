// The shell script of the mission (3.4), run against the real server; its addresses and its file are parameters.

#include <boost/test/unit_test.hpp>

#include "tests/contract/contract_server.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/paths.hpp"

namespace kfs::mission_script_test {

using namespace kfs::contract;
using namespace std::chrono_literals;

namespace {

/// The output of the script between "=== title ===" and the next title.
std::string section(const std::string& output, const std::string& title) {
  const auto heading = "=== " + title + " ===\n";
  const auto begin = output.find(heading);
  BOOST_TEST_REQUIRE(begin != std::string::npos, "no section '" << title << "' in\n" << output);
  const auto text = output.substr(begin + heading.size());
  return text.substr(0, text.find("\n==="));
}

/// The JSON in a section. The script prints other lines around it.
json answered_in(const std::string& output, const std::string& title) {
  const auto text = section(output, title);
  const auto begin = text.find_first_of("[{");
  const auto end = text.find_last_of("]}");
  BOOST_TEST_REQUIRE((begin != std::string::npos && end != std::string::npos), "no JSON in\n" << text);
  auto parsed = json::parse(text.substr(begin, end - begin + 1), nullptr, false);
  BOOST_TEST_REQUIRE(!parsed.is_discarded(), "no JSON in\n" << text);
  return parsed;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(mission_script, contract_server)

BOOST_AUTO_TEST_CASE(the_script_of_the_mission_runs_to_its_end) {
  const auto log = file("payment_messages.log").string();
  const auto printed = file("script.txt");
  auto environment = test::inherited_environment();
  environment["BASE_URL"] = process().url() + "/consumers";
  environment["BROKER_IP"] = "127.0.0.10";
  environment["NEW_BROKER_IP"] = "127.0.0.20";
  environment["FILE_PATH"] = log;
  environment["no_proxy"] = "*";
  test::child_process script{{.arguments = {"bash", test::source_file("tests/contract/mission_script.sh")},
                              .environment = environment,
                              .working_directory = {},
                              .output = printed}};
  BOOST_TEST_REQUIRE(script.wait(60s).value_or(-1) == 0, test::file_text(printed));
  const auto output = test::file_text(printed);

  const auto made = answered_in(output, "Creating a new consumer");
  BOOST_TEST(keys_of(made) == consumer_keys(), boost::test_tools::per_element());
  BOOST_TEST(made.at("status") == "ACTIVE");
  BOOST_TEST(made.at("broker_ip") == "127.0.0.10");
  BOOST_TEST(made.at("processor_configs").at(0).at("config").at("file_path") == log);
  const auto id = made.at("consumer_id").get<std::string>();

  const auto listed = answered_in(output, "Listing all consumers");
  BOOST_TEST_REQUIRE(listed.size() == 1U);
  BOOST_TEST(listed.at(0).at("consumer_id") == id);
  BOOST_TEST(answered_in(output, "Getting details of the created consumer").at("consumer_id") == id);

  const auto updated = answered_in(output, "Updating the consumer's broker IP and port");
  BOOST_TEST(updated.at("broker_ip") == "127.0.0.20");
  BOOST_TEST(updated.at("broker_port") == 9094);
  BOOST_TEST(updated.at("status") == "INACTIVE");

  BOOST_TEST(answered_in(output, "Stopping the consumer").at("status") == "INACTIVE");
  BOOST_TEST(answered_in(output, "Starting the consumer").at("status") == "ACTIVE");

  const auto deleted = section(output, "Deleting the consumer");
  BOOST_TEST(deleted == "Response Code: 204\nConsumer deleted successfully.\n");
  BOOST_TEST(get("/consumers/").content() == json::array());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::mission_script_test
