// Keys, tenants and the audit in a real PostgreSQL meet the contract of every store and hold across replicas.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "tests/integration/postgres_store_fixture.hpp"

namespace kfs::postgres_access_test {

using namespace kfs::test;
using namespace std::chrono_literals;

BOOST_FIXTURE_TEST_SUITE(postgres_access, postgres_store_fixture)

#include "tests/support/access_cases.hpp"
#include "tests/support/audit_cases.hpp"

BOOST_AUTO_TEST_CASE(a_revoked_key_is_gone_for_every_replica_at_its_next_look) {
  auto stores = replicas(2);
  succeed(stores[0]->access().insert_key(some_key(), some_entry()));
  const auto known = access_of(*stores[1]);
  BOOST_TEST(known.keys.size() == 1U);
  succeed(stores[0]->access().remove_key("k1", some_entry()));
  const auto seen = stores[1]->access().load_access(known.number);
  BOOST_TEST_REQUIRE((seen && *seen));
  BOOST_TEST((*seen)->keys.empty());
}

BOOST_AUTO_TEST_CASE(entries_of_several_replicas_become_visible_in_the_order_of_their_ids) {
  auto stores = replicas(4);
  auto reader = of_replica("reader");
  succeed(reader->ping());
  std::atomic<int> writing{4};
  std::vector<std::jthread> threads;
  for (auto& store : stores) {
    threads.emplace_back([&] {
      const auto entry = some_entry();
      for (int i = 0; i < 50; ++i) {
        if (i % 2 == 0) static_cast<void>(store->access().append_audit(entry));
        if (i % 2 == 1) static_cast<void>(store->insert(consumer_of("default"), &entry));
      }
      --writing;
    });
  }
  // What was read once is never followed by an entry with a smaller id.
  std::vector<std::int64_t> read;
  while (true) {
    const bool last = writing == 0;
    for (const auto& entry : audit_of(*reader, {.after = read.empty() ? 0 : read.back(), .limit = 7}))
      read.push_back(entry.id);
    if (last && read.size() >= 200U) break;
    BOOST_REQUIRE(read.size() <= 200U);
    if (last && audit_of(*reader, {.after = read.back(), .limit = 7}).empty()) break;
  }
  BOOST_TEST(read.size() == 200U);
  BOOST_TEST(count("audit") == 200);
}

BOOST_AUTO_TEST_CASE(an_entry_of_a_killed_process_becomes_unknown_and_one_of_a_living_process_stays) {
  auto store = opened();
  auto entry = some_entry();
  entry.outcome = audit_outcome::pending;
  const auto own = store->access().append_audit(entry).value();
  int ends[2];
  BOOST_REQUIRE_EQUAL(::pipe(ends), 0);
  const pid_t child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    auto other = of_replica("other");
    const char appended = other->access().append_audit(entry) ? 'y' : 'n';
    if (::write(ends[1], &appended, 1) == 1) ::pause();
    ::_exit(1);
  }
  char appended = 'n';
  BOOST_REQUIRE_EQUAL(::read(ends[0], &appended, 1), 1);
  BOOST_REQUIRE_EQUAL(appended, 'y');
  BOOST_TEST(store->access().settle_audit().value() == 0U);  // both live
  ::kill(child, SIGKILL);
  int status = 0;
  BOOST_REQUIRE_EQUAL(::waitpid(child, &status, 0), child);
  ::close(ends[0]);
  ::close(ends[1]);
  std::size_t settled = 0;
  BOOST_TEST(eventually(5s, [&] { return (settled += store->access().settle_audit().value()) > 0; }));
  BOOST_TEST(settled == 1U);
  for (const auto& left : audit_of(*store))
    BOOST_TEST((left.outcome == (left.id == own ? audit_outcome::pending : audit_outcome::unknown)));
  succeed(store->access().write_audit({.finished = {{own, audit_outcome::done, 200}}}));
  BOOST_CHECK(audit_of(*store).at(0).outcome == audit_outcome::done);
}

