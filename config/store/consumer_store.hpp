#pragma once

#include <string>
#include <vector>

#include "config/base/error.hpp"
#include "config/consumers/spec.hpp"

namespace kfs {

/// One entry of a consumer's history: the configuration that a revision stood for.
struct revision_entry {
  revision rev;
  timestamp at;
  consumer_spec spec;
};

/// Keeps what is wanted: consumers, their target states and their revisions.
///
/// Each call is one transaction: after it returned, kill -9 and power failure lose nothing of it; before, nothing of it
/// is seen.
///
/// Threading: calls come from one thread at a time (the store actor).
/// Errors:    store_unavailable where the store did not answer; anything else as each call says.
class consumer_store {
 public:
  virtual ~consumer_store() = default;

  /// Every consumer, oldest first (created_at, then id).
  virtual result<std::vector<consumer_spec>> load_all() = 0;

  /// Adds a consumer and its first revision. already_exists when the id is taken.
  virtual result<void> insert(const consumer_spec& spec) = 0;

  /// Replaces the configuration and target of `changed.id` and appends `changed.rev` to its history.
  /// not_found; stale_revision when the stored revision is not `changed.rev - 1`.
  virtual result<void> update(const consumer_spec& changed) = 0;

  /// Sets what is wanted without making a revision. not_found.
  virtual result<void> set_target(const consumer_id& id, target_state target) = 0;

  /// Removes a consumer and its history. not_found.
  virtual result<void> remove(const consumer_id& id) = 0;

  /// The history of a consumer, oldest first. not_found.
  virtual result<std::vector<revision_entry>> history(const consumer_id& id) = 0;

  /// Answers whether the store can be read and written now. Cheap; readiness asks it every few seconds.
  virtual result<void> ping() = 0;
};

}  // namespace kfs
