// What a consumer detects by itself: its lag while it cannot write, and added partitions.

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "tests/integration/running_server.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/http_endpoint.hpp"
#include "tests/support/kafka_broker.hpp"

namespace kfs::consumer_detection_test {

using namespace kfs::integration;
using namespace std::chrono_literals;
using test::eventually;

namespace {

struct detecting : writing_from_shared_kafka {
  /// The value of kafka_fetcher_consumer_lag for partition 0; nullopt when the series does not exist.
  std::optional<std::int64_t> lag_measured() {
    const auto exposition = get("/metrics").body;
    const auto at = exposition.find("\nkafka_fetcher_consumer_lag{");
    if (at == std::string::npos) return std::nullopt;
    const auto value = exposition.find("} ", at);
    return std::stoll(exposition.substr(value + 2));
  }

  [[nodiscard]] bool lag_becomes(std::int64_t wanted, std::chrono::milliseconds within) {
    return eventually(within, [&] { return lag_measured() == wanted; });
  }

  /// A consumer with 100 records for an endpoint that does not accept them.
  json held_up_by(const test::endpoint_answer& answer) {
    endpoint.answer_with([answer](const auto&) { return answer; });
    auto wanted = body(topic);
    wanted["processor_configs"] =
        json::array({{{"processor_type", "streaming_forwarder"}, {"config", {{"endpoint_url", endpoint.url("/in")}}}}});
    wanted["options"] = {{"batch", {{"max_messages", 1}}}};
    auto consumer = created(wanted);
    kafka.produce_numbered(topic, 100);
    BOOST_TEST(lag_becomes(100, patience), "lag " << lag_measured().value_or(-1));
    // After a second without room the partitions are paused, and the client learns no new log end by itself.
    BOOST_TEST(test::stays(4s, [&] { return lag_measured() == 100; }));
    return consumer;
  }

  /// Checks that the lag of that consumer grows with the log.
  void check_that_lag_follows_the_log() {
    for (int more = 1; more <= 3; ++more) {
      kafka.produce_numbered(topic, 1'000);
      BOOST_TEST(lag_becomes(100 + 1'000 * more, 15s), "lag " << lag_measured().value_or(-1));
    }
  }

  std::string topic = kafka.new_topic();
  test::http_endpoint endpoint;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(consumer_detection, detecting)

BOOST_AUTO_TEST_CASE(lag_grows_with_the_log_while_partitions_are_paused_because_an_endpoint_hangs) {
  held_up_by({.how = test::endpoint_answer::way::none});
  check_that_lag_follows_the_log();
}

BOOST_AUTO_TEST_CASE(lag_grows_with_the_log_while_a_sink_fails) {
  const auto consumer = held_up_by({.status = 503});
  BOOST_TEST_REQUIRE(becomes(consumer, "ERROR"));
  check_that_lag_follows_the_log();
  BOOST_TEST(now(consumer).at("last_error").at("code") == "sink_unavailable");
}

BOOST_AUTO_TEST_CASE(added_partitions_are_read_from_their_beginning_even_with_latest) {
  kafka.produce_numbered(topic, 10, "before");
  auto wanted = body(topic);
  wanted["options"] = {{"auto_offset_reset", "latest"}};
  created(wanted);
  BOOST_TEST_REQUIRE(eventually(patience, [&] { return kafka.committed(group, topic, 0) == 10; }));
  // The client reports the number of partitions every three seconds.
  BOOST_TEST(test::stays(7s, [&] { return line_count(out) == 0; }));
  kafka.add_partitions(topic, 3);
  test::kafka_cluster producer{kafka.bootstrap_servers()};
  producer.produce(topic, {{.value = "first of 1", .key = {}, .partition = 1, .headers = {}},
                           {.value = "first of 2", .key = {}, .partition = 2, .headers = {}}});
  BOOST_TEST(has_lines(2, 20s));
  auto lines = lines_of(out);
  std::ranges::sort(lines);
  BOOST_TEST(lines == (std::vector<std::string>{"first of 1", "first of 2"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(members_without_a_partition_read_added_ones_from_their_beginning) {
  kafka.produce_numbered(topic, 10, "before");
  const auto instance = [this](int number) { return file("out-" + std::to_string(number) + ".log"); };
  const auto lines = [&] { return line_count(instance(0)) + line_count(instance(1)); };
  out = file("out-{instance}.log");
  auto wanted = body(topic);
  wanted["options"] = {{"auto_offset_reset", "latest"}, {"instances", 2}};
  created(wanted);
  BOOST_TEST_REQUIRE(eventually(patience, [&] { return kafka.committed(group, topic, 0) == 10; }));
  BOOST_TEST(test::stays(7s, [&] { return lines() == 0; }));
  kafka.add_partitions(topic, 2);
  test::kafka_cluster producer{kafka.bootstrap_servers()};
  producer.produce(topic, {{.value = "first of 1", .key = {}, .partition = 1, .headers = {}}});
  BOOST_TEST(eventually(20s, [&] { return lines() == 1; }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::consumer_detection_test
