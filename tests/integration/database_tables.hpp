#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/integration/database_fixture.hpp"

namespace kfs::integration {

/// A sink with columns of a table `t` that the test makes, and what it rejects of batches of JSON values.
struct tables : database_fixture {
  std::int64_t next = 0;

  sink_ptr mapped(json columns, const json& more = json::object()) const {
    json config{{"table", "t"}, {"columns", std::move(columns)}};
    config.update(more);
    return owning(std::move(config));
  }

  static std::vector<test::memory_record> values(std::vector<std::string> all) {
    std::vector<test::memory_record> records;
    for (auto& value : all) records.push_back({.value = std::move(value)});
    return records;
  }

  /// Writes JSON values in one batch. Returns the indices of those that are rejected; the others are written then.
  std::vector<std::int64_t> rejected_of(sink& to, std::vector<std::string> all) {
    const auto whole = std::make_shared<test::memory_batch>(source, next, values(std::move(all)));
    const auto first = std::exchange(next, next + static_cast<std::int64_t>(whole->records().size()));
    const auto rejected = value_of(to.write(*whole));
    record_places places;
    std::vector<std::int64_t> indices;
    for (const auto& rejection : rejected) {
      BOOST_TEST((rejection.why.code == ec::record_rejected));
      indices.push_back(rejection.position.value - first);
      places.emplace(rejection.partition, rejection.position);
    }
    if (!rejected.empty()) BOOST_TEST(value_of(to.write(remaining_batch(whole, places))).empty());
    std::ranges::sort(indices);
    return indices;
  }

  /// The error of a batch that is not the records' fault.
  error fault_of(sink& to, std::vector<std::string> all) {
    return error_of(to.write(test::memory_batch(source, next, values(std::move(all)))));
  }

  std::string one(const std::string& statement) const { return rows(statement).at(0).at(0).value_or("NULL"); }
};

using indices = std::vector<std::int64_t>;

}  // namespace kfs::integration
