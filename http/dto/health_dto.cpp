#include "http/dto/health_dto.hpp"

#include <algorithm>

#include "actors/status_names.hpp"
#include "http/dto/consumer_dto.hpp"

namespace kfs {
namespace {

constexpr const char* up = "UP";
constexpr const char* degraded = "DEGRADED";
constexpr const char* down = "DOWN";

json partition_health(const partition_report& partition) {
  return {{"partition", partition.partition},
          {"position", number_or_null(partition.position)},
          {"committed", number_or_null(partition.committed)},
          {"log_end_offset", number_or_null(partition.log_end)},
          {"lag", number_or_null(partition.lag())}};
}

json processor_health(const processor_standing& standing) {
  const auto& processor = standing.report;
  return {{"id", processor.id.value},
          {"processor_type", processor.type},
          {"status", processor.fault ? down : up},
          {"last_error", to_dto(processor.fault)},
          {"recovery", to_dto(processor.recovery)}};
}

json consumer_health(const consumer_view& view) {
  json partitions = json::array();
  for (const auto& partition : view.partitions) partitions.push_back(partition_health(partition));
  json processors = json::array();
  for (const auto& processor : view.processors) processors.push_back(processor_health(processor));
  json health{{"consumer_id", view.spec->id.value}, {"topic", view.spec->topic}};
  health["consumer_group"] = view.spec->consumer_group;
  health["status"] = to_string(view.status);
  health["replica"] = view.replica.empty() ? json() : json(view.replica);
  health["last_error"] = to_dto(view.last_error);
  health["recovery"] = to_dto(view.recovery);
  health["paused"] = view.spec->orders.paused.all;
  health["paused_partitions"] = view.spec->orders.paused.some;
  health["partitions"] = std::move(partitions);
  health["processors"] = std::move(processors);
  return health;
}

json consumer_counts(const std::vector<consumer_view_ptr>& consumers) {
  const auto count = [&](consumer_status status) {
    return std::count_if(consumers.begin(), consumers.end(), [&](const auto& view) { return view->status == status; });
  };
  const auto failed = count(consumer_status::error);
  return {{"status", failed == 0 ? up : degraded},
          {"active", count(consumer_status::active)},
          {"inactive", count(consumer_status::inactive)},
          {"error", failed}};
}

}  // namespace

std::optional<std::string> why_not_ready(const server_health& health) {
  if (!health.store_fault) return std::nullopt;
  return "the store does not answer: " + health.store_fault->message;
}

json health_summary_dto(const std::optional<std::string>& reason) {
  if (!reason) return {{"status", up}};
  return {{"status", down}, {"detail", *reason}};
}

json health_dto(const server_health& health, const std::vector<consumer_view_ptr>& consumers,
                const std::string& version) {
  const auto reason = why_not_ready(health);
  auto counts = consumer_counts(consumers);
  json dto = health_summary_dto(reason);
  if (!reason) dto["status"] = counts["status"];
  dto["version"] = version;
  dto["parts"] = {{"store", health_summary_dto(reason)}, {"consumers", std::move(counts)}};
  dto["consumers"] = json::array();
  for (const auto& view : consumers) dto["consumers"].push_back(consumer_health(*view));
  return dto;
}

}  // namespace kfs
