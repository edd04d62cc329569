// Where a consumer begins to read.
#include "tests/unit/actors/consumer/consumer_fixture.hpp"

namespace kfs::consumer_start_test {

using namespace std::chrono_literals;
using test::offsets;
using test::records;

BOOST_FIXTURE_TEST_SUITE(consumer_start, test::consumer_fixture)

BOOST_AUTO_TEST_CASE(a_partition_is_accepted_only_after_the_group_said_where) {
  begin();
  client().locates = false;
  assign({0});
  BOOST_REQUIRE(client().located.size() == 1u);
  BOOST_TEST(client().located[0].partitions == std::vector<partition_number>{0}, boost::test_tools::per_element());
  advance(5s);
  BOOST_TEST(client().accepted.empty());
  answer_locate(client().located[0].round, 5);
  BOOST_TEST(starts() == std::vector<std::int64_t>{5}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(where_a_paused_partition_begins_is_committed) {
  spec.options = {{"auto_offset_reset", "latest"}};
  spec.orders.paused.some = {0};
  begin();
  assign({0, 1});
  client().bring(partition_end{0, offset{7}});
  wake();
  advance(1s);
  BOOST_TEST_REQUIRE(!client().committed.empty());
  BOOST_TEST((client().committed.front() == offsets{{0, offset{7}}}));
}

BOOST_AUTO_TEST_CASE(a_partition_is_accepted_only_after_its_sinks_said_where) {
  with_file();
  with_written(0, 9);
  with_committed(5, true);
  spoil_file();
  begin();
  assign({0});
  advance(2s);
  BOOST_TEST(client().accepted.empty());
  BOOST_REQUIRE(seen->fault.has_value());
  std::filesystem::resize_file(directory.path() / "out", 18);
  for (int second = 0; second < 5; ++second) advance(1s);
  BOOST_TEST(starts() == std::vector<std::int64_t>{9}, boost::test_tools::per_element());
  BOOST_TEST(client().committed.empty());
}

BOOST_AUTO_TEST_CASE(a_sink_that_cannot_say_where_stays_the_reason_however_long_that_lasts) {
  with_file();
  with_written(0, 9);
  with_committed(5, true);
  spoil_file();
  begin();
  assign({0});
  for (int second = 0; second < 20; ++second) {
    client().bring(kafka_sample{.broker_up = true, .since_answer = {}, .ever_answered = true, .joined = true});
    wake();
    advance(1s);
  }
  BOOST_REQUIRE(seen->fault.has_value());
  BOOST_TEST(to_string(seen->fault->source) == "processor:p");
}

BOOST_AUTO_TEST_CASE(what_a_sink_has_already_is_not_written_again) {
  with_file();
  with_written(0, 9);
  with_committed(5, true);
  begin();
  assign({0});
  client().bring(records(0, 9, 11));
  wake();
  advance(1s);
  BOOST_TEST(file().size() == 11u * 2);
  BOOST_TEST((client().committed.at(0) == offsets{{0, offset{11}}}));
}

BOOST_AUTO_TEST_CASE(what_one_sink_has_and_another_has_not_is_read_again_although_nothing_was_committed) {
  with_file();
  with_written(0, 5);
  auto other = spec.processors.front();
  other.id = {"q"};
  other.config = {{"file_path", (directory.path() / "other").string()}};
  spec.processors.push_back(other);
  begin();
  assign({0});
  BOOST_TEST(starts() == std::vector<std::int64_t>{-1}, boost::test_tools::per_element());
  client().bring(records(0, 0, 7));
  wake();
  BOOST_TEST(file().size() == 7u * 2);
  BOOST_TEST(std::filesystem::file_size(directory.path() / "other") == 7u * 2);
}

BOOST_AUTO_TEST_CASE(an_offset_that_somebody_else_committed_is_told_to_the_sinks_then_marked_and_only_then_read_from) {
  with_file();
  with_written(0, 9);
  with_committed(5, false);
  begin();
  client().commits = false;
  assign({0});
  BOOST_TEST((position_in_file() == 5));
  BOOST_REQUIRE(client().committed.size() == 1u);
  BOOST_TEST((client().committed[0] == offsets{{0, offset{5}}}));
  advance(5s);
  BOOST_TEST(client().accepted.empty());
  client().bring(commit_finished{{{0, offset{5}}}, std::nullopt});
  wake();
  BOOST_TEST(starts() == std::vector<std::int64_t>{5}, boost::test_tools::per_element());
  client().bring(records(0, 5, 7));
  wake();
  BOOST_TEST(file().size() == (9u + 2) * 2);
}

BOOST_AUTO_TEST_CASE(an_order_that_a_sink_has_not_taken_is_not_marked) {
  with_file();
  with_written(0, 9);
  with_committed(5, false);
  spoil_file();
  begin();
  assign({0});
  for (int second = 0; second < 3; ++second) advance(1s);
  BOOST_TEST(client().committed.empty());
  BOOST_TEST(client().accepted.empty());
}

BOOST_AUTO_TEST_CASE(an_order_that_could_not_be_marked_is_asked_for_again_at_the_next_tick) {
  with_committed(5, false);
  begin();
  client().commits = false;
  assign({0});
  client().bring(commit_finished{{{0, offset{5}}}, error{ec::kafka_failure, "no coordinator"}});
  wake();
  BOOST_TEST(client().accepted.empty());
  client().commits = true;
  client().group[0] = {0, {offset{6}, false}};  // and another order came meanwhile
  advance(1s);
  BOOST_TEST(client().located.size() == 2u);
  wake();
  BOOST_TEST((client().committed.back() == offsets{{0, offset{6}}}));
  BOOST_TEST(starts() == std::vector<std::int64_t>{6}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_group_that_did_not_say_is_asked_again_at_the_next_tick) {
  begin();
  client().locates = false;
  assign({0, 1});
  client().bring(partitions_located{.round = client().located.at(0).round,
                                    .source = nullptr,
                                    .partitions = {{0, {}}, {1, {}}},
                                    .failed = error{ec::broker_silent, "no answer"}});
  wake();
  BOOST_TEST(client().accepted.empty());
  BOOST_TEST(client().located.size() == 1u);
  client().locates = true;
  advance(1s);
  BOOST_REQUIRE(client().located.size() == 2u);
  BOOST_TEST(client().located[1].round != client().located[0].round);
  wake();
  BOOST_TEST(client().owned == (std::vector<partition_number>{0, 1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_partition_that_is_revoked_while_it_is_located_is_never_accepted) {
  begin();
  client().locates = false;
  assign({0});
  client().bring(partitions_revoked{{0}, false});
  wake();
  BOOST_TEST(client().released == std::vector<partition_number>{0}, boost::test_tools::per_element());
  answer_locate(client().located.at(0).round, 5);
  advance(3s);
  BOOST_TEST(client().accepted.empty());
  BOOST_TEST(client().located.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_partition_that_is_revoked_while_its_order_is_marked_is_never_accepted) {
  with_committed(5, false);
  begin();
  client().commits = false;
  assign({0});
  client().bring(partitions_revoked{{0}, false});
  client().bring(commit_finished{{{0, offset{5}}}, std::nullopt});
  wake();
  advance(3s);
  BOOST_TEST(client().accepted.empty());
}

BOOST_AUTO_TEST_CASE(of_a_partition_that_is_assigned_once_more_only_the_latest_answer_counts) {
  begin();
  client().locates = false;
  assign({0});
  client().bring(partitions_revoked{{0}, true});
  wake();
  assign({0});
  BOOST_REQUIRE(client().located.size() == 2u);
  answer_locate(client().located[0].round, 5);
  BOOST_TEST(client().accepted.empty());
  answer_locate(client().located[1].round, 7);
  BOOST_TEST(starts() == std::vector<std::int64_t>{7}, boost::test_tools::per_element());
  answer_locate(client().located[1].round, 7);
  BOOST_TEST(client().accepted.size() == 1u);
}

BOOST_AUTO_TEST_CASE(with_latest_a_partition_that_was_added_later_is_read_from_its_beginning) {
  const auto of_topic = [](int partitions) {
    return kafka_sample{
        .broker_up = true, .since_answer = {}, .ever_answered = true, .joined = true, .partitions = partitions};
  };
  spec.options = json{{"auto_offset_reset", "latest"}};
  begin();
  assign({0});
  client().bring(of_topic(1));
  wake();
  client().bring(of_topic(2));
  assign({1});
  BOOST_REQUIRE(client().accepted.size() == 2u);
  BOOST_TEST(!client().accepted[0].from_beginning);
  BOOST_TEST(client().accepted[1].partition == 1);
  BOOST_TEST(client().accepted[1].from_beginning);
  BOOST_TEST(!client().accepted[1].start.has_value());
}

BOOST_AUTO_TEST_CASE(with_latest_a_partition_that_was_there_from_the_start_is_read_from_its_end_whenever_it_comes) {
  spec.options = json{{"auto_offset_reset", "latest"}};
  begin();
  client().bring(
      kafka_sample{.broker_up = true, .since_answer = {}, .ever_answered = true, .joined = true, .partitions = 2});
  assign({0});
  assign({1});
  BOOST_REQUIRE(client().accepted.size() == 2u);
  BOOST_TEST(!client().accepted[1].from_beginning);
}

BOOST_AUTO_TEST_CASE(an_added_partition_that_the_group_has_an_offset_of_is_read_from_there) {
  spec.options = json{{"auto_offset_reset", "latest"}};
  kafka.prepare = [](test::fake_client_script& script) { script.group[1] = {1, {offset{7}, true}}; };
  begin();
  client().bring(
      kafka_sample{.broker_up = true, .since_answer = {}, .ever_answered = true, .joined = true, .partitions = 1});
  assign({1});
  BOOST_TEST(starts() == std::vector<std::int64_t>{7}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::consumer_start_test
