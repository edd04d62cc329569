// The parts of a record other than key and value, in a batch of the real client.

#include <array>
#include <boost/test/unit_test.hpp>
#include <latch>
#include <thread>

#include "actors/kafka/departures.hpp"
#include "actors/kafka/rdkafka_clients.hpp"
#include "tests/integration/partition_reader.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/kafka_cluster.hpp"

namespace kfs::rdkafka_batch_test {

using namespace kfs::integration;
using namespace std::chrono_literals;

namespace {

struct reading {
  address_policy policy;
  departures leaving;
  std::unique_ptr<kafka_clients> clients = make_rdkafka_clients(policy, leaving, logger::silent());
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  std::string topic = kafka.new_topic();

  /// The first `count` records of the topic.
  std::vector<held_record> read(std::size_t count) {
    return read_partition(*clients, kafka.bootstrap_servers(), topic, count);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(rdkafka_batch, reading)

BOOST_AUTO_TEST_CASE(a_record_has_its_headers_in_order_or_none) {
  kafka.produce(topic, {{.value = "a", .key = {}, .partition = 0, .headers = {{"x", "1"}, {"x", "2"}, {"empty", ""}}},
                        {.value = "b", .key = {}, .partition = 0, .headers = {}}});
  const auto got = read(2);
  std::vector<record_header> headers;
  got[0].headers(headers);
  BOOST_REQUIRE(headers.size() == 3u);
  BOOST_TEST((headers[0].key == "x" && headers[0].value == "1" && headers[0].has_value));
  BOOST_TEST((headers[1].key == "x" && headers[1].value == "2" && headers[1].has_value));
  BOOST_TEST((headers[2].key == "empty" && headers[2].value.empty() && headers[2].has_value));
  got[1].headers(headers);
  BOOST_TEST(headers.empty());
}

// librdkafka leaks headers that are parsed twice; the asan preset reports that.
BOOST_AUTO_TEST_CASE(several_processors_can_read_headers_at_once) {
  constexpr std::size_t count = 5'000;
  kafka.produce(topic, std::vector<test::test_record>(
                           count, {.value = "v", .key = {}, .partition = 0, .headers = {{"a", "1"}, {"b", "2"}}}));
  const auto got = read(count);
  std::array<std::size_t, 4> found{};
  std::latch all_there(found.size());
  {
    std::vector<std::jthread> processors;
    for (auto& headers_found : found)
      processors.emplace_back([&got, &all_there, &headers_found] {
        std::vector<record_header> headers;
        all_there.arrive_and_wait();
        for (const auto& held : got) {
          held.headers(headers);
          headers_found += headers.size();
        }
      });
  }
  for (const auto headers_found : found) BOOST_TEST(headers_found == 2 * count);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::rdkafka_batch_test
