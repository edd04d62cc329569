#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "processors/batch.hpp"

namespace kfs {

/// Which records wait until the record before them was accepted.
enum class delivery_order : std::uint8_t {
  partition,  ///< records of one partition
  key,        ///< records of one partition with the same key; records without a key do not wait
  none,       ///< no records
};

/// Divides a batch into requests, and tells which of them may be sent now.
///
/// A request holds records of one partition, in offset order. Requests that must keep an order share a lane, where each
/// waits until the one before it was accepted. After a fault or a rejected record, nothing behind it in the lane is
/// sent, unless the limits say so of rejected ones. Without an order only a fault holds up the rest of the partition.
///
/// Threading: none. The records must outlive it.
class delivery_plan {
 public:
  struct limits {
    std::size_t records = 1;              ///< per request
    std::size_t bytes = 4 * 1024 * 1024;  ///< of values per request; a single larger value is sent alone
    std::size_t lanes = 1;                ///< per partition, with the order `key`
    /// Records behind a rejected one are sent too, until so many were rejected and none accepted.
    std::size_t past_rejected = 0;
  };

  /// A request: a range of records in the order of the plan.
  struct request {
    std::size_t lane = 0;
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  /// Records that are `accepted` already are not sent again. The other requests stay as they would be without that.
  delivery_plan(const std::vector<record>& records, delivery_order order, limits bounds, const record_places& accepted);

  /// Whether there is a request that may be sent now.
  [[nodiscard]] bool has_next();
  /// Takes it. Exactly one of accepted(), rejected() and faulted() follows.
  request next();

  /// Indices of the request's records in the batch.
  [[nodiscard]] std::span<const std::uint32_t> records_of(const request& sent) const {
    return std::span(order_).subspan(sent.begin, sent.end - sent.begin);
  }

  void accepted(const request& sent);
  void faulted(const request& sent);
  /// The endpoint has rejected the request. True when its halves are sent instead, to find the bad record; false when
  /// the request has a single record, which is the bad one.
  bool rejected(const request& sent);

  /// Whether every record is accepted, except rejected ones.
  [[nodiscard]] bool all_accepted() const;
  /// How many records accepted() has told of.
  [[nodiscard]] std::size_t newly_accepted() const noexcept { return newly_accepted_; }
  /// The accepted records.
  [[nodiscard]] record_places accepted_places() const;

 private:
  struct lane {
    std::vector<request> waiting;  ///< the next one is at the end
    bool ready = false;            ///< whether it is in ready_
    bool stopped = false;
  };

  void sort_into_lanes(delivery_order order, std::size_t lanes_a_partition);
  void cut_into_requests(const limits& bounds, const record_places& accepted);
  void add_request(const request& whole, const record_places& accepted);
  void make_ready(std::size_t at);

  const std::vector<record>& records_;
  const bool one_at_a_time_;  ///< whether a lane sends one request at a time
  const std::size_t past_rejected_;
  std::vector<std::uint32_t> order_;    ///< indices of records, lane by lane
  std::vector<std::size_t> lane_ends_;  ///< where each lane ends in order_
  std::vector<lane> lanes_;
  std::deque<std::size_t> ready_;
  std::vector<bool> accepted_;  ///< by index of the record
  std::size_t newly_accepted_ = 0;
  std::size_t rejected_ = 0;
  std::size_t missing_ = 0;  ///< records that are neither accepted nor rejected
};

}  // namespace kfs
