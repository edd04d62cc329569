#pragma once

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "processors/batch.hpp"

namespace kfs::test {

/// A record for tests of the forwarder.
struct forwarded_record {
  partition_number partition = 0;
  std::int64_t position = 0;
  std::optional<std::string> value = "v";
  std::optional<std::string> key = std::nullopt;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::int64_t timestamp_ms = -1;
};

/// A batch of records of the topic "orders" in its own memory.
class forwarded_batch final : public batch {
 public:
  explicit forwarded_batch(std::vector<forwarded_record> records)
      : batch(std::make_shared<const record_source>(record_source{"cluster-1", "g", "orders"})),
        kept_(std::move(records)) {
    for (auto& source : kept_) {
      record made;
      made.partition = source.partition;
      made.position = offset{source.position};
      made.timestamp_ms = source.timestamp_ms;
      made.has_value = source.value.has_value();
      if (source.value) made.value = *source.value;
      made.has_key = source.key.has_value();
      if (source.key) made.key = *source.key;
      made.native = &source;
      records_.push_back(made);
      add_to_range(made);
    }
  }

  void headers_of(const record& read, std::vector<record_header>& into) const override {
    into.clear();
    for (const auto& [key, value] : static_cast<const forwarded_record*>(read.native)->headers)
      into.push_back({key, value, true});
  }

 private:
  void add_to_range(const record& added) {
    for (auto& range : ranges_) {
      if (range.partition == added.partition) {
        range.next = offset{added.position.value + 1};
        return;
      }
    }
    ranges_.push_back({added.partition, added.position, offset{added.position.value + 1}});
  }

  std::vector<forwarded_record> kept_;
};

/// `count` records of one partition from offset `first` on. The value of each is its offset.
inline std::vector<forwarded_record> numbered(int count, partition_number partition = 0, std::int64_t first = 0) {
  std::vector<forwarded_record> all;
  for (auto position = first; position < first + count; ++position)
    all.push_back({.partition = partition, .position = position, .value = std::to_string(position)});
  return all;
}

}  // namespace kfs::test
