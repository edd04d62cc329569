#include "actors/services/lag_reports.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::lag_reports_test {

using namespace std::chrono_literals;

namespace {

const std::chrono::steady_clock::time_point start{1h};
const timestamp wall_start{std::chrono::milliseconds(1'700'000'000'000)};

/// A consumer that reads partition 0 of topic t, at offset 10 of 20.
consumer_view view(const json& options = json::object()) {
  auto spec = std::make_shared<consumer_spec>();
  spec->broker_ip = "k";
  spec->broker_port = 9092;
  spec->topic = "t";
  spec->consumer_group = "g";
  spec->options = options;
  spec->target = target_state::started;
  consumer_view made;
  made.spec = std::move(spec);
  made.status = consumer_status::active;
  made.state = consumer_state::running;
  made.members = {{.instance = 0, .member = "m", .connected = true, .joined = true, .partitions = {0}}};
  made.partitions = {{.partition = 0,
                      .position = offset{12},
                      .committed = offset{10},
                      .log_end = offset{20},
                      .start = offset{5},
                      .instance = 0}};
  return made;
}

group_facts told(std::optional<std::int64_t> committed, group_members members = group_members::some) {
  partition_facts partition;
  partition.log_start = offset{0};
  partition.log_end = partition.stable_end = offset{20};
  if (committed) partition.committed = offset{*committed};
  return {
      .state = "Stable", .members = members, .topics = {{.topic = "t", .retention = {}, .partitions = {partition}}}};
}

struct reporting {
  lag_windows windows{100};

  lag_report report(const group_facts& facts, const std::vector<consumer_view>& consumers,
                    std::chrono::milliseconds since) {
    lag_question question{
        .cluster = {"k:9092"}, .query = {.group = "g", .topic = {}, .deadline = start}, .consumers = {}};
    for (const auto& each : consumers) question.consumers.push_back(std::make_shared<const consumer_view>(each));
    return report_of(facts, question, windows, {wall_start + since, start + since});
  }

