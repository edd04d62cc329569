#pragma once

#include <boost/test/unit_test.hpp>
#include <vector>

#include "config/consumers/change.hpp"
#include "config/store/consumer_store.hpp"
#include "tests/support/holds_value.hpp"

/// Sample consumers, and checks that a call succeeds or fails, for the tests of all stores.
namespace kfs::test {

constexpr timestamp at_ms(std::int64_t number) {
  return timestamp{std::chrono::milliseconds{number}};
}

inline consumer_spec sample(std::int64_t created = 1'767'268'800'123) {
  consumer_request asked;
  asked.broker_ip = "broker";
  asked.broker_port = 65535;
  asked.topic = "orders";
  asked.consumer_group = "gr\xC3\xBC\xC3\x9F \xF0\x9F\x90\x98 ' \" ;--";
  asked.auto_start = true;
  asked.processors = {{std::nullopt, "file_sink", {{"z", 1}, {"a", {{"y", 1.5}, {"b", nullptr}}}}},
                      {std::nullopt, "database_sync", {{"db_dsn", "postgresql://u:p@h/d"}}}};
  asked.options = json::parse(R"({"stop_timeout_ms":1,"batch":{"max_wait_ms":2,"max_bytes":9007199254740993}})");
  return make_consumer(asked, at_ms(created));
}

inline consumer_spec next_revision(consumer_spec spec) {
  spec.rev.value += 1;
  spec.updated_at = at_ms(1'767'268'900'000);
  return spec;
}

inline std::vector<consumer_spec> all_of(consumer_store& store) {
  auto consumers = store.load_all();
  BOOST_TEST_REQUIRE(test::holds_value(consumers));
  return *consumers;
}

inline accepted_versions accepted_of(consumer_store& store, const consumer_spec& spec) {
  auto versions = store.load_accepted(spec.id, spec.rev);
  BOOST_TEST_REQUIRE(test::holds_value(versions));
  return *versions;
}

template <class T>
void succeed(const result<T>& done) {
  BOOST_TEST_REQUIRE(test::holds_value(done));
}

inline stored_consumer one_of(consumer_store& store, const consumer_id& id) {
  auto found = store.load(id);
  BOOST_TEST_REQUIRE(found.has_value());
  return *found;
}

template <class T>
void fail_with(const result<T>& done, ec code) {
  BOOST_REQUIRE(!done.has_value());
  BOOST_TEST(to_string(done.error().code) == to_string(code));
}

}  // namespace kfs::test
