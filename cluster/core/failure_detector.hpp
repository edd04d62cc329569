#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

#include "cluster/core/lease_times.hpp"

namespace kfs {

/// One look at the rows of the store, by the monotonic clock of the process that looks. The rows were as shown at some
/// moment between the two times.
struct look {
  using clock = std::chrono::steady_clock;
  clock::time_point asked;     ///< taken before the query was sent
  clock::time_point answered;  ///< taken after the answer was received
};

/// Decides which writers have gone silent, from looks at the signs of life that they leave in the store.
///
/// A writer changes its sign again and again. It is silent once looks have shown the same sign for a whole lease. That
/// time is counted from the answer of the first look that showed the sign to the question of the last one, so delays of
/// a query never count as silence.
///
/// Two looks with a long time between them prove nothing about the writer, because the cause may be that the store did
/// not accept its signs either. Counting then begins anew for every writer that is not silent yet. Silence, once
/// proven, ends only with another sign.
///
/// Ownership: one for each process and table. Threading: none; time is an argument.
template <class Key, class Sign>
class failure_detector {
 public:
  using time_point = look::clock::time_point;
  using duration = look::clock::duration;

  explicit failure_detector(const lease_times& times) : times_(times) {}

  /// Begins a look; show() then tells each row, and finish() ends the look. Returns false when a later look has already
  /// been shown; then neither must be called.
  [[nodiscard]] bool begin(const look& present) {
    if (last_ && present.asked < last_->asked) return false;
    first_of_watch_ = !last_ || present.answered - last_->asked > times_.longest_gap;
    if (first_of_watch_) ++watch_;
    last_ = present;
    ++looks_;
    next_.reset();
    return true;
  }

  void show(const Key& writer, const Sign& sign) {
    const auto [found, added] = writers_.try_emplace(writer);
    auto& entry = found->second;
    entry.look = looks_;
    if (added || entry.sign != sign) {
      entry.heard = !first_of_watch_;
      entry.sign = sign;
      entry.silent = false;
      entry.watch = watch_;
      entry.since = last_->answered;
    } else if (!entry.silent && entry.watch != watch_) {
      entry.heard = false;
      entry.watch = watch_;
      entry.since = last_->answered;
    }
    if (!entry.silent) {
      entry.silent = last_->asked - entry.since >= times_.lease;
      if (!entry.silent) next_ = std::min(next_.value_or(time_point::max()), entry.since + times_.lease);
    }
  }

  /// Forgets the writers whose rows were not shown.
  void finish() {
    std::erase_if(writers_, [this](const auto& entry) { return entry.second.look != looks_; });
  }

  [[nodiscard]] bool silent(const Key& writer) const {
    const auto found = writers_.find(writer);
    return found != writers_.end() && found->second.silent;
  }

  /// The writer has given a sign of life since the first look after the last gap, and is not silent.
  [[nodiscard]] bool heard(const Key& writer) const {
    const auto found = writers_.find(writer);
    return found != writers_.end() && found->second.heard && !found->second.silent;
  }

  /// When a look will find the next writer silent unless it gives a sign until then; nullopt when none is watched.
  [[nodiscard]] std::optional<time_point> next_expiry() const { return next_; }

 private:
  struct observation {
    Sign sign{};
    time_point since;         ///< the answer of the first look that counts
    std::uint64_t look = 0;   ///< the last look that showed the row
    std::uint64_t watch = 0;  ///< in which counting began
    bool silent = false;
    bool heard = false;
  };

  lease_times times_;
  std::optional<look> last_;
  std::optional<time_point> next_;
  std::uint64_t looks_ = 0;
  std::uint64_t watch_ = 0;  ///< counts the rows of looks without a gap
  bool first_of_watch_ = true;
  std::unordered_map<Key, observation> writers_;
};

}  // namespace kfs
