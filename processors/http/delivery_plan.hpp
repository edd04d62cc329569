#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "processors/batch.hpp"

namespace kfs {

/// Which records may only be sent once the one before was accepted.
enum class delivery_order : std::uint8_t {
  partition,  ///< those of one partition
  key,        ///< those of one partition with the same key; without a key: none
  none,       ///< none
};

/// Divides a batch into requests, and says which may be sent now.
///
/// A request holds records of one partition, in offset order. Requests that must keep an order share a lane, where the
/// next one waits until the one before was accepted; after a fault, or a record that was refused, nothing behind it is
/// sent. Without an order only a fault holds up the rest of the partition.
///
/// Threading: none. The records outlive it.
class delivery_plan {
 public:
  struct limits {
    std::size_t records = 1;              ///< a request
    std::size_t bytes = 4 * 1024 * 1024;  ///< of values a request, unless one alone is larger
    std::size_t lanes = 1;                ///< a partition, with the order `key`
  };

  /// Records of the batch, by index, in a request.
  struct request {
    std::size_t lane = 0;
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  /// Those of `records` that are `accepted` are not sent again. The other requests are the same as without it.
  delivery_plan(const std::vector<record>& records, delivery_order order, limits of, const record_places& accepted);

  /// Whether there is a request that may be sent now.
  [[nodiscard]] bool has_next();
  /// Takes it. Each is followed by one of accepted(), refused(), faulted().
  request next();

  /// Indices of the batch's records.
  [[nodiscard]] std::span<const std::uint32_t> records_of(const request& one) const {
    return std::span(order_).subspan(one.begin, one.end - one.begin);
  }

  void accepted(const request& one);
  void faulted(const request& one);
  /// Somebody has to find out which record is to blame. False: it is the only one. True: the halves are sent instead.
  bool refused(const request& one);

  /// Whether all that was not refused is accepted.
  [[nodiscard]] bool all_accepted() const;
  /// Adds the records that were accepted.
  void add_accepted(record_places& places) const;

 private:
  struct lane {
    std::vector<request> waiting;  ///< the next one at the end
    bool ready = false;            ///< it is in ready_
    bool stopped = false;
  };

  void sort_into_lanes(delivery_order order, std::size_t lanes_a_partition);
  void cut_into_requests(const limits& of, const record_places& accepted);
  void add_request(const request& whole, const record_places& accepted);
  void make_ready(std::size_t at);

  const std::vector<record>& records_;
  const bool one_at_a_time_;            ///< of each lane
  std::vector<std::uint32_t> order_;    ///< indices of records, lane by lane
  std::vector<std::size_t> lane_ends_;  ///< where each lane ends in order_
  std::vector<lane> lanes_;
  std::deque<std::size_t> ready_;
  std::vector<bool> accepted_;  ///< by index of records
  std::size_t missing_ = 0;     ///< neither accepted nor refused
};

}  // namespace kfs
