#include "actors/kafka/timer_slack.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "actors/kafka/departures.hpp"
#include "actors/kafka/rdkafka_clients.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/kafka_broker.hpp"

namespace kfs::timer_slack_test {

namespace {

// The timer slack of each thread of this process with that name (proc_pid_timerslack_ns(5)).
std::vector<std::int64_t> slack_of_threads(std::string_view name) {
  std::vector<std::int64_t> found;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    if (test::file_text(thread.path() / "comm") != std::string(name) + "\n") continue;
    const auto number = thread.path().filename().string();
    found.push_back(std::stoll(test::file_text(std::filesystem::path("/proc") / number / "timerslack_ns")));
  }
  return found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(timer_slack)

BOOST_AUTO_TEST_CASE(the_main_thread_of_a_consumer_has_a_large_timer_slack) {
  address_policy policy;
  departures leaving;
  const auto clients = make_rdkafka_clients(policy, leaving, logger::silent());
  consumer_spec spec;
  spec.id = {"c"};
  spec.topic = "t";
  spec.consumer_group = "g";
  spec.options = {{"kafka", {{"bootstrap_servers", test::shared_bootstrap_servers()}}}};
  const auto client = clients->make_consumer(spec, typed_options(spec.options), 0);
  BOOST_REQUIRE(client.has_value());
  BOOST_TEST(std::ranges::count(slack_of_threads("rdk:main"), 2'000'000) == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::timer_slack_test
