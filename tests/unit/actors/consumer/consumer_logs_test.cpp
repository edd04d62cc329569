// A consumer whose log begins anew, and what it knows of the log that its positions belong to.
#include "tests/support/stderr_capture.hpp"
#include "tests/unit/actors/consumer/consumer_fixture.hpp"

namespace kfs::consumer_logs_test {

using namespace std::chrono_literals;
using test::offsets;
using test::records;

namespace {

struct with_log : test::consumer_fixture {
  /// Writes the records 5 to 7 of partition 0 to a file.
  void read_to_8() {
    with_file();
    with_committed(5, true);
    begin();
    assign({0});
    client().bring(records(0, 5, 8));
    wake();
    advance(1s);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(consumer_logs, with_log)

BOOST_AUTO_TEST_CASE(a_log_that_begins_anew_is_told_to_the_sinks_before_its_records) {
  read_to_8();
  client().polls.push_back({.records = {}, .events = {log_restarted{0, offset{8}, offset{0}}}, .more = true});
  client().bring(records(0, 0, 2));
  wake();
  advance(1s);
  BOOST_TEST(file().size() == (3u + 2) * 2);
  BOOST_TEST((position_in_file() == 2));
  BOOST_TEST((client().committed.back() == offsets{{0, offset{2}}}));
}

BOOST_AUTO_TEST_CASE(a_log_that_begins_anew_is_read_only_once_its_start_is_durable_in_the_sinks_and_committed) {
  read_to_8();
  client().commits = false;
  client().accepted.clear();
  client().committed.clear();
  client().bring(log_restarted{0, offset{8}, offset{2}});
  wake();
  BOOST_TEST((position_in_file() == 2));
  BOOST_TEST(log_in_file() == "/1");
  BOOST_TEST(client().logs.at(0) == "/1");
  BOOST_REQUIRE(client().committed.size() == 1u);
  BOOST_TEST((client().committed[0] == offsets{{0, offset{2}}}));
  client().bring(commit_finished{{{0, offset{2}}}, error{ec::kafka_failure, "no coordinator"}});
  wake();
  advance(1s);
  BOOST_TEST(client().committed.size() == 2u);  // again
  BOOST_TEST(client().accepted.empty());
  client().group[0] = {0, {.committed = offset{2}, .ours = true, .by_other = false, .log = "/1"}};
  client().bring(commit_finished{{{0, offset{2}}}, std::nullopt});
  wake();
  BOOST_TEST(starts() == std::vector<std::int64_t>{2}, boost::test_tools::per_element());
  BOOST_TEST(client().logs.at(0) == "/1");
}

BOOST_AUTO_TEST_CASE(commits_that_fail_one_after_the_other_are_logged_once) {
  written_to = logger(log_level::warning, log_format::text);
  test::stderr_capture captured;
  begin();
  assign({0});
  const auto finished = [&](std::optional<error> failed) {
    client().bring(commit_finished{{{0, offset{2}}}, std::move(failed)});
    wake();
  };
  const error fenced{ec::member_fenced, "fenced"};
  finished(fenced);
  finished(fenced);
  BOOST_TEST(captured.lines().size() == 1U);
  finished(error{ec::kafka_failure, "no coordinator"});
  BOOST_TEST(captured.lines().size() == 2U);
  finished(std::nullopt);
  finished(fenced);
  BOOST_TEST(captured.lines().size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_sink_that_fails_holds_up_the_log_that_began_anew) {
  read_to_8();
  spoil_file();
  client().accepted.clear();
  client().committed.clear();
  client().bring(log_restarted{0, offset{8}, offset{2}});
  wake();
  for (int second = 0; second < 3; ++second) advance(1s);
  BOOST_TEST(client().committed.empty());
  BOOST_TEST(client().accepted.empty());
}

BOOST_AUTO_TEST_CASE(a_log_that_began_anew_before_a_kill_is_read_from_its_start) {
  with_file();
  with_written(0, 9);
  with_start_at(2, "/1");
  with_committed(9, true);  // in the log before
  begin();
  client().commits = false;
  assign({0});
  BOOST_TEST(client().logs.at(0) == "/1");
  BOOST_REQUIRE(client().committed.size() == 1u);
  BOOST_TEST((client().committed[0] == offsets{{0, offset{2}}}));
  BOOST_TEST(client().accepted.empty());
  client().bring(commit_finished{{{0, offset{2}}}, std::nullopt});
  wake();
  BOOST_TEST(starts() == std::vector<std::int64_t>{2}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_sink_that_was_not_told_before_a_kill_is_told_where_the_new_log_was_committed) {
  with_file();
  with_written(0, 9);
  kafka.prepare = [](test::fake_client_script& script) {
    script.group[0] = {0, {.committed = offset{2}, .ours = true, .by_other = false, .log = "/1"}};
  };
  begin();
  assign({0});
  BOOST_TEST((position_in_file() == 2));
  BOOST_TEST(log_in_file() == "/1");
  BOOST_TEST(starts() == std::vector<std::int64_t>{2}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_first_start_tells_the_sinks_the_topic_and_the_first_position_before_the_first_record) {
  with_file();
  kafka.prepare = [](test::fake_client_script& script) { script.topic_id = "a"; };
  begin();
  assign({0});
  BOOST_TEST(client().logs.at(0) == "a/0");
  BOOST_TEST(log_in_file() == "none");
  BOOST_REQUIRE(client().accepted.size() == 1u);
  BOOST_TEST((client().accepted[0].stale == offset{0}));
  client().group[0] = {0, {.committed = offset{3}, .ours = true, .by_other = false, .log = "a/0"}};
  client().bring(log_restarted{0, offset{0}, offset{3}});
  wake();
  advance(1s);
  BOOST_TEST(log_in_file() == "a/0");
  BOOST_TEST((position_in_file() == 3));
  BOOST_TEST((client().committed.at(0) == offsets{{0, offset{3}}}));
  BOOST_TEST((client().accepted.back().start == offset{3}));
  for (const auto& event : events->after()) BOOST_TEST((event.kind != event_kind::log_restarted));
}

BOOST_AUTO_TEST_CASE(only_a_sink_without_a_position_is_told_the_first_one) {
  with_file();
  with_written(0, 9);
  with_start_at(9, "a/0");
  auto other = spec.processors.front();
  other.id = {"q"};
  other.config = {{"file_path", (directory.path() / "other").string()}};
  spec.processors.push_back(other);
  kafka.prepare = [](test::fake_client_script& script) { script.topic_id = "a"; };
  begin();
  assign({0});
  client().group[0] = {0, {.committed = offset{0}, .ours = true, .by_other = false, .log = "a/0"}};
  client().bring(log_restarted{0, offset{0}, offset{0}});
  wake();
  advance(1s);
  BOOST_TEST((position_in_file() == 9));
  BOOST_TEST((client().committed.at(0) == offsets{{0, offset{0}}}));
  BOOST_TEST((client().accepted.back().start == offset{0}));
}

BOOST_AUTO_TEST_CASE(a_commit_of_an_earlier_topic_does_not_decide_where_a_later_one_is_read_from) {
  spec.options = json{{"auto_offset_reset", "latest"}};
  kafka.prepare = [](test::fake_client_script& script) {
    script.topic_id = "b";
    script.group[0] = {0, {.committed = offset{9}, .ours = true, .by_other = false, .log = "a/0"}};
  };
  begin();
  assign({0});
  BOOST_REQUIRE(client().accepted.size() == 1u);
  BOOST_TEST(!client().accepted[0].start.has_value());
  BOOST_TEST(client().accepted[0].from_beginning);
}

BOOST_AUTO_TEST_CASE(a_topic_with_another_id_is_read_where_auto_offset_reset_says) {
  with_file();
  with_written(0, 9);
  with_start_at(9, "a/0");
  kafka.prepare = [](test::fake_client_script& script) { script.topic_id = "b"; };
  begin();
  assign({0});
  BOOST_REQUIRE(client().accepted.size() == 1u);
  BOOST_TEST(!client().accepted[0].start.has_value());
  BOOST_TEST(!client().accepted[0].from_beginning);
  BOOST_TEST((client().accepted[0].stale == offset{9}));
  client().group[0] = {0, {.committed = offset{3}, .ours = true, .by_other = false, .log = "b/1"}};
  client().bring(log_restarted{0, offset{9}, offset{3}});
  wake();
  advance(1s);
  BOOST_TEST((position_in_file() == 3));
  BOOST_TEST(log_in_file() == "b/1");
  BOOST_TEST((client().accepted.back().start == offset{3}));
}

BOOST_AUTO_TEST_CASE(what_is_acknowledged_late_of_a_log_that_began_anew_is_not_committed) {
  with_file();
  with_committed(5, true);
  begin();
  assign({0});
  spoil_file();
  client().bring(records(0, 5, 8));
  client().bring(log_restarted{0, offset{8}, offset{0}});
  wake();
  std::filesystem::resize_file(directory.path() / "out", 0);
  for (int second = 0; second < 5; ++second) advance(1s);
  BOOST_TEST(file().size() == 3u * 2);
  BOOST_TEST((position_in_file() == 0));
  for (const auto& commit : client().committed) BOOST_TEST((commit != offsets{{0, offset{8}}}));
  client().bring(records(0, 0, 2));
  wake();
  advance(1s);
  BOOST_TEST((client().committed.back() == offsets{{0, offset{2}}}));
}

BOOST_AUTO_TEST_CASE(what_a_sink_knows_of_a_topic_that_was_missing_is_of_another_log) {
  with_file();
  begin();
  assign({0});
  client().bring(records(0, 0, 5));
  client().bring(kafka_fault{{ec::topic_missing, "it is gone"}});
  client().bring(partitions_revoked{{0}, false});
  wake();
  advance(1s);
  client().accepted.clear();
  assign({0});
  BOOST_REQUIRE(client().accepted.size() == 1u);
  BOOST_TEST(!client().accepted[0].start.has_value());
  BOOST_TEST((client().accepted[0].stale == offset{5}));
}

BOOST_AUTO_TEST_CASE(what_a_sink_was_given_since_then_is_of_the_new_log) {
  with_file();
  begin();
  assign({0});
  client().bring(kafka_fault{{ec::topic_missing, "it is gone"}});
  client().bring(partitions_revoked{{0}, false});
  wake();
  advance(1s);
  client().commits = false;
  client().locates = false;
  assign({1});  // nobody says where it stands
  client().locates = true;
  assign({0});
  client().bring(records(0, 0, 5));
  wake();
  client().bring(partitions_revoked{{0}, true});
  wake();
  client().accepted.clear();
  assign({0});
  BOOST_REQUIRE(client().accepted.size() == 1u);
  BOOST_TEST((client().accepted[0].start == offset{5}));
  BOOST_TEST(!client().accepted[0].stale.has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::consumer_logs_test
