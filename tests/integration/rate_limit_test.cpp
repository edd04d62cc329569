// A consumer with options.limits on a real Kafka.

#include <boost/test/unit_test.hpp>

#include "tests/integration/running_server.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::rate_limit_integration_test {

using namespace kfs::integration;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
using test::eventually;

namespace {

struct limited : writing_from_shared_kafka {
  json limited_body(const std::string& topic, const json& limits) const {
    auto with = body(topic);
    with["options"]["limits"] = limits;
    return with;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(rate_limit, limited)

BOOST_AUTO_TEST_CASE(records_are_read_as_fast_as_the_limit_says_and_no_faster) {
  const auto topic = kafka.new_topic(2);
  kafka.produce_numbered(topic, 20'000, "", 2);
  const auto consumer = created(limited_body(topic, {{"records_per_second", 1'000}}));
  BOOST_TEST_REQUIRE(has_lines(1));
  const auto begun = clock::now();
  const auto before = line_count(out);
  // The wait for 8,000 records measures the rate.
  BOOST_TEST_REQUIRE(has_lines(before + 8'000));
  const std::chrono::duration<double> took = clock::now() - begun;
  const auto read = static_cast<double>(line_count(out) - before);
  BOOST_TEST_MESSAGE(read / took.count() << " records/s");
  BOOST_TEST(read <= 1'000 * took.count() * 1.05 + 250, read << " in " << took.count() << " s");
  BOOST_TEST(status(consumer) == "ACTIVE");

  changed(consumer, {{"options", json::object()}});
  BOOST_TEST(has_lines(20'000));
  BOOST_TEST(get(path_of(consumer) + "/status").parsed().at("restarts") == 0);
}

BOOST_AUTO_TEST_CASE(a_record_with_more_bytes_than_a_second_may_have_pauses_its_consumer_which_stays_in_its_group) {
  const auto topic = kafka.new_topic();
  kafka.produce(topic, {{.value = std::string(900'000, 'x'), .key = {}, .partition = 0, .headers = {}},
                        {.value = "last", .key = {}, .partition = 0, .headers = {}}});
  auto with = limited_body(topic, {{"bytes_per_second", 100'000}});
  with["options"]["kafka"]["properties"] = {{"max.poll.interval.ms", "6000"}, {"session.timeout.ms", "6000"}};
  const auto consumer = created(with);
  BOOST_TEST_REQUIRE(has_lines(1));
  const auto first = clock::now();
  BOOST_TEST(has_lines(2));
  BOOST_TEST((clock::now() - first > 7s));
  const auto seen = get(path_of(consumer) + "/events").parsed();
  for (const auto& event : seen.at("events"))
    for (const auto* fault : {"failed", "restarted", "partitions_lost", "partitions_revoked"})
      BOOST_TEST(event.at("kind") != fault, event);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::rate_limit_integration_test
