#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/access/api_key.hpp"
#include "config/access/audit_entry.hpp"
#include "config/access/tenant.hpp"
#include "config/base/error.hpp"

namespace kfs {

/// Every API key and every tenant, and the number of the last change of any of them.
struct stored_access {
  std::uint64_t number = 0;     ///< differs after each change; never 0
  std::vector<api_key> keys;    ///< by creation time, then by id
  std::vector<tenant> tenants;  ///< by name
  bool operator==(const stored_access&) const = default;
};

/// Selects entries of the audit. nullopt selects all.
struct audit_filter {
  std::int64_t after = 0;                                ///< only entries with a greater id
  std::size_t limit = 100;                               ///< at most that many; most_audit_page at most
  std::optional<std::string> actor = {};                 ///< its name
  std::optional<std::vector<std::string>> tenants = {};  ///< one of these
  std::optional<std::string> consumer = {};
  std::optional<std::string> action = {};
  std::optional<timestamp> from = {};  ///< at that time or later
  std::optional<timestamp> to = {};    ///< before that time
};

inline constexpr std::size_t most_audit_page = 1'000;

struct audit_page {
  std::vector<audit_entry> entries;  ///< by id
  bool more = false;                 ///< further entries follow
};

/// How a pending entry went, and the status of the answer.
struct audit_finish {
  std::int64_t id = 0;
  audit_outcome outcome = audit_outcome::done;
  int status = 0;
  bool operator==(const audit_finish&) const = default;
};

/// What is written to the audit together.
struct audit_batch {
  std::vector<audit_entry> entries = {};    ///< to be added, in this order
  std::vector<audit_finish> finished = {};  ///< of entries that are pending; where there is none, nothing happens
  /// An earlier call with this batch may have been carried out although it has failed: entries that it has added are
  /// not added again.
  bool again = false;
};

/// Keeps API keys, tenants and the audit, on the connection of a consumer_store.
///
/// Each call is one transaction, as in consumer_store. A call that changes keys or tenants writes its audit entry in
/// the same transaction: what cannot be audited does not happen.
///
/// Threading: one call at a time, those of the consumer_store included.
/// Errors:    store_unavailable when the store does not answer, standby, and what each method names.
class access_store {
 public:
  virtual ~access_store() = default;

  /// Keys and tenants; nullopt when the number of the last change is `known`. 0 is never the number. Cheap when nothing
  /// changed: every replica asks once a second. The use of a key is no change.
  virtual result<std::optional<stored_access>> load_access(std::uint64_t known) = 0;

  /// Errors: already_exists.
  virtual result<void> insert_key(const api_key& key, const audit_entry& entry) = 0;
  /// Errors: not_found.
  virtual result<void> remove_key(const std::string& id, const audit_entry& entry) = 0;
  /// Sets the time of the last use of keys, where it is later than the stored one. Unknown keys are ignored.
  virtual result<void> note_key_uses(const std::vector<std::pair<std::string, timestamp>>& uses) = 0;

  /// Makes the tenant, or replaces its quotas and lists; created_at stays. False when it existed. The entry gets the
  /// status that tells which.
  virtual result<bool> put_tenant(const tenant& changed, const audit_entry& entry) = 0;
  /// Removes it, also from the keys that name it, so that a new tenant of the name has none of them.
  /// Errors: not_found; cannot_apply while the tenant has consumers.
  virtual result<void> remove_tenant(const std::string& name, const audit_entry& entry) = 0;
  /// What the consumers of the tenant use; nothing when the tenant is unknown.
  virtual result<tenant_usage> usage(const std::string& tenant_name) = 0;

  /// Adds an entry and answers with its id.
  virtual result<std::int64_t> append_audit(const audit_entry& entry) = 0;
  virtual result<void> write_audit(const audit_batch& batch) = 0;
  virtual result<audit_page> read_audit(const audit_filter& filter) = 0;
  /// Removes at most `most` entries that are older than `before`, and answers how many.
  virtual result<std::size_t> prune_audit(timestamp before, std::size_t most) = 0;
  /// Entries that are pending, and whose process has ended, become unknown. The store does this itself when it opens;
  /// where several replicas share it, they call this now and then for those that were killed. Answers how many.
  virtual result<std::size_t> settle_audit() = 0;
};

/// The entry of a PUT: 201 when it `made` something, else 200.
inline audit_entry with_status(audit_entry entry, bool made) {
  entry.status = made ? 201 : 200;
  return entry;
}

}  // namespace kfs
