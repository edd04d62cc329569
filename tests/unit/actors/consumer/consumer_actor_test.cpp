// What a consumer reads and commits.
#include "tests/unit/actors/consumer/consumer_fixture.hpp"

namespace kfs::consumer_actor_test {

using namespace std::chrono_literals;
using test::offsets;
using test::records;

BOOST_FIXTURE_TEST_SUITE(consumer_actor, test::consumer_fixture)

BOOST_AUTO_TEST_CASE(it_accepts_what_the_group_assigns) {
  begin();
  assign({0, 1});
  BOOST_TEST(client().owned == (std::vector<partition_number>{0, 1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(without_processors_records_are_counted_and_committed_at_the_next_tick) {
  begin();
  assign({0});
  client().bring(records(0, 0, 5));
  wake();
  BOOST_TEST(client().committed.empty());
  advance(1s);
  BOOST_REQUIRE(client().committed.size() == 1u);
  BOOST_TEST((client().committed[0] == offsets{{0, offset{5}}}));
  BOOST_TEST(measured.exposition().find("kafka_fetcher_consumer_messages_total") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_batch_waits_to_fill_as_long_as_its_options_say) {
  spec.options = json{{"batch", {{"max_wait_ms", 300}}}};
  begin();
  client().bring(partitions_assigned{{0}});
  wake();
  advance(300ms);
  client().bring(records(0, 0, 5));
  client().bring(records(0, 5, 6));
  wake();
  advance(100ms);
  BOOST_TEST(client().polls.size() == 2u);
  advance(200ms);
  BOOST_TEST(client().polls.empty());
}

BOOST_AUTO_TEST_CASE(no_more_is_read_than_the_limits_allow) {
  spec.options = json{{"limits", {{"records_per_second", 20}}}};
  begin();
  assign({0});
  for (const std::int64_t from : {0, 10, 20}) client().bring(records(0, from, from + 10));
  wake();
  BOOST_TEST(client().polls.size() == 2u);
  for (int again = 0; again < 5; ++again) wake();
  advance(400ms);
  BOOST_TEST(client().polls.size() == 2u);
  advance(150ms);
  BOOST_TEST(client().polls.size() == 1u);
  advance(500ms);
  BOOST_TEST(client().polls.empty());
  advance(1s);
  BOOST_TEST((client().committed.back() == offsets{{0, offset{30}}}));
}

BOOST_AUTO_TEST_CASE(a_batch_that_is_full_does_not_wait) {
  spec.options = json{{"batch", {{"max_messages", 1}, {"max_wait_ms", 300}}}};
  begin();
  client().bring(partitions_assigned{{0}});
  wake();
  BOOST_TEST(client().polls.empty());
}

BOOST_AUTO_TEST_CASE(the_end_of_the_log_is_committed_so_that_markers_and_empty_partitions_leave_no_lag) {
  begin();
  assign({0});
  client().bring(partition_end{0, offset{7}});
  wake();
  advance(1s);
  BOOST_TEST((client().committed.at(0) == offsets{{0, offset{7}}}));
}

BOOST_AUTO_TEST_CASE(the_end_of_the_log_lies_behind_the_records_of_the_same_poll) {
  begin();
  assign({0});
  client().polls.push_back({.records = records(0, 0, 5), .events = {partition_end{0, offset{7}}}, .more = false});
  wake();
  advance(1s);
  BOOST_TEST((client().committed.at(0) == offsets{{0, offset{7}}}));
}

BOOST_AUTO_TEST_CASE(a_revoke_lies_behind_the_records_of_the_same_poll) {
  begin();
  assign({0});
  client().polls.push_back({.records = records(0, 0, 5), .events = {partitions_revoked{{0}, false}}, .more = false});
  wake();
  advance(1s);
  BOOST_TEST((client().committed.at(0) == offsets{{0, offset{5}}}));
  BOOST_TEST(client().released == std::vector<partition_number>{0}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(nothing_is_committed_that_a_processor_has_not_written) {
  with_file();
  begin();
  assign({0});
  spoil_file();
  client().polls.push_back({.records = records(0, 0, 5), .events = {partition_end{0, offset{5}}}, .more = false});
  wake();
  for (int second = 0; second < 5; ++second) advance(1s);
  BOOST_TEST(client().committed.empty());
  BOOST_REQUIRE(seen->fault.has_value());
  BOOST_TEST(to_string(seen->fault->source) == "processor:p");
}

BOOST_AUTO_TEST_CASE(a_revoke_whose_records_cannot_be_written_is_given_back_uncommitted_when_its_time_is_up) {
  with_file();
  begin();
  assign({0});
  spoil_file();
  client().polls.push_back({.records = records(0, 0, 5), .events = {partitions_revoked{{0}, false}}, .more = false});
  wake();
  advance(5s);
  BOOST_TEST(client().released.empty());
  for (int second = 0; second < 6; ++second) advance(1s);
  BOOST_TEST(client().released == std::vector<partition_number>{0}, boost::test_tools::per_element());
  BOOST_TEST(client().committed.empty());
}

BOOST_AUTO_TEST_CASE(a_revoke_is_answered_after_what_is_durable_is_committed) {
  begin();
  assign({0, 1});
  client().bring(records(0, 0, 5));
  client().bring(partitions_revoked{{0}, false});
  wake();
  advance(1s);
  BOOST_TEST((client().committed.at(0) == offsets{{0, offset{5}}}));
  BOOST_TEST(client().released == std::vector<partition_number>{0}, boost::test_tools::per_element());
  BOOST_TEST(client().owned == std::vector<partition_number>{1}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_revoke_that_comes_while_another_is_settled_is_answered_with_it) {
  begin();
  client().commits = false;
  assign({0, 1});
  client().bring(records(0, 0, 5));
  client().bring(partitions_revoked{{0}, false});
  client().bring(partitions_revoked{{1}, false});
  wake();
  for (int second = 0; second < 11; ++second) advance(1s);
  BOOST_TEST(client().released == (std::vector<partition_number>{0, 1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_lost_while_it_is_asked_back_and_given_again_is_kept) {
  begin();
  client().commits = false;
  assign({0});
  client().bring(records(0, 0, 5));
  client().bring(partitions_revoked{{0}, false});
  client().bring(partitions_revoked{{0}, true});
  wake();
  assign({0});
  for (int second = 0; second < 11; ++second) advance(1s);
  BOOST_TEST(client().released == std::vector<partition_number>{0}, boost::test_tools::per_element());
  BOOST_TEST(client().owned == std::vector<partition_number>{0}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_revoke_whose_commit_is_never_answered_is_given_back_when_its_time_is_up) {
  begin();
  client().commits = false;
  assign({0});
  client().bring(records(0, 0, 5));
  client().bring(partitions_revoked{{0}, false});
  wake();
  advance(5s);
  BOOST_TEST(client().released.empty());
  for (int second = 0; second < 6; ++second) advance(1s);
  BOOST_TEST(client().released == std::vector<partition_number>{0}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(lost_partitions_are_given_back_without_a_commit) {
  begin();
  assign({0});
  client().bring(records(0, 0, 5));
  client().bring(partitions_revoked{{0}, true});
  wake();
  advance(2s);
  BOOST_TEST(client().committed.empty());
  BOOST_TEST(client().released == std::vector<partition_number>{0}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_commit_is_begun_early_once_a_hundred_thousand_records_are_durable) {
  begin();
  assign({0});
  client().bring(records(0, 0, 99'999));
  wake();
  BOOST_TEST(client().committed.empty());
  client().bring(records(0, 99'999, 100'000));
  wake();
  BOOST_REQUIRE(client().committed.size() == 1u);
  BOOST_TEST((client().committed[0] == offsets{{0, offset{100'000}}}));
  client().bring(records(0, 100'000, 100'001));
  wake();
  BOOST_TEST(client().committed.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::consumer_actor_test
