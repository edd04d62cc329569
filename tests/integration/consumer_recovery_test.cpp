// What a consumer reports while Kafka or its sink fails, and that it continues by itself afterwards.

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "tests/integration/running_server.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/held_port.hpp"
#include "tests/support/kafka_broker.hpp"

namespace kfs::consumer_recovery_test {

using namespace kfs::integration;
using namespace std::chrono_literals;
using test::eventually;
using test::unique_name;
using steady = std::chrono::steady_clock;

namespace {

struct recovering : writing_server {
  std::string message(const json& consumer) { return now(consumer).at("last_error").at("message").get<std::string>(); }
};

/// The test's own broker with one topic.
struct with_own_broker : recovering {
  test::kafka_broker broker;
  test::kafka_cluster kafka{broker.bootstrap_servers()};
  std::string topic = kafka.new_topic();

  json body() const { return consumer_body(broker.bootstrap_servers(), topic, group, out); }

  /// Produces with a new client, because an old one may still wait before it reconnects.
  void produce(int count) const { test::kafka_cluster{broker.bootstrap_servers()}.produce_numbered(topic, count); }
};

/// A consumer whose file is in a directory that can be replaced by a file, so that it cannot be written.
struct with_blocked_file : recovering {
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  std::string topic = kafka.new_topic();
  std::filesystem::path directory = file("directory");

  with_blocked_file() { out = directory / "out.log"; }

  void block() const { std::ofstream{directory} << "no directory"; }
  void mend() const { std::filesystem::remove(directory); }

  json body(const json& options = json::object()) const {
    auto all = consumer_body(kafka.bootstrap_servers(), topic, group, out);
    all["options"] = options;
    return all;
  }

