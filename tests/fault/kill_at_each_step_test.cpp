// kill -9 between any two steps of a batch, a commit, a rotation and an operator's offset reset.

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>

#include "tests/fault/consuming.hpp"

namespace kfs::kill_at_each_step_test {

using namespace kfs::fault;

namespace {

constexpr int records_a_round = 2'000;

struct killed_at_steps : consuming {
  int kills = 0;

  /// Small batches, so that each step occurs many times in a round.
  static json small_batches() { return {{"batch", {{"max_messages", 100}}}}; }

  /// Kills the server at the fault point, then restarts it without fault points.
  void survive(const std::string& point, int hit, const std::vector<std::string>& launcher = {}) {
    server.stop();
    flow.produce(records_a_round);
    start_server_with_fault(point, hit, {}, launcher);
    BOOST_TEST_REQUIRE(dies_while_records_come(), point << " was not reached " << hit << " times");
    ++kills;
    start_server();
    check_exact_while_running(fmt::format("{} x {}", point, hit));
    BOOST_TEST(has_no_lag(), point);
  }

  void survive_each(const std::vector<std::string>& points, const std::vector<int>& hits) {
    for (const auto& point : points) {
      for (const int hit : hits) survive(point, hit);
    }
    check_exact(fmt::format("after {} kills", kills));
  }

  /// Sets the group's offsets as an operator's tool does.
  void set_offsets(int number) {
    for (int partition = 0; partition < partitions; ++partition)
      flow.kafka().commit(group, flow.topic(), partition, number);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(kill_at_each_step, killed_at_steps)

BOOST_AUTO_TEST_CASE(a_kill_between_any_two_steps_of_a_batch_loses_and_duplicates_nothing) {
  create(small_batches());
  survive_each({"file.before_journal", "file.after_journal", "file.after_write"}, {1, 2, 7});
}

BOOST_AUTO_TEST_CASE(a_kill_within_a_write_tears_no_line) {
  // Longer than all other files of the server, so that the limit of the file size affects only this file.
  flow.produce(200'000);
  create();
  BOOST_TEST_REQUIRE(arrives());
  // The kernel shortens the write that crosses the limit, which is not at the end of a line.
  for (const int limit : {1, 5'003, 9'999})
    survive("file.amid_write", 1, {"prlimit", "--fsize=" + std::to_string(bytes_of({out}) + limit)});
  check_exact(fmt::format("after {} kills", kills));
}

BOOST_AUTO_TEST_CASE(a_kill_around_a_flush_to_the_disk_loses_and_duplicates_nothing) {
  create(small_batches(), {{"fsync", "batch"}});
  survive_each({"file.before_sync", "file.after_sync"}, {1, 2, 5});
}

BOOST_AUTO_TEST_CASE(a_kill_around_a_rotation_loses_and_duplicates_nothing) {
  create(small_batches(), {{"rotate_max_bytes", 4'096}});
  survive_each({"file.before_rotation", "file.after_rotation"}, {1, 2, 4});
}

BOOST_AUTO_TEST_CASE(a_kill_around_a_commit_loses_and_duplicates_nothing) {
  create(small_batches());
  survive_each({"commit.before", "commit.begun", "commit.finished"}, {1, 2});
}

BOOST_AUTO_TEST_CASE(an_offset_reset_takes_effect_once_through_any_kill) {
  create(small_batches());
  for (const auto& points :
       std::vector<std::vector<std::string>>{{"start.before_mark"},
                                             {"start.after_mark"},
                                             {"start.before_mark", "start.before_mark", "start.after_mark"}}) {
    flow.produce(records_a_round);
    BOOST_TEST_REQUIRE(arrives());
    stop_consumer();
    set_offsets(100);
    flow.replay_from(100);
    for (std::size_t at = 0; at < points.size(); ++at) {
      server.stop();
      start_server_with_fault(points[at], 1);
      if (at == 0) start_consumer_to_die();
      BOOST_TEST_REQUIRE(dies_while_records_come(), points[at] << " was not reached");
      ++kills;
    }
    start_server();
    BOOST_TEST(becomes("ACTIVE"));
    check_exact_while_running(fmt::format("a reset and {} x {}", points.back(), points.size()));
  }
  check_exact(fmt::format("after {} kills", kills));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::kill_at_each_step_test
