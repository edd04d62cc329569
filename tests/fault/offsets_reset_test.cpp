// An operator changes the group's offsets while the consumer is stopped: by PUT …/offsets, or with Kafka's tool.

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>

#include "tests/fault/consuming.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::offsets_reset_test {

using namespace kfs::fault;
using namespace std::chrono_literals;

namespace {

struct operator_fixture : consuming {
  operator_fixture() : consuming(99) {}

  /// `where` is for example {"--to-earliest"}.
  void reset_by_tool(const std::vector<std::string>& where) {
    std::vector<std::string> arguments{"--reset-offsets", "--execute", "--group", group, "--topic", flow.topic()};
    arguments.insert(arguments.end(), where.begin(), where.end());
    groups_tool(flow.bootstrap_servers(), arguments);
  }

  void reset(const json& change) {
    const auto answered = client.put(path + "/offsets", change);
    BOOST_TEST_REQUIRE(answered.status == 200, answered.body);
    BOOST_TEST(answered.parsed().at("applied") == true);
  }

  void rewind() {
    stop_consumer();
    reset({{"to", "earliest"}});
    flow.replay_from(0);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(offsets_reset, operator_fixture)

BOOST_AUTO_TEST_CASE(after_each_rewind_all_records_are_written_again_exactly_once) {
  flow.produce(10'000);
  create();
  BOOST_TEST_REQUIRE(arrives());
  for (int round = 1; round <= 2; ++round) {
    rewind();
    start_consumer();
    check_exact_while_running(fmt::format("rewound {} times", round));
  }
  flow.produce(1'000);
  server.kill();
  start_server();
  check_exact("and after a kill, which rewinds nothing");
}

BOOST_AUTO_TEST_CASE(the_second_of_two_rewinds_counts) {
  flow.produce(4'000);
  create();
  BOOST_TEST_REQUIRE(arrives());
  stop_consumer();
  reset_by_tool({"--to-earliest"});
  reset_by_tool({"--to-offset", "900"});
  flow.replay_from(900);
  start_consumer();
  check_exact("rewound to 0 and to 900");
}

BOOST_AUTO_TEST_CASE(a_group_that_is_moved_forward_skips_exactly_the_records_between) {
  flow.produce(4'000);
  create();
  BOOST_TEST_REQUIRE(arrives());
  stop_consumer();
  flow.produce_unread(2'000);
  reset({{"to", "latest"}});
  flow.produce(2'000);
  start_consumer();
  check_exact("forwarded");
}

BOOST_AUTO_TEST_CASE(a_kill_during_the_replay_writes_each_replayed_record_exactly_once_more) {
  flow.produce(200'000);
  create({{"batch", {{"max_messages", 200}}}});
  BOOST_TEST_REQUIRE(arrives());
  rewind();
  const auto before = bytes_of({out});
  start_consumer();
  const auto replayed = [&] { return bytes_of({out}) - before; };
  BOOST_TEST_REQUIRE(test::eventually(
      patience, [&] { return replayed() > before / 10; }, 1ms));
  server.kill();
  BOOST_TEST(replayed() < before, "it was too late to kill it amid the replay");
  start_server();
  check_exact("killed amid the replay");
}

BOOST_AUTO_TEST_CASE(a_kill_before_a_sink_has_followed_the_change_forgets_nothing_of_it) {
  flow.produce(4'000);
  create({{"batch", {{"max_messages", 200}}}});
  BOOST_TEST_REQUIRE(arrives());
  for (const auto* point : {"start.before_mark", "start.after_mark", "file.before_journal", "file.after_journal"}) {
    rewind();
    server.kill();
    start_server_with_fault(point, 1);
    start_consumer_to_die();
    BOOST_TEST_REQUIRE(test::eventually(patience, [&] { return !server.process().running(); }), point);
    start_server();
    check_exact_while_running(point);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::offsets_reset_test
