#include "http/dto/status_dto.hpp"

#include <boost/test/unit_test.hpp>

#include "http/dto/health_dto.hpp"

namespace kfs::status_dto_test {

namespace {

partition_report read_partition(partition_number number, std::optional<std::int64_t> committed,
                                std::optional<std::int64_t> log_end) {
  const auto known = [](const auto& value) { return value ? std::optional(offset{*value}) : std::nullopt; };
  return {.partition = number,
          .position = known(log_end),
          .committed = known(committed),
          .log_end = known(log_end),
          .start = {}};
}

/// A consumer of "payments" that was started and has not been observed yet.
struct a_consumer {
  consumer_spec spec;
  consumer_view view;

  a_consumer() {
    spec.id = consumer_id{"123e4567-e89b-42d3-a456-426614174000"};
    spec.topic = "payments";
    spec.target = target_state::started;
    spec.rev = revision{7};
    view.status = consumer_status::active;
    view.state = consumer_state::starting;
    view.replica = "fetcher-0";
  }

  json shown() {
    view.spec = std::make_shared<const consumer_spec>(spec);
    return status_dto(view);
  }

  /// The wire form of its only processor.
  json processor(processor_standing standing) {
    view.processors = {std::move(standing)};
    return shown().at("processors").at(0);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(status_dto, a_consumer)

BOOST_AUTO_TEST_CASE(a_consumer_that_is_not_observed_yet_has_nulls_empty_lists_and_its_policies) {
  BOOST_TEST(
      shown().dump() ==
      R"({"consumer_id":"123e4567-e89b-42d3-a456-426614174000","status":"ACTIVE",)"
      R"("status_since":"1970-01-01T00:00:00.000Z","state":"starting","wanted":"started","revision":7,)"
      R"("observed_revision":null,"observed_at":null,"replica":"fetcher-0","restarts":0,"last_error":null,)"
      R"("recovery":null,"paused":false,"paused_partitions":[],"policies":{"recovery":{"enabled":true,"max_attempts":null,"initial_backoff_ms":1000,)"
      R"("max_backoff_ms":60000,"fatal_codes":[],"processor_restarts":3,"processor_restart_period_ms":60000,)"
      R"("processor_timeout_ms":60000},"on_error":{"policy":"retry","max_attempts":1,)"
      R"("dead_letter_topic":null}},"lag":null,"members":[],"partitions":[],"processors":[]})");
}

BOOST_AUTO_TEST_CASE(every_member_and_partition_is_listed) {
  view.observed = revision{6};
  view.observed_at = timestamp{};
  view.members = {{.instance = 1,
                   .member = "kfs-1",
                   .connected = true,
                   .joined = true,
                   .waiting = false,
                   .partitions = {0, 2},
                   .replica = "fetcher-1"}};
  view.partitions = {read_partition(2, 40, 42)};
  view.partitions.front().instance = 1;
  const auto dto = shown();
  BOOST_TEST(dto.at("observed_revision") == 6);
  BOOST_TEST(dto.at("observed_at") == "1970-01-01T00:00:00.000Z");
  BOOST_TEST(dto.at("members").dump() ==
             R"([{"instance":1,"replica":"fetcher-1","member":"kfs-1","connected":true,"joined":true,)"
             R"("waiting":false,"partitions":[0,2]}])");
  BOOST_TEST(dto.at("partitions").dump() ==
             R"([{"partition":2,"instance":1,"position":42,"committed_offset":40,"log_end_offset":42,"lag":2}])");
}

BOOST_AUTO_TEST_CASE(lag_is_the_sum_over_partitions_when_all_are_known) {
  view.partitions = {read_partition(0, 1, 4), read_partition(1, 10, 15)};
  BOOST_TEST(shown().at("lag") == 8);
  view.partitions.push_back(read_partition(2, std::nullopt, 3));
  BOOST_TEST(shown().at("lag").is_null());
  view.partitions.back() = read_partition(2, 3, std::nullopt);
  BOOST_TEST(shown().at("lag").is_null());
}

BOOST_AUTO_TEST_CASE(before_the_first_commit_lag_counts_from_the_start_position) {
  view.partitions = {read_partition(0, std::nullopt, 10)};
  view.partitions.front().start = offset{4};
  BOOST_TEST(shown().at("lag") == 6);
}

BOOST_AUTO_TEST_CASE(lag_is_zero_when_the_log_was_cut_below_the_committed_offset) {
  view.partitions = {read_partition(0, 9, 5)};
  BOOST_TEST(shown().at("lag") == 0);
}

BOOST_AUTO_TEST_CASE(the_dead_letter_topic_is_named_only_with_policy_dead_letter) {
  view.policies.on_error.dead_letter_topic = "payments.refused";
  BOOST_TEST(shown().at("policies").at("on_error").at("dead_letter_topic").is_null());
  view.policies.on_error.policy = rejection_policy::dead_letter;
  BOOST_TEST(shown().at("policies").at("on_error").at("dead_letter_topic") == "payments.refused");
  view.policies.on_error.dead_letter_topic.reset();
  BOOST_TEST(shown().at("policies").at("on_error").at("dead_letter_topic") == "payments.dead-letter");
}

BOOST_AUTO_TEST_CASE(limits_and_fatal_codes_of_recovery_are_shown) {
  view.policies.recovery.max_attempts = 5;
  view.policies.recovery.fatal_codes = {ec::authentication_failed, ec::topic_missing};
  const auto recovery = shown().at("policies").at("recovery");
  BOOST_TEST(recovery.at("max_attempts") == 5);
  BOOST_TEST(recovery.at("fatal_codes") == json::array({"authentication_failed", "topic_missing"}));
}

BOOST_AUTO_TEST_CASE(a_processor_has_its_work_its_fault_and_its_breaker) {
  const auto dto = processor({.report = {.id = processor_id{"223e4567-e89b-42d3-a456-426614174001"},
                                         .type = "streaming_forwarder",
                                         .fault = fault_report{.code = ec::sink_unavailable,
                                                               .message = "503",
                                                               .source = fault_source::of_processor({"223e4567"}),
                                                               .at = {},
                                                               .attempts = 2},
                                         .recovery = recovery_report{.attempt = 3, .next_attempt_at = {}}},
                              .state = processor_state::backing_off,
                              .in_flight_batches = 2,
                              .in_flight_records = 150,
                              .records = 1'000,
                              .records_per_second = 12,
                              .restarts = 1,
                              .breaker = breaker_condition{"http://127.0.0.1:80", breaker_state::half_open}});
  BOOST_TEST(dto.dump() ==
             R"({"id":"223e4567-e89b-42d3-a456-426614174001","processor_type":"streaming_forwarder",)"
             R"("state":"backing_off","in_flight":{"batches":2,"records":150},"records":1000,)"
             R"("records_per_second":12,"restarts":1,"last_error":{"code":"sink_unavailable","message":"503",)"
             R"("source":"processor:223e4567","at":"1970-01-01T00:00:00.000Z","attempts":2},)"
             R"("recovery":{"attempt":3,"next_attempt_at":"1970-01-01T00:00:00.000Z"},)"
             R"("breaker":{"endpoint":"http://127.0.0.1:80","state":"half_open"}})");
}

BOOST_AUTO_TEST_CASE(a_processor_without_fault_and_breaker_has_nulls) {
  const auto dto = processor({});
  BOOST_TEST(dto.at("state") == "running");
  for (const auto* const key : {"last_error", "recovery", "breaker"}) BOOST_TEST(dto.at(key).is_null(), key);
}

BOOST_AUTO_TEST_CASE(health_shows_the_same_numbers_under_its_own_names) {
  view.partitions = {read_partition(0, 40, 42)};
  shown();
  const auto health = health_dto(server_health{}, {std::make_shared<const consumer_view>(view)}, "1");
  BOOST_TEST(health.at("consumers").at(0).at("partitions").dump() ==
             R"([{"partition":0,"position":42,"committed":40,"log_end_offset":42,"lag":2}])");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::status_dto_test
