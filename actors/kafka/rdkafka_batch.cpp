#include "actors/kafka/rdkafka_batch.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace kfs {

/// Records in the client's own memory, given back to it when the batch ends.
class rdkafka_batch final : public batch {
 public:
  explicit rdkafka_batch(std::shared_ptr<rdkafka_handle> handle) : batch(handle->source), handle_(std::move(handle)) {}
  ~rdkafka_batch() override {
    for (const auto& one : records_) rd_kafka_message_destroy(static_cast<rd_kafka_message_t*>(one.native));
  }
  rdkafka_batch(const rdkafka_batch&) = delete;
  rdkafka_batch& operator=(const rdkafka_batch&) = delete;

  void headers_of(const record& one, std::vector<record_header>& into) const override;

  std::vector<record>& editable_records() { return records_; }
  std::vector<batch_range>& editable_ranges() { return ranges_; }
  std::size_t& editable_bytes() { return bytes_; }

 private:
  std::shared_ptr<rdkafka_handle> handle_;
  mutable std::mutex parsing_;  ///< librdkafka parses a message's headers when they are first asked for
};

void rdkafka_batch::headers_of(const record& one, std::vector<record_header>& into) const {
  into.clear();
  const std::lock_guard held(parsing_);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(static_cast<const rd_kafka_message_t*>(one.native), &headers) != 0) return;
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
  if (!made_) {
    made_ = std::make_shared<rdkafka_batch>(handle_);
    made_->editable_records().reserve(expected_records_);
  }
  made_->editable_records().push_back(view_of(message));
  made_->editable_bytes() += message.len + message.key_len;
  extend_range(message.partition, message.offset);
}

bool batch_builder::full(const batch_options& limits) const {
  return made_ && (made_->records().size() >= static_cast<std::size_t>(limits.max_messages) ||
                   made_->bytes() >= static_cast<std::size_t>(limits.max_bytes));
}

batch_ptr batch_builder::take() {
  if (!made_) return nullptr;
  for (const auto& range : made_->ranges()) range_of_partition_[static_cast<std::size_t>(range.partition)] = 0;
  // Room for a quarter more than last time saves most reallocations without keeping what one burst needed.
  expected_records_ = made_->records().size() * 5 / 4 + 16;
  return std::exchange(made_, nullptr);
}

void batch_builder::extend_range(partition_number partition, std::int64_t position) {
  const auto index = static_cast<std::size_t>(partition);
  if (index >= range_of_partition_.size()) range_of_partition_.resize(index + 1, 0);
  auto& range = range_of_partition_[index];
  if (range == 0) {
    made_->editable_ranges().push_back({partition, offset{position}, offset{position + 1}});
    range = made_->ranges().size();
  } else {
    made_->editable_ranges()[range - 1].next = offset{position + 1};
  }
}

}  // namespace kfs
