#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "processors/batch.hpp"

namespace kfs::test {

/// A record as a test writes it, without Kafka.
struct memory_record {
  partition_number partition = 0;
  std::int64_t position = 0;
  std::optional<std::string> value = "v";  ///< nullopt for a tombstone
  std::optional<std::string> key = std::nullopt;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers = {};
  std::int64_t timestamp_ms = -1;  ///< -1 when the record has no timestamp
};

/// The source of the records that tests write.
inline record_source_ptr memory_source(const std::string& topic = "orders", const std::string& group = "g") {
  return std::make_shared<const record_source>(record_source{"cluster", group, topic});
}

/// The batch that tests write: it owns the memory of its records.
///
/// The range of a partition begins at the partition's first record and ends behind its last one.
/// Threading: immutable once the test hands it out, like every batch.
class memory_batch final : public batch {
 public:
  explicit memory_batch(record_source_ptr source = memory_source()) : batch(std::move(source)) {}

  explicit memory_batch(std::vector<memory_record> records, record_source_ptr source = memory_source())
      : batch(std::move(source)) {
    for (auto& record : records) add(std::move(record));
  }

  /// Records of one partition at offsets from `first` on, whatever their own partition and position say.
  memory_batch(record_source_ptr source, std::int64_t first, std::vector<memory_record> records,
               partition_number partition = 0)
      : batch(std::move(source)) {
    for (auto& record : records) {
      record.partition = partition;
      record.position = first++;
      add(std::move(record));
    }
  }

  /// Appends a record. The offsets of a partition must ascend.
  void add(memory_record added) {
    const auto& kept = kept_.emplace_back(std::move(added));
    record view;
    view.partition = kept.partition;
    view.position = offset{kept.position};
    view.timestamp_ms = kept.timestamp_ms;
    view.has_key = kept.key.has_value();
    view.has_value = kept.value.has_value();
    if (kept.key) view.key = *kept.key;
    if (kept.value) view.value = *kept.value;
    view.native = const_cast<memory_record*>(&kept);
    records_.push_back(view);
    bytes_ += view.key.size() + view.value.size();
    extend_range(view);
  }

  void add(partition_number partition, std::int64_t position, std::string value) {
    add({.partition = partition, .position = position, .value = std::move(value)});
  }

  void headers_of(const record& record, std::vector<record_header>& into) const override {
    into.clear();
    if (record.native == nullptr) return;
    for (const auto& [key, value] : static_cast<const memory_record*>(record.native)->headers)
      into.push_back({key, value ? std::string_view(*value) : std::string_view{}, value.has_value()});
  }

 private:
  void extend_range(const record& added) {
    const offset next{added.position.value + 1};
    for (auto& range : ranges_) {
      if (range.partition != added.partition) continue;
      range.next = next;
      return;
    }
    ranges_.push_back({added.partition, added.position, next});
  }

  std::deque<memory_record> kept_;  ///< never moves its elements
};

/// Records with these values; nullopt makes a tombstone.
inline std::vector<memory_record> with_values(const std::vector<std::optional<std::string>>& values) {
  std::vector<memory_record> records;
  for (const auto& value : values) records.push_back({.value = value});
  return records;
}

/// `count` records of one partition from offset `first` on, with their offsets as values.
inline std::vector<memory_record> numbered(int count, partition_number partition = 0, std::int64_t first = 0) {
  std::vector<memory_record> records;
  for (auto position = first; position < first + count; ++position)
    records.push_back({.partition = partition, .position = position, .value = std::to_string(position)});
  return records;
}

}  // namespace kfs::test
