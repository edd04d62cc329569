#pragma once

#include <string>
#include <vector>

#include "config/access/audit_entry.hpp"
#include "config/base/error.hpp"
#include "config/consumers/accepted_versions.hpp"
#include "config/consumers/spec.hpp"
#include "config/consumers/wanted_consumer.hpp"

namespace kfs {

class access_store;

/// One entry of a consumer's history: the configuration of one revision.
struct revision_entry {
  revision rev;
  timestamp at;
  consumer_spec spec;
};

/// Keeps what is wanted: consumers, their target states and their revisions.
///
/// Each call is one transaction: when it has returned, kill -9 and a power failure lose nothing of it; before that,
/// nothing of it is visible. insert(), update(), set_target(), set_orders() and remove() answer with the number of the
/// change that they made; a store that only one replica can use does not count, and answers 0.
///
/// What changes a consumer takes the number of the last change of it that the caller knows: after another one, which a
/// replica has just made, nothing is changed, and the answer is stale_revision. 0: whatever it was. A store that does
/// not count ignores it.
///
/// A change that a user asked for brings its audit entry, which is written in the same transaction, completed with the
/// consumer, its tenant and its revisions: what cannot be audited does not happen. nullptr for changes that nobody
/// asked for.
///
/// Threading: one call at a time (the store actor's).
/// Errors:    store_unavailable when the store does not answer, and what each method names.
class consumer_store {
 public:
  virtual ~consumer_store() = default;

  /// Every consumer, oldest first (created_at, then id).
  virtual result<std::vector<consumer_spec>> load_all() = 0;

  /// One consumer, with the number of its last change.
  virtual result<stored_consumer> load(const consumer_id& id) = 0;

  /// Adds a consumer, without orders, and its first revision.
  /// Errors: already_exists; quota_exceeded; cannot_apply when its tenant does not exist, or when a consumer of another
  /// tenant uses the same group of the same cluster.
  virtual result<change_number> insert(const consumer_spec& spec, const audit_entry* entry = nullptr) = 0;

  /// Replaces the configuration and target of `changed.id` and appends `changed.rev` to its history. The tenant and the
  /// orders stay.
  /// Errors: not_found; stale_revision also when the stored revision is not `changed.rev - 1`, or when the stored
  /// consumer, made anew, is of another tenant; quota_exceeded when it has more instances than before, and too many;
  /// cannot_apply when it has another group or cluster than before, and a consumer of another tenant uses that group.
  virtual result<change_number> update(const consumer_spec& changed, const audit_entry* entry = nullptr,
                                       change_number known = {}) = 0;

  /// Sets the target state, without a new revision. It is a change even when the target is the same as before.
  /// Errors: not_found, stale_revision.
  virtual result<change_number> set_target(const consumer_id& id, target_state target,
                                           const audit_entry* entry = nullptr, change_number known = {}) = 0;

  /// Sets what operators have told the consumer, without a new revision. Errors: not_found, stale_revision.
  virtual result<change_number> set_orders(const consumer_id& id, const standing_orders& orders,
                                           const audit_entry* entry = nullptr, change_number known = {}) = 0;

  /// Removes a consumer, its history, its accepted versions and what replicas have reported of it.
  /// Errors: not_found, stale_revision.
  virtual result<change_number> remove(const consumer_id& id, const audit_entry* entry = nullptr,
                                       change_number known = {}) = 0;

  /// The history of a consumer, oldest first. Errors: not_found.
  virtual result<std::vector<revision_entry>> history(const consumer_id& id) = 0;

  /// Stores that this version of a processor's destination accepts records, in place of an earlier version, and removes
  /// what was stored for earlier revisions. Does nothing when `rev` is not the consumer's current revision, or when the
  /// consumer does not exist.
  virtual result<void> store_accepted(const consumer_id& id, revision rev, const processor_id& processor,
                                      const std::string& version) = 0;

  /// What store_accepted() has stored for this revision of the consumer; empty when it has stored nothing.
  virtual result<accepted_versions> load_accepted(const consumer_id& id, revision rev) = 0;

  /// Checks that the store can be read and written now. Cheap: the readiness check calls it every few seconds.
  virtual result<void> ping() = 0;

  /// Keys, tenants and the audit, which are kept on the same connection.
  virtual access_store& access() = 0;
};

}  // namespace kfs
