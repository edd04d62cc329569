#include <boost/test/unit_test.hpp>
#include <fstream>
#include <sstream>

#include "actors/children.hpp"
#include "processors/file_writers.hpp"
#include "tests/support/temp_directory.hpp"
#include "tests/unit/actor_fixture.hpp"
#include "tests/unit/fake_kafka.hpp"

using namespace kfs;
using namespace std::chrono_literals;

namespace {

using offsets = std::vector<partition_offset>;

batch_ptr records(partition_number partition, std::int64_t from, std::int64_t next) {
  auto made = std::make_shared<test::memory_batch>();
  for (auto position = from; position < next; ++position) made->add(partition, position, "v");
  return made;
}

const kafka_sample connected{.broker_up = true, .since_answer = 0ms, .ever_answered = true, .joined = true};

/// A consumer without processors on a fake Kafka, or with those that a test gives it.
struct fixture : test::actor_fixture {
  test::temp_directory directory;
  metrics measured;
  test::fake_kafka kafka;
  sink_environment sinks;
  consumer_spec spec = test::example_spec();
  observation_ptr seen;
  consumer_actor consumer;
  bool drained = false;
  bool ended = false;
  std::optional<error> ended_by;

  ~fixture() {
    if (consumer) caf::anon_send_exit(consumer, caf::exit_reason::kill);
    run();
  }

  test::fake_client_script& client() { return *kafka.made.at(0); }

  /// One processor, which writes to a file.
  void with_file() {
    sinks.file_sink_directories = {directory.path()};
    sinks.files = std::make_shared<file_writers>(logger::silent());
    spec.processors = {{.id = {"p"},
                        .type = "file_sink",
                        .config = {{"file_path", (directory.path() / "out").string()}},
                        .created_at = {},
                        .updated_at = {}}};
  }

  /// What an earlier process wrote to that file, of partition 0.
  void with_written(std::int64_t from, std::int64_t next) {
    const auto sink = find_sink_type("file_sink")->make(spec, spec.processors.front(), sinks);
    BOOST_REQUIRE(sink->write(*records(0, from, next)).has_value());
    BOOST_REQUIRE(sink->close().has_value());
  }

  /// Where partition 0 stands in that file.
  std::optional<std::int64_t> position_in_file() const {
    const auto writer = sinks.files->of(directory.path() / "out", {});
    BOOST_REQUIRE(writer.has_value());
    const partition_number partition = 0;
    const auto found = (*writer)->positions(*test::example_source(), {&partition, 1});
    BOOST_REQUIRE_MESSAGE(found.has_value(), found.error().message);
    return found->front() ? std::optional(found->front()->value) : std::nullopt;
  }

  std::string file() const {
    std::ostringstream text;
    text << std::ifstream(directory.path() / "out").rdbuf();
    return text.str();
  }

  /// The group has committed this in partition 0.
  void with_committed(std::int64_t position, bool ours) {
    kafka.prepare = [=](test::fake_client_script& script) { script.group[0] = {0, offset{position}, ours}; };
  }

  /// An answer to a locate() that was not answered: partition 0, where the server committed `position`.
  void answer_locate(std::uint64_t round, std::int64_t position) {
    client().bring(partitions_located{
        .round = round, .source = test::example_source(), .partitions = {{0, offset{position}, true}}, .failed = {}});
    wake();
  }

  /// Where partition 0 is read from, once for each time it was accepted.
  std::vector<std::int64_t> starts() {
    std::vector<std::int64_t> found;
    for (const auto& one : client().accepted) found.push_back(one.start.value_or(offset{-1}).value);
    return found;
  }

  /// From now on the processor fails: somebody else wrote to its file.
  void spoil_file() const { std::ofstream(directory.path() / "out", std::ios::app) << "spoilt"; }