/// Another replica may take a process that has lost its session for ended.
BOOST_AUTO_TEST_CASE(an_entry_that_another_replica_took_for_abandoned_can_still_be_finished) {
  auto store = opened();
  auto entry = some_entry();
  entry.outcome = audit_outcome::pending;
  const auto id = store->access().append_audit(entry).value();
  sql(url, "UPDATE kafka_fetcher.audit SET outcome = 'unknown'");
  succeed(store->access().write_audit({.finished = {{id, audit_outcome::done, 200}}}));
  BOOST_CHECK(audit_of(*store).at(0).outcome == audit_outcome::done);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_audited_does_not_happen) {
  auto store = opened();
  const auto spec = sample();
  succeed(store->insert(spec));
  succeed(store->access().put_tenant(some_tenant(), some_entry()));
  succeed(store->access().insert_key(some_key(), some_entry()));
  const auto before = access_of(*store);
  sql(url,
      "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE disk_full; END$$;"
      "CREATE TRIGGER no_room BEFORE INSERT ON kafka_fetcher.audit FOR EACH ROW EXECUTE FUNCTION no_room()");
  const auto entry = some_entry();
  fail_with(store->insert(sample(), &entry), ec::store_unavailable);
  fail_with(store->update(next_revision(spec), &entry), ec::store_unavailable);
  fail_with(store->set_target(spec.id, target_state::stopped, &entry), ec::store_unavailable);
  fail_with(store->remove(spec.id, &entry), ec::store_unavailable);
  fail_with(store->access().insert_key(some_key("k2"), entry), ec::store_unavailable);
  fail_with(store->access().remove_key("k1", entry), ec::store_unavailable);
  fail_with(store->access().put_tenant(some_tenant("other"), entry), ec::store_unavailable);
  fail_with(store->access().remove_tenant("payments", entry), ec::store_unavailable);
  fail_with(store->access().append_audit(entry), ec::store_unavailable);
  BOOST_CHECK(all_of(*store) == std::vector{spec});
  BOOST_CHECK(access_of(*store) == before);
}

/// The page is read by an index, whatever the filter: the time does not grow with the audit.
BOOST_AUTO_TEST_CASE(a_million_entries_are_read_by_pages_in_bounded_time) {
  auto store = opened();
  sql(url,
      "INSERT INTO kafka_fetcher.audit (id, at, actor, tenant, action, consumer_id, status, outcome, run, details)"
      " SELECT i, i * 1000, CASE WHEN i = 1000000 THEN 'rare' ELSE 'actor ' || i % 10 END, 'tenant ' || i % 10,"
      " 'start', 'consumer ' || i % 10000, 200, 'done', 1, '{\"kind\":\"api_key\"}'"
      " FROM generate_series(1, 1000000) AS n (i);"
      "UPDATE kafka_fetcher.counters SET last_audit = 1000000; ANALYZE kafka_fetcher.audit");
  const auto took = [&](const audit_filter& filter, std::size_t expected) {
    const auto began = std::chrono::steady_clock::now();
    const auto page = store->access().read_audit(filter);
    const auto time = std::chrono::steady_clock::now() - began;
    BOOST_TEST_REQUIRE(test::holds_value(page));
    BOOST_TEST(page->entries.size() == expected);
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
    BOOST_TEST_MESSAGE("a page of " << expected << " took " << ms << " ms");
    BOOST_TEST(ms < 2'000);
  };
  took({.limit = 1'000}, 1'000);
  took({.after = 999'000, .limit = 1'000}, 1'000);
  took({.after = 500'000, .limit = 1'000, .actor = "actor 7"}, 1'000);
  took({.limit = 1'000, .actor = "rare"}, 1);
  took({.limit = 1'000, .tenants = std::vector<std::string>{"tenant 3", "tenant 5", "none"}}, 1'000);
  took({.limit = 1'000, .consumer = "consumer 77"}, 100);
  took({.limit = 1'000, .actor = "actor 8", .tenants = std::vector<std::string>{"tenant 8"}, .action = "start"}, 1'000);
  took({.limit = 1'000, .action = "none"}, 0);
  took({.limit = 1'000, .from = at_ms(999'999'000)}, 2);
  took({.limit = 1'000, .actor = "rare", .from = at_ms(0), .to = at_ms(999'999'000)}, 0);
  BOOST_TEST(store->access().prune_audit(at_ms(500'000'000), 1'000).value() == 1'000U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::postgres_access_test
