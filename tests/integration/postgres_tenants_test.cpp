// The rules of tenants hold across replicas on a real PostgreSQL, and beside servers that do not know tenants.

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "config/store/spec_json.hpp"
#include "tests/integration/postgres_store_fixture.hpp"

namespace kfs::postgres_tenants_test {

using namespace kfs::test;

namespace {

struct fixture : postgres_store_fixture {
  using store_ptr = std::unique_ptr<consumer_store>;

  /// Calls `act` with each of the stores at the same time, and returns how many calls have succeeded. The others must
  /// have failed with `code`.
  template <class Act>
  static int race(std::vector<store_ptr>& stores, ec code, Act act) {
    std::atomic<int> succeeded{0};
    std::atomic<int> others{0};
    {
      std::atomic<bool> go{false};
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < stores.size(); ++i) {
        threads.emplace_back([&, i] {
          while (!go) std::this_thread::yield();
          const auto done = act(*stores[i], static_cast<int>(i));
          if (done) ++succeeded;
          if (!done && done.error().code != code) ++others;
        });
      }
      go = true;
    }
    BOOST_TEST(others.load() == 0);
    return succeeded.load();
  }

  /// As a server of the version before does, which knows neither tenants nor footprints.
  void store_as_before(const consumer_spec& spec) const {
    auto text = json::parse(to_stored_text(spec).value());
    text.erase("tenant");
    sql(url, "INSERT INTO kafka_fetcher.consumers (id, target, revision, created_at, updated_at, spec) VALUES ('" +
                 spec.id.value + "', 'started', " + std::to_string(spec.rev.value) + ", 1, 1, $old$" + text.dump() +
                 "$old$) ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, spec = excluded.spec");
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(postgres_tenants, fixture)

BOOST_AUTO_TEST_CASE(of_replicas_that_want_the_last_place_one_gets_it) {
  auto stores = replicas(6);
  succeed(stores[0]->access().put_tenant(some_tenant("payments", {.consumers = 10, .instances = 12}), some_entry()));
  for (int round = 1; round <= 10; ++round) {
    succeed(stores[0]->access().put_tenant(some_tenant("payments", {.consumers = round}), some_entry()));
    const auto entry = some_entry();
    const auto taken = race(stores, ec::quota_exceeded, [&entry](consumer_store& store, int) {
      return store.insert(consumer_of("payments"), &entry);
    });
    BOOST_TEST(taken == 1);
  }
  BOOST_TEST(stores[1]->access().usage("payments").value().consumers == 10);
  BOOST_TEST(audit_of(*stores[1], {.limit = 1'000, .action = "consumers.create"}).size() == 10U + 1U + 10U);
}

BOOST_AUTO_TEST_CASE(of_replicas_that_add_the_last_instances_one_does) {
  auto stores = replicas(4);
  std::vector<consumer_spec> specs;
  succeed(stores[0]->access().put_tenant(some_tenant("payments", {.instances = 9}), some_entry()));
  for (std::size_t i = 0; i < stores.size(); ++i) {
    specs.push_back(consumer_of("payments", 2));
    succeed(stores[0]->insert(specs.back()));
  }
  const auto grown = race(stores, ec::quota_exceeded, [&specs](consumer_store& store, int i) {
    auto more = next_revision(specs[static_cast<std::size_t>(i)]);
    more.options["instances"] = 3;
    return store.update(more);
  });
  BOOST_TEST(grown == 1);
  BOOST_TEST(stores[0]->access().usage("payments").value().instances == 9);
}

BOOST_AUTO_TEST_CASE(of_tenants_that_want_the_same_group_one_gets_it) {
  auto stores = replicas(4);
  for (int i = 0; i < 4; ++i)
    succeed(stores[0]->access().put_tenant(some_tenant("t" + std::to_string(i)), some_entry()));
  for (int round = 0; round < 10; ++round) {
    const auto group = make_uuid();
    const auto taken = race(stores, ec::cannot_apply, [&group](consumer_store& store, int i) {
      auto spec = consumer_of("t" + std::to_string(i));
      spec.consumer_group = group;
      return store.insert(spec);
    });
    BOOST_TEST(taken == 1);
  }
}

/// Either the tenant goes first, and nothing is added, or it stays.
BOOST_AUTO_TEST_CASE(a_tenant_is_not_removed_while_a_consumer_is_being_added) {
  auto stores = replicas(2);
  for (int round = 0; round < 20; ++round) {
    succeed(stores[0]->access().put_tenant(some_tenant(), some_entry()));
    const auto spec = consumer_of("payments");
    const auto done = race(stores, ec::cannot_apply, [&spec](consumer_store& store, int i) -> result<void> {
      if (i == 0) return store.access().remove_tenant("payments", some_entry());
      return store.insert(spec).map([](change_number) {});
    });
    BOOST_TEST(done == 1);
    if (stores[0]->access().usage("payments").value().consumers > 0) succeed(stores[0]->remove(spec.id));
  }
}

BOOST_AUTO_TEST_CASE(consumers_of_a_server_without_tenants_are_of_the_default_tenant_and_count_there) {
  succeed(opened()->insert(sample()));
  sql(url,
      "DROP TABLE kafka_fetcher.audit, kafka_fetcher.api_keys, kafka_fetcher.tenants;"
      "ALTER TABLE kafka_fetcher.counters DROP COLUMN last_access, DROP COLUMN last_audit;"
      "ALTER TABLE kafka_fetcher.consumers DROP COLUMN tenant, DROP COLUMN instances, DROP COLUMN consumer_group,"
      " DROP COLUMN servers, DROP COLUMN described CASCADE");
  const auto old = consumer_of("default", 3);
  store_as_before(old);
  auto store = opened();
  BOOST_TEST(all_of(*store).size() == 2U);
  BOOST_TEST(one_of(*store, old.id).wanted->spec.tenant == "default");
  BOOST_CHECK(store->access().usage("default").value() == (tenant_usage{.consumers = 2, .instances = 4}));
}

/// While servers are updated one after the other.
BOOST_AUTO_TEST_CASE(
    a_server_of_the_version_before_that_changes_a_consumer_takes_neither_its_tenant_nor_its_footprint) {
  auto store = opened();
  succeed(store->access().put_tenant(some_tenant("payments", {.instances = 6}), some_entry()));
  auto spec = consumer_of("payments", 1);
  succeed(store->insert(spec));
  spec = next_revision(spec);
  spec.options["instances"] = 4;
  store_as_before(spec);
  auto unknown = consumer_of("default", 1);
  store_as_before(unknown);
  BOOST_TEST(one_of(*store, spec.id).wanted->spec.tenant == "payments");
  fail_with(store->insert(consumer_of("payments", 3)), ec::quota_exceeded);
  succeed(store->insert(consumer_of("payments", 2)));
  auto taken = consumer_of("payments", 0);
  taken.consumer_group = unknown.consumer_group;
  fail_with(store->insert(taken), ec::cannot_apply);
  unknown = next_revision(unknown);
  unknown.options["instances"] = 9;
  store_as_before(unknown);
  unknown = next_revision(unknown);
  succeed(store->update(unknown));
  BOOST_TEST(store->access().usage("default").value().instances == 9);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::postgres_tenants_test
