#include "config/store/sqlite/schema.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

namespace kfs {
namespace {

// Times are milliseconds since the epoch. JSON is stored as text, so that the order of its keys survives.
constexpr const char* first_schema = R"sql(
CREATE TABLE consumers (
  id TEXT PRIMARY KEY,
  broker_ip TEXT NOT NULL,
  broker_port INTEGER NOT NULL CHECK (broker_port BETWEEN 0 AND 65535),
  topic TEXT NOT NULL,
  consumer_group TEXT NOT NULL,
  options TEXT NOT NULL,
  target TEXT NOT NULL CHECK (target IN ('stopped', 'started')),
  revision INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX consumers_by_age ON consumers (created_at, id);

CREATE TABLE processors (
  consumer_id TEXT NOT NULL REFERENCES consumers (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  config TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (consumer_id, position),
  UNIQUE (consumer_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE revisions (
  consumer_id TEXT NOT NULL REFERENCES consumers (id) ON DELETE CASCADE,
  revision INTEGER NOT NULL,
  at INTEGER NOT NULL,
  spec TEXT NOT NULL,
  PRIMARY KEY (consumer_id, revision)
) STRICT;

CREATE TABLE last_ping (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  count INTEGER NOT NULL
) STRICT;
INSERT INTO last_ping VALUES (1, 0);
)sql";

// One row holds a whole consumer, as in PostgreSQL. The newest revision of the history is what the dropped columns and
// the table of processors hold. `target` counts, not the one within `spec`: it changes without a revision.
constexpr const char* spec_in_one_column = R"sql(
ALTER TABLE consumers ADD COLUMN spec TEXT NOT NULL DEFAULT '';
UPDATE consumers SET spec = (
  SELECT spec FROM revisions WHERE consumer_id = consumers.id AND revision = consumers.revision
);
DROP TABLE processors;
ALTER TABLE consumers DROP COLUMN broker_ip;
ALTER TABLE consumers DROP COLUMN broker_port;
ALTER TABLE consumers DROP COLUMN topic;
ALTER TABLE consumers DROP COLUMN consumer_group;
ALTER TABLE consumers DROP COLUMN options;
)sql";

// The version of each processor's destination that last accepted a record, in the consumer's revision of that time.
constexpr const char* versions_that_accept = R"sql(
CREATE TABLE accepted_versions (
  consumer_id TEXT NOT NULL REFERENCES consumers (id) ON DELETE CASCADE,
  processor_id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  version TEXT NOT NULL,
  PRIMARY KEY (consumer_id, processor_id)
) STRICT, WITHOUT ROWID;
)sql";

// API keys, tenants and the audit. `instances`, `consumer_group` and `servers` are the footprint of the consumer
// (config/store/tenant_rules.hpp) in the revision `described`. `last_change` numbers the changes of keys and tenants.
// What only people read of an audit entry is within `details`.
constexpr const char* access = R"sql(
ALTER TABLE consumers ADD COLUMN tenant TEXT NOT NULL DEFAULT 'default';
ALTER TABLE consumers ADD COLUMN instances INTEGER NOT NULL DEFAULT 1;
ALTER TABLE consumers ADD COLUMN consumer_group TEXT NOT NULL DEFAULT '';
ALTER TABLE consumers ADD COLUMN servers TEXT NOT NULL DEFAULT '';
ALTER TABLE consumers ADD COLUMN described INTEGER NOT NULL DEFAULT 0;
CREATE INDEX consumers_of_tenant ON consumers (tenant, instances);
CREATE INDEX consumers_of_group ON consumers (consumer_group);

CREATE TABLE access_changes (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  last_change INTEGER NOT NULL
) STRICT;
INSERT INTO access_changes VALUES (1, 1);

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  created_at INTEGER NOT NULL,
  key TEXT NOT NULL,
  last_used_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE tenants (
  name TEXT PRIMARY KEY,
  tenant TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  tenant TEXT NOT NULL,
  action TEXT NOT NULL,
  consumer_id TEXT NOT NULL,
  status INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  details TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_time ON audit (at);
CREATE INDEX audit_of_actor ON audit (actor);
CREATE INDEX audit_of_tenant ON audit (tenant);
CREATE INDEX audit_of_action ON audit (action);
CREATE INDEX audit_of_consumer ON audit (consumer_id);
CREATE INDEX audit_pending ON audit (id) WHERE outcome = 'pending';
)sql";

// What operators have told a consumer (config/consumers/orders.hpp).
constexpr const char* orders = "ALTER TABLE consumers ADD COLUMN orders TEXT NOT NULL DEFAULT '{}';";

// An entry that comes changes one page of this table, and seven of the other one with its indexes. They are moved there
// many at once (audit_rows.cpp). The ids of an entry are the same in both.
constexpr const char* recent_audit = R"sql(
CREATE TABLE audit_recent (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  tenant TEXT NOT NULL,
  action TEXT NOT NULL,
  consumer_id TEXT NOT NULL,
  status INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  details TEXT NOT NULL
) STRICT;
INSERT INTO sqlite_sequence (name, seq) SELECT 'audit_recent', seq FROM sqlite_sequence WHERE name = 'audit';
CREATE VIEW audit_entries AS SELECT * FROM audit UNION ALL SELECT * FROM audit_recent;
)sql";

void apply(SQLite::Database& database, const migration& step) {
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  database.exec(step.sql);
  database.exec("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY) STRICT");
  SQLite::Statement record(database, "INSERT INTO schema_version VALUES (?)");
  record.bind(1, step.version);
  record.exec();
  transaction.commit();
}

}  // namespace

const std::vector<migration>& sqlite_migrations() {
  static const std::vector<migration> steps = {
      {1, first_schema}, {2, spec_in_one_column}, {3, versions_that_accept}, {4, access},
      {5, orders},       {6, recent_audit}};
  return steps;
}

int schema_version(const SQLite::Database& database) {
  if (!database.tableExists("schema_version")) return 0;
  SQLite::Statement newest(database, "SELECT coalesce(max(version), 0) FROM schema_version");
  newest.executeStep();
  return newest.getColumn(0).getInt();
}

void migrate(SQLite::Database& database) {
  const int applied = schema_version(database);
  for (const auto& step : sqlite_migrations()) {
    if (step.version > applied) apply(database, step);
  }
}

}  // namespace kfs
