// What survives the server's process, however it ends.

#include <signal.h>

#include <boost/test/unit_test.hpp>
#include <map>
#include <random>

#include "tests/integration/running_server.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/kafka_broker.hpp"

namespace kfs::server_restart_test {

using namespace kfs::integration;
using namespace std::chrono_literals;
using test::eventually;
using test::unique_name;

namespace {

struct restarting : writing_from_shared_kafka {
  json list() { return get("/consumers/").parsed(); }
};

/// The configuration of a consumer, without its current state and replica.
json as_wanted(json consumer) {
  for (const auto* const observed : {"status", "last_error", "recovery", "replica"}) consumer.erase(observed);
  return consumer;
}

json all_as_wanted(const json& consumers) {
  json out = json::array();
  for (const auto& consumer : consumers) out.push_back(as_wanted(consumer));
  return out;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(server_restart, restarting)

BOOST_AUTO_TEST_CASE(kill_9_at_a_random_moment_loses_no_consumer_and_no_line) {
  constexpr int partitions = 3;
  const auto topic = kafka.new_topic(partitions);
  const auto idle_topic = kafka.new_topic();
  endless_producer producer{kafka.bootstrap_servers(), topic, partitions};
  const auto reading = created(body(topic));
  auto never_started = consumer_body(kafka.bootstrap_servers(), idle_topic, group + "-idle", file("idle.log"));
  never_started["auto_start"] = false;
  const auto idle = created(never_started);
  const auto once_active =
      stopped(created(consumer_body(kafka.bootstrap_servers(), idle_topic, group + "-stopped", file("stopped.log"))));
  BOOST_TEST_REQUIRE(has_lines(1));
  kafka.produce_numbered(idle_topic, 5);
  const auto before = all_as_wanted(list());
  BOOST_TEST(before.size() == 3U);

  std::mt19937 random{std::random_device{}()};
  for (int round = 0; round < 6; ++round) {
    const auto wait_for = std::uniform_int_distribution<std::int64_t>{1, 3'000}(random);
    BOOST_TEST_REQUIRE(has_lines(line_count(out) + wait_for), "in round " << round);
    restart_killed();
    BOOST_TEST(all_as_wanted(list()) == before, "in round " << round);
    BOOST_TEST(status(reading) == "ACTIVE");
    BOOST_TEST(status(idle) == "INACTIVE");
    BOOST_TEST(status(once_active) == "INACTIVE");
    BOOST_TEST_REQUIRE(has_lines(line_count(out) + 1, 5s), "in round " << round);
  }
  const int records = producer.finish();
  BOOST_TEST_REQUIRE(
      eventually(patience, [&] { return committed_in_all(kafka, group, topic, partitions) == records; }));
  const auto lost = missing(lines_of(out), records);
  BOOST_TEST(lost.empty(),
             lost.size() << " of " << records << " lost, the first is " << (lost.empty() ? 0 : lost.front()));
  BOOST_TEST(line_count(file("idle.log")) == 0);
  BOOST_TEST(line_count(file("stopped.log")) == 0);
}

BOOST_AUTO_TEST_CASE(kill_9_right_after_an_answer_keeps_the_answered_change) {
  const auto topic = kafka.new_topic();
  const auto consumer = created(body(topic));
  restart_killed();
  BOOST_TEST(as_wanted(now(consumer)) == as_wanted(consumer));
  BOOST_TEST(status(consumer) == "ACTIVE");
  stopped(consumer);
  restart_killed();
  BOOST_TEST(status(consumer) == "INACTIVE");
  const auto changed_answer = changed(consumer, {{"processor_configs", json::array({file_sink(file("other.log"))})}});
  restart_killed();
  BOOST_TEST(as_wanted(now(consumer)) == as_wanted(changed_answer));
  started(consumer);
  restart_killed();
  BOOST_TEST(status(consumer) == "ACTIVE");
  kafka.produce_numbered(topic, 1);
  BOOST_TEST(eventually(patience, [&] { return line_count(file("other.log")) == 1; }));
  deleted(consumer);
  restart_killed();
  BOOST_TEST(list() == json::array());
}

BOOST_AUTO_TEST_CASE(sigterm_ends_with_0_and_as_many_lines_as_offsets_and_no_later_duplicates) {
  constexpr int partitions = 2;
  const auto topic = kafka.new_topic(partitions);
  endless_producer producer{kafka.bootstrap_servers(), topic, partitions};
  const auto consumer = created(body(topic));
  for (int round = 0; round < 3; ++round) {
    BOOST_TEST_REQUIRE(has_lines(line_count(out) + 500));
    process().process().signal(SIGTERM);
    const auto code = process().process().wait(20s);
    BOOST_TEST_REQUIRE(code.has_value());
    BOOST_TEST(*code == 0);
    BOOST_TEST(line_count(out) == committed_in_all(kafka, group, topic, partitions), "in round " << round);
    start_again();
    BOOST_TEST(status(consumer) == "ACTIVE");
  }
  const int records = producer.finish();
  BOOST_TEST(has_lines(records));
  BOOST_TEST(!not_once_each(lines_of(out), records, partitions), *not_once_each(lines_of(out), records, partitions));
}

BOOST_AUTO_TEST_CASE(sigterm_ends_in_time_with_an_unreachable_broker) {
  created(consumer_body("127.0.0.10:9092", "payments", group, out));
  process().process().signal(SIGTERM);
  BOOST_TEST((process().process().wait(20s) == 0));
}

BOOST_AUTO_TEST_CASE(a_second_server_on_the_same_data_directory_ends_and_the_first_continues) {
  const auto topic = kafka.new_topic();
  created(body(topic));
  const auto data = file("data").string();
  const auto second =
      test::run_server({}, {{"DATA_DIR", data}, {"HTTP_HOST", "127.0.0.1"}, {"HTTP_PORT", "0"}}, process().files());
  BOOST_TEST((second.exit_code != 0 && second.exit_code != 137), second.exit_code);
  BOOST_TEST(second.output.find(data) != std::string::npos, second.output);
  BOOST_TEST(second.output.find(std::to_string(process().process().pid())) != std::string::npos, second.output);
  kafka.produce_numbered(topic, 1);
  BOOST_TEST(has_lines(1));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(server_restart)

BOOST_AUTO_TEST_CASE(bad_settings_end_the_server_with_2_and_all_mistakes_are_named) {
  const test::temp_directory directory;
  const std::map<std::string, std::string> bad{
      {"HTTP_PORT", "70000"}, {"LOG_LEVEL", "LOUD"}, {"KAFKA_BOOTSTRAP_SERVERS", "no port"}};
  const auto ended = test::run_server({}, bad, directory.path());
  BOOST_TEST(ended.exit_code == 2);
  for (const auto& [name, value] : bad) {
    BOOST_TEST(ended.output.find(name) != std::string::npos, ended.output);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::server_restart_test