  /// Creates a consumer that fails to write `count` records.
  json failing(int count, const json& options = json::object()) {
    const auto consumer = created(body(options));
    block();
    kafka.produce_numbered(topic, count);
    BOOST_TEST_REQUIRE(becomes(consumer, "ERROR"));
    return consumer;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(consumer_recovery)

BOOST_FIXTURE_TEST_CASE(a_consumer_with_an_unreachable_broker_is_active_first_and_soon_an_error_that_names_it,
                        recovering) {
  const auto began = steady::now();
  const auto consumer = created(consumer_body("127.0.0.10:9092", "payments", group, out));
  BOOST_TEST((steady::now() - began < 1s));
  BOOST_TEST(consumer.at("status") == "ACTIVE");
  BOOST_TEST(consumer.at("last_error").is_null());

  BOOST_TEST_REQUIRE(becomes(consumer, "ERROR", 15s));
  const auto failed = now(consumer);
  BOOST_TEST(failed.at("last_error").at("code") == "broker_unreachable");
  BOOST_TEST(failed.at("last_error").at("source") == "kafka");
  BOOST_TEST(message(consumer).find("127.0.0.10:9092") != std::string::npos, message(consumer));
  BOOST_TEST(failed.at("recovery").at("next_attempt_at").is_string());

  const auto stopping = steady::now();
  BOOST_TEST(stopped(consumer).at("status") == "INACTIVE");
  BOOST_TEST((steady::now() - stopping < 5s));
  BOOST_TEST(now(consumer).at("last_error").is_null());
}

BOOST_FIXTURE_TEST_CASE(stop_and_deletion_are_answered_within_a_second_where_no_broker_ever_answered, recovering) {
  const test::held_port refusing(false);
  const test::held_port silent(true);
  for (const auto& broker : {refusing.address(), silent.address()}) {
    for (const auto& options : {json::object(), json{{"partitions", {0, 1}}}, json{{"instances", 4}}}) {
      auto body = consumer_body(broker, "payments", group, file("{instance}.log"));
      body["options"] = options;
      const auto consumer = created(body);
      auto began = steady::now();
      stopped(consumer);
      BOOST_TEST((steady::now() - began < 1s), "stop, " << broker << ", " << options.dump());
      started(consumer);
      began = steady::now();
      deleted(consumer);
      BOOST_TEST((steady::now() - began < 1s), "deletion, " << broker << ", " << options.dump());
    }
  }
}

BOOST_FIXTURE_TEST_CASE(a_consumer_continues_by_itself_when_a_broker_starts_at_its_address, with_own_broker) {
  produce(10);
  broker.stop();
  const auto consumer = created(body());
  BOOST_TEST(consumer.at("status") == "ACTIVE");
  BOOST_TEST_REQUIRE(becomes(consumer, "ERROR", 15s));
  BOOST_TEST(message(consumer).find(broker.bootstrap_servers()) != std::string::npos, message(consumer));

  broker.start();
  BOOST_TEST(becomes(consumer, "ACTIVE", 6s));
  const auto well = now(consumer);
  BOOST_TEST(well.at("last_error").is_null());
  BOOST_TEST(well.at("recovery").is_null());
  BOOST_TEST(has_lines(10, 5s));
}

BOOST_FIXTURE_TEST_CASE(nothing_is_lost_when_the_broker_is_killed_and_restarted, with_own_broker) {
  produce(100);
  const auto consumer = created(body());
  BOOST_TEST_REQUIRE(has_lines(100));
  BOOST_TEST_REQUIRE(eventually(patience, [&] { return kafka.committed(group, topic, 0) == 100; }));

  broker.kill();
  BOOST_TEST(becomes(consumer, "ERROR", 20s));
  broker.start();
  produce(100);
  BOOST_TEST(becomes(consumer, "ACTIVE", 10s));
  BOOST_TEST(has_lines(200, 10s));
  stopped(consumer);
  BOOST_TEST(line_count(out) == 200);
  BOOST_TEST(test::kafka_cluster{broker.bootstrap_servers()}.committed(group, topic, 0).value_or(-1) == 200);
}

BOOST_FIXTURE_TEST_CASE(a_frozen_broker_is_an_error_until_it_thaws, with_own_broker) {
  produce(100);
  const auto consumer = created(body());
  BOOST_TEST_REQUIRE(has_lines(100));

  broker.freeze();
  BOOST_TEST(fails_with(consumer, "broker_silent", 20s));
  BOOST_TEST(message(consumer).find(broker.bootstrap_servers()) != std::string::npos, message(consumer));

  broker.thaw();
  BOOST_TEST(becomes(consumer, "ACTIVE", 20s));
  produce(100);
  BOOST_TEST(has_lines(200, 15s));
}

BOOST_FIXTURE_TEST_CASE(a_stop_is_answered_in_time_while_the_broker_is_frozen, with_own_broker) {
  produce(10);
  auto with_bound = body();
  with_bound["options"] = {{"stop_timeout_ms", 1'000}};
  const auto consumer = created(with_bound);
  BOOST_TEST_REQUIRE(has_lines(10));
  broker.freeze();
  const auto began = steady::now();
  BOOST_TEST(stopped(consumer).at("status") == "INACTIVE");
  BOOST_TEST((steady::now() - began < 5s));
  broker.thaw();
}

BOOST_FIXTURE_TEST_CASE(a_broker_that_advertises_an_unreachable_address_is_an_error_that_names_the_address,
                        with_own_broker) {
  broker.stop();
  broker.advertise("127.0.0.10");
  broker.start();
  const auto consumer = created(body());
  BOOST_TEST_REQUIRE(fails_with(consumer, "broker_unreachable", 15s));
  const auto advertised = "127.0.0.10:" + std::to_string(broker.port());
  BOOST_TEST(message(consumer).find(advertised) != std::string::npos, message(consumer));
  BOOST_TEST(!becomes(consumer, "ACTIVE", 5s));

  broker.stop();
  broker.advertise("127.0.0.1");
  broker.start();
  produce(10);
  stopped(consumer);
  started(consumer);
  BOOST_TEST(has_lines(10, 10s));
  BOOST_TEST(becomes(consumer, "ACTIVE", 5s));
}

BOOST_FIXTURE_TEST_CASE(a_group_without_an_offset_and_with_reset_error_stays_in_error_until_it_has_one, recovering) {
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  const auto topic = kafka.new_topic();
  kafka.produce_numbered(topic, 10);
  auto without_reset = consumer_body(kafka.bootstrap_servers(), topic, group, out);
  without_reset["options"] = {{"auto_offset_reset", "error"}};
  const auto consumer = created(without_reset);
  BOOST_TEST_REQUIRE(becomes(consumer, "ERROR"));
  // Lasts several statistics of the client and several recovery attempts.
  BOOST_TEST(!becomes(consumer, "ACTIVE", 12s));
  BOOST_TEST(message(consumer).find("offset") != std::string::npos, message(consumer));
  BOOST_TEST(line_count(out) == 0);

  stopped(consumer);
  kafka.commit(group, topic, 0, 7);
  started(consumer);
  BOOST_TEST(has_lines(3));
  BOOST_TEST(becomes(consumer, "ACTIVE"));
}

BOOST_FIXTURE_TEST_CASE(a_file_that_cannot_be_written_is_an_error_of_its_processor_until_it_can_be, with_blocked_file) {
  const auto consumer = failing(1'000);
  const auto processor = consumer.at("processor_configs").at(0).at("id").get<std::string>();
  const auto failed = now(consumer);
  BOOST_TEST(failed.at("last_error").at("source") == "processor:" + processor);
  BOOST_TEST(message(consumer).find(out.string()) != std::string::npos, message(consumer));
  BOOST_TEST(failed.at("recovery").at("next_attempt_at").is_string());
  BOOST_TEST(kafka.committed(group, topic, 0).value_or(0) == 0);

  mend();
  BOOST_TEST(becomes(consumer, "ACTIVE"));
  BOOST_TEST(now(consumer).at("last_error").is_null());
  BOOST_TEST(has_lines(1'000));
  stopped(consumer);
  BOOST_TEST(line_count(out) == 1'000);
  BOOST_TEST(kafka.committed(group, topic, 0).value_or(-1) == 1'000);
}

BOOST_FIXTURE_TEST_CASE(a_start_in_error_retries_at_once, with_blocked_file) {
  const auto consumer = failing(10, {{"recovery", {{"initial_backoff_ms", 600'000}, {"max_backoff_ms", 600'000}}}});
  mend();
  BOOST_TEST(test::stays(1s, [&] { return status(consumer) == "ERROR"; }));
  started(consumer);
  BOOST_TEST(has_lines(10, 3s));
  BOOST_TEST(becomes(consumer, "ACTIVE", 3s));
}

BOOST_FIXTURE_TEST_CASE(a_failing_processor_can_be_replaced_and_the_new_one_writes_its_records, with_blocked_file) {
  const auto consumer = failing(100, {{"stop_timeout_ms", 500}});
  out = file("elsewhere.log");
  changed(consumer, {{"processor_configs", json::array({file_sink(out)})}});
  BOOST_TEST(has_lines(100));
  BOOST_TEST(becomes(consumer, "ACTIVE"));
  BOOST_TEST(line_count(out) == 100);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::consumer_recovery_test
