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

}  // namespace

const std::vector<migration>& postgres_migrations() {
  static const std::vector<migration> steps = {{1, first_schema}, {2, versions_that_accept}};
  return steps;
}

}  // namespace kfs
