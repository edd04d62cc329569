#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "processors/batch.hpp"

namespace kfs::test {

/// A record for tests without Kafka.
struct memory_record {
  std::optional<std::string> value = {};
  std::optional<std::string> key = {};
  std::vector<std::pair<std::string, std::optional<std::string>>> headers = {};
  std::int64_t timestamp_ms = -1;
};

/// A batch of one partition in its own memory. The offsets of its records begin at `first`.
class memory_batch final : public batch {
 public:
  memory_batch(record_source_ptr source, std::int64_t first, std::vector<memory_record> records,
               partition_number partition = 0)
      : batch(std::move(source)), kept_(std::move(records)) {
    ranges_.push_back({partition, offset{first}, offset{first + static_cast<std::int64_t>(kept_.size())}});
    for (auto& source : kept_) {
      record made;
      made.partition = partition;
      made.position = offset{first++};
      made.timestamp_ms = source.timestamp_ms;
      made.has_key = source.key.has_value();
      made.has_value = source.value.has_value();
      if (source.key) made.key = *source.key;
      if (source.value) made.value = *source.value;
      made.native = &source;
      records_.push_back(made);
    }
  }

  void headers_of(const record& read, std::vector<record_header>& into) const override {
    into.clear();
    for (const auto& [key, value] : static_cast<const memory_record*>(read.native)->headers)
      into.push_back({key, value ? std::string_view(*value) : std::string_view{}, value.has_value()});
  }

 private:
  std::vector<memory_record> kept_;
};

/// The source of records in tests without Kafka.
inline record_source_ptr memory_source(const std::string& topic = "orders", const std::string& group = "g") {
  return std::make_shared<const record_source>(record_source{"cluster", group, topic});
}

}  // namespace kfs::test
