#include <boost/test/unit_test.hpp>

#include "actors/children.hpp"
#include "processors/file_writers.hpp"
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

/// One whose sink may not write anywhere.
processor_spec unwritable_processor() {
  return {.id = {"p"},
          .type = "file_sink",
          .config = {{"file_path", "/nowhere/allowed"}},
          .created_at = {},
          .updated_at = {}};
}

const kafka_sample connected{.broker_up = true, .since_answer = 0ms, .ever_answered = true, .joined = true};

/// A consumer without processors on a fake Kafka, or with those that a test gives it.
struct fixture : test::actor_fixture {
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
  spec.processors = {unwritable_processor()};
  sinks.files = std::make_shared<file_writers>();
  begin();
  assign({0});
  client().polls.push_back({.records = records(0, 0, 5), .events = {partition_end{0, offset{5}}}, .more = false});
  wake();
  for (int second = 0; second < 5; ++second) advance(1s);
  BOOST_TEST(client().committed.empty());
  BOOST_REQUIRE(seen->fault.has_value());
  BOOST_TEST(seen->fault->source == "processor:p");
}

BOOST_AUTO_TEST_CASE(a_revoke_whose_records_cannot_be_written_is_given_back_uncommitted_when_its_time_is_up) {
  spec.processors = {unwritable_processor()};
  sinks.files = std::make_shared<file_writers>();
  begin();
  assign({0});
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

BOOST_AUTO_TEST_CASE(a_drain_with_a_sink_that_keeps_failing_takes_no_longer_than_the_stop_time_out) {
  spec.processors = {unwritable_processor()};
  sinks.files = std::make_shared<file_writers>();
  begin();
  assign({0});
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
