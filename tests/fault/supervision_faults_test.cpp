// The server recovers by itself, reports faults in time, and stops in time. Uses real parts and prints the times.

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "tests/fault/consuming.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/kafka_broker.hpp"

namespace kfs::supervision_faults_test {

using namespace kfs::fault;
using namespace std::chrono_literals;

namespace {

using steady = std::chrono::steady_clock;

constexpr std::int64_t line_bytes = 11;  ///< ten bytes of the value and the line end

double seconds_since(steady::time_point begun) {
  return std::chrono::duration<double>(steady::now() - begun).count();
}

struct own_broker {
  test::kafka_broker broker;
};

struct with_own_broker : own_broker, consuming {
  with_own_broker() : consuming(broker.bootstrap_servers()) {}

  /// The 99th percentile.
  static double p99(std::vector<double> all) {
    std::sort(all.begin(), all.end());
    return all.at(all.size() * 99 / 100);
  }

  /// Creates consumers of the same topic, each with its own group and file.
  std::vector<std::string> create_many(int count) {
    std::vector<std::string> paths;
    for (int i = 0; i < count; ++i) {
      auto one = body();
      one["consumer_group"] = group + "-" + std::to_string(i);
      one["processor_configs"][0]["config"]["file_path"] = file("out-" + std::to_string(i)).string();
      const auto answered = client.post("/consumers", one);
      BOOST_TEST_REQUIRE(answered.status == 201, answered.body);
      paths.push_back("/consumers/" + answered.parsed().at("consumer_id").get<std::string>());
    }
    return paths;
  }

  int count_in(const std::string& status) {
    const auto answered = client.get("/consumers?limit=1&status=" + status);
    BOOST_TEST_REQUIRE(answered.status == 200, answered.body);
    return std::stoi(answered.header("x-total-count"));
  }
};

/// A consumer on the shared broker and a server whose sink can be made to throw or to hang.
struct with_bad_sink : consuming {
  json events() {
    const auto answered = client.get(path + "/events");
    BOOST_TEST_REQUIRE(answered.status == 200, answered.body);
    return answered.parsed().at("events");
  }

