// While records are produced: the broker stops and returns, the server freezes, members of the group come and go.

#include <signal.h>

#include <boost/test/unit_test.hpp>

#include "tests/fault/consuming.hpp"
#include "tests/support/background.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/kafka_broker.hpp"

namespace kfs::broker_faults_test {

using namespace kfs::fault;
using namespace std::chrono_literals;

namespace {

/// Small batches, so that faults happen between many of them.
json small_batches() {
  return {{"batch", {{"max_messages", 200}}}};
}

struct own_broker {
  test::kafka_broker broker;
};

struct with_own_broker : own_broker, consuming {
  with_own_broker() : consuming(broker.bootstrap_servers()) {}
};

struct with_members : consuming {
  with_members() : consuming(99) {}

  [[nodiscard]] bool grows(std::int64_t more) const {
    const auto now = bytes_of({out});
    return test::eventually(
        patience, [&] { return bytes_of({out}) >= now + more; }, 1ms);
  }

  [[nodiscard]] bool has_members() const {
    return groups_tool(flow.bootstrap_servers(), {"--describe", "--members", "--group", group}).find("kfs-") !=
           std::string::npos;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(broker_faults)

BOOST_FIXTURE_TEST_CASE(no_record_is_lost_when_the_broker_is_stopped_or_killed_and_restarted, with_own_broker) {
  create(small_batches());
  for (int round = 0; round < 4; ++round) {
    flow.produce(100'000);
    if (round % 2 == 0) {
      broker.stop();
    } else {
      broker.kill();
    }
    broker.start();
    flow.reconnect();
  }
  flow.produce(400);
  BOOST_TEST(becomes("ACTIVE"));
  check_exact("the broker was stopped twice and killed twice");
}

BOOST_FIXTURE_TEST_CASE(no_record_is_lost_when_the_broker_freezes_for_30_s, with_own_broker) {
  create(small_batches());
  flow.produce(100'000);
  broker.freeze();
  BOOST_TEST(becomes("ERROR", 25s));
  BOOST_TEST(test::stays(15s, [this] { return consumer().at("status") == "ERROR"; }));
  broker.thaw();
  flow.reconnect();
  flow.produce(400);
  BOOST_TEST(becomes("ACTIVE"));
  check_exact("the broker stood still");
}

BOOST_FIXTURE_TEST_CASE(a_server_that_freezes_until_its_group_expels_it_continues_exactly, with_members) {
  auto options = small_batches();
  options.update(kafka_properties({{"session.timeout.ms", "6000"}, {"heartbeat.interval.ms", "1000"}}));
  create(options);
  flow.produce(1'000);
  BOOST_TEST_REQUIRE(arrives());
  test::background producer([this] { flow.produce(100'000); });
  BOOST_TEST_REQUIRE(grows(100'000));
  server.process().signal(SIGSTOP);
  producer.finish();
  BOOST_TEST_REQUIRE(test::eventually(patience, [this] { return !has_members(); }));
  flow.produce(400);
  server.process().signal(SIGCONT);
  BOOST_TEST(becomes("ACTIVE"));
  check_exact("the server stood still");
}

BOOST_FIXTURE_TEST_CASE(members_of_a_group_that_share_a_file_come_and_go_without_harm_to_records, with_members) {
  constexpr int rounds = 6;
  create(small_batches());
  const auto answered = client.post("/consumers", body(small_batches()));
  BOOST_TEST_REQUIRE(answered.status == 201, answered.body);
  const auto other = "/consumers/" + answered.parsed().at("consumer_id").get<std::string>();
  for (int round = 0; round < rounds; ++round) {
    flow.produce(60'000);
    BOOST_TEST_REQUIRE(client.post(other + "/stop").status == 200);
    flow.produce(20'000);
    BOOST_TEST_REQUIRE(client.post(other + "/start").status == 200);
  }
  BOOST_TEST(arrives());
  BOOST_TEST_REQUIRE(client.post(other + "/stop").status == 200);
  check_exact("a second member came and went 6 times");
}

BOOST_FIXTURE_TEST_CASE(no_record_is_lost_when_the_server_is_killed_while_members_alternate, with_members) {
  create(small_batches());
  BOOST_TEST_REQUIRE(client.post("/consumers", body(small_batches())).status == 201);
  for (int round = 0; round < 3; ++round) {
    test::background producer([this] { flow.produce(60'000); });
    BOOST_TEST_REQUIRE(grows(10'000));
    server.kill();
    producer.finish();
    start_server();
    BOOST_TEST_REQUIRE(arrives());
  }
  check_exact_while_running("two members, and 3 kills");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::broker_faults_test
