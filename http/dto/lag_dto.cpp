#include "http/dto/lag_dto.hpp"

#include <cmath>

#include "actors/status_names.hpp"
#include "http/dto/consumer_dto.hpp"

namespace kfs {
namespace {

/// To the millisecond.
json seconds_or_null(const std::optional<double>& seconds) {
  return seconds ? json(std::round(*seconds * 1'000) / 1'000) : json();
}

void add_judgement(json& dto, const lag_judgement& judgement) {
  dto["lag"] = number_or_null(judgement.lag);
  dto["lag_seconds"] = seconds_or_null(judgement.lag_seconds);
  dto["verdict"] = to_string(judgement.verdict);
  dto["reason"] = judgement.reason ? json(to_string(*judgement.reason)) : json();
  dto["catch_up_seconds"] = seconds_or_null(judgement.catch_up_seconds);
}

json partition_dto(const partition_facts& facts, const lag_judgement& judgement) {
  json dto{{"partition", facts.partition}};
  dto["committed_offset"] = number_or_null(facts.committed);
  dto["position"] = number_or_null(facts.position);
  dto["log_start_offset"] = number_or_null(facts.log_start);
  dto["log_end_offset"] = number_or_null(facts.log_end);
  add_judgement(dto, judgement);
  return dto;
}

json topic_dto(const lag_report::judged_topic& topic) {
  json dto{{"topic", topic.facts.topic}};
  add_judgement(dto, topic.whole);
  json partitions = json::array();
  for (std::size_t i = 0; i < topic.judgements.size(); ++i)
    partitions.push_back(partition_dto(topic.facts.partitions[i], topic.judgements[i]));
  dto["partitions"] = std::move(partitions);
  return dto;
}

void add_report(json& dto, const lag_report& report) {
  dto["state"] = report.state ? json(*report.state) : json();
  add_judgement(dto, report.whole);
  json topics = json::array();
  for (const auto& topic : report.topics) topics.push_back(topic_dto(topic));
  dto["topics"] = std::move(topics);
}

}  // namespace

json group_lag_dto(const std::string& group, const lag_report& report) {
  json dto{{"group_id", group}};
  add_report(dto, report);
  return dto;
}

json consumer_lag_dto(const consumer_view& consumer, const lag_report& report) {
  json dto{{"consumer_id", consumer.spec->id.value}, {"group_id", consumer.spec->consumer_group}};
  add_report(dto, report);
  return dto;
}

json history_dto(const consumer_id& id, const history_steps& steps) {
  json dto{{"consumer_id", id.value}, {"step_seconds", history_step::length.count()}};
  auto listed = json::array();
  for (const auto& step : steps) {
    json one{{"at", to_rfc3339(step.at)}, {"status", to_string(step.status)}};
    one["records"] = step.records ? json(*step.records) : json();
    one["lag"] = step.lag ? json(*step.lag) : json();
    one["lag_seconds"] = seconds_or_null(step.lag_seconds);
    one["errors"] = step.errors;
    listed.push_back(std::move(one));
  }
  dto["steps"] = std::move(listed);
  return dto;
}

}  // namespace kfs
