#pragma once

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/store/postgres/schema.hpp"
#include "config/store/postgres/store.hpp"
#include "tests/support/access_samples.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/postgres_server.hpp"

namespace kfs::test {

/// A database of its own on the shared server, and stores in it.
struct postgres_store_fixture {
  std::string url = new_database();

  [[nodiscard]] std::unique_ptr<consumer_store> of_replica(const std::string& name) const {
    return open_postgres_store(parse_postgres_url(url).value(), name);
  }

  /// PostgreSQL may need a moment to end the session of the store that was closed before.
  [[nodiscard]] std::unique_ptr<consumer_store> opened() const {
    auto store = of_replica("one");
    auto usable = store->ping();
    const auto opens = [&] { return usable.has_value() || (usable = store->ping()).has_value(); };
    static_cast<void>(eventually(std::chrono::seconds(5), opens));
    succeed(usable);
    return store;
  }

  [[nodiscard]] std::vector<std::unique_ptr<consumer_store>> replicas(int count) const {
    std::vector<std::unique_ptr<consumer_store>> stores;
    for (int i = 0; i < count; ++i) {
      stores.push_back(of_replica("replica-" + std::to_string(i)));
      succeed(stores.back()->ping());
    }
    return stores;
  }

  [[nodiscard]] std::int64_t count(const std::string& table) const {
    return sql_number(url, "SELECT count(*) FROM kafka_fetcher." + table);
  }

  [[nodiscard]] std::uint64_t counter(const std::string& name) const {
    return static_cast<std::uint64_t>(sql_number(url, "SELECT " + name + " FROM kafka_fetcher.counters"));
  }

  /// As a server does that shares the consumers with nobody.
  [[nodiscard]] bool older_server_takes_lock(sql_session& session) const {
    session.run("SELECT pg_try_advisory_lock(" + std::to_string(postgres_runner_lock) + ")");
    return sql_number(
               url,
               "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND database "
               "= (SELECT oid FROM pg_database WHERE datname = current_database())") == 1;
  }
};

}  // namespace kfs::test