  bool was_told(const std::string& kind) {
    const auto all = events();
    return std::ranges::any_of(all, [&](const json& event) { return event.at("kind") == kind; });
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(supervision_faults)

BOOST_FIXTURE_TEST_CASE(a_killed_broker_is_reported_in_time_and_used_again_after_its_restart, with_own_broker) {
  create();
  flow.produce(4'000);
  BOOST_TEST_REQUIRE(arrives());
  const auto killed = steady::now();
  broker.kill();
  BOOST_TEST(becomes("ERROR", 20s));
  const auto until_error = seconds_since(killed);
  broker.start();
  const auto back = steady::now();
  BOOST_TEST(becomes("ACTIVE", 30s));
  const auto until_active = seconds_since(back);
  flow.reconnect();
  flow.produce(4'000);
  BOOST_TEST(arrives());
  const auto until_consumed = seconds_since(back);
  say(
      fmt::format("broker killed: ERROR over REST after {:.1f} s; broker back: ACTIVE after {:.1f} s, records in the "
                  "file after {:.1f} s",
                  until_error, until_active, until_consumed));
  BOOST_TEST(until_error < 15);
  BOOST_TEST(until_active < 10);
  check_exact("the broker was killed and came back");
}

BOOST_FIXTURE_TEST_CASE(the_api_stays_fast_while_a_hundred_consumers_fail_at_once, with_own_broker) {
  constexpr int many = 100;
  flow.produce(400);
  const auto paths = create_many(many);
  BOOST_TEST_REQUIRE(test::eventually(
      120s, [&] { return count_in("ACTIVE") == many; }, 200ms));
  broker.kill();
  std::vector<double> answered_after;
  std::size_t next = 0;
  const auto all_failed = [&] {
    for (int i = 0; i < 50; ++i) {
      const auto asked = steady::now();
      const auto answered = client.get(paths[next++ % paths.size()]);
      answered_after.push_back(seconds_since(asked) * 1'000);
      BOOST_TEST_REQUIRE(answered.status == 200, answered.body);
    }
    return count_in("ERROR") == many;
  };
  const auto killed = steady::now();
  BOOST_TEST(test::eventually(30s, all_failed, 10ms));
  const auto until_all = seconds_since(killed);
  broker.start();
  const auto back = steady::now();
  BOOST_TEST(test::eventually(
      60s, [&] { return count_in("ACTIVE") == many; }, 100ms));
  say(
      fmt::format("100 consumers failed: all ERROR after {:.1f} s, REST p99 {:.1f} ms of {} requests meanwhile; all "
                  "ACTIVE {:.1f} s after the broker was back",
                  until_all, p99(answered_after), answered_after.size(), seconds_since(back)));
  BOOST_TEST(p99(answered_after) < 250);
}

BOOST_FIXTURE_TEST_CASE(a_processor_that_throws_is_replaced_and_no_record_is_lost, with_bad_sink) {
  for (const auto* point : {"file.before_journal", "file.after_journal", "file.amid_write", "file.after_write"}) {
    say(point);
    server.stop();
    start_server_with_fault(point, 3, {{"KFS_FAULT_THROWS", "2"}});
    if (path.empty()) create({{"batch", {{"max_messages", 50}}}});
    const auto begun = steady::now();
    flow.produce(2'000);
    BOOST_TEST(arrives());
    const auto took = seconds_since(begun);
    BOOST_TEST(becomes("ACTIVE"));
    const bool threw = was_told("processor_restarted");
    say(fmt::format("2,000 records in the file {:.2f} s after the first was produced, processor replaced: {}", took,
                    threw));
    // This point is not reached when the kernel accepts a batch in one write.
    BOOST_TEST((threw || std::string_view(point) == "file.amid_write"));
    BOOST_TEST(took < 10);
  }
  check_exact("the processor died at each step of a write");
}

BOOST_FIXTURE_TEST_CASE(a_processor_that_keeps_throwing_puts_its_consumer_into_error_until_it_recovers, with_bad_sink) {
  server.stop();
  start_server_with_fault("file.after_journal", 1, {{"KFS_FAULT_THROWS", "7"}});
  create();
  flow.produce(400);
  BOOST_TEST(test::eventually(
      patience, [this] { return was_told("restarted"); }, 100ms));
  const auto all = events();
  const auto failed = std::ranges::find_if(all, [](const json& event) { return event.at("kind") == "failed"; });
  BOOST_TEST_REQUIRE((failed != all.end()));
  say(failed->dump());
  BOOST_TEST(becomes("ACTIVE", 60s));
  check_exact("the processor died seven times");
}

BOOST_FIXTURE_TEST_CASE(a_hanging_sink_is_reported_and_continues_afterwards, with_bad_sink) {
  server.stop();
  start_server_with_fault("file.after_write", 3, {{"KFS_FAULT_STALL_MS", "12000"}});
  create({{"batch", {{"max_messages", 50}}}, {"recovery", {{"processor_timeout_ms", 3'000}}}});
  const auto begun = steady::now();
  flow.produce(2'000);
  BOOST_TEST(becomes("ERROR", 15s));
  const auto until_error = seconds_since(begun);
  const auto error = consumer().at("last_error");
  say(fmt::format("a sink hangs: ERROR after {:.1f} s (processor_timeout_ms 3,000): {}", until_error,
                  error.at("message").get<std::string>()));
  BOOST_TEST(error.at("code") == "actor_stuck", error.dump());
  BOOST_TEST(becomes("ACTIVE", 30s));
  check_exact("the sink hung for 12 s");
}

BOOST_FIXTURE_TEST_CASE(a_server_with_a_hanging_sink_stops_in_time_and_loses_nothing, with_bad_sink) {
  server.stop();
  start_server_with_fault("file.after_write", 3, {{"KFS_FAULT_STALL_MS", "3600000"}});
  create({{"batch", {{"max_messages", 50}}}, {"stop_timeout_ms", 2'000}});
  flow.produce(2'000);
  BOOST_TEST_REQUIRE(test::eventually(patience, [this] { return bytes_of(files_of(out)) > 0; }));
  const auto asked = steady::now();
  server.process().signal(SIGTERM);
  const auto code = server.process().wait(40s);
  say(fmt::format("a server whose sink hangs ended {:.1f} s after SIGTERM", seconds_since(asked)));
  BOOST_TEST((code == 1));
  start_server();
  check_exact("the server was ended while its sink hung");
}

BOOST_FIXTURE_TEST_CASE(a_second_signal_ends_the_server_at_once, with_bad_sink) {
  server.stop();
  start_server_with_fault("file.after_write", 3, {{"KFS_FAULT_STALL_MS", "3600000"}});
  create({{"batch", {{"max_messages", 50}}}});
  flow.produce(2'000);
  BOOST_TEST_REQUIRE(test::eventually(patience, [this] { return bytes_of(files_of(out)) > 0; }));
  server.process().signal(SIGTERM);
  BOOST_TEST_REQUIRE(test::eventually(patience, [this] { return server.log().find("ending") != std::string::npos; }));
  const auto asked = steady::now();
  server.process().signal(SIGINT);
  BOOST_TEST((server.process().wait(10s) == 1));
  BOOST_TEST(seconds_since(asked) < 2);
  start_server();
  check_exact("the server was told twice to end");
}

BOOST_FIXTURE_TEST_CASE(many_consumers_drain_in_parallel_and_commit_everything, with_own_broker) {
  constexpr int many = 40;
  flow.produce(40'000);
  create_many(many);
  BOOST_TEST_REQUIRE(test::eventually(
      60s, [&] { return count_in("ACTIVE") == many; }, 200ms));
  const auto asked = steady::now();
  BOOST_TEST(server.stop() == 0);
  const auto took = seconds_since(asked);
  say(fmt::format("{} consumers were drained in {:.1f} s", many, took));
  BOOST_TEST(took < 20);
  for (int i = 0; i < many; ++i) {
    // The file contains exactly the committed records.
    std::int64_t committed = 0;
    for (int partition = 0; partition < partitions; ++partition)
      committed += flow.kafka().committed(group + "-" + std::to_string(i), flow.topic(), partition).value_or(0);
    const auto written = bytes_of(files_of(file("out-" + std::to_string(i)))) / line_bytes;
    BOOST_TEST(committed == written, "consumer " << i);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::supervision_faults_test
