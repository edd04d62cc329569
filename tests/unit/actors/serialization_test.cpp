// What is written of a message is read again.
#include <boost/test/unit_test.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>

#include "actors/change_feed.hpp"
#include "actors/interfaces.hpp"

namespace kfs::serialization_test {

using namespace std::chrono_literals;

namespace {

template <class T>
T travelled(T value) {
  caf::binary_serializer::container_type bytes;
  caf::binary_serializer sink(nullptr, bytes);
  BOOST_REQUIRE(!sink(value));
  T read{};
  caf::binary_deserializer source(nullptr, bytes);
  BOOST_REQUIRE(!source(read));
  return read;
}

template <class T>
bool survives(const T& value) {
  return travelled(value) == value;
}

template <class T>
bool survives_behind_pointer(const T& value) {
  const auto read = travelled(std::shared_ptr<const T>(std::make_shared<const T>(value)));
  return read && *read == value;
}

consumer_spec some_spec() {
  consumer_spec spec;
  spec.id = {"00000000-0000-4000-8000-000000000001"};
  spec.tenant = "payments";
  spec.broker_ip = "127.0.0.1";
  spec.broker_port = 9'092;
  spec.topic = "orders";
  spec.consumer_group = "g";
  spec.processors = {{{"p"}, "file_sink", json{{"path", "/x"}, {"a", 1}}, timestamp{1s}, timestamp{2s}}};
  spec.options = json{{"z", 1}, {"a", json::array({1, "two", nullptr})}};
  spec.target = target_state::started;
  spec.created_at = timestamp{3s};
  spec.updated_at = timestamp{4s};
  spec.rev = revision{7};
  return spec;
}

fault_report some_fault() {
  return {.code = ec::sink_denied,
          .message = "denied",
          .source = fault_source::of_processor({"p"}),
          .at = timestamp{5s},
          .attempts = 3,
          .until_started = true};
}

recovery_report some_recovery() {
  return {.attempt = 4, .next_attempt_at = timestamp{6s}};
}

policy_defaults some_policies() {
  policy_defaults policies;
  policies.recovery.max_attempts = 9;
  policies.recovery.fatal_codes = {ec::topic_missing, ec::internal};
  policies.recovery.initial_backoff = 123ms;
  policies.on_error = {.policy = rejection_policy::dead_letter, .max_attempts = 2, .dead_letter_topic = "dead"};
  return policies;
}

std::vector<partition_report> some_partitions() {
  partition_report unknown;
  unknown.partition = 2;
  unknown.instance = 1;
  return {{.partition = 1, .position = offset{2}, .committed = offset{3}, .log_end = offset{4}, .start = offset{1}},
          unknown};
}

std::vector<processor_standing> some_processors() {
  processor_standing standing;
  standing.report = {
      .id = {"p"}, .type = "file_sink", .incarnation = 2, .fault = some_fault(), .recovery = some_recovery()};
  standing.state = processor_state::backing_off;
  standing.in_flight_batches = 1;
  standing.in_flight_records = 2;
  standing.records = 3;
  standing.records_per_second = 4;
  standing.restarts = 5;
  standing.breaker = breaker_condition{.endpoint = "http://x:1", .state = breaker_state::open};
  return {standing, {}};
}

std::vector<member_report> some_members() {
  return {{.instance = 1, .member = "m", .connected = true, .joined = true, .waiting = true, .partitions = {1, 2}}};
}

consumer_view some_view() {
  consumer_view view;
  view.spec = std::make_shared<const consumer_spec>(some_spec());
  view.status = consumer_status::error;
  view.replica = "r1";
  view.last_error = some_fault();
  view.recovery = some_recovery();
  view.state = consumer_state::draining;
  view.status_since = timestamp{7s};
  view.observed = revision{6};
  view.observed_at = timestamp{8s};
  view.restarts = 2;
  view.policies = some_policies();
  view.members = some_members();
  view.partitions = some_partitions();
  view.processors = some_processors();
  return view;
}

consumer_event some_event() {
  return {.number = 3,
          .at = timestamp{9s},
          .kind = event_kind::failed,
          .message = "failed",
          .code = ec::broker_silent,
          .source = fault_source::of_kafka(),
          .states = state_change{consumer_state::running, consumer_state::error},
          .request_id = "request-1",
          .actor = event_actor{"api_key", "somebody"}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(serialization)

BOOST_AUTO_TEST_CASE(a_command_keeps_its_request_and_principal_and_the_time_that_is_left) {
  const command_context context{.request_id = "r",
                                .deadline = command_context::clock::now() + 5s,
                                .sender = {"jwt", "somebody", "token-1", "192.0.2.1"}};
  const auto read = travelled(context);
  BOOST_TEST(read.request_id == "r");
  BOOST_TEST((read.sender == context.sender));
  BOOST_TEST((context.deadline - 1ms <= read.deadline && read.deadline <= context.deadline + 1s));
  BOOST_TEST(survives(command_context{}));  // without a deadline
}

BOOST_AUTO_TEST_CASE(ids_and_targets) {
  BOOST_TEST(survives(consumer_id{"c"}));
  BOOST_TEST(survives(processor_id{"p"}));
  BOOST_TEST(survives(revision{5}));
  BOOST_TEST(survives(offset{6}));
  BOOST_TEST(survives(target_state::started));
}

BOOST_AUTO_TEST_CASE(a_specification) {
  BOOST_TEST(survives(some_spec()));
  BOOST_TEST(survives_behind_pointer(some_spec()));
  BOOST_TEST(travelled(some_spec()).options.dump() == some_spec().options.dump());  // keys in their order
}

BOOST_AUTO_TEST_CASE(a_request_for_a_consumer) {
  BOOST_TEST(survives(requested_consumer{json{{"topic", "t"}}}));
}

BOOST_AUTO_TEST_CASE(a_change_and_its_condition) {
  requested_change change{json{{"topic", "t"}}, revision_condition::only(revision{4})};
  change.condition.subject = "Consumer x";
  BOOST_TEST(survives(change));
  BOOST_TEST(survives(revision_condition{.allowed = revision_condition::allows::nothing, .tags = {}, .subject = "y"}));
}

BOOST_AUTO_TEST_CASE(an_observation) {
  observation seen;
  seen.healthy = true;
  seen.fault = some_fault();
  seen.recovery = some_recovery();
  seen.partitions = some_partitions();
  seen.processors = some_processors();
  seen.members = some_members();
  seen.waiting = true;
  BOOST_TEST(survives(seen));
  BOOST_TEST(survives_behind_pointer(seen));
  BOOST_TEST(survives(observation{}));
  BOOST_TEST(survives(some_processors().front().report));
}

BOOST_AUTO_TEST_CASE(a_view_and_a_list_of_views) {
  BOOST_TEST(survives_behind_pointer(some_view()));
  auto plain = consumer_view{};
  plain.spec = std::make_shared<const consumer_spec>();
  BOOST_TEST(survives_behind_pointer(plain));
  const auto all = travelled(consumer_views(std::make_shared<const std::vector<consumer_view_ptr>>(
      std::vector{std::make_shared<const consumer_view>(some_view()), std::make_shared<const consumer_view>(plain)})));
  BOOST_REQUIRE(all->size() == 2u);
  BOOST_TEST((*all->front() == some_view()));
  BOOST_TEST((*all->back() == plain));
}

BOOST_AUTO_TEST_CASE(outcomes) {
  const auto created =
      travelled(create_outcome{.view = std::make_shared<const consumer_view>(some_view()), .created = false});
  BOOST_TEST((*created.view == some_view()));
  BOOST_TEST(!created.created);
  const violation mistake{"missing", json::array({"body", "topic", 0}), "Field required", json{{"a", 1}}};
  const auto refused = travelled(update_outcome{.view = nullptr, .violations = {mistake}});
  BOOST_TEST(!refused.view);
  BOOST_TEST((refused.violations == std::vector{mistake}));
}

BOOST_AUTO_TEST_CASE(health_and_events) {
  BOOST_TEST(survives(server_health{.store_fault = error{ec::store_unavailable, "away", 20ms}}));
  BOOST_TEST(survives(server_health{}));
  BOOST_TEST(survives(some_event()));
  BOOST_TEST(survives_behind_pointer(std::vector{some_event(), consumer_event{}}));
  static_cast<void>(travelled(done{}));
}

BOOST_AUTO_TEST_CASE(answers_about_groups) {
  BOOST_TEST(survives_behind_pointer(group_list{{"a", "b"}}));
  const auto committed = travelled(committed_offsets(std::make_shared<const std::vector<committed_offset>>(
      std::vector<committed_offset>{{"t", 1, offset{2}, "mark"}, {"t", 2, offset{3}, std::nullopt}})));
  BOOST_REQUIRE(committed->size() == 2u);
  BOOST_TEST((committed->front().topic == "t" && committed->front().position == offset{2}));
  BOOST_TEST((committed->front().metadata == "mark" && !committed->back().metadata));
  const auto lags = travelled(partition_lags(
      std::make_shared<const std::vector<partition_lag>>(std::vector<partition_lag>{{1, offset{2}, offset{3}}})));
  BOOST_REQUIRE(lags->size() == 1u);
  BOOST_TEST((lags->front().partition == 1 && lags->front().log_end == offset{3}));
}

BOOST_AUTO_TEST_CASE(an_error_of_every_code) {
  for (unsigned number = 0; number <= static_cast<unsigned>(last_ec); ++number) {
    const error failed{static_cast<ec>(number), "a message"};
    const auto back = from_caf(to_caf(failed));
    BOOST_TEST((back == failed), to_string(failed.code));
    BOOST_TEST((code_named(to_string(failed.code)) == failed.code), to_string(failed.code));
  }
}

BOOST_AUTO_TEST_CASE(a_pointer_that_is_null) {
  BOOST_TEST(!travelled(consumer_view_ptr()));
}

BOOST_AUTO_TEST_CASE(json_that_is_damaged_on_its_way_is_an_error) {
  caf::binary_serializer::container_type bytes;
  caf::binary_serializer sink(nullptr, bytes);
  std::string text = "{broken";
  BOOST_REQUIRE(!sink(text));
  json read;
  json_field field{read};
  caf::binary_deserializer source(nullptr, bytes);
  BOOST_TEST(static_cast<bool>(source(field)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::serialization_test
