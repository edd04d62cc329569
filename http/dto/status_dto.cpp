#include "http/dto/status_dto.hpp"

#include "actors/status_names.hpp"
#include "http/dto/consumer_dto.hpp"

namespace kfs {
namespace {

json to_dto(const recovery_options& recovery) {
  json fatal_codes = json::array();
  for (const auto code : recovery.fatal_codes) fatal_codes.push_back(to_string(code));
  return {{"enabled", recovery.enabled},
          {"max_attempts", recovery.max_attempts ? json(*recovery.max_attempts) : json()},
          {"initial_backoff_ms", recovery.initial_backoff.count()},
          {"max_backoff_ms", recovery.max_backoff.count()},
          {"fatal_codes", std::move(fatal_codes)},
          {"processor_restarts", recovery.processor_restarts},
          {"processor_restart_period_ms", recovery.processor_restart_period.count()},
          {"processor_timeout_ms", recovery.processor_timeout.count()}};
}

json to_dto(const on_error_options& on_error, const std::string& topic) {
  const bool has_dead_letters = on_error.policy == rejection_policy::dead_letter;
  return {{"policy", to_string(on_error.policy)},
          {"max_attempts", on_error.max_attempts},
          {"dead_letter_topic", has_dead_letters ? json(on_error.dead_letter_topic_of(topic)) : json()}};
}

json members_dto(const consumer_view& view) {
  auto dto = json::array();
  for (const auto& member : view.members) {
    dto.push_back({{"instance", member.instance},
                   {"replica", member.replica.empty() ? json() : json(member.replica)},
                   {"member", member.member},
                   {"connected", member.connected},
                   {"joined", member.joined},
                   {"waiting", member.waiting},
                   {"partitions", member.partitions}});
  }
  return dto;
}

json to_dto(const partition_report& partition) {
  json dto{{"partition", partition.partition}, {"instance", partition.instance}};
  dto["position"] = number_or_null(partition.position);
  dto["committed_offset"] = number_or_null(partition.committed);
  dto["log_end_offset"] = number_or_null(partition.log_end);
  dto["lag"] = number_or_null(partition.lag());
  return dto;
}

json to_dto(const std::optional<breaker_condition>& breaker) {
  if (!breaker) return nullptr;
  return {{"endpoint", breaker->endpoint}, {"state", to_string(breaker->state)}};
}

json to_dto(const processor_standing& standing) {
  const auto& report = standing.report;
  json dto{{"id", report.id.value}, {"processor_type", report.type}, {"state", to_string(standing.state)}};
  dto["in_flight"] = {{"batches", standing.in_flight_batches}, {"records", standing.in_flight_records}};
  dto["records"] = standing.records;
  dto["records_per_second"] = standing.records_per_second;
  dto["restarts"] = standing.restarts;
  dto["last_error"] = kfs::to_dto(report.fault);
  dto["recovery"] = kfs::to_dto(report.recovery);
  dto["breaker"] = to_dto(standing.breaker);
  return dto;
}

template <class Part>
json listed(const std::vector<Part>& parts) {
  json list = json::array();
  for (const auto& part : parts) list.push_back(to_dto(part));
  return list;
}

/// The sum over all partitions; nullopt when there are none, or when the lag of one is not known.
std::optional<std::int64_t> total_lag(const std::vector<partition_report>& partitions) {
  if (partitions.empty()) return std::nullopt;
  std::int64_t sum = 0;
  for (const auto& partition : partitions) {
    const auto lag = partition.lag();
    if (!lag) return std::nullopt;
    sum += *lag;
  }
  return sum;
}

}  // namespace

json status_dto(const consumer_view& view) {
  const auto& spec = *view.spec;
  json dto{{"consumer_id", spec.id.value}, {"status", to_string(view.status)}};
  dto["status_since"] = to_rfc3339(view.status_since);
  dto["state"] = to_string(view.state);
  dto["wanted"] = spec.target == target_state::started ? "started" : "stopped";
  dto["revision"] = spec.rev.value;
  dto["observed_revision"] = number_or_null(view.observed);
  dto["observed_at"] = view.observed_at ? json(to_rfc3339(*view.observed_at)) : json();
  dto["replica"] = view.replica.empty() ? json() : json(view.replica);
  dto["restarts"] = view.restarts;
  dto["last_error"] = kfs::to_dto(view.last_error);
  dto["recovery"] = kfs::to_dto(view.recovery);
  dto["paused"] = spec.orders.paused.all;
  dto["paused_partitions"] = spec.orders.paused.some;
  dto["policies"] = {{"recovery", to_dto(view.policies.recovery)},
                     {"on_error", to_dto(view.policies.on_error, spec.topic)}};
  dto["lag"] = number_or_null(total_lag(view.partitions));
  dto["members"] = members_dto(view);
  dto["partitions"] = listed(view.partitions);
  dto["processors"] = listed(view.processors);
  return dto;
}

}  // namespace kfs
