#pragma once

#include <memory>
#include <utility>

#include "actors/ownership.hpp"
#include "processors/leases.hpp"

namespace kfs {

/// The leases that this replica has on consumers, as sinks see them.
///
/// Ownership: shared by the sinks, and made before the ownership that it follows.
/// Threading: follow() comes before the first sink; the rest is safe from any thread, as its ownership then is.
class owned_leases final : public lease_view {
 public:
  /// From now on these leases count.
  void follow(std::shared_ptr<const ownership> owned) { owned_ = std::move(owned); }

  [[nodiscard]] std::optional<write_lease> held(const consumer_id& consumer, int instance) const override {
    const auto tenure = owned_ ? owned_->tenure(consumer, instance) : std::nullopt;
    if (!tenure) return std::nullopt;
    return write_lease{.epoch = tenure->epoch, .until = tenure->until};
  }

  /// A lease that was released or taken by another has ended. What is not renewed here may be unknown here.
  [[nodiscard]] bool has_ended(const consumer_id& consumer, int instance, std::uint64_t epoch) const override {
    if (!owned_ || !owned_->is_renewed(ownership::clock::now())) return false;
    const auto owner = owned_->owner(consumer, instance);
    return !owner || owner->epoch > epoch;
  }

 private:
  std::shared_ptr<const ownership> owned_;
};

}  // namespace kfs