  /// The verdict of a minute in which nothing was committed.
  std::string stalled_reason(const consumer_view& consumer) {
    for (auto at = 0s; at <= 60s; at += 5s) add_samples(windows, consumer, start + at);
    const auto whole = report(told(10), {consumer}, 60s).whole;
    return std::string(to_string(whole.verdict)) + ' ' + std::string(to_string(*whole.reason));
  }
};

fault_report fault(fault_source source) {
  return {.code = ec::internal, .message = "m", .source = std::move(source), .at = wall_start};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(lag_reports, reporting)

BOOST_AUTO_TEST_CASE(what_a_consumer_observes_joins_what_its_cluster_tells) {
  const auto joined = report(told(11), {view()}, 0s);
  const auto& partition = joined.topics.at(0).facts.partitions.at(0);
  BOOST_TEST((partition.position == offset{12}));
  BOOST_TEST((partition.committed == offset{11}));
  BOOST_TEST(*joined.whole.lag == 9);
  BOOST_TEST(*joined.state == "Stable");
  // Nothing is committed yet: lag counts from where the consumer began.
  auto uncommitted = view();
  uncommitted.partitions.at(0).committed = std::nullopt;
  BOOST_TEST(*report(told({}), {uncommitted}, 0s).whole.lag == 15);
  BOOST_TEST(!report(told({}), {}, 0s).whole.lag);
}

BOOST_AUTO_TEST_CASE(watched_consumers_are_judged_at_the_first_question) {
  BOOST_TEST((report(told(10), {view()}, 0s).whole.verdict == lag_verdict::unknown));
  BOOST_TEST(stalled_reason(view()) == "STALLED behind");
}

BOOST_AUTO_TEST_CASE(the_window_of_the_consumer_counts) {
  const auto quick = view({{"lag", {{"window_ms", 10'000}}}});
  for (auto at = 0s; at <= 10s; at += 5s) add_samples(windows, quick, start + at);
  BOOST_TEST((report(told(10), {quick}, 10s).whole.verdict == lag_verdict::stalled));
}

BOOST_AUTO_TEST_CASE(a_stalled_consumer_has_the_reason_that_it_observes) {
  auto consumer = view();
  consumer.status = consumer_status::error;
  consumer.last_error = fault(fault_source::of_processor({"p"}));
  BOOST_TEST(stalled_reason(consumer) == "STALLED sink_failing");
  consumer.last_error = fault(fault_source::of_kafka());
  BOOST_TEST(stalled_reason(consumer) == "STALLED broker");
  consumer = view();
  consumer.members.at(0).joined = false;
  BOOST_TEST(stalled_reason(consumer) == "STALLED rebalancing");
  consumer = view();
  consumer.members.at(0).waiting = true;
  BOOST_TEST(stalled_reason(consumer) == "STALLED sink_slow");
  // With a limit it pauses to keep it.
  consumer = view({{"limits", {{"records_per_second", 1}}}});
  consumer.members.at(0).waiting = true;
  BOOST_TEST(stalled_reason(consumer) == "STALLED behind");
  consumer = view();
  auto paused = *consumer.spec;
  paused.orders.paused.all = true;
  consumer.spec = std::make_shared<const consumer_spec>(std::move(paused));
  BOOST_TEST(stalled_reason(consumer) == "STALLED paused");
}

BOOST_AUTO_TEST_CASE(a_stopped_consumer_has_no_member_and_one_in_error_is_still_wanted) {
  auto consumer = view();
  consumer.partitions.clear();
  consumer.status = consumer_status::inactive;
  BOOST_TEST((report(told(10, group_members::none), {consumer}, 0s).whole.verdict == lag_verdict::stopped));
  consumer.status = consumer_status::error;
  BOOST_TEST((report(told(10, group_members::none), {consumer}, 0s).whole.verdict == lag_verdict::unknown));
}

BOOST_AUTO_TEST_CASE(a_consumer_that_names_its_partitions_has_no_lag_in_others) {
  const auto named = view({{"partitions", {0}}});
  auto facts = told({});
  auto& partitions = facts.topics.front().partitions;
  partitions.push_back(partitions.front());
  partitions.back().partition = 1;
  const auto told_of = report(facts, {named}, 0s);
  BOOST_TEST_REQUIRE(told_of.topics.front().facts.partitions.size() == 1u);
  BOOST_TEST(told_of.topics.front().facts.partitions.front().partition == 0);
  BOOST_TEST(report(facts, {view()}, 0s).topics.front().facts.partitions.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_partition_that_a_consumer_names_and_the_topic_does_not_have_leaves_lag_unknown) {
  const auto told_of = report(told(10), {view({{"partitions", {0, 3}}})}, 0s);
  const auto& topic = told_of.topics.front();
  BOOST_TEST_REQUIRE(topic.judgements.size() == 2u);
  BOOST_TEST(topic.facts.partitions.back().partition == 3);
  BOOST_TEST((topic.judgements.back().verdict == lag_verdict::unknown));
  BOOST_TEST((topic.judgements.back().reason == lag_reason::topic_missing));
  BOOST_TEST(!told_of.whole.lag.has_value());
}

BOOST_AUTO_TEST_CASE(a_topic_that_is_gone_leaves_lag_unknown) {
  const group_facts gone{.state = {},
                         .members = group_members::none,
                         .topics = {{.topic = "t", .exists = false, .retention = {}, .partitions = {}}}};
  const auto told_of = report(gone, {view()}, 0s).whole;
  BOOST_TEST(!told_of.lag);
  BOOST_TEST((told_of.verdict == lag_verdict::unknown));
  BOOST_TEST((*told_of.reason == lag_reason::topic_missing));
}

BOOST_AUTO_TEST_CASE(without_its_cluster_a_consumer_shows_what_it_observed) {
  const auto observed = report_without_cluster(view());
  BOOST_TEST(*observed.whole.lag == 10);
  BOOST_TEST(!observed.whole.lag_seconds);
  BOOST_TEST((observed.whole.verdict == lag_verdict::unknown));
  BOOST_TEST((*observed.whole.reason == lag_reason::broker));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::lag_reports_test
