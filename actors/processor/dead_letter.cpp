#include "actors/processor/dead_letter.hpp"

#include <utility>

namespace kfs {
namespace {

std::optional<std::string> text_of(const record_header& header) {
  if (!header.has_value) return std::nullopt;
  return std::string(header.value);
}

/// Those of an earlier dead letter are replaced: a dead-letter topic may be read by a consumer that has one too.
bool tells_of_an_error(std::string_view header) {
  return header.starts_with("__connect.errors.") || header.starts_with("kafka_fetcher.errors.");
}

std::vector<outgoing_header> original_headers(const batch& in, const record& refused) {
  std::vector<record_header> found;
  in.headers_of(refused, found);
  std::vector<outgoing_header> kept;
  for (const auto& header : found) {
    if (!tells_of_an_error(header.key)) kept.push_back({std::string(header.key), text_of(header)});
  }
  return kept;
}

}  // namespace

outgoing_record_ptr make_dead_letter(const std::string& topic, const batch_ptr& in, const record& refused,
                                     const error& why, const refusal_history& so_far, const dead_letter_sender& from) {
  auto letter = std::make_shared<outgoing_record>();
  letter->topic = topic;
  letter->memory = in;
  if (refused.has_key) letter->key = refused.key;
  if (refused.has_value) letter->value = refused.value;
  letter->headers = original_headers(*in, refused);
  const auto tell = [&](const char* name, std::string value) { letter->headers.push_back({name, std::move(value)}); };
  tell("__connect.errors.topic", in->source().topic);
  tell("__connect.errors.partition", std::to_string(refused.partition));
  tell("__connect.errors.offset", std::to_string(refused.position.value));
  tell("__connect.errors.connector.name", from.consumer.value);
  tell("__connect.errors.task.id", "0");
  tell("__connect.errors.stage", "TASK_PUT");
  tell("__connect.errors.class.name", from.processor_type);
  tell("__connect.errors.exception.class.name", std::string(to_string(why.code)));
  tell("__connect.errors.exception.message", why.message);
  tell("kafka_fetcher.errors.attempts", std::to_string(so_far.attempts));
  tell("kafka_fetcher.errors.first_failure", to_rfc3339(so_far.first_failure));
  tell("kafka_fetcher.errors.processor_id", from.processor.value);
  if (refused.timestamp_ms >= 0)
    tell("kafka_fetcher.errors.timestamp", to_rfc3339(timestamp(std::chrono::milliseconds(refused.timestamp_ms))));
  return letter;
}

}  // namespace kfs
