#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "config/base/ids.hpp"

namespace kfs {

/// The right of this process to write for one instance of a consumer.
struct write_lease {
  std::uint64_t epoch = 0;  ///< greater than that of every earlier owner of the instance
  std::optional<std::chrono::steady_clock::time_point> until;  ///< nullopt when it ends only by being taken back
};

/// What sinks may know of the leases that replicas have on consumers.
///
/// Threading: safe from any thread.
class lease_view {
 public:
  virtual ~lease_view() = default;

  /// The present lease of this process; nullopt when it has none, which is always so where replicas share nothing.
  [[nodiscard]] virtual std::optional<write_lease> held(const consumer_id& consumer, int instance) const = 0;

  /// Whether nobody runs the instance under the lease with that epoch any more. False when this is not known.
  [[nodiscard]] virtual bool has_ended(const consumer_id& consumer, int instance, std::uint64_t epoch) const = 0;
};

/// The lease under which one sink writes: the one that this process had when the sink took it.
///
/// Ownership: one sink. Threading: none.
class sink_lease {
 public:
  /// Without a view the sink writes without a lease.
  sink_lease(std::shared_ptr<const lease_view> view, consumer_id consumer, int instance)
      : view_(std::move(view)), consumer_(std::move(consumer)), instance_(instance) {}

  /// Takes the present lease, unless one was taken before; nullopt when there is none.
  std::optional<std::uint64_t> take() {
    if (epoch_ || !view_) return epoch_;
    if (const auto held = view_->held(consumer_, instance_)) epoch_ = held->epoch;
    return epoch_;
  }

  /// Whether the lease that was taken does not count any more at `at`.
  [[nodiscard]] bool has_ended(std::chrono::steady_clock::time_point at) const {
    if (!epoch_) return false;
    const auto held = view_->held(consumer_, instance_);
    return !held || held->epoch != *epoch_ || (held->until && at >= *held->until);
  }

  /// Of the lease that was taken; nullopt when none was.
  [[nodiscard]] std::optional<std::uint64_t> epoch() const noexcept { return epoch_; }
  [[nodiscard]] const lease_view* view() const noexcept { return view_.get(); }
  [[nodiscard]] const consumer_id& consumer() const noexcept { return consumer_; }
  [[nodiscard]] int instance() const noexcept { return instance_; }

 private:
  std::shared_ptr<const lease_view> view_;
  consumer_id consumer_;
  int instance_;
  std::optional<std::uint64_t> epoch_;
};

}  // namespace kfs
