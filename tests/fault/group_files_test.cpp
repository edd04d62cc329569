// Two consumers of one group on two servers, with files of their own in one directory. One server is killed with -9
// between any two steps of a batch, or frozen, and its partitions go to the other consumer: each record is in one of
// the files, once.

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <csignal>
#include <sstream>
#include <string>
#include <vector>

#include "tests/fault/consuming.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/temp_directory.hpp"

namespace kfs::group_files_test {

using namespace kfs::fault;
using namespace std::chrono_literals;
using test::eventually;

namespace {

constexpr int records_a_round = 400;
constexpr int killed_by_sigkill = 137;

/// A server with one consumer.
struct member {
  member(const std::filesystem::path& shared, const std::string& name)
      : out(shared / name), server({{"FILE_SINK_DIRECTORIES", shared.string()}}) {}

  /// Small batches, so that each step occurs many times. When the server dies, its member leaves the group after 2 s.
  void create(const record_flow& flow, const std::string& group) {
    const auto servers = flow.bootstrap_servers();
    const auto colon = servers.rfind(':');
    auto options = kafka_properties({{"session.timeout.ms", "2000"}, {"heartbeat.interval.ms", "300"}});
    options["batch"] = {{"max_messages", 20}};
    const json sink{{"processor_type", "file_sink"}, {"config", {{"file_path", out.string()}}}};
    const auto answered = server.client().post("/consumers", {{"broker_ip", servers.substr(0, colon)},
                                                              {"broker_port", std::stoi(servers.substr(colon + 1))},
                                                              {"topic", flow.topic()},
                                                              {"consumer_group", group},
                                                              {"auto_start", true},
                                                              {"processor_configs", json::array({sink})},
                                                              {"options", options}});
    BOOST_TEST_REQUIRE(answered.status == 201, answered.body);
    path = "/consumers/" + answered.parsed().at("consumer_id").get<std::string>();
  }

  [[nodiscard]] bool has_partitions() const {
    const auto status = server.client().get(path + "/status").parsed();
    const auto& found = status.at("members");
    return !found.empty() && found.front().at("joined") == true && !found.front().at("partitions").empty();
  }

  std::filesystem::path out;
  test::server_process server;
  std::string path;  ///< the consumer's path in the API
};

struct two_consumers {
  two_consumers() {
    first.create(flow, group);
    second.create(flow, group);
    BOOST_TEST_REQUIRE(both_have_partitions());
  }

  [[nodiscard]] bool both_have_partitions() const {
    return eventually(
        patience, [&] { return first.has_partitions() && second.has_partitions(); }, 100ms);
  }

  void check_exact(const std::string& label) const {
    BOOST_TEST(eventually(patience, [&] { return has_all(); }), label);
    const auto all = flow.compare({first.out, second.out});  // a partition that moves is in order within each file only
    std::ostringstream line;
    line << label << ": " << all.records << " records, " << all.lost << " lost, " << all.duplicated << " duplicated, "
         << all.torn << " torn";
    say(line.str());
    BOOST_TEST((all.lost == 0 && all.duplicated == 0 && all.torn == 0), line.str());
  }

  [[nodiscard]] bool has_all() const { return bytes_of({first.out, second.out}) >= flow.expected_bytes(); }

  /// Whether the second consumer says that it waits for the end of a write to the first one's file.
  [[nodiscard]] bool second_waits() const {
    const auto fault = second.server.client().get(second.path).parsed().at("last_error");
    return fault.is_object() && fault.at("code") == "sink_unavailable" &&
           fault.at("message").get<std::string>().find("without an end") != std::string::npos;
  }

  void thaw_first(const std::string& label) {
    first.server.process().signal(SIGCONT);
    check_exact(label + ", thawed");
    BOOST_TEST_REQUIRE(both_have_partitions());
    flow.produce(records_a_round);
    check_exact(label + ", both again");
  }

