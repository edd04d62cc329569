#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/base/ids.hpp"
#include "config/base/timestamp.hpp"

namespace kfs {

/// Where the records of a consumer come from. A sink that stores offsets keys them by this source and the partition.
struct record_source {
  std::string cluster_id;  ///< Kafka's id of the cluster; it stays when the brokers' addresses change
  std::string group;
  std::string topic;
  auto operator<=>(const record_source&) const = default;
};
using record_source_ptr = std::shared_ptr<const record_source>;

/// A position in one partition of the consumer's topic.
struct partition_offset {
  partition_number partition = 0;
  offset position;
  bool operator==(const partition_offset&) const = default;
};

/// Partition and offset of a record of a topic.
using record_place = std::pair<partition_number, offset>;
using record_places = std::set<record_place>;

/// One record, as a view into the Kafka client's memory. Valid as long as its batch.
struct record {
  partition_number partition = 0;
  offset position;
  std::int64_t timestamp_ms = -1;  ///< since the epoch; -1 when there is none
  std::string_view key;
  std::string_view value;
  bool has_key = false;
  bool has_value = false;  ///< false for a tombstone
  void* native = nullptr;  ///< the client's message, from which headers are read; opaque here
};

/// One header of a record, as a view into the same memory. Keys may repeat.
struct record_header {
  std::string_view key;
  std::string_view value;
  bool has_value = false;
};

/// The offsets [first, next) of one partition that a batch covers, gaps included.
struct batch_range {
  partition_number partition = 0;
  offset first;
  offset next;  ///< the offset to commit once every record of the range is durable
  bool operator==(const batch_range&) const = default;
};

class batch;
using batch_ptr = std::shared_ptr<const batch>;

/// Records in the order in which they were consumed; those of one partition are in offset order.
///
/// Immutable once the consumer has handed it out, so processors may share it between threads.
/// Ownership: shared; the records' memory returns to the Kafka client with the last reference.
class batch {
 public:
  virtual ~batch() = default;
  batch(const batch&) = delete;
  batch& operator=(const batch&) = delete;

  [[nodiscard]] const std::vector<record>& records() const noexcept { return records_; }
  [[nodiscard]] const std::vector<batch_range>& ranges() const noexcept { return ranges_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }  ///< keys and values
  [[nodiscard]] const record_source& source() const noexcept { return *source_; }
  [[nodiscard]] const record_source_ptr& source_ptr() const noexcept { return source_; }

  /// Replaces what `into` holds by the headers of `one`, a record of this batch; leaves it empty when they cannot be
  /// parsed. Valid as long as the batch. Safe from any thread.
  virtual void headers_of(const record& item, std::vector<record_header>& into) const;

 protected:
  explicit batch(record_source_ptr source) noexcept : source_(std::move(source)) {}
  std::vector<record> records_;
  std::vector<batch_range> ranges_;
  std::size_t bytes_ = 0;

 private:
  record_source_ptr source_;
};

/// A batch without records: one partition has nothing to write below an offset, because its log has a gap there (the
/// markers of transactions leave such gaps). A sink that stores offsets moves its offset past the gap.
class gap final : public batch {
 public:
  gap(record_source_ptr source, const batch_range& of) : batch(std::move(source)) { ranges_.push_back(of); }
};

/// A batch without some of its records, for example those that went to the dead-letter topic. Its ranges are those of
/// the whole batch, so the sink's offsets move past the left-out records too.
class remaining_batch final : public batch {
 public:
  /// `without` are records of `whole`.
  remaining_batch(batch_ptr whole, const record_places& without);

  void headers_of(const record& item, std::vector<record_header>& into) const override {
    whole_->headers_of(item, into);
  }

 private:
  batch_ptr whole_;
};

/// Two batches of one source as one; the second follows the first.
class joined_batch final : public batch {
 public:
  joined_batch(batch_ptr first, batch_ptr second);

  void headers_of(const record& item, std::vector<record_header>& into) const override;

 private:
  batch_ptr first_;
  batch_ptr second_;
};

inline void batch::headers_of(const record&, std::vector<record_header>& into) const {
  into.clear();
}

}  // namespace kfs
