#pragma once

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "processors/batch.hpp"

namespace kfs::test {

/// One record as a test of the forwarder writes it.
struct forwarded_record {
  partition_number partition = 0;
  std::int64_t position = 0;
  std::optional<std::string> value = "v";
  std::optional<std::string> key = std::nullopt;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::int64_t timestamp_ms = -1;
};

/// Records of the topic "orders", with keys and headers, in memory of their own.
class forwarded_batch final : public batch {
 public:
  explicit forwarded_batch(std::vector<forwarded_record> of)
      : batch(std::make_shared<const record_source>(record_source{"cluster-1", "g", "orders"})), of_(std::move(of)) {
    for (auto& each : of_) {
      record one;
      one.partition = each.partition;
      one.position = offset{each.position};
      one.timestamp_ms = each.timestamp_ms;
      one.has_value = each.value.has_value();
      if (each.value) one.value = *each.value;
      one.has_key = each.key.has_value();
      if (each.key) one.key = *each.key;
      one.native = &each;
      records_.push_back(one);
      add_to_range(one);
    }
  }

  void headers_of(const record& one, std::vector<record_header>& into) const override {
    into.clear();
    for (const auto& [key, value] : static_cast<const forwarded_record*>(one.native)->headers)
      into.push_back({key, value, true});
  }

 private:
  void add_to_range(const record& one) {
    for (auto& range : ranges_) {
      if (range.partition == one.partition) {
        range.next = offset{one.position.value + 1};
        return;
      }
    }
    ranges_.push_back({one.partition, one.position, offset{one.position.value + 1}});
  }

  std::vector<forwarded_record> of_;
};

/// `count` records of one partition from offset `from` on, with their offsets as values.
inline std::vector<forwarded_record> numbered(int count, partition_number partition = 0, std::int64_t from = 0) {
  std::vector<forwarded_record> all;
  for (auto at = from; at < from + count; ++at)
    all.push_back({.partition = partition, .position = at, .value = std::to_string(at)});
  return all;
}

}  // namespace kfs::test
