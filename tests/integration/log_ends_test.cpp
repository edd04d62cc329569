// The log-end offsets that a consumer's client reads from a real broker.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>

#include "actors/kafka/departures.hpp"
#include "actors/kafka/rdkafka_clients.hpp"
#include "actors/kafka/rdkafka_log_ends.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/kafka_cluster.hpp"

namespace kfs::log_ends_test {

using namespace std::chrono_literals;
using test::eventually;
using steady = std::chrono::steady_clock;

namespace {

constexpr auto patience = 30s;

/// A client that reads partition 0 of a topic from its beginning. It is polled only when it wakes its owner.
struct reading {
  address_policy policy;
  departures leaving;
  std::unique_ptr<kafka_clients> clients = make_rdkafka_clients(policy, leaving, logger::silent());
  std::unique_ptr<kafka_consumer> client;
  std::atomic<bool> woken = false;
  std::int64_t read = 0;
  std::optional<log_ends_told> told;

  ~reading() { end(); }

  void end() {
    if (client) clients->see_off(std::move(client));
  }

  void connect(test::kafka_cluster& kafka, const std::string& topic) {
    consumer_spec spec;
    spec.topic = topic;
    spec.consumer_group = test::unique_name("group");
    spec.options = {{"kafka", {{"bootstrap_servers", kafka.bootstrap_servers()}}}};
    consumer_options options;
    options.partitions = {0};
    client = clients->make_consumer(spec, options, 0).value();
    BOOST_REQUIRE(client->start([this] { woken = true; }).has_value());
  }

  void poll() {
    if (!woken.exchange(false)) return;
    auto outcome = client->poll({});
    if (outcome.more) woken = true;
    if (outcome.records) read += static_cast<std::int64_t>(outcome.records->records().size());
    for (auto& event : outcome.events) {
      if (std::holds_alternative<partitions_assigned>(event)) client->locate(1, {0});
      if (std::holds_alternative<partitions_located>(event)) client->accept({{0, offset{0}}});
      if (auto* answer = std::get_if<log_ends_told>(&event)) told = std::move(*answer);
    }
  }

  [[nodiscard]] bool reads(std::int64_t records) {
    return eventually(patience, [&] {
      poll();
      return read >= records;
    });
  }

  /// Creates a topic, produces five records and reads them. Returns the name of the topic.
  std::string begin_at_five(test::kafka_cluster& kafka) {
    const auto topic = kafka.new_topic();
    kafka.produce_numbered(topic, 5);
    connect(kafka, topic);
    BOOST_TEST_REQUIRE(reads(5));
    return topic;
  }

  /// The answer to one question about a partition.
  log_ends_told ask(partition_number partition = 0) {
    told.reset();
    client->ask_log_ends({partition});
    BOOST_TEST_REQUIRE(eventually(patience, [&] {
      poll();
      return told.has_value();
    }));
    return *told;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(log_ends)

BOOST_FIXTURE_TEST_CASE(the_log_end_is_known_while_the_partition_is_paused, reading) {
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  const auto topic = begin_at_five(kafka);
  BOOST_TEST((ask().ends == std::vector<partition_offset>{{0, offset{5}}}));
  client->pause({.all = true});
  kafka.produce_numbered(topic, 3);
  const auto answer = ask();
  BOOST_TEST(!answer.failed.has_value());
  BOOST_TEST((answer.ends == std::vector<partition_offset>{{0, offset{8}}}));
  BOOST_TEST(read == 5);
}

BOOST_FIXTURE_TEST_CASE(a_partition_that_was_revoked_while_paused_is_read_when_it_comes_back, reading) {
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  const auto topic = begin_at_five(kafka);
  client->pause({.all = true});
  client->release({0});
  client->pause({});
  kafka.produce_numbered(topic, 3);
  client->accept({{0, offset{5}}});
  BOOST_TEST(reads(8));
}

BOOST_FIXTURE_TEST_CASE(a_partition_that_is_accepted_while_paused_is_read_once_it_is_resumed, reading) {
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  const auto topic = begin_at_five(kafka);
  client->release({0});
  client->pause({.some = {0}});
  client->accept({{0, offset{5}}});
  kafka.produce_numbered(topic, 3);
  BOOST_TEST((ask().ends == std::vector<partition_offset>{{0, offset{8}}}));
  BOOST_TEST(read == 5);
  client->pause({.some = {1}});
  BOOST_TEST(reads(8));
}

BOOST_FIXTURE_TEST_CASE(a_paused_partition_tells_where_it_begins_and_is_read_from_there, reading) {
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  const auto topic = begin_at_five(kafka);
  client->release({0});
  client->pause({.all = true});
  client->accept({{.partition = 0, .start = {}, .from_beginning = true}});
  BOOST_TEST_REQUIRE(eventually(patience, [&] {
    for (const auto& event : client->poll({}).events)
      if (const auto* end = std::get_if<partition_end>(&event)) return end->end == offset{0};
    return false;
  }));
  kafka.produce_numbered(topic, 3);
  BOOST_TEST((ask().ends == std::vector<partition_offset>{{0, offset{8}}}));
  BOOST_TEST(read == 5);
  client->pause({});
  BOOST_TEST(reads(5 + 8));
}

BOOST_FIXTURE_TEST_CASE(a_partition_that_is_resumed_before_its_beginning_is_known_is_read, reading) {
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  begin_at_five(kafka);
  client->release({0});
  client->pause({.all = true});
  client->accept({{.partition = 0, .start = {}, .from_beginning = true}});
  client->pause({});
  BOOST_TEST(reads(5 + 5));
}

BOOST_FIXTURE_TEST_CASE(a_question_of_an_idle_consumer_is_answered_within_a_second, reading) {
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  begin_at_five(kafka);
  constexpr int questions = 10;
  const auto began = steady::now();
  for (int i = 0; i < questions; ++i) BOOST_TEST(!ask().failed.has_value());
  const auto mean = std::chrono::duration_cast<std::chrono::milliseconds>(steady::now() - began) / questions;
  BOOST_TEST_MESSAGE("a question took " << mean.count() << " ms");
  BOOST_TEST(mean.count() < 1'000);
}

BOOST_FIXTURE_TEST_CASE(a_partition_that_does_not_exist_is_a_failure_that_names_the_topic, reading) {
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  const auto topic = kafka.new_topic();
  connect(kafka, topic);
  const auto answer = ask(7);
  BOOST_TEST(answer.ends.empty());
  BOOST_TEST_REQUIRE(answer.failed.has_value());
  BOOST_TEST(answer.failed->message.find(topic) != std::string::npos, answer.failed->message);
}

BOOST_FIXTURE_TEST_CASE(a_frozen_broker_is_reported_in_time_and_delays_no_stop, reading) {
  test::kafka_broker broker;
  test::kafka_cluster kafka{broker.bootstrap_servers()};
  begin_at_five(kafka);
  broker.freeze();
  const auto began = steady::now();
  const auto answer = ask();
  const auto took = steady::now() - began;
  BOOST_TEST((took < rdkafka_log_ends::answer_bound + 2s));
  BOOST_TEST(answer.ends.empty());
  BOOST_TEST_REQUIRE(answer.failed.has_value());
  BOOST_TEST((answer.failed->code == ec::broker_silent), answer.failed->message);

  client->ask_log_ends({0});
  const auto left_at = steady::now();
  end();
  BOOST_TEST((steady::now() - left_at < 1s), "whoever ends a client waits for no answer");
  BOOST_TEST(leaving.wait_for(rdkafka_log_ends::answer_bound + 5s));
  broker.thaw();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::log_ends_test
