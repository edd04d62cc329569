#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "config/ids.hpp"
#include "config/timestamp.hpp"

namespace kfs {

/// One record as a view into the Kafka client's own memory. Valid as long as its batch.
struct record {
  partition_number partition = 0;
  offset position;
  std::int64_t timestamp_ms = -1;  ///< since the epoch; -1: none
  std::string_view key;
  std::string_view value;
  bool has_key = false;
  bool has_value = false;  ///< false: a tombstone
  void* native = nullptr;  ///< the client's own message, for headers; opaque here
};

/// What a batch holds of one partition: its records lie in [first, next), gaps included.
struct batch_range {
  partition_number partition = 0;
  offset first;
  offset next;  ///< the offset to commit once every record of the range is durable
};

/// A number of records in the order in which they were consumed; of each partition in offset order.
///
/// Immutable once it left the consumer, so processors may share it between threads.
/// Ownership: shared; the records' memory is given back to the client when the last holder lets go.
class batch {
 public:
  virtual ~batch() = default;
  batch(const batch&) = delete;
  batch& operator=(const batch&) = delete;

  [[nodiscard]] const std::vector<record>& records() const noexcept { return records_; }
  [[nodiscard]] const std::vector<batch_range>& ranges() const noexcept { return ranges_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }  ///< keys and values
  [[nodiscard]] std::string_view topic() const noexcept { return topic_; }

 protected:
  batch() = default;
  std::vector<record> records_;
  std::vector<batch_range> ranges_;
  std::size_t bytes_ = 0;
  std::string_view topic_;
};

using batch_ptr = std::shared_ptr<const batch>;

}  // namespace kfs
