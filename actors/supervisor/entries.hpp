#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "actors/supervisor/entry.hpp"

namespace kfs {

/// The table of consumers. Whoever goes through it and may change it meanwhile goes through all().
///
/// Ownership and threading: of the supervisor.
class consumer_entries {
 public:
  explicit consumer_entries(std::shared_ptr<kept_views> kept) : kept_(std::move(kept)) {}

  /// Adds a consumer, in place of one of the same id.
  void add(entry_ptr entry);
  void erase(const consumer_entry& entry);
  /// The creation time of a consumer changed from `before`.
  void moved_in_time(const consumer_entry& entry, timestamp before);

  /// The consumer of that id; nullptr when there is none, or it is being removed.
  [[nodiscard]] entry_ptr find(const consumer_id& id) const;
  /// The same, also when it is being removed.
  [[nodiscard]] entry_ptr find_any(const consumer_id& id) const;
  /// A copy of the table, those that are being removed included.
  [[nodiscard]] std::vector<entry_ptr> all() const;
  [[nodiscard]] std::vector<entry_ptr> oldest_first() const;  ///< without those that are being removed

 private:
  std::shared_ptr<kept_views> kept_;
  std::unordered_map<consumer_id, entry_ptr> by_id_;
  std::map<std::pair<timestamp, std::string>, entry_ptr> by_age_;
};

}  // namespace kfs
