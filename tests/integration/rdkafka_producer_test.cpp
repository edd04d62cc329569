// The producer of dead letters with a real broker.
//
// all_processors_test.cpp tests a rejected record in a complete server: one dead letter, and every other record in its
// destination.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>

#include "actors/kafka/departures.hpp"
#include "actors/kafka/rdkafka_clients.hpp"
#include "tests/integration/partition_reader.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/holds_value.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/kafka_cluster.hpp"

namespace kfs::rdkafka_producer_test {

using namespace kfs::integration;
using namespace std::chrono_literals;

namespace {

constexpr auto bound = kafka_producer::delivery_bound + 5s;

struct producing {
  address_policy policy;
  departures leaving;
  std::unique_ptr<kafka_clients> clients = make_rdkafka_clients(policy, leaving, logger::silent());
  std::unique_ptr<kafka_producer> producer;
  std::vector<produced_record> ended;
  std::atomic<int> woken = 0;

  ~producing() { end(); }

  void end() {
    if (producer) clients->see_off(std::move(producer));
  }

  static consumer_spec spec(const std::string& bootstrap_servers) {
    consumer_spec made;
    made.topic = "orders";
    made.consumer_group = "g";
    // Properties that only consumers have are ignored.
    made.options = {{"kafka", {{"bootstrap_servers", bootstrap_servers}, {"properties", {{"fetch.min.bytes", "5"}}}}}};
    return made;
  }

  void connect(const std::string& bootstrap_servers) {
    const auto to = spec(bootstrap_servers);
    auto made = clients->make_producer(to, typed_options(to.options));
    BOOST_TEST_REQUIRE(test::holds_value(made));
    producer = std::move(*made);
    producer->start([this] { ++woken; });
  }

  void produce(std::uint64_t number, const outgoing_record& what) {
    const auto begun = producer->produce(number, what);
    BOOST_TEST_REQUIRE(test::holds_value(begun));
  }

  /// Waits until `count` records have ended. Polls only when woken.
  void await(std::size_t count) {
    BOOST_TEST(test::eventually(bound, [&] {
      if (woken.exchange(0) > 0) {
        for (auto& one : producer->poll()) ended.push_back(std::move(one));
      }
      return ended.size() >= count;
    }));
    BOOST_REQUIRE(ended.size() == count);
  }

  std::vector<held_record> read(const std::string& bootstrap_servers, const std::string& topic, std::size_t count) {
    return read_partition(*clients, bootstrap_servers, topic, count);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(rdkafka_producer, producing)

BOOST_AUTO_TEST_CASE(an_acknowledged_record_is_in_the_topic_with_key_value_and_headers) {
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  const auto topic = kafka.new_topic();
  connect(kafka.bootstrap_servers());
  const std::string any_bytes("\0\xff\n", 3);
  produce(1, {.topic = topic,
              .key = "key",
              .value = any_bytes,
              .headers = {{"twice", "1"}, {"twice", "2"}, {"empty", ""}, {"null", std::nullopt}},
              .memory = {}});
  produce(2, {.topic = topic, .key = {}, .value = {}, .headers = {}, .memory = {}});
  produce(3, {.topic = topic, .key = "", .value = "", .headers = {}, .memory = {}});
  await(3);
  for (const auto& one : ended) BOOST_TEST(!one.failed.has_value());
  const auto got = read(kafka.bootstrap_servers(), topic, 3);
  BOOST_TEST(got[0].read->key == "key");
  BOOST_TEST((got[0].read->value == any_bytes));
  std::vector<record_header> headers;
  got[0].headers(headers);
  BOOST_REQUIRE(headers.size() == 4u);
  BOOST_TEST(headers[0].value == "1");
  BOOST_TEST(headers[1].value == "2");
  BOOST_TEST(headers[2].has_value);
  BOOST_TEST(!headers[3].has_value);
  BOOST_TEST(!got[1].read->has_key);
  BOOST_TEST(!got[1].read->has_value);
  BOOST_TEST(got[2].read->has_key);
  BOOST_TEST(got[2].read->has_value);
}

BOOST_AUTO_TEST_CASE(the_topic_decides_about_a_record_of_more_than_a_megabyte) {
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  const auto small = kafka.new_topic();
  const auto large = test::unique_name("large");
  kafka.create_topic(large, 1, {{"max.message.bytes", "5000000"}});
  connect(kafka.bootstrap_servers());
  const std::string value(3'000'000, 'x');
  produce(1, {.topic = large, .key = {}, .value = value, .headers = {}, .memory = {}});
  produce(2, {.topic = small, .key = {}, .value = value, .headers = {}, .memory = {}});
  await(2);
  for (const auto& one : ended) {
    BOOST_TEST(one.failed.has_value() == (one.number == 2));
    if (one.failed) BOOST_TEST(one.failed->message.find(small) != std::string::npos, one.failed->message);
  }
}

BOOST_AUTO_TEST_CASE(a_missing_topic_is_an_error_that_names_it) {
  connect(test::shared_bootstrap_servers());
  const auto topic = test::unique_name("missing");
  produce(1, {.topic = topic, .key = {}, .value = "v", .headers = {}, .memory = {}});
  await(1);
  BOOST_REQUIRE(ended.front().failed.has_value());
  BOOST_TEST((ended.front().failed->code == ec::topic_missing));
  BOOST_TEST(ended.front().failed->message.find(topic) != std::string::npos, ended.front().failed->message);
}

BOOST_AUTO_TEST_CASE(an_unreachable_broker_is_an_error_in_time_and_delays_no_end) {
  const auto begun = std::chrono::steady_clock::now();
  connect("127.0.0.1:1");
  produce(1, {.topic = "t", .key = {}, .value = "v", .headers = {}, .memory = {}});
  await(1);
  BOOST_REQUIRE(ended.front().failed.has_value());
  BOOST_TEST((ended.front().failed->code == ec::broker_unreachable));
  BOOST_TEST(ended.front().failed->message.find("127.0.0.1:1") != std::string::npos, ended.front().failed->message);
  BOOST_TEST((std::chrono::steady_clock::now() - begun < bound));
  produce(2, {.topic = "t", .key = {}, .value = "v", .headers = {}, .memory = {}});
  end();
  BOOST_TEST(leaving.wait_for(3s));
}

BOOST_AUTO_TEST_CASE(a_forbidden_address_is_not_connected_to) {
  policy = address_policy::parse({"127.0.0.99"}, "KAFKA_ALLOWED_BROKERS").value();
  connect("127.0.0.1:1");
  produce(1, {.topic = "t", .key = {}, .value = "v", .headers = {}, .memory = {}});
  await(1);
  BOOST_REQUIRE(ended.front().failed.has_value());
  BOOST_TEST(ended.front().failed->message.find("127.0.0.1") != std::string::npos, ended.front().failed->message);
  BOOST_TEST(ended.front().failed->message.find("allow") != std::string::npos, ended.front().failed->message);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::rdkafka_producer_test
