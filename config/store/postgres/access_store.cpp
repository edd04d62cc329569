#include "config/store/postgres/access_store.hpp"

#include <algorithm>
#include <variant>

#include "config/store/access_json.hpp"
#include "config/store/postgres/audit_rows.hpp"
#include "config/store/postgres/tenant_rows.hpp"

namespace kfs {
namespace {

std::string number(timestamp at) {
  return std::to_string(at.time_since_epoch().count());
}

std::string quoted(pqxx::work& transaction, const std::string& text) {
  return transaction.quote(to_stored_ascii(text));
}

std::vector<api_key> all_keys(pqxx::work& transaction) {
  std::vector<api_key> keys;
  for (const auto& row :
       transaction.exec("SELECT key, last_used_at FROM kafka_fetcher.api_keys ORDER BY created_at, id COLLATE \"C\"")) {
    keys.push_back(key_from_stored_text(row[0].as<std::string>()));
    if (!row[1].is_null()) keys.back().last_used_at = timestamp(std::chrono::milliseconds(row[1].as<std::int64_t>()));
  }
  return keys;
}

std::vector<tenant> all_tenants(pqxx::work& transaction) {
  std::vector<tenant> tenants;
  for (const auto& row : transaction.exec("SELECT tenant FROM kafka_fetcher.tenants ORDER BY name COLLATE \"C\""))
    tenants.push_back(tenant_from_stored_text(row[0].as<std::string>()));
  return tenants;
}

}  // namespace

template <class Found, class Work>
result<Found> postgres_access_store::found_in(const std::string& tried, Work work) {
  Found found{};
  auto done = session_.transact(tried, [&](pqxx::work& transaction) -> result<void> {
    try {
      return work(transaction, found);
    } catch (const json::exception&) {
      return session_.unreadable_row();
    }
  });
  if (!done) return tl::make_unexpected(done.error());
  return found;
}

/// The number is read before the rows: rows that are newer than it are read once more.
result<std::optional<stored_access>> postgres_access_store::load_access(std::uint64_t known) {
  using loaded = std::optional<stored_access>;
  return found_in<loaded>("read keys and tenants", [&](pqxx::work& transaction, loaded& found) -> result<void> {
    const auto counted = transaction.exec("SELECT last_access FROM kafka_fetcher.counters");
    if (counted.empty()) return session_.unusable("has no row in kafka_fetcher.counters; restore it from a backup");
    const auto last = counted[0][0].as<std::uint64_t>();
    if (last != known) found = stored_access{last, all_keys(transaction), all_tenants(transaction)};
    return {};
  });
}

result<void> postgres_access_store::insert_key(const api_key& key, const audit_entry& entry) {
  return session_.transact("store an API key", [&](pqxx::work& transaction) -> result<void> {
    const auto inserted = transaction.exec(
        "INSERT INTO kafka_fetcher.api_keys (id, created_at, key, last_used_at) VALUES (" +
        quoted(transaction, key.id) + ", " + number(key.created_at) + ", " + transaction.quote(to_stored_text(key)) +
        ", " + (key.last_used_at ? number(*key.last_used_at) : "NULL") + ") ON CONFLICT (id) DO NOTHING");
    if (inserted.affected_rows() == 0) return failure(ec::already_exists, "API key " + key.id + " already exists");
    note_change(transaction, entry);
    return {};
  });
}

result<void> postgres_access_store::remove_key(const std::string& id, const audit_entry& entry) {
  return session_.transact("remove an API key", [&](pqxx::work& transaction) -> result<void> {
    const auto removed = transaction.exec("DELETE FROM kafka_fetcher.api_keys WHERE id = " + quoted(transaction, id));
    if (removed.affected_rows() == 0) return failure(ec::not_found, "API key " + id + " not found");
    note_change(transaction, entry);
    return {};
  });
}

result<void> postgres_access_store::note_key_uses(const std::vector<std::pair<std::string, timestamp>>& uses) {
  if (uses.empty()) return {};
  auto ordered = uses;  // replicas lock the rows in the same order
  std::ranges::sort(ordered);
  return session_.transact("store when API keys were used", [&](pqxx::work& transaction) -> result<void> {
    std::string statements;
    for (const auto& [id, at] : ordered)
      statements += "UPDATE kafka_fetcher.api_keys SET last_used_at = " + number(at) +
                    " WHERE id = " + quoted(transaction, id) + " AND coalesce(last_used_at, 0) < " + number(at) + ";";
    transaction.exec(statements);
    return {};
  });
}

result<bool> postgres_access_store::put_tenant(const tenant& changed, const audit_entry& entry) {
  return found_in<bool>("store a tenant", [&](pqxx::work& transaction, bool& made) -> result<void> {
    const auto name = transaction.quote(changed.name);
    made = transaction
               .exec("INSERT INTO kafka_fetcher.tenants (name, tenant) VALUES (" + name + ", " +
                     transaction.quote(to_stored_text(changed)) + ") ON CONFLICT (name) DO NOTHING")
               .affected_rows() > 0;
    if (!made) {
      const auto before =
          transaction.exec("SELECT tenant FROM kafka_fetcher.tenants WHERE name = " + name + " FOR UPDATE");
      if (before.empty()) return failure(ec::not_found, "Tenant " + changed.name + " was just removed; send it again");
      auto kept = changed;
      kept.created_at = tenant_from_stored_text(before[0][0].as<std::string>()).created_at;
      transaction.exec("UPDATE kafka_fetcher.tenants SET tenant = " + transaction.quote(to_stored_text(kept)) +
                       " WHERE name = " + name);
    }
    note_change(transaction, with_status(entry, made));
    return {};
  });
}

/// Whoever adds a consumer locks the row of its tenant first, and sees here that it is gone.
result<void> postgres_access_store::remove_tenant(const std::string& name, const audit_entry& entry) {
  using nothing = std::monostate;
  auto done = found_in<nothing>("remove a tenant", [&](pqxx::work& transaction, nothing&) -> result<void> {
    const auto removed = transaction.exec("DELETE FROM kafka_fetcher.tenants WHERE name = " + transaction.quote(name));
    if (removed.affected_rows() == 0) return failure(ec::not_found, "Tenant " + name + " not found");
    const auto used = usage_of(transaction, name);
    if (used.consumers > 0) return tl::make_unexpected(tenant_in_use(name, used.consumers));
    for (auto& key : all_keys(transaction)) {
      if (std::erase(key.tenants, name) == 0) continue;
      transaction.exec("UPDATE kafka_fetcher.api_keys SET key = " + transaction.quote(to_stored_text(key)) +
                       " WHERE id = " + quoted(transaction, key.id));
    }
    note_change(transaction, entry);
    return {};
  });
  if (!done) return tl::make_unexpected(done.error());
  return {};
}

result<tenant_usage> postgres_access_store::usage(const std::string& tenant_name) {
  return found_in<tenant_usage>("read what a tenant uses",
                                [&](pqxx::work& transaction, tenant_usage& used) -> result<void> {
                                  used = usage_of(transaction, tenant_name);
                                  return {};
                                });
}

result<std::int64_t> postgres_access_store::append_audit(const audit_entry& entry) {
  return found_in<std::int64_t>("write the audit", [&](pqxx::work& transaction, std::int64_t& id) -> result<void> {
    id = append_entry(transaction, entry, session_.run());
    return {};
  });
}

result<void> postgres_access_store::write_audit(const audit_batch& batch) {
  using nothing = std::monostate;
  auto written = found_in<nothing>("write the audit", [&](pqxx::work& transaction, nothing&) -> result<void> {
    write_batch(transaction, batch, session_.run());
    return {};
  });
  if (!written) return tl::make_unexpected(written.error());
  return {};
}

result<audit_page> postgres_access_store::read_audit(const audit_filter& filter) {
  return found_in<audit_page>("read the audit", [&](pqxx::work& transaction, audit_page& page) -> result<void> {
    page = read_entries(transaction, filter);
    return {};
  });
}

result<std::size_t> postgres_access_store::prune_audit(timestamp before, std::size_t most) {
  return found_in<std::size_t>("remove old entries of the audit",
                               [&](pqxx::work& transaction, std::size_t& removed) -> result<void> {
                                 removed = prune_entries(transaction, before, most);
                                 return {};
                               });
}

result<std::size_t> postgres_access_store::settle_audit() {
  return found_in<std::size_t>("write the audit", [&](pqxx::work& transaction, std::size_t& settled) -> result<void> {
    settled = settle_entries(transaction, session_.run());
    return {};
  });
}

void postgres_access_store::note_change(pqxx::work& transaction, const audit_entry& entry) const {
  transaction.exec("UPDATE kafka_fetcher.counters SET last_access = last_access + 1, last_audit = last_audit + 1;" +
                   insertion_of(transaction, entry, "(SELECT last_audit FROM kafka_fetcher.counters)", session_.run()));
}

}  // namespace kfs