  void begin() {
    consumer = spawn_consumer(system(), {.spec = std::make_shared<const consumer_spec>(spec),
                                         .observe = [this](observation_ptr what) { seen = std::move(what); },
                                         .clients = kafka,
                                         .sinks = sinks,
                                         .measured = measured.of_consumer(spec),
                                         .log = logger::silent()});
    watch(consumer, [this](const caf::error& reason) {
      ended = true;
      if (reason) ended_by = from_caf(reason);
    });
  }

  void wake() {
    client().wake();
    run();
  }

  void assign(std::vector<partition_number> partitions) {
    client().bring(partitions_assigned{std::move(partitions)});
    wake();
  }

  void drain() {
    ask<done>(
        consumer, [this](done) { drained = true; }, ignore_refusal, drain_atom::value);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(consumer_actor, fixture)

BOOST_AUTO_TEST_CASE(it_accepts_what_the_group_assigns) {
  begin();
  assign({0, 1});
  BOOST_TEST(client().owned == (std::vector<partition_number>{0, 1}), boost::test_tools::per_element());
}

// Where reading begins ------------------------------------------------------------------------------------------------

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
  client().group[0] = {0, offset{6}, false};  // and another order came meanwhile
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
                                    .partitions = {{0, {}, false}, {1, {}, false}},
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

BOOST_AUTO_TEST_CASE(a_log_that_begins_anew_is_told_to_the_sinks_before_its_records) {
  with_file();
  with_committed(5, true);
  begin();
  assign({0});
  client().bring(records(0, 5, 8));
  wake();
  advance(1s);
  client().polls.push_back({.records = {}, .events = {log_restarted{0, offset{8}, offset{0}}}, .more = true});
  client().bring(records(0, 0, 2));
  wake();
  advance(1s);
  BOOST_TEST(file().size() == (3u + 2) * 2);
  BOOST_TEST((position_in_file() == 2));
  BOOST_TEST((client().committed.back() == offsets{{0, offset{2}}}));
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

BOOST_AUTO_TEST_CASE(a_consumer_that_stops_accepts_nothing_new) {
  begin();
  client().may_leave = false;
  client().locates = false;
  assign({0});
  drain();
  answer_locate(client().located.at(0).round, 5);
  client().locates = true;
  assign({1});
  advance(1s);
  BOOST_TEST(client().accepted.empty());
  BOOST_TEST(client().located.size() == 1u);
  BOOST_TEST(!drained);
}

// Reading and committing ---------------------------------------------------------------------------------------------

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
  BOOST_TEST(seen->fault->source == "processor:p");
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

BOOST_AUTO_TEST_CASE(a_drain_commits_leaves_the_group_closes_and_ends) {
  begin();
  assign({0});
  client().bring(records(0, 0, 5));
  wake();
  drain();
  for (int tick = 0; tick < 20 && !ended; ++tick) advance(20ms);
  BOOST_TEST(drained);
  BOOST_TEST(ended);
  BOOST_TEST(!ended_by.has_value());
  BOOST_TEST((client().committed.at(0) == offsets{{0, offset{5}}}));
  BOOST_TEST(client().left);
  BOOST_TEST(client().destroyed);
}

BOOST_AUTO_TEST_CASE(a_drain_waits_until_the_group_is_joined_so_that_it_can_be_left) {
  begin();
  client().may_leave = false;
  drain();
  advance(1s);
  BOOST_TEST(!client().left);
  client().may_leave = true;
  for (int tick = 0; tick < 20 && !ended; ++tick) advance(20ms);
  BOOST_TEST(client().left);
  BOOST_TEST(drained);
}

BOOST_AUTO_TEST_CASE(a_client_that_is_still_joining_when_time_is_up_is_seen_off_without_leaving) {
  begin();
  client().may_leave = false;
  drain();
  for (int second = 0; second < 6; ++second) advance(1s);
  BOOST_TEST(drained);
  BOOST_TEST(!client().left);
  BOOST_TEST(client().destroyed);
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

BOOST_AUTO_TEST_CASE(a_drain_with_a_sink_that_keeps_failing_takes_no_longer_than_the_stop_time_out) {
  with_file();
  begin();
  assign({0});
  spoil_file();
  client().bring(records(0, 0, 5));
  wake();
  drain();
  for (int tick = 0; tick < 99; ++tick) advance(100ms);
  BOOST_TEST(!drained);
  for (int tick = 0; tick < 15; ++tick) advance(20ms);
  BOOST_TEST(drained);
  BOOST_TEST(client().left);
  BOOST_TEST(client().committed.empty());
}

BOOST_AUTO_TEST_CASE(a_partition_from_which_nothing_comes_is_no_health_and_a_fault_after_ten_seconds) {
  begin();
  assign({0, 1});
  client().bring(partition_end{0, offset{0}});
  client().bring(connected);
  wake();
  BOOST_TEST(!seen->healthy);
  for (int second = 0; second < 13; ++second) {
    client().bring(connected);
    wake();
    advance(1s);
  }
  BOOST_REQUIRE(seen->fault.has_value());
  BOOST_TEST((seen->fault->code == ec::broker_silent));
  client().bring(partition_end{1, offset{0}});
  client().bring(connected);
  wake();
  client().bring(connected);
  wake();
  BOOST_TEST(seen->healthy);
}

BOOST_AUTO_TEST_CASE(a_partition_that_has_no_offset_to_start_at_stays_a_fault) {
  begin();
  assign({0});
  client().bring(kafka_fault{{ec::kafka_failure, "no previously committed offset"}, false, 0});
  for (int second = 0; second < 5; ++second) {
    client().bring(connected);
    wake();
    advance(1s);
  }
  BOOST_REQUIRE(seen->fault.has_value());
  BOOST_TEST(seen->fault->message == "no previously committed offset");
}

BOOST_AUTO_TEST_CASE(a_drain_ends_within_its_time_although_kafka_answers_nothing) {
  begin();
  client().commits = false;
  client().closes = false;
  assign({0});
  client().bring(records(0, 0, 5));
  wake();
  drain();
  advance(9s);
  BOOST_TEST(!drained);
  for (int second = 0; second < 5; ++second) advance(1s);
  BOOST_TEST(drained);
  BOOST_TEST(ended);
}

BOOST_AUTO_TEST_CASE(it_is_healthy_once_a_broker_answers_and_the_group_is_joined) {
  begin();
  advance(1s);
  BOOST_REQUIRE(seen);
  BOOST_TEST(!seen->healthy);
  client().bring(connected);
  wake();
  BOOST_TEST(seen->healthy);
}

BOOST_AUTO_TEST_CASE(a_silent_kafka_is_a_fault_after_ten_seconds_that_names_the_broker) {
  begin();
  for (int second = 0; second < 13; ++second) advance(1s);
  BOOST_REQUIRE(seen);
  BOOST_REQUIRE(seen->fault.has_value());
  BOOST_TEST(seen->fault->source == "kafka");
  BOOST_TEST(seen->fault->message.find("127.0.0.10:9092") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_fatal_fault_ends_it_with_the_reason) {
  begin();
  assign({0});
  client().bring(kafka_fault{{ec::member_fenced, "fenced"}, true});
  wake();
  for (int tick = 0; tick < 20 && !ended; ++tick) advance(20ms);
  BOOST_REQUIRE(ended_by.has_value());
  BOOST_TEST((ended_by->code == ec::member_fenced));
}

BOOST_AUTO_TEST_CASE(a_client_that_cannot_be_made_ends_it_with_the_reason) {
  kafka.refuse = error{ec::invalid_request, "no such property"};
  begin();
  BOOST_TEST(ended);
  BOOST_REQUIRE(ended_by.has_value());
  BOOST_TEST(ended_by->message == "no such property");
}

BOOST_AUTO_TEST_SUITE_END()
