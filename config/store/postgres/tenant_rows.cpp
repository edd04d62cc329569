#include "config/store/postgres/tenant_rows.hpp"

#include "config/store/access_json.hpp"
#include "config/store/postgres/schema.hpp"

namespace kfs {
namespace {

constexpr std::size_t described_at_a_time = 500;

/// What a check compares, read after it holds its locks.
struct sight {
  tenant limited;  ///< without a name: the tenant has no row
  bool described = true;
  std::string servers_of_others;  ///< that use the group in other tenants
};

/// Locks and reads in one round trip: each statement has a snapshot of its own, so the last one sees what whoever had
/// the locks before has committed. `wanted` is nullptr when the group need not be checked.
sight locked_sight(pqxx::work& transaction, const std::string& tenant_name, bool counts,
                   const consumer_footprint* wanted) {
  const auto name = transaction.quote(tenant_name);
  std::string locks;
  std::string others = "NULL::text";
  if (wanted != nullptr) {
    const auto group = transaction.quote(wanted->group);
    locks += "SELECT pg_advisory_xact_lock(" + std::to_string(postgres_group_lock) + ", hashtext(" + group + "));";
    others = "(SELECT string_agg(servers, ',') FROM kafka_fetcher.consumers WHERE consumer_group = " + group +
             " AND tenant <> " + name + ")";
  }
  if (counts) locks += "SELECT FROM kafka_fetcher.tenants WHERE name = " + name + " FOR UPDATE;";
  const auto found =
      transaction.exec(locks + "SELECT (SELECT tenant FROM kafka_fetcher.tenants WHERE name = " + name +
                       "), NOT EXISTS (SELECT FROM kafka_fetcher.consumers WHERE described <> revision), " + others);
  sight seen;
  if (!found[0][0].is_null()) seen.limited = tenant_from_stored_text(found[0][0].as<std::string>());
  seen.described = found[0][1].as<bool>();
  if (!found[0][2].is_null()) seen.servers_of_others = found[0][2].as<std::string>();
  return seen;
}

/// `added` is what the change has added to the usage.
result<void> check_usage(pqxx::work& transaction, const tenant& limited, const tenant_usage& added) {
  if (!limited.quotas.consumers && !limited.quotas.instances) return {};
  const auto after = usage_of(transaction, limited.name);
  return check_quotas(limited, {after.consumers - added.consumers, after.instances - added.instances}, after);
}

result<tenant_check> check_group(const sight& seen, const consumer_footprint& wanted) {
  if (share_a_server(wanted.servers, seen.servers_of_others))
    return tl::make_unexpected(group_of_another_tenant(from_stored_ascii(wanted.group)));
  return tenant_check::passed;
}

}  // namespace

result<tenant_check> check_new_consumer(pqxx::work& transaction, const std::string& tenant_name,
                                        const consumer_footprint& made) {
  const auto seen = locked_sight(transaction, tenant_name, true, &made);
  if (seen.limited.name.empty() && tenant_name != tenant_of_all)
    return tl::make_unexpected(unknown_tenant(tenant_name));
  if (!seen.described) return tenant_check::undescribed;
  if (auto fits = check_usage(transaction, seen.limited, {1, made.instances}); !fits)
    return tl::make_unexpected(fits.error());
  return check_group(seen, made);
}

result<tenant_check> check_changed_consumer(pqxx::work& transaction, const std::string& tenant_name,
                                            const consumer_footprint& before, const consumer_footprint& after) {
  const bool grows = after.instances > before.instances;
  const bool moves = after.group != before.group || after.servers != before.servers;
  if (!grows && !moves) return tenant_check::passed;
  const auto seen = locked_sight(transaction, tenant_name, grows, moves ? &after : nullptr);
  if (!seen.described) return tenant_check::undescribed;
  if (grows) {
    if (auto fits = check_usage(transaction, seen.limited, {0, after.instances - before.instances}); !fits)
      return tl::make_unexpected(fits.error());
  }
  return moves ? check_group(seen, after) : tenant_check::passed;
}

tenant_usage usage_of(pqxx::work& transaction, const std::string& name) {
  const auto found = transaction.exec(
      "SELECT count(*), coalesce(sum(instances), 0)::bigint FROM kafka_fetcher.consumers WHERE tenant = " +
      transaction.quote(name));
  return {found[0][0].as<std::int64_t>(), found[0][1].as<std::int64_t>()};
}

void describe_consumers(pqxx::work& transaction) {
  const auto found = transaction.exec(
      "SELECT id, spec FROM kafka_fetcher.consumers WHERE described <> revision ORDER BY id FOR UPDATE");
  std::string values;
  std::size_t waiting = 0;
  const auto write = [&] {
    if (waiting == 0) return;
    transaction.exec(
        "UPDATE kafka_fetcher.consumers AS kept SET instances = made.instances, consumer_group = made.consumer_group,"
        " servers = made.servers, described = revision FROM (VALUES " +
        values + ") AS made (id, instances, consumer_group, servers) WHERE kept.id = made.id");
    values.clear();
    waiting = 0;
  };
  for (const auto& row : found) {
    const auto footprint = footprint_of_stored(row[1].as<std::string>());
    values += (values.empty() ? "(" : ", (") + transaction.quote(row[0].as<std::string>()) + ", " +
              std::to_string(footprint.instances) + ", " + transaction.quote(footprint.group) + ", " +
              transaction.quote(footprint.servers) + ")";
    if (++waiting == described_at_a_time) write();
  }
  write();
}

}  // namespace kfs
