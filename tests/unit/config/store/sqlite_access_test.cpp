// Keys, tenants and the audit in SQLite meet the contract of every store.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <functional>

#include "tests/support/eventually.hpp"
#include "tests/unit/config/store/sqlite_fixture.hpp"

namespace kfs::sqlite_access_test {

using namespace kfs::test;

namespace {

struct fixture : sqlite_store_fixture {
  /// Entries of 10 actors and tenants and 10,000 consumers, one a second, and a last one of a rare actor.
  void fill_audit(int count) const {
    SQLite::Database(file.string(), SQLite::OPEN_READWRITE)
        .exec(
            "INSERT INTO audit_recent (at, actor, tenant, action, consumer_id, status, outcome, details)"
            " WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
            std::to_string(count) + ") SELECT i * 1000, CASE WHEN i = " + std::to_string(count) +
            " THEN 'rare' ELSE 'actor ' || (i % 10) END, 'tenant ' || (i % 10), 'start', 'consumer ' || (i % 10000),"
            " 200, 'done', '{\"kind\":\"api_key\",\"method\":\"POST\",\"path\":\"/consumers/x/start\"}' FROM n;"
            "INSERT INTO audit SELECT * FROM audit_recent; DELETE FROM audit_recent");
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sqlite_access, fixture)

#include "tests/support/access_cases.hpp"
#include "tests/support/audit_cases.hpp"

BOOST_AUTO_TEST_CASE(consumers_of_a_store_without_tenants_are_of_the_default_tenant_and_count_there) {
  auto spec = consumer_of("default", 3);
  spec.processors.clear();
  make_store_of_version(3, spec);
  auto store = opened();
  BOOST_TEST(all_of(*store).at(0).tenant == "default");
  BOOST_CHECK(store->access().usage("default").value() == (tenant_usage{.consumers = 1, .instances = 3}));
  succeed(store->access().put_tenant(some_tenant(), some_entry()));
  auto other = consumer_of("payments");
  other.consumer_group = spec.consumer_group;
  fail_with(store->insert(other), ec::cannot_apply);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_audited_does_not_happen) {
  auto store = opened();
  const auto spec = sample();
  succeed(store->insert(spec));
  succeed(store->access().put_tenant(some_tenant(), some_entry()));
  succeed(store->access().insert_key(some_key(), some_entry()));
  const auto before = access_of(*store);
  SQLite::Database(file.string(), SQLite::OPEN_READWRITE)
      .exec("CREATE TRIGGER full BEFORE INSERT ON audit_recent BEGIN SELECT RAISE(ABORT, 'no room'); END");
  const auto entry = some_entry();
  BOOST_TEST(!store->insert(sample(), &entry));
  BOOST_TEST(!store->update(next_revision(spec), &entry));
  BOOST_TEST(!store->set_target(spec.id, target_state::stopped, &entry));
  BOOST_TEST(!store->remove(spec.id, &entry));
  BOOST_TEST(!store->access().insert_key(some_key("k2"), entry));
  BOOST_TEST(!store->access().remove_key("k1", entry));
  BOOST_TEST(!store->access().put_tenant(some_tenant("other"), entry));
  BOOST_TEST(!store->access().remove_tenant("payments", entry));
  BOOST_TEST(!store->access().append_audit(entry));
  BOOST_CHECK(all_of(*store) == std::vector{spec});
  BOOST_CHECK(access_of(*store) == before);
}

BOOST_AUTO_TEST_CASE(an_entry_that_a_killed_process_left_pending_is_unknown_at_the_next_start) {
  int ends[2];
  BOOST_REQUIRE_EQUAL(::pipe(ends), 0);
  const pid_t child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    auto store = open_sqlite_store(directory);
    auto entry = some_entry();
    entry.outcome = audit_outcome::pending;
    const char appended = store && (*store)->access().append_audit(entry) ? 'y' : 'n';
    if (::write(ends[1], &appended, 1) == 1) ::pause();
    ::_exit(1);
  }
  char appended = 'n';
  BOOST_REQUIRE_EQUAL(::read(ends[0], &appended, 1), 1);
  BOOST_TEST(appended == 'y');
  ::kill(child, SIGKILL);
  int status = 0;
  BOOST_REQUIRE_EQUAL(::waitpid(child, &status, 0), child);
  ::close(ends[0]);
  ::close(ends[1]);
  auto store = opened();
  BOOST_REQUIRE(audit_of(*store).size() == 1U);
  BOOST_CHECK(audit_of(*store).front().outcome == audit_outcome::unknown);
}

// Many entries are moved to the table with indexes at once.
BOOST_AUTO_TEST_CASE(entries_are_found_whichever_table_they_are_in) {
  constexpr int count = 700;
  auto store = opened();
  for (int i = 1; i <= count; ++i) {
    auto entry = some_entry();
    entry.at = at_ms(i * 1'000);
    entry.actor.name = i % 7 == 0 ? "seventh" : "other";
    entry.outcome = audit_outcome::pending;
    BOOST_TEST(store->access().append_audit(entry).value() == i);
  }
  std::vector<std::int64_t> ids;
  for (bool more = true; more;) {
    const auto page = store->access().read_audit({.after = ids.empty() ? 0 : ids.back(), .limit = 100}).value();
    for (const auto& entry : page.entries) ids.push_back(entry.id);
    more = page.more;
  }
  BOOST_TEST(ids.size() == std::size_t{count});
  BOOST_TEST(std::ranges::is_sorted(ids, std::less_equal()));
  const auto found = [&](const audit_filter& filter) { return store->access().read_audit(filter).value().entries; };
  BOOST_TEST(found({.limit = 1'000, .actor = "seventh"}).size() == 100U);
  BOOST_TEST(found({.limit = 1'000, .from = at_ms(500'000), .to = at_ms(600'000)}).size() == 100U);
  succeed(store->access().write_audit(
      {.entries = {}, .finished = {{3, audit_outcome::done, 200}, {699, audit_outcome::done, 201}}}));
  BOOST_TEST(found({.after = 2, .limit = 1}).front().status == 200);
  BOOST_TEST(found({.after = 698, .limit = 1}).front().status == 201);
  BOOST_TEST(store->access().prune_audit(at_ms(701'000), 1'000).value() == std::size_t{count});
  BOOST_TEST(audit_of(*store).empty());
  BOOST_TEST(store->access().append_audit(some_entry()).value() == count + 1);
}

BOOST_AUTO_TEST_CASE(the_ids_of_entries_go_on_after_those_of_a_store_of_the_version_before) {
  make_store_of_version(5, sample());
  SQLite::Database(file.string(), SQLite::OPEN_READWRITE)
      .exec(
          "INSERT INTO audit (id, at, actor, tenant, action, consumer_id, status, outcome, details)"
          " VALUES (41, 1000, 'a', 't', 'start', 'c', 200, 'done', '{}')");
  auto store = opened();
  BOOST_TEST(store->access().append_audit(some_entry()).value() == 42);
  BOOST_TEST(audit_of(*store).size() == 2U);
}

/// The page is read by an index, whatever the filter: the time does not grow with the audit.
BOOST_AUTO_TEST_CASE(a_million_entries_are_read_by_pages_in_bounded_time) {
  auto store = opened();
  fill_audit(1'000'000);
  const auto took = [&](const audit_filter& filter, std::size_t expected) {
    const auto began = std::chrono::steady_clock::now();
    const auto page = store->access().read_audit(filter);
    const auto time = std::chrono::steady_clock::now() - began;
    BOOST_TEST_REQUIRE(test::holds_value(page));
    BOOST_TEST(page->entries.size() == expected);
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
    BOOST_TEST_MESSAGE("a page of " << expected << " took " << ms << " ms");
    BOOST_TEST(ms < 1'000);
  };
  took({.limit = 1'000}, 1'000);
  took({.after = 999'000, .limit = 1'000}, 1'000);
  took({.after = 500'000, .limit = 1'000, .actor = "actor 7"}, 1'000);
  took({.limit = 1'000, .actor = "rare"}, 1);
  took({.limit = 1'000, .tenants = std::vector<std::string>{"tenant 3", "tenant 5"}}, 1'000);
  took({.limit = 1'000, .consumer = "consumer 77"}, 100);
  took({.limit = 1'000, .from = at_ms(999'999'000)}, 2);
  took({.limit = 1'000, .actor = "rare", .from = at_ms(0), .to = at_ms(999'999'000)}, 0);
  BOOST_TEST(store->access().prune_audit(at_ms(500'000'000), 1'000).value() == 1'000U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::sqlite_access_test
