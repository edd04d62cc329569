#include "http/dto/consumer_dto.hpp"

#include "actors/status_names.hpp"

namespace kfs {
namespace {

json to_dto(const processor_spec& processor) {
  return {{"id", processor.id.value},
          {"processor_type", processor.type},
          {"config", processor.config},
          {"created_at", to_rfc3339(processor.created_at)},
          {"updated_at", to_rfc3339(processor.updated_at)}};
}

json processors_dto(const consumer_spec& spec) {
  json processors = json::array();
  for (const auto& processor : spec.processors) processors.push_back(to_dto(processor));
  return processors;
}

}  // namespace

json to_dto(const std::optional<fault_report>& fault) {
  if (!fault) return nullptr;
  return {{"code", to_string(fault->code)},
          {"message", fault->message},
          {"source", to_string(fault->source)},
          {"at", to_rfc3339(fault->at)},
          {"attempts", fault->attempts}};
}

json to_dto(const std::optional<recovery_report>& recovery) {
  if (!recovery) return nullptr;
  return {{"attempt", recovery->attempt}, {"next_attempt_at", to_rfc3339(recovery->next_attempt_at)}};
}

json number_or_null(const std::optional<std::int64_t>& number) {
  return number ? json(*number) : json();
}

json number_or_null(const std::optional<offset>& position) {
  return position ? json(position->value) : json();
}

json number_or_null(const std::optional<revision>& rev) {
  return rev ? json(rev->value) : json();
}

json to_dto(const consumer_view& view) {
  const auto& spec = *view.spec;
  json dto;
  dto["consumer_id"] = spec.id.value;
  dto["broker_ip"] = spec.broker_ip;
  dto["broker_port"] = spec.broker_port;
  dto["topic"] = spec.topic;
  dto["consumer_group"] = spec.consumer_group;
  dto["status"] = to_string(view.status);
  dto["processor_configs"] = processors_dto(spec);
  dto["created_at"] = to_rfc3339(spec.created_at);
  dto["updated_at"] = to_rfc3339(spec.updated_at);
  dto["revision"] = spec.rev.value;
  dto["replica"] = view.replica.empty() ? json() : json(view.replica);
  dto["last_error"] = to_dto(view.last_error);
  dto["recovery"] = to_dto(view.recovery);
  dto["paused"] = spec.orders.paused.all;
  dto["paused_partitions"] = spec.orders.paused.some;
  dto["options"] = spec.options;
  dto["tenant"] = spec.tenant;
  return dto;
}

}  // namespace kfs
