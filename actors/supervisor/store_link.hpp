#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "actors/supervisor/front.hpp"
#include "config/base/logger.hpp"

namespace kfs {

/// Asks the store every two seconds whether it answers, and loads what it holds when that may differ from what is known
/// here.
///
/// Ownership and threading: of the supervisor.
class store_link {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds ping_interval{2};
  static constexpr std::chrono::seconds timeout{10};

  /// What it tells the supervisor.
  struct listener {
    /// Loads in another way, and then tells known(); empty: this link loads and tells `loaded`.
    std::function<void()> load;
    std::function<void(const consumer_spec_list&)> loaded;
    std::function<void()> lost;              ///< another replica has the store
    std::function<void(bool)> answers = {};  ///< whether it answers, each time that this is known; may be empty
  };

  /// `is_loaded`: what the store holds is known already.
  store_link(supervisor_front::pointer self, store_actor store, logger log, bool is_loaded, listener tell);

  /// Called regularly; asks when it is time to.
  void ticked(clock::time_point at);
  /// What the store holds has to be loaded (again).
  void reload() { reload_ = true; }
  /// A write failed. It may have happened all the same.
  void write_failed(const caf::error& why);
  /// Loads nothing any more.
  void stop_loading() { may_load_ = false; }
  /// What the store held was loaded in the other way.
  void known();

  /// Why the store does not answer; nullopt while it does.
  [[nodiscard]] const std::optional<error>& fault() const noexcept { return fault_; }
  /// The answer to commands and questions while what the store holds is not known.
  [[nodiscard]] error why_unknown() const;

 private:
  void load();
  void ping();
  void answered(std::optional<error> fault);

  supervisor_front::pointer self_;
  store_actor store_;
  logger log_;
  listener tell_;
  std::optional<error> fault_;
  std::optional<clock::time_point> next_ping_;
  bool reload_ = false;  ///< the store may hold something else than what is known here
  bool may_load_ = true;
};

}  // namespace kfs
