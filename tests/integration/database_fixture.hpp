#pragma once

#include <boost/test/unit_test.hpp>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "processors/database/connections.hpp"
#include "processors/sink_registry.hpp"
#include "tests/support/holds_value.hpp"
#include "tests/support/memory_batch.hpp"
#include "tests/support/postgres_server.hpp"

namespace kfs::integration {

/// The value of a result. Ends the test case with the error when there is none.
template <class T>
T value_of(result<T> got) {
  BOOST_TEST_REQUIRE(test::holds_value(got));
  return std::move(*got);
}
inline void succeed(const result<void>& got) {
  BOOST_TEST_REQUIRE(test::holds_value(got));
}

/// Database sinks without a server, in a new database of the shared PostgreSQL.
struct database_fixture {
  std::string url = test::new_database();
  record_source_ptr source = test::memory_source();
  sink_environment environment{.file_sink_directories = {},
                               .data_dir = {},
                               .files = {},
                               .database_hosts = {},
                               .databases = std::make_shared<database_connections>()};

  /// A sink with this configuration. Adds the URL of the database unless it has one.
  sink_ptr make(json config = json::object(), std::stop_token cancelled = {}) const {
    if (!config.contains("db_dsn")) config["db_dsn"] = url;
    processor_spec processor;
    processor.config = std::move(config);
    consumer_spec consumer;
    consumer.topic = source->topic;
    return find_sink_type("database_sync")
        ->make(consumer, processor, environment, {.cancelled = std::move(cancelled)}, 0);
  }

  sink_ptr opened(json config = json::object()) const {
    auto made = make(std::move(config));
    succeed(made->open());
    return made;
  }

  /// A sink that owns partition 0, as in a running consumer.
  sink_ptr owning(json config = json::object()) const {
    auto made = opened(std::move(config));
    value_of(made->positions(*source, std::vector<partition_number>{0}));
    return made;
  }

  /// Writes records from offset `first` on. Fails the test when a record is rejected.
  void write(sink& target, std::int64_t first, std::vector<test::memory_record> records) const {
    const auto rejected = value_of(target.write(test::memory_batch(source, first, std::move(records))));
    for (const auto& rejection : rejected) BOOST_TEST(false, rejection.why.message);
  }

  std::vector<test::sql_row> rows(const std::string& statement) const { return test::sql(url, statement); }
  std::int64_t number(const std::string& statement) const { return test::sql_number(url, statement); }
  void run(const std::string& statement) const { test::sql(url, statement); }
  /// Changes the default of a setting for all later sessions of the database.
  void set_default(const std::string& assignment) const {
    run("ALTER DATABASE \"" + url.substr(url.rfind('/') + 1) + "\" SET " + assignment);
  }
};

/// The error of a call that must fail.
template <class T>
error error_of(const result<T>& got) {
  BOOST_TEST_REQUIRE(!got.has_value(), "an error was expected");
  return got.error();
}

}  // namespace kfs::integration
