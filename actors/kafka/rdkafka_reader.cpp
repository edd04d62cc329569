#include "actors/kafka/rdkafka_reader.hpp"

#include <optional>

namespace kfs {

poll_outcome rdkafka_reader::read(const batch_options& limits) {
  interrupted_ = false;
  while (!interrupted_ && !building_.full(limits)) {
    auto* message = rd_kafka_consumer_poll(handle_.client, 0);
    if (message == nullptr) break;
    take(*message);
  }
  poll_outcome outcome;
  outcome.more = interrupted_ || building_.full(limits);
  outcome.records = building_.take();
  return outcome;
}

void rdkafka_reader::take(rd_kafka_message_t& message) {
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR && !muted(message.partition) &&
      !report_if_log_restarted(message.partition, message.offset) && !take_place(message.partition, message.offset)) {
    of(message.partition).expected = message.offset + 1;
    building_.add(message);
    return;
  }
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) on_message_error(message);
  rd_kafka_message_destroy(&message);
}

/// An offset below the expected one means that the broker called the expected offset out of range and librdkafka reset
/// the position (log truncation in KIP-320). The current read() returns only the records from before the reset.
bool rdkafka_reader::report_if_log_restarted(partition_number partition, std::int64_t position) {
  auto& state = of(partition);
  if (position >= state.expected && !state.reports_first) return false;
  events_.emplace_back(log_restarted{partition, offset{state.expected}, offset{position}});
  state.muted = true;
  interrupted_ = true;
  return true;
}

/// Returns whether nothing more is wanted of the partition.
bool rdkafka_reader::take_place(partition_number partition, std::int64_t position) {
  auto& state = of(partition);
  state.placed = true;
  if (!state.wants_place_only) return false;
  state.muted = true;
  places_.push_back({partition, offset{position}});
  events_.emplace_back(partition_end{partition, offset{position}});
  return true;
}

void rdkafka_reader::on_message_error(const rd_kafka_message_t& message) {
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    if (muted(message.partition) || report_if_log_restarted(message.partition, message.offset) ||
        take_place(message.partition, message.offset))
      return;
    events_.emplace_back(partition_end{message.partition, offset{message.offset}});
    return;
  }
  const auto partition = message.partition >= 0 ? std::optional(message.partition) : std::nullopt;
  faults_.report(message.err, rd_kafka_message_errstr(&message), partition);
}

bool rdkafka_reader::muted(partition_number partition) const {
  const auto index = static_cast<std::size_t>(partition);
  return index >= readings_.size() || readings_[index].muted;
}

rdkafka_reader::reading& rdkafka_reader::of(partition_number partition) {
  const auto index = static_cast<std::size_t>(partition);
  if (index >= readings_.size()) readings_.resize(index + 1);
  return readings_[index];
}

void rdkafka_reader::begin(const partition_start& from) {
  const auto lowest = from.start ? from.start : from.stale;
  of(from.partition) = {.muted = false,
                        .reports_first = !from.start && from.stale,
                        .placed = from.start.has_value(),
                        .expected = lowest ? lowest->value : 0};
}

bool rdkafka_reader::is_placed(partition_number partition) const {
  const auto index = static_cast<std::size_t>(partition);
  return index >= readings_.size() || readings_[index].placed;
}

void rdkafka_reader::want_place_only(partition_number partition, bool only) {
  of(partition).wants_place_only = only;
}

void rdkafka_reader::mute(const std::vector<partition_number>& partitions) {
  for (const auto partition : partitions) of(partition).muted = true;
}

}  // namespace kfs