  /// Lets the second consumer have all partitions, so that the first one has to claim some; kills that one's server at
  /// the fault point; lets the second one have all again, and the first one some.
  void survive(const std::string& point, int hit) {
    const auto label = fmt::format("{} x {}", point, hit);
    first.server.stop();
    flow.produce(records_a_round);
    check_exact(label + ", one alone");
    first.server.start_with_faults({{"KFS_FAULT_POINT", point}, {"KFS_FAULT_HIT", std::to_string(hit)}});
    const bool died = eventually(
        patience,
        [&] {
          if (!first.server.process().running()) return true;
          flow.produce(partitions * 10);
          return false;
        },
        100ms);
    BOOST_TEST_REQUIRE(died, label << " was not reached");
    BOOST_TEST((first.server.process().wait(0ms) == killed_by_sigkill));
    flow.produce(records_a_round);
    check_exact(label);
    first.server.start();
    BOOST_TEST_REQUIRE(both_have_partitions());
    flow.produce(records_a_round);
    check_exact(label + ", both again");
  }

  test::temp_directory shared;
  record_flow flow{test::shared_bootstrap_servers(), partitions};
  std::string group = test::unique_name("group");
  member first{shared.path(), "first.log"};
  member second{shared.path(), "second.log"};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(group_files, two_consumers)

BOOST_AUTO_TEST_CASE(a_kill_between_any_two_steps_of_a_batch_leaves_each_record_in_one_file) {
  for (const auto* point : {"file.before_journal", "file.after_journal", "file.after_write"}) {
    for (const int hit : {1, 7}) survive(point, hit);
  }
}

BOOST_AUTO_TEST_CASE(a_kill_around_a_commit_leaves_each_record_in_one_file) {
  for (const auto* point : {"commit.before", "commit.begun", "commit.finished"}) {
    for (const int hit : {1, 2}) survive(point, hit);
  }
}

BOOST_AUTO_TEST_CASE(a_kill_while_partitions_are_claimed_leaves_each_record_in_one_file) {
  for (const int hit : {1, 2}) survive("file.before_claims", hit);
}

BOOST_AUTO_TEST_CASE(a_server_that_is_frozen_between_two_writes_holds_nobody_up) {
  flow.produce(records_a_round);
  check_exact("before it is frozen");
  first.server.process().signal(SIGSTOP);
  flow.produce(records_a_round);
  check_exact("frozen between two writes");
  thaw_first("frozen between two writes");
}

// The first write to a file may note positions only. Nobody waits for that, so records are written before.
BOOST_AUTO_TEST_CASE(a_server_that_is_frozen_amid_a_write_is_waited_for_and_the_other_one_says_so) {
  flow.produce(records_a_round);
  check_exact("before it is stopped");
  BOOST_TEST_REQUIRE(eventually(patience, [&] { return flow.is_committed_by(group); }));
  first.server.stop();
  first.server.start_with_faults({{"KFS_FAULT_POINT", "file.after_journal"}, {"KFS_FAULT_STALL_MS", "2000"}});
  BOOST_TEST_REQUIRE(both_have_partitions());
  flow.produce(records_a_round);
  BOOST_TEST_REQUIRE(eventually(
      patience, [&] { return first.server.log().find("file.after_journal stalls") != std::string::npos; }, 10ms));
  first.server.process().signal(SIGSTOP);
  BOOST_TEST_REQUIRE(eventually(
      patience, [&] { return second_waits(); }, 100ms));
  BOOST_TEST(!has_all());
  thaw_first("frozen amid a write");
}

BOOST_AUTO_TEST_CASE(a_server_that_is_frozen_at_any_moment_writes_nothing_that_the_other_one_has) {
  for (int round = 0; round < 3; ++round) {
    flow.produce(records_a_round);
    first.server.process().signal(SIGSTOP);
    flow.produce(records_a_round);
    BOOST_TEST(eventually(
        patience, [&] { return has_all() || second_waits(); }, 100ms));
    thaw_first(fmt::format("round {}", round));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::group_files_test
