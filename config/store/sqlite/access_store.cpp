#include "config/store/sqlite/access_store.hpp"

#include "config/store/access_json.hpp"
#include "config/store/sqlite/audit_rows.hpp"
#include "config/store/sqlite/tenant_rows.hpp"

namespace kfs {
namespace {

std::int64_t to_number(timestamp at) {
  return at.time_since_epoch().count();
}

std::vector<api_key> all_keys(SQLite::Database& database) {
  std::vector<api_key> keys;
  SQLite::Statement rows(database, "SELECT key, last_used_at FROM api_keys ORDER BY created_at, id");
  while (rows.executeStep()) {
    keys.push_back(key_from_stored_text(rows.getColumn(0).getString()));
    if (!rows.getColumn(1).isNull())
      keys.back().last_used_at = timestamp(std::chrono::milliseconds(rows.getColumn(1).getInt64()));
  }
  return keys;
}

std::vector<tenant> all_tenants(SQLite::Database& database) {
  std::vector<tenant> tenants;
  SQLite::Statement rows(database, "SELECT tenant FROM tenants ORDER BY name");
  while (rows.executeStep()) tenants.push_back(tenant_from_stored_text(rows.getColumn(0).getString()));
  return tenants;
}

}  // namespace

result<std::optional<stored_access>> sqlite_access_store::load_access(std::uint64_t known) {
  return database_.guarded("read keys and tenants", [&]() -> result<std::optional<stored_access>> {
    SQLite::Transaction snapshot(database_.connection(), SQLite::TransactionBehavior::DEFERRED);
    SQLite::Statement counted(database_.connection(), "SELECT last_change FROM access_changes");
    if (!counted.executeStep()) return unreadable(database_.file(), "has no row in access_changes");
    const auto number = static_cast<std::uint64_t>(counted.getColumn(0).getInt64());
    if (number == known) return std::optional<stored_access>{};
    return stored_access{number, all_keys(database_.connection()), all_tenants(database_.connection())};
  });
}

result<void> sqlite_access_store::insert_key(const api_key& key, const audit_entry& entry) {
  return database_.in_transaction("store an API key", [&]() -> result<void> {
    SQLite::Statement row(database_.connection(),
                          "INSERT INTO api_keys (id, created_at, key, last_used_at) VALUES (?, ?, ?, ?)"
                          " ON CONFLICT (id) DO NOTHING");
    row.bind(1, to_stored_ascii(key.id));
    row.bind(2, to_number(key.created_at));
    row.bind(3, to_stored_text(key));
    if (key.last_used_at) row.bind(4, to_number(*key.last_used_at));
    if (row.exec() == 0) return failure(ec::already_exists, "API key " + key.id + " already exists");
    note_change(entry);
    return {};
  });
}

result<void> sqlite_access_store::remove_key(const std::string& id, const audit_entry& entry) {
  return database_.in_transaction("remove an API key", [&]() -> result<void> {
    SQLite::Statement row(database_.connection(), "DELETE FROM api_keys WHERE id = ?");
    row.bind(1, to_stored_ascii(id));
    if (row.exec() == 0) return failure(ec::not_found, "API key " + id + " not found");
    note_change(entry);
    return {};
  });
}

result<void> sqlite_access_store::note_key_uses(const std::vector<std::pair<std::string, timestamp>>& uses) {
  return database_.in_transaction("store when API keys were used", [&]() -> result<void> {
    SQLite::Statement row(database_.connection(),
                          "UPDATE api_keys SET last_used_at = ?1 WHERE id = ?2"
                          " AND (last_used_at IS NULL OR last_used_at < ?1)");
    for (const auto& [id, at] : uses) {
      row.bind(1, to_number(at));
      row.bind(2, to_stored_ascii(id));
      row.exec();
      row.reset();
    }
    return {};
  });
}

result<bool> sqlite_access_store::put_tenant(const tenant& changed, const audit_entry& entry) {
  return database_.in_transaction("store a tenant", [&]() -> result<bool> {
    const auto before = stored_tenant(database_.connection(), changed.name);
    auto kept = changed;
    if (!before.name.empty()) kept.created_at = before.created_at;
    SQLite::Statement row(database_.connection(),
                          "INSERT INTO tenants (name, tenant) VALUES (?, ?)"
                          " ON CONFLICT (name) DO UPDATE SET tenant = excluded.tenant");
    row.bind(1, kept.name);
    row.bind(2, to_stored_text(kept));
    row.exec();
    note_change(with_status(entry, before.name.empty()));
    return before.name.empty();
  });
}

result<void> sqlite_access_store::remove_tenant(const std::string& name, const audit_entry& entry) {
  return database_.in_transaction("remove a tenant", [&]() -> result<void> {
    SQLite::Statement row(database_.connection(), "DELETE FROM tenants WHERE name = ?");
    row.bind(1, name);
    if (row.exec() == 0) return failure(ec::not_found, "Tenant " + name + " not found");
    const auto used = usage_of(database_.connection(), name);
    if (used.consumers > 0) return tl::make_unexpected(tenant_in_use(name, used.consumers));
    for (auto& key : all_keys(database_.connection())) {
      if (std::erase(key.tenants, name) == 0) continue;
      SQLite::Statement narrowed(database_.connection(), "UPDATE api_keys SET key = ? WHERE id = ?");
      narrowed.bind(1, to_stored_text(key));
      narrowed.bind(2, to_stored_ascii(key.id));
      narrowed.exec();
    }
    note_change(entry);
    return {};
  });
}

result<tenant_usage> sqlite_access_store::usage(const std::string& tenant_name) {
  return database_.guarded("read what a tenant uses",
                           [&]() -> result<tenant_usage> { return usage_of(database_.connection(), tenant_name); });
}

result<std::int64_t> sqlite_access_store::append_audit(const audit_entry& entry) {
  return database_.in_transaction("write the audit",
                                  [&]() -> result<std::int64_t> { return append_entry(database_, entry); });
}

result<void> sqlite_access_store::write_audit(const audit_batch& batch) {
  return database_.in_transaction("write the audit", [&]() -> result<void> {
    write_batch(database_.connection(), batch);
    return {};
  });
}

result<audit_page> sqlite_access_store::read_audit(const audit_filter& filter) {
  return database_.guarded("read the audit", [&]() -> result<audit_page> {
    SQLite::Transaction snapshot(database_.connection(), SQLite::TransactionBehavior::DEFERRED);
    return read_entries(database_.connection(), filter);
  });
}

result<std::size_t> sqlite_access_store::prune_audit(timestamp before, std::size_t most) {
  return database_.in_transaction("remove old entries of the audit", [&]() -> result<std::size_t> {
    return prune_entries(database_.connection(), before, most);
  });
}

/// The entries of earlier processes were settled when the store was opened.
result<std::size_t> sqlite_access_store::settle_audit() {
  return std::size_t{0};
}

void sqlite_access_store::note_change(const audit_entry& entry) {
  database_.connection().exec("UPDATE access_changes SET last_change = last_change + 1");
  append_entry(database_, entry);
}

}  // namespace kfs
