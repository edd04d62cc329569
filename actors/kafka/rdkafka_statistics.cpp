#include "actors/kafka/rdkafka_statistics.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace kfs {
namespace {

using statistics = nlohmann::json;

/// Nothing here reads most of the document, and every consumer makes one every few seconds.
bool is_read(int depth, statistics::parse_event_t event, const statistics& parsed) {
  if (event != statistics::parse_event_t::key) return true;
  const auto& key = parsed.get_ref<const std::string&>();
  if (depth == 1) return key == "brokers" || key == "cgrp";
  return depth != 3 || key == "state" || key == "rxidle";
}

/// The shortest silence of the connected brokers; none when none is connected.
std::optional<std::chrono::microseconds> shortest_silence(const statistics& brokers) {
  std::optional<std::chrono::microseconds> shortest;
  for (const auto& broker : brokers) {
    if (broker.value("state", "") != "UP") continue;
    const std::chrono::microseconds silence(broker.value("rxidle", std::int64_t{-1}));
    if (silence.count() >= 0) shortest = shortest ? std::min(*shortest, silence) : silence;
  }
  return shortest;
}

}  // namespace

std::optional<kafka_sample> read_statistics(std::string_view document, bool grouped) {
  const auto root = statistics::parse(document, is_read, false);
  if (!root.is_object()) return std::nullopt;
  kafka_sample sample;
  if (const auto brokers = root.find("brokers"); brokers != root.end()) {
    if (const auto silence = shortest_silence(*brokers)) {
      sample.broker_up = true;
      sample.ever_answered = true;
      sample.since_answer = std::chrono::duration_cast<std::chrono::milliseconds>(*silence);
    }
  }
  const auto group = root.find("cgrp");
  sample.joined = !grouped || (group != root.end() && group->value("join_state", "") == "steady");
  return sample;
}

}  // namespace kfs
