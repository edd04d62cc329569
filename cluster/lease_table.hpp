#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "actors/ownership.hpp"
#include "cluster/core/ids.hpp"

namespace kfs {

/// What the supervisor needs to know of the leases: those of this replica, and who has the others. The coordinator
/// writes it, the supervisor reads it.
///
/// Ownership: shared by both. Threading: safe from any thread. Listeners are called without a lock, by the thread of
/// the coordinator; `vacated` is called by the supervisor's.
class lease_table final : public ownership {
 public:
  struct held {
    epoch term;
    clock::time_point since;
    bool ending = false;
    bool operator==(const held&) const = default;
  };
  struct contents {
    std::map<instance_id, held> own;
    std::map<instance_id, instance_owner> owners;  ///< of all instances that somebody has, own ones too
    std::map<instance_id, std::string> reasons;    ///< why no replica shall run an instance, in a sentence
    bool alone = false;                            ///< no other replica could take an instance over
    bool operator==(const contents&) const = default;
  };

  using vacated_listener = std::function<void(const instance_id&, epoch)>;

  /// `look` is called when somebody waits for the next look.
  explicit lease_table(vacated_listener vacated, std::function<void()> look = {})
      : on_vacated_(std::move(vacated)), ask_for_look_(std::move(look)) {}

  /// Own leases count until then, as a look that began at `seen_at` shows. Tells the listener of each consumer that
  /// somebody waits for.
  void extend(clock::time_point until, clock::time_point seen_at);

  /// Replaces what is known, and tells the listener of each consumer of which something changed.
  void replace(contents next);

  [[nodiscard]] std::optional<instance_tenure> tenure(const consumer_id& consumer, int instance) const override;
  [[nodiscard]] std::optional<instance_owner> owner(const consumer_id& consumer, int instance) const override;
  [[nodiscard]] std::vector<int> instances_held(const consumer_id& consumer) const override;
  [[nodiscard]] std::string why_nobody(const consumer_id& consumer, int instance) const override;
  [[nodiscard]] bool is_renewed(clock::time_point at) const override;
  [[nodiscard]] clock::time_point seen_at() const override;
  void vacated(const consumer_id& consumer, int instance, std::uint64_t term) override {
    on_vacated_(instance_id{consumer, instance}, epoch{term});
  }
  void look_again(const consumer_id& consumer) override;
  void listen(listener changed) override;

 private:
  const vacated_listener on_vacated_;
  const std::function<void()> ask_for_look_;
  mutable std::mutex mutex_;
  contents known_;
  clock::time_point until_{};
  clock::time_point seen_at_{};
  std::set<consumer_id> awaited_;
  listener listener_;
};

}  // namespace kfs
