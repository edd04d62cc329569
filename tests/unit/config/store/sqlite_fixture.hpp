#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "config/store/spec_json.hpp"
#include "config/store/sqlite/schema.hpp"
#include "config/store/sqlite/store.hpp"
#include "tests/support/access_samples.hpp"
#include "tests/support/holds_value.hpp"
#include "tests/support/temp_directory.hpp"

namespace kfs::test {

/// A data directory, and the embedded store in it.
struct sqlite_store_fixture {
  temp_directory scratch;
  std::filesystem::path directory = scratch.path() / "data";
  std::filesystem::path file = directory / "consumers.sqlite3";

  std::unique_ptr<consumer_store> opened() const { return opened_in(directory); }

  static std::unique_ptr<consumer_store> opened_in(const std::filesystem::path& where) {
    auto store = open_sqlite_store(where);
    BOOST_TEST_REQUIRE(holds_value(store));
    return std::move(*store);
  }

  /// The database of an earlier server, with a consumer that has no tenant.
  void make_store_of_version(int version, const consumer_spec& spec) const {
    std::filesystem::create_directories(directory);
    SQLite::Database old(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    old.exec("CREATE TABLE schema_version (version INTEGER PRIMARY KEY) STRICT");
    for (const auto& step : sqlite_migrations()) {
      if (step.version > version) continue;
      old.exec(step.sql);
      old.exec("INSERT INTO schema_version VALUES (" + std::to_string(step.version) + ")");
    }
    auto text = json::parse(to_stored_text(spec).value());
    text.erase("tenant");
    SQLite::Statement row(old,
                          "INSERT INTO consumers (id, target, revision, created_at, updated_at, spec)"
                          " VALUES (?, ?, ?, ?, ?, ?)");
    row.bind(1, spec.id.value);
    row.bind(2, std::string(to_string(spec.target)));
    row.bind(3, spec.rev.value);
    row.bind(4, static_cast<std::int64_t>(spec.created_at.time_since_epoch().count()));
    row.bind(5, static_cast<std::int64_t>(spec.updated_at.time_since_epoch().count()));
    row.bind(6, text.dump());
    row.exec();
  }

  /// Opening fails as store_unavailable and the message holds all of these.
  void refuses_to_open(const std::vector<std::string>& words) const {
    const auto store = open_sqlite_store(directory);
    fail_with(store, ec::store_unavailable);
    for (const auto& word : words) {
      BOOST_TEST(store.error().message.find(word) != std::string::npos, store.error().message);
    }
  }

  void overwrite(std::streamoff offset, const std::string& bytes) const {
    std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
    stream.seekp(offset);
    stream << bytes;
  }
};

}  // namespace kfs::test
