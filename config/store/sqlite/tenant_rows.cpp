#include "config/store/sqlite/tenant_rows.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <utility>
#include <vector>

#include "config/store/access_json.hpp"

namespace kfs {
namespace {

/// No consumer of another tenant uses the group on a server of the same cluster.
result<void> check_group(SQLite::Database& database, const std::string& tenant_name, const consumer_footprint& wanted) {
  SQLite::Statement others(database, "SELECT servers FROM consumers WHERE consumer_group = ? AND tenant <> ?");
  others.bind(1, wanted.group);
  others.bind(2, tenant_name);
  while (others.executeStep()) {
    if (share_a_server(wanted.servers, others.getColumn(0).getString()))
      return tl::make_unexpected(group_of_another_tenant(from_stored_ascii(wanted.group)));
  }
  return {};
}

/// `added` is what the change has added to the usage.
result<void> check_usage(SQLite::Database& database, const tenant& limited, const tenant_usage& added) {
  if (!limited.quotas.consumers && !limited.quotas.instances) return {};
  const auto after = usage_of(database, limited.name);
  return check_quotas(limited, {after.consumers - added.consumers, after.instances - added.instances}, after);
}

}  // namespace

tenant stored_tenant(SQLite::Database& database, const std::string& name) {
  SQLite::Statement row(database, "SELECT tenant FROM tenants WHERE name = ?");
  row.bind(1, name);
  return row.executeStep() ? tenant_from_stored_text(row.getColumn(0).getString()) : tenant{};
}

tenant_usage usage_of(SQLite::Database& database, const std::string& name) {
  SQLite::Statement row(database, "SELECT count(*), coalesce(sum(instances), 0) FROM consumers WHERE tenant = ?");
  row.bind(1, name);
  row.executeStep();
  return {row.getColumn(0).getInt64(), row.getColumn(1).getInt64()};
}

result<void> check_new_consumer(SQLite::Database& database, const std::string& tenant_name,
                                const consumer_footprint& made) {
  const auto limited = stored_tenant(database, tenant_name);
  if (limited.name.empty() && tenant_name != tenant_of_all) return tl::make_unexpected(unknown_tenant(tenant_name));
  if (auto fits = check_usage(database, limited, {1, made.instances}); !fits) return fits;
  return check_group(database, tenant_name, made);
}

result<void> check_changed_consumer(SQLite::Database& database, const std::string& tenant_name,
                                    const consumer_footprint& before, const consumer_footprint& after) {
  if (after.instances > before.instances) {
    const auto limited = stored_tenant(database, tenant_name);
    if (auto fits = check_usage(database, limited, {0, after.instances - before.instances}); !fits) return fits;
  }
  if (after.group == before.group && after.servers == before.servers) return {};
  return check_group(database, tenant_name, after);
}

void describe_consumers(SQLite::Database& database) {
  std::vector<std::pair<std::string, consumer_footprint>> found;
  SQLite::Statement rows(database, "SELECT id, spec FROM consumers WHERE described <> revision");
  while (rows.executeStep())
    found.emplace_back(rows.getColumn(0).getString(), footprint_of_stored(rows.getColumn(1).getString()));
  SQLite::Statement describe(database,
                             "UPDATE consumers SET instances = ?, consumer_group = ?, servers = ?, described = revision"
                             " WHERE id = ?");
  for (const auto& [id, footprint] : found) {
    describe.bind(1, footprint.instances);
    describe.bind(2, footprint.group);
    describe.bind(3, footprint.servers);
    describe.bind(4, id);
    describe.exec();
    describe.reset();
  }
}

}  // namespace kfs
