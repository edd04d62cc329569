#include "actors/processor/dead_letter.hpp"

#include <utility>

namespace kfs {
namespace {

std::optional<std::string> text_of(const record_header& header) {
  if (!header.has_value) return std::nullopt;
  return std::string(header.value);
}

/// Headers of an earlier dead letter are replaced: a consumer that reads a dead-letter topic may have one itself.
bool is_error_header(std::string_view key) {
  return key.starts_with("__connect.errors.") || key.starts_with("kafka_fetcher.errors.");
}

std::vector<outgoing_header> original_headers(const batch& whole, const record& rejected) {
  std::vector<record_header> found;
  whole.headers_of(rejected, found);
  std::vector<outgoing_header> kept;
  for (const auto& header : found) {
    if (!is_error_header(header.key)) kept.push_back({std::string(header.key), text_of(header)});
  }
  return kept;
}

}  // namespace

outgoing_record_ptr make_dead_letter(const std::string& topic, const batch_ptr& whole, const record& rejected,
                                     const error& reason, const rejection_history& history,
                                     const dead_letter_sender& sender) {
  auto letter = std::make_shared<outgoing_record>();
  letter->topic = topic;
  letter->memory = whole;
  if (rejected.has_key) letter->key = rejected.key;
  if (rejected.has_value) letter->value = rejected.value;
  letter->headers = original_headers(*whole, rejected);
  const auto add = [&](const char* name, std::string value) { letter->headers.push_back({name, std::move(value)}); };
  add("__connect.errors.topic", whole->source().topic);
  add("__connect.errors.partition", std::to_string(rejected.partition));
  add("__connect.errors.offset", std::to_string(rejected.position.value));
  add("__connect.errors.connector.name", sender.consumer.value);
  add("__connect.errors.task.id", "0");
  add("__connect.errors.stage", "TASK_PUT");
  add("__connect.errors.class.name", sender.processor_type);
  add("__connect.errors.exception.class.name", std::string(to_string(reason.code)));
  add("__connect.errors.exception.message", reason.message);
  add("kafka_fetcher.errors.attempts", std::to_string(history.attempts));
  add("kafka_fetcher.errors.first_failure", to_rfc3339(history.first_failure));
  add("kafka_fetcher.errors.processor_id", sender.processor.value);
  if (rejected.timestamp_ms >= 0)
    add("kafka_fetcher.errors.timestamp", to_rfc3339(timestamp(std::chrono::milliseconds(rejected.timestamp_ms))));
  return letter;
}

}  // namespace kfs
