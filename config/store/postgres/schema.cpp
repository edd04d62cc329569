#include "config/store/postgres/schema.hpp"

namespace kfs {
namespace {

// Times are milliseconds since the epoch. A spec is stored as text, so that the order of its keys survives.
// `target` counts, not the one within `spec`: it changes without a revision.
constexpr const char* first_schema = R"sql(
CREATE TABLE kafka_fetcher.consumers (
  id text PRIMARY KEY,
  target text NOT NULL CHECK (target IN ('stopped', 'started')),
  revision bigint NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  spec text NOT NULL
);

CREATE TABLE kafka_fetcher.revisions (
  consumer_id text NOT NULL REFERENCES kafka_fetcher.consumers (id) ON DELETE CASCADE,
  revision bigint NOT NULL,
  at bigint NOT NULL,
  spec text NOT NULL,
  PRIMARY KEY (consumer_id, revision)
);

-- Who ran the consumers last; empty: it ended in an orderly way.
CREATE TABLE kafka_fetcher.runner (
  only_row integer PRIMARY KEY CHECK (only_row = 1),
  replica text NOT NULL,
  pings bigint NOT NULL
);
INSERT INTO kafka_fetcher.runner VALUES (1, '', 0);
)sql";

// The version of each processor's destination that last accepted a record, in the consumer's revision of that time.
constexpr const char* versions_that_accept = R"sql(
CREATE TABLE kafka_fetcher.accepted_versions (
  consumer_id text NOT NULL REFERENCES kafka_fetcher.consumers (id) ON DELETE CASCADE,
  processor_id text NOT NULL,
  revision bigint NOT NULL,
  version text NOT NULL,
  PRIMARY KEY (consumer_id, processor_id)
);
)sql";

// Several replicas. `last_change` counts the changes of what is wanted, `last_lease` those of the leases, `last_report`
// the reports: whoever changes something takes the next number, and the row stays locked until its commit, so that
// numbers become visible in their order.
constexpr const char* several_replicas = R"sql(
CREATE TABLE kafka_fetcher.counters (
  only_row integer PRIMARY KEY CHECK (only_row = 1),
  last_change bigint NOT NULL,
  last_lease bigint NOT NULL,
  last_report bigint NOT NULL
);
INSERT INTO kafka_fetcher.counters VALUES (1, 1, 1, 1);

-- The number of the change that made the row as it is.
ALTER TABLE kafka_fetcher.consumers ADD COLUMN change bigint NOT NULL DEFAULT 1;

CREATE TABLE kafka_fetcher.replicas (
  replica text PRIMARY KEY,
  run text NOT NULL,              -- one start of a process
  heartbeats bigint NOT NULL,     -- changes with each sign of life
  draining boolean NOT NULL DEFAULT false,
  evicted text,                   -- the run that was evicted
  leaving boolean NOT NULL DEFAULT false,  -- the run gives everything away, and ends
  ended boolean NOT NULL DEFAULT false,
  capacity bigint,
  protocol integer NOT NULL,
  version text NOT NULL,
  address text NOT NULL,          -- of its link; empty: none
  started_at bigint NOT NULL,
  last_seen_at bigint NOT NULL    -- for people
);

-- Who runs each instance of a consumer. A row outlives its holder, so that epochs only grow.
CREATE TABLE kafka_fetcher.leases (
  consumer_id text NOT NULL,
  instance integer NOT NULL,
  replica text,                   -- NULL: released
  run text,
  epoch bigint NOT NULL,
  since bigint NOT NULL,
  PRIMARY KEY (consumer_id, instance)
);

-- What the holders tell of the instances that they run. Lost with a crash of the database, and then told again.
CREATE UNLOGGED TABLE kafka_fetcher.reports (
  consumer_id text NOT NULL,
  instance integer NOT NULL,
  epoch bigint NOT NULL,
  number bigint NOT NULL,         -- of the report; from counters.last_report
  change bigint NOT NULL,         -- of what is wanted, as far as the holder has made it so
  report text NOT NULL,
  PRIMARY KEY (consumer_id, instance)
);
)sql";

// The latest events of each consumer. `number` grows over all of them. `run` and `sequence` name an event for the
// replica that sends it, which sends it again when no answer comes.
constexpr const char* events = R"sql(
CREATE TABLE kafka_fetcher.events (
  number bigint PRIMARY KEY,
  consumer_id text NOT NULL REFERENCES kafka_fetcher.consumers (id) ON DELETE CASCADE,
  run text NOT NULL,
  sequence bigint NOT NULL,
  event text NOT NULL,
  UNIQUE (run, sequence)
);
CREATE INDEX events_of_consumer ON kafka_fetcher.events (consumer_id, number);
)sql";

