#include "actors/kafka/rdkafka_statistics.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>

namespace kfs {
namespace {

using statistics = nlohmann::json;

/// Selects the parts of the document to parse. Every consumer gets a document every few seconds and needs little of it.
/// The partitions of a topic are only counted; with explicit partitions the document also lists those that the topic
/// does not have, so `unknown` is read of each.
class parse_filter {
 public:
  explicit parse_filter(bool grouped) : grouped_(grouped) {}

  bool operator()(int depth, statistics::parse_event_t event, const statistics& parsed) {
    if (event != statistics::parse_event_t::key) return true;
    const auto& key = parsed.get_ref<const std::string&>();
    if (depth == 1) {
      in_topics_ = key == "topics";
      return key == "brokers" || key == "cgrp" || (in_topics_ && !grouped_);
    }
    if (in_topics_) {
      if (depth == 3) in_partitions_ = key == "partitions";
      if (depth == 4 && in_partitions_ && key != unassigned) ++partitions;
      if (grouped_ || key == unassigned) return false;
      return depth == 2 || (in_partitions_ && (depth < 5 || key == "unknown"));
    }
    if (depth == broker_field) return std::ranges::find(broker_fields, key) != broker_fields.end();
    return depth < broker_field || key == "avg";
  }

  int partitions = 0;  ///< number of partitions of all topics; a consumer has one topic

 private:
  static constexpr int broker_field = 3;  ///< depth of what is told of one broker
  static constexpr std::array<std::string_view, 5> broker_fields{"state", "rxidle", "req_timeouts", "disconnects",
                                                                 "throttle"};
  static constexpr std::string_view unassigned = "-1";  ///< librdkafka's internal partition; not one of the topic
  bool grouped_;
  bool in_topics_ = false;
  bool in_partitions_ = false;
};

/// The shortest time since a connected broker last sent something; nullopt when no broker is connected.
std::optional<std::chrono::microseconds> shortest_silence(const statistics& brokers) {
  std::optional<std::chrono::microseconds> shortest;
  for (const auto& broker : brokers) {
    if (broker.value("state", "") != "UP") continue;
    const std::chrono::microseconds silence(broker.value("rxidle", std::int64_t{-1}));
    if (silence.count() >= 0) shortest = shortest ? std::min(*shortest, silence) : silence;
  }
  return shortest;
}

std::chrono::milliseconds average_throttle(const statistics& broker) {
  const auto found = broker.find("throttle");
  return std::chrono::milliseconds(found == broker.end() ? 0 : found->value("avg", std::int64_t{0}));
}

client_figures figures_of(const statistics& brokers) {
  client_figures sums;
  for (const auto& broker : brokers) {
    if (broker.value("state", "") == "UP") ++sums.connections;
    sums.throttle = std::max(sums.throttle, average_throttle(broker));
    sums.timeouts += broker.value("req_timeouts", std::int64_t{0});
    sums.disconnects += broker.value("disconnects", std::int64_t{0});
  }
  return sums;
}

/// The partitions of the topics that the cluster knows.
int known_partitions(const statistics& topics) {
  std::ptrdiff_t known = 0;
  for (const auto& topic : topics) {
    const auto partitions = topic.find("partitions");
    if (partitions == topic.end()) continue;
    known += std::ranges::count_if(*partitions, [](const statistics& entry) { return !entry.value("unknown", false); });
  }
  return static_cast<int>(known);
}

}  // namespace

std::optional<kafka_sample> read_statistics(std::string_view document, bool grouped) {
  parse_filter filter(grouped);
  const auto root = statistics::parse(document, std::ref(filter), false);
  if (!root.is_object()) return std::nullopt;
  kafka_sample sample;
  if (const auto brokers = root.find("brokers"); brokers != root.end()) {
    sample.figures = figures_of(*brokers);
    if (const auto silence = shortest_silence(*brokers)) {
      sample.broker_up = true;
      sample.ever_answered = true;
      sample.since_answer = std::chrono::duration_cast<std::chrono::milliseconds>(*silence);
    }
  }
  const auto group = root.find("cgrp");
  sample.joined = !grouped || (group != root.end() && group->value("join_state", "") == "steady");
  const auto topics = root.find("topics");
  if (!grouped && topics != root.end()) {
    sample.partitions = known_partitions(*topics);
  } else if (filter.partitions > 0) {
    sample.partitions = filter.partitions;
  }
  return sample;
}

}  // namespace kfs
