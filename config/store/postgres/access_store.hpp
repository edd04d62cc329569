#pragma once

#include "config/store/access_store.hpp"
#include "config/store/postgres/session.hpp"

namespace kfs {

/// Keys, tenants and the audit in PostgreSQL, shared by all replicas.
///
/// Locks rows in the order api_keys or tenants, counters, audit.
///
/// Ownership: of the store, as is the session, which outlives it.
class postgres_access_store final : public access_store {
 public:
  explicit postgres_access_store(postgres_session& session) : session_(session) {}

  result<std::optional<stored_access>> load_access(std::uint64_t known) override;
  result<void> insert_key(const api_key& key, const audit_entry& entry) override;
  result<void> remove_key(const std::string& id, const audit_entry& entry) override;
  result<void> note_key_uses(const std::vector<std::pair<std::string, timestamp>>& uses) override;
  result<bool> put_tenant(const tenant& changed, const audit_entry& entry) override;
  result<void> remove_tenant(const std::string& name, const audit_entry& entry) override;
  result<tenant_usage> usage(const std::string& tenant_name) override;
  result<std::int64_t> append_audit(const audit_entry& entry) override;
  result<void> write_audit(const audit_batch& batch) override;
  result<audit_page> read_audit(const audit_filter& filter) override;
  result<std::size_t> prune_audit(timestamp before, std::size_t most) override;
  result<std::size_t> settle_audit() override;

 private:
  /// Counts a change of keys or tenants, and writes its entry.
  void note_change(pqxx::work& transaction, const audit_entry& entry) const;

  /// Runs `work` in a transaction, as the session does, and returns what it has found.
  template <class Found, class Work>
  result<Found> found_in(const std::string& tried, Work work);

  postgres_session& session_;
};

}  // namespace kfs