// API keys, tenants and the audit. A server of the version before works on beside them: it leaves the new columns as
// they are. `tenant` counts, not the one within `spec`, which such a server drops. `instances`, `consumer_group` and
// `servers` are the footprint of the consumer (config/store/tenant_rules.hpp) in the revision `described`; another
// revision was written by such a server. A hash index, because the name of a group may be longer than other indexes
// take. `last_access` numbers the changes of keys and tenants, `last_audit` the entries of the audit. What only people
// read of an entry is within `details`; `run` is the lock of the process that wrote it (postgres_session).
constexpr const char* access = R"sql(
ALTER TABLE kafka_fetcher.consumers
  ADD COLUMN tenant text NOT NULL DEFAULT 'default',
  ADD COLUMN instances bigint NOT NULL DEFAULT 1,
  ADD COLUMN consumer_group text NOT NULL DEFAULT '',
  ADD COLUMN servers text NOT NULL DEFAULT '',
  ADD COLUMN described bigint NOT NULL DEFAULT 0;
CREATE INDEX consumers_of_tenant ON kafka_fetcher.consumers (tenant);
CREATE INDEX consumers_of_group ON kafka_fetcher.consumers USING hash (consumer_group);
CREATE INDEX consumers_to_describe ON kafka_fetcher.consumers (id) WHERE described <> revision;

ALTER TABLE kafka_fetcher.counters
  ADD COLUMN last_access bigint NOT NULL DEFAULT 1,
  ADD COLUMN last_audit bigint NOT NULL DEFAULT 0;

CREATE TABLE kafka_fetcher.api_keys (
  id text PRIMARY KEY,
  created_at bigint NOT NULL,
  key text NOT NULL,
  last_used_at bigint
);

CREATE TABLE kafka_fetcher.tenants (
  name text PRIMARY KEY,
  tenant text NOT NULL
);

CREATE TABLE kafka_fetcher.audit (
  id bigint PRIMARY KEY,
  at bigint NOT NULL,
  actor text NOT NULL,
  tenant text NOT NULL,
  action text NOT NULL,
  consumer_id text NOT NULL,
  status integer NOT NULL,
  outcome text NOT NULL,
  run bigint NOT NULL,
  details text NOT NULL
);
CREATE INDEX audit_by_time ON kafka_fetcher.audit (at, id);
CREATE INDEX audit_of_actor ON kafka_fetcher.audit (actor, id);
CREATE INDEX audit_of_tenant ON kafka_fetcher.audit (tenant, id);
CREATE INDEX audit_of_action ON kafka_fetcher.audit (action, id);
CREATE INDEX audit_of_consumer ON kafka_fetcher.audit (consumer_id, id);
CREATE INDEX audit_pending ON kafka_fetcher.audit (run) WHERE outcome = 'pending';
)sql";

// The key with which the secrets of consumers and revisions are encrypted; empty: with none. The row is there from the
// beginning, so that it can be locked.
constexpr const char* sealing = R"sql(
CREATE TABLE kafka_fetcher.sealing (
  only_row integer PRIMARY KEY CHECK (only_row = 1),
  key_id text NOT NULL
);
INSERT INTO kafka_fetcher.sealing VALUES (1, '');
)sql";

// The keys that a run of a replica has. A replica without a row has none.
constexpr const char* replica_keys = R"sql(
CREATE TABLE kafka_fetcher.replica_keys (
  replica text PRIMARY KEY REFERENCES kafka_fetcher.replicas (replica) ON DELETE CASCADE,
  run text NOT NULL,
  current_key text NOT NULL,      -- STORE_KEY
  readable_keys text[] NOT NULL   -- and STORE_KEYS_PREVIOUS
);
)sql";

// What operators have told a consumer (config/consumers/orders.hpp). A server of the version before works on beside
// them, and does not follow them.
constexpr const char* orders = R"sql(
ALTER TABLE kafka_fetcher.consumers ADD COLUMN orders text NOT NULL DEFAULT '{}';
CREATE INDEX consumers_with_orders ON kafka_fetcher.consumers (id) WHERE orders <> '{}';
)sql";

}  // namespace

const std::vector<migration>& postgres_migrations() {
  static const std::vector<migration> steps = {{1, first_schema}, {2, versions_that_accept}, {3, several_replicas}};
  return steps;
}

const std::vector<added_table>& postgres_added_tables() {
  static const std::vector<added_table> tables = {{"kafka_fetcher.events", events},
                                                  {"kafka_fetcher.audit", access},
                                                  {"kafka_fetcher.sealing", sealing},
                                                  {"kafka_fetcher.replica_keys", replica_keys},
                                                  {"kafka_fetcher.consumers_with_orders", orders}};
  return tables;
}

}  // namespace kfs
