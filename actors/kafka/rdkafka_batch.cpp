#include "actors/kafka/rdkafka_batch.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace kfs {

/// A batch whose records stay in librdkafka's messages. Its destructor frees the messages.
class rdkafka_batch final : public batch {
 public:
  explicit rdkafka_batch(std::shared_ptr<rdkafka_handle> handle) : batch(handle->source), handle_(std::move(handle)) {}
  ~rdkafka_batch() override {
    for (const auto& entry : records_) rd_kafka_message_destroy(static_cast<rd_kafka_message_t*>(entry.native));
  }
  rdkafka_batch(const rdkafka_batch&) = delete;
  rdkafka_batch& operator=(const rdkafka_batch&) = delete;

  void headers_of(const record& message, std::vector<record_header>& into) const override;

  std::vector<record>& editable_records() { return records_; }
  std::vector<batch_range>& editable_ranges() { return ranges_; }
  std::size_t& editable_bytes() { return bytes_; }

 private:
  std::shared_ptr<rdkafka_handle> handle_;
  mutable std::mutex parsing_;  ///< librdkafka parses a message's headers at the first call for them
};

void rdkafka_batch::headers_of(const record& message, std::vector<record_header>& into) const {
  into.clear();
  const std::lock_guard lock(parsing_);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(static_cast<const rd_kafka_message_t*>(message.native), &headers) != 0) return;
  const char* key = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t index = 0; rd_kafka_header_get_all(headers, index, &key, &value, &size) == 0; ++index)
    into.push_back({key, {static_cast<const char*>(value), size}, value != nullptr});
}

namespace {

record view_of(rd_kafka_message_t& message) {
  rd_kafka_timestamp_type_t kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const auto stamp = rd_kafka_message_timestamp(&message, &kind);
  return {.partition = message.partition,
          .position = offset{message.offset},
          .timestamp_ms = kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : stamp,
          .key = {static_cast<const char*>(message.key), message.key_len},
          .value = {static_cast<const char*>(message.payload), message.len},
          .has_key = message.key != nullptr,
          .has_value = message.payload != nullptr,
          .native = &message};
}

}  // namespace

void batch_builder::add(rd_kafka_message_t& message) {
  if (!batch_) {
    batch_ = std::make_shared<rdkafka_batch>(handle_);
    batch_->editable_records().reserve(expected_records_);
  }
  batch_->editable_records().push_back(view_of(message));
  batch_->editable_bytes() += message.len + message.key_len;
  extend_range(message.partition, message.offset);
}

bool batch_builder::full(const batch_options& limits) const {
  return batch_ && (batch_->records().size() >= static_cast<std::size_t>(limits.max_messages) ||
                    batch_->bytes() >= static_cast<std::size_t>(limits.max_bytes));
}

batch_ptr batch_builder::take() {
  if (!batch_) return nullptr;
  for (const auto& range : batch_->ranges()) range_of_partition_[static_cast<std::size_t>(range.partition)] = 0;
  // A quarter more room than the last batch needed avoids most reallocations and forgets a single burst.
  expected_records_ = batch_->records().size() * 5 / 4 + 16;
  return std::exchange(batch_, nullptr);
}

void batch_builder::extend_range(partition_number partition, std::int64_t position) {
  const auto index = static_cast<std::size_t>(partition);
  if (index >= range_of_partition_.size()) range_of_partition_.resize(index + 1, 0);
  auto& range = range_of_partition_[index];
  if (range == 0) {
    batch_->editable_ranges().push_back({partition, offset{position}, offset{position + 1}});
    range = batch_->ranges().size();
  } else {
    batch_->editable_ranges()[range - 1].next = offset{position + 1};
  }
}

}  // namespace kfs
