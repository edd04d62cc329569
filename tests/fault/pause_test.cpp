// A consumer that an operator has paused reads nothing, stays in its group, and goes on where it was, whatever is
// killed.

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "tests/fault/consuming.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::pause_test {

using namespace kfs::fault;
using namespace std::chrono_literals;

namespace {

struct paused_consumer : consuming {
  json order(const std::string& command, const json& body = json::object()) {
    const auto answered = client.post(path + "/" + command, body);
    BOOST_TEST_REQUIRE(answered.status == 200, answered.body);
    return answered.parsed();
  }

  json status() { return client.get(path + "/status").parsed(); }

  /// What is in hand is written, and the status tells of the records that are not read.
  [[nodiscard]] bool rests_with_lag(std::int64_t lag) {
    return test::eventually(patience, [&] {
      const auto shown = status();
      return shown.at("lag") == lag && shown.at("processors").at(0).at("in_flight").at("batches") == 0;
    });
  }

  /// Starts a consumer that was never started, that reads new records only, and that is paused.
  void start_paused() {
    auto options = kafka_properties({{"metadata.max.age.ms", "2000"}});
    options["auto_offset_reset"] = "latest";
    auto stopped = body(options);
    stopped["auto_start"] = false;
    const auto made = client.post("/consumers", stopped);
    BOOST_TEST_REQUIRE(made.status == 201, made.body);
    path = "/consumers/" + made.parsed().at("consumer_id").get<std::string>();
    order("pause");
    start_consumer();
  }

  /// The records that come from now on are read after the pause, although the server is killed and the consumer
  /// restarted before.
  void loses_nothing(const std::string& label) {
    BOOST_TEST_REQUIRE(test::eventually(patience, [&] { return has_begun(); }));
    flow.produce(400);
    server.kill();
    start_server();
    BOOST_TEST(rests_with_lag(400));
    order("restart");
    BOOST_TEST(rests_with_lag(400));
    order("resume");
    check_exact(label);
  }

  /// Whether the beginning of each partition is committed.
  [[nodiscard]] bool has_begun() {
    const auto shown = status().at("partitions");
    return shown.size() == static_cast<std::size_t>(flow.partitions()) &&
           std::ranges::none_of(shown, [](const json& each) { return each.at("committed_offset").is_null(); });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(pause, paused_consumer)

BOOST_AUTO_TEST_CASE(nothing_is_read_while_it_is_paused_and_everything_afterwards) {
  create();
  flow.produce(4'000);
  BOOST_TEST_REQUIRE(arrives());
  BOOST_TEST_REQUIRE(has_no_lag());
  order("pause");
  const auto before = bytes_of({out});
  flow.produce(4'000);
  BOOST_TEST(rests_with_lag(4'000));
  BOOST_TEST(test::eventually(patience, [&] { return status().at("state") == "running"; }));
  const auto shown = status();
  BOOST_TEST(shown.at("status") == "ACTIVE");
  BOOST_TEST(shown.at("members").at(0).at("joined") == true);
  BOOST_TEST(shown.at("members").at(0).at("partitions").size() == static_cast<std::size_t>(partitions));
  BOOST_TEST(bytes_of({out}) == before);
  order("resume");
  check_exact("after a pause");
}

BOOST_AUTO_TEST_CASE(a_pause_under_load_takes_effect_at_once_and_doubles_nothing) {
  create({{"batch", {{"max_messages", 100}}}});
  flow.produce(200'000);
  for (int round = 0; round < 10; ++round) {
    const auto before = bytes_of({out});
    BOOST_TEST_REQUIRE(test::eventually(
        patience, [&] { return bytes_of({out}) > before || bytes_of({out}) == flow.expected_bytes(); }, 1ms));
    order("pause");
    BOOST_TEST_REQUIRE(
        test::eventually(patience, [&] { return status().at("processors").at(0).at("in_flight").at("batches") == 0; }));
    const auto at_rest = bytes_of({out});
    BOOST_TEST_REQUIRE(order("pause").at("paused") == true);
    BOOST_TEST(bytes_of({out}) == at_rest);
    order("resume");
  }
  check_exact("paused ten times under load");
}

BOOST_AUTO_TEST_CASE(one_partition_waits_while_the_others_flow) {
  create();
  flow.produce(4'000);
  BOOST_TEST_REQUIRE(arrives());
  BOOST_TEST_REQUIRE(has_no_lag());
  order("pause", {{"partitions", {1}}});
  flow.produce(4'000);
  BOOST_TEST(rests_with_lag(1'000));
  for (const auto& partition : status().at("partitions"))
    BOOST_TEST(partition.at("lag") == (partition.at("partition") == 1 ? 1'000 : 0));
  order("resume", {{"partitions", {1}}});
  check_exact("one partition was paused");
}

BOOST_AUTO_TEST_CASE(a_pause_outlives_kills_restarts_and_starts_of_the_consumer) {
  create();
  flow.produce(4'000);
  BOOST_TEST_REQUIRE(arrives());
  BOOST_TEST_REQUIRE(has_no_lag());
  order("pause");
  flow.produce(2'000);
  server.kill();
  start_server();
  BOOST_TEST_REQUIRE(becomes("ACTIVE"));
  BOOST_TEST(rests_with_lag(2'000));
  stop_consumer();
  start_consumer();
  BOOST_TEST(rests_with_lag(2'000));
  order("restart");
  BOOST_TEST(rests_with_lag(2'000));
  BOOST_TEST(status().at("paused") == true);
  order("resume");
  check_exact("paused over kills and restarts");
}

BOOST_AUTO_TEST_CASE(a_consumer_that_is_paused_before_its_first_record_begins_at_the_end_of_that_time) {
  flow.produce_unread(400);
  start_paused();
  loses_nothing("paused before the first record");
}

BOOST_AUTO_TEST_CASE(a_topic_that_is_created_during_the_pause_is_read_from_its_beginning) {
  flow.delete_topic();
  start_paused();
  BOOST_TEST_REQUIRE(becomes("ERROR"));
  flow.create_topic();
  loses_nothing("created during the pause");
}

BOOST_AUTO_TEST_CASE(a_partition_that_is_added_during_the_pause_is_read_from_its_beginning) {
  start_paused();
  BOOST_TEST_REQUIRE(test::eventually(patience, [&] { return has_begun(); }));
  flow.add_partition();
  loses_nothing("added during the pause");
}

BOOST_AUTO_TEST_CASE(a_restart_under_load_loses_and_doubles_nothing) {
  create();
  for (int round = 0; round < 3; ++round) {
    flow.produce(50'000);
    order("restart");
  }
  check_exact("restarted three times under load");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::pause_test
