// Consumers that repeatedly end before they have joined their group.

#include <signal.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "tests/integration/running_server.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/kafka_broker.hpp"

namespace kfs::consumer_churn_test {

using namespace kfs::integration;
using namespace std::chrono_literals;
using test::eventually;
using test::unique_name;
using steady = std::chrono::steady_clock;

namespace {

constexpr int rounds = 60;

struct churning : running_server {
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  std::string topic = kafka.new_topic();
  std::filesystem::path out = file("out.log");
  json body = consumer_body(kafka.bootstrap_servers(), topic, unique_name("group"), out);
  std::chrono::milliseconds slowest{0};  ///< the longest measured time

  void time(const std::function<void()>& work) {
    const auto began = steady::now();
    work();
    slowest = std::max(slowest, std::chrono::duration_cast<std::chrono::milliseconds>(steady::now() - began));
  }

  [[nodiscard]] bool alive() { return process().process().running(); }

  /// Checks that a record that is produced now is written soon.
  [[nodiscard]] bool delivers() {
    const auto before = line_count(out);
    kafka.produce_numbered(topic, 1);
    return eventually(10s, [&] { return line_count(out) > before; });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(consumer_churn, churning)

BOOST_AUTO_TEST_CASE(consumers_of_a_group_that_are_deleted_together_end_soon_and_the_group_stays_usable) {
  for (int round = 0; round < rounds; ++round) {
    const auto consumer = created(body);
    time([&] { deleted(consumer); });
    BOOST_TEST_REQUIRE(alive(), "in round " << round);
  }
  BOOST_TEST_MESSAGE("the slowest of " << rounds << " deletes took " << slowest.count() << " ms");
  BOOST_TEST((slowest < 3s), slowest.count() << " ms");
  created(body);
  BOOST_TEST(delivers());
}

BOOST_AUTO_TEST_CASE(a_group_stays_usable_when_all_members_leave_during_a_rebalance) {
  std::vector<json> members;
  for (int member = 0; member < 10; ++member) members.push_back(created(body));
  for (const auto& member : members) {
    time([&] { deleted(member); });
    BOOST_TEST_REQUIRE(alive());
  }
  BOOST_TEST_MESSAGE("the slowest of " << members.size() << " deletes took " << slowest.count() << " ms");
  BOOST_TEST((slowest < 10s), slowest.count() << " ms");
  created(body);
  BOOST_TEST(delivers());
}

BOOST_AUTO_TEST_CASE(stops_right_after_starts_are_answered_soon_and_the_server_stops_soon) {
  body["auto_start"] = false;
  const auto consumer = created(body);
  for (int round = 0; round < rounds; ++round) {
    started(consumer);
    time([&] { BOOST_TEST(stopped(consumer).at("status") == "INACTIVE"); });
    BOOST_TEST_REQUIRE(alive(), "in round " << round);
  }
  BOOST_TEST_MESSAGE("the slowest of " << rounds << " stops took " << slowest.count() << " ms");
  BOOST_TEST((slowest < 2s), slowest.count() << " ms");

  started(consumer);
  BOOST_TEST(delivers());
  const auto began = steady::now();
  BOOST_TEST(process().stop() == 0);
  BOOST_TEST((steady::now() - began < 5s));
}

BOOST_AUTO_TEST_CASE(consumers_in_a_group_with_a_frozen_member_are_deleted_in_time) {
  running_server other;
  auto of_other = body;
  of_other["processor_configs"] = json::array({file_sink(other.file("out.log"))});
  const auto holding_up = other.created(of_other);
  kafka.produce_numbered(topic, 1);
  BOOST_TEST_REQUIRE(eventually(patience, [&] { return line_count(other.file("out.log")) == 1; }));
  other.process().process().signal(SIGSTOP);
  for (int round = 0; round < 3; ++round) {
    const auto consumer = created(body);
    time([&] { deleted(consumer); });
    BOOST_TEST_REQUIRE(alive(), "in round " << round);
  }
  BOOST_TEST_MESSAGE("the slowest delete took " << slowest.count() << " ms");
  BOOST_TEST((slowest < 8s), slowest.count() << " ms");

  other.process().process().signal(SIGCONT);
  other.deleted(holding_up);
  created(body);
  BOOST_TEST(delivers());
  BOOST_TEST(alive());
  const auto began = steady::now();
  BOOST_TEST(process().stop() == 0);
  BOOST_TEST((steady::now() - began < 15s));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::consumer_churn_test
