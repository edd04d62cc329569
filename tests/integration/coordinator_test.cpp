// Three coordinators and their lease tables on one PostgreSQL, as three replicas have them.

#include "cluster/coordinator.hpp"

#include <boost/test/unit_test.hpp>
#include <set>

#include "config/store/postgres/store.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/store_samples.hpp"

namespace kfs::coordinator_test {

using namespace std::chrono_literals;
using test::eventually;
using clock = std::chrono::steady_clock;

namespace {

constexpr auto patience = 20s;
constexpr lease_times times{1500ms};

/// One replica without consumers: what is to end has ended at once, unless `holds_on`.
struct replica {
  replica(caf::actor_system& actors, const postgres_target& target, const std::string& name,
          std::optional<std::size_t> capacity = {})
      : system(actors), scoped(actors) {
    table = std::make_shared<lease_table>([this](const instance_id& instance, epoch term) {
      caf::anon_send(handle, vacated_atom::value, instance.consumer, instance.number, term.value);
    });
    handle = spawn_coordinator(actors, {.target = target,
                                        .self = {.replica = {name},
                                                 .capacity = capacity,
                                                 .protocol = 1,
                                                 .version = "1",
                                                 .address = {},
                                                 .started_at = now()},
                                        .times = times,
                                        .table = table,
                                        .view = std::make_shared<published_view>(),
                                        .log = logger(log_level::error, log_format::text),
                                        .name_is_taken = [this](const error&) { taken = true; },
                                        .tell_links = {}});
    caf::anon_send(handle, join_atom::value);
    table->listen([this](const std::optional<consumer_id>& changed) {
      const auto tenure = table->tenure(*changed, 0);
      if (tenure && tenure->ending && !holds_on) table->vacated(*changed, 0, tenure->epoch);
    });
  }
  ~replica() { kill(); }

  /// As kill -9 does: nothing is told to the others.
  void kill() {
    table->listen({});
    scoped->send_exit(handle, caf::exit_reason::kill);
    scoped->wait_for(handle);
  }

  void want(const wanted_instances& wanted) { caf::anon_send(handle, want_atom::value, wanted); }

  cluster_view_ptr view() {
    cluster_view_ptr seen;
    scoped->request(handle, patience, get_atom::value)
        .receive([&](const cluster_view_ptr& view) { seen = view; }, [](const caf::error&) {});
    BOOST_REQUIRE(seen != nullptr);
    return seen;
  }

  template <class Atom>
  bool order(Atom what, const std::string& name) {
    bool done_so = false;
    scoped->request(handle, patience, what, replica_id{name})
        .receive([&](done) { done_so = true; }, [](const caf::error&) {});
    return done_so;
  }

  std::size_t owned(const std::vector<consumer_spec>& all) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(all, [&](const auto& spec) { return table->owns(spec.id, 0, clock::now()); }));
  }

  caf::actor_system& system;
  caf::scoped_actor scoped;
  std::shared_ptr<lease_table> table;
  coordinator_actor handle;
  std::atomic<bool> taken = false;
  std::atomic<bool> holds_on = false;
};

struct cluster {
  test::postgres_server postgres;
  postgres_target target = *parse_postgres_url(postgres.url());
  caf::actor_system_config configuration;
  caf::actor_system system{configuration};
  std::vector<consumer_spec> consumers;
  wanted_instances wanted;
  std::vector<std::unique_ptr<replica>> replicas;

  cluster() {
    const auto store = open_postgres_store(target, "test");
    auto all = std::make_shared<std::vector<wanted_instance>>();
    for (int i = 0; i < 12; ++i) {
      consumers.push_back(test::sample());
      BOOST_REQUIRE(store->insert(consumers.back()).has_value());
      all->push_back({.instance = {consumers.back().id, 0}, .together = {}});
    }
    wanted = all;
  }

  replica& join(const std::string& name, std::optional<std::size_t> capacity = {}) {
    auto& made = *replicas.emplace_back(std::make_unique<replica>(system, target, name, capacity));
    made.want(wanted);
    return made;
  }

  /// Each consumer is owned once, and so many by each replica. Checks meanwhile that none is owned twice.
  bool becomes(const std::vector<std::size_t>& shares) {
    return eventually(patience, [&] {
      for (const auto& consumer : consumers) {
        int owners = 0;
        for (const auto& one : replicas) owners += one->table->owns(consumer.id, 0, clock::now()) ? 1 : 0;
        BOOST_TEST_REQUIRE(owners <= 1);
      }
      std::vector<std::size_t> present;
      for (const auto& one : replicas) present.push_back(one->owned(consumers));
      std::ranges::sort(present);
      auto expected = shares;
      std::ranges::sort(expected);
      return present == expected;
    });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(coordinator, cluster)

BOOST_AUTO_TEST_CASE(replicas_share_the_instances_and_a_newcomer_gets_its_part) {
  join("one");
  BOOST_TEST_REQUIRE(becomes({12}));
  join("two");
  BOOST_TEST_REQUIRE(becomes({6, 6}));
  join("three");
  BOOST_TEST_REQUIRE(becomes({4, 4, 4}));
  BOOST_TEST(eventually(patience, [&] {
    const auto seen = replicas[0]->view();
    return seen->replicas.size() == 3 && seen->assignments.size() == 12 && seen->unassigned.empty();
  }));
  BOOST_TEST(
      eventually(patience, [&] { return replicas[2]->view()->assignments == replicas[0]->view()->assignments; }));
}

BOOST_AUTO_TEST_CASE(instances_of_a_killed_replica_are_taken_over_after_its_lease) {
  for (const auto* name : {"one", "two", "three"}) join(name);
  BOOST_TEST_REQUIRE(becomes({4, 4, 4}));
  const auto& orphan = consumers.at(0);
  const auto before = [&] {
    for (const auto& one : replicas)
      if (const auto tenure = one->table->tenure(orphan.id, 0)) return tenure->epoch;
    return std::uint64_t{0};
  }();
  replicas.erase(
      std::ranges::find_if(replicas, [&](const auto& one) { return one->table->owns(orphan.id, 0, clock::now()); }));
  const auto killed = clock::now();
  BOOST_TEST_REQUIRE(becomes({6, 6}));
  BOOST_TEST((clock::now() - killed < 2 * times.lease));
  for (const auto& one : replicas)
    if (const auto tenure = one->table->tenure(orphan.id, 0)) BOOST_TEST(tenure->epoch > before);
}

BOOST_AUTO_TEST_CASE(a_replica_that_ends_gives_its_instances_away_without_a_wait) {
  for (const auto* name : {"one", "two"}) join(name);
  BOOST_TEST_REQUIRE(becomes({6, 6}));
  const auto asked = clock::now();
  bool left = false;
  replicas[0]
      ->scoped->request(replicas[0]->handle, patience, leave_atom::value)
      .receive([&](done) { left = true; }, [](const caf::error&) {});
  BOOST_TEST(left);
  replicas.erase(replicas.begin());
  BOOST_TEST_REQUIRE(becomes({12}));
  BOOST_TEST((clock::now() - asked < times.lease));
  BOOST_TEST(eventually(patience, [&] { return replicas[0]->view()->replicas.size() == 1; }));
}

BOOST_AUTO_TEST_CASE(an_instance_moves_only_when_it_has_ended) {
  auto& one = join("one");
  BOOST_TEST_REQUIRE(becomes({12}));
  one.holds_on = true;
  auto& two = join("two");
  BOOST_TEST(eventually(patience, [&] { return one.owned(consumers) < 12; }));
  BOOST_TEST(test::stays(3s, [&] { return two.owned(consumers) == 0; }));
  one.holds_on = false;
  for (const auto& consumer : consumers)
    if (const auto tenure = one.table->tenure(consumer.id, 0); tenure && tenure->ending)
      one.table->vacated(consumer.id, 0, tenure->epoch);
  BOOST_TEST(becomes({6, 6}));
}

BOOST_AUTO_TEST_CASE(a_drained_replica_gives_everything_away_and_gets_its_part_back_after_resume) {
  for (const auto* name : {"one", "two"}) join(name);
  BOOST_TEST_REQUIRE(becomes({6, 6}));
  BOOST_TEST(!replicas[0]->order(drain_atom::value, "nobody"));
  BOOST_TEST(replicas[0]->order(drain_atom::value, "two"));
  BOOST_TEST(becomes({12, 0}));
  BOOST_TEST((replicas[0]->view()->replicas.at(1).state == replica_state::draining));
  BOOST_TEST(replicas[1]->order(resume_atom::value, "two"));
  BOOST_TEST(becomes({6, 6}));
}

BOOST_AUTO_TEST_CASE(an_evicted_replica_loses_its_leases_and_comes_back) {
  for (const auto* name : {"one", "two"}) join(name);
  BOOST_TEST_REQUIRE(becomes({6, 6}));
  BOOST_TEST(replicas[0]->order(evict_atom::value, "two"));
  BOOST_TEST(becomes({6, 6}));
  BOOST_TEST(eventually(patience, [&] {
    const auto seen = replicas[0]->view();
    return seen->replicas.size() == 2 && seen->replicas.at(1).state == replica_state::active;
  }));
}

BOOST_AUTO_TEST_CASE(capacity_bounds_what_a_replica_takes_and_says_so) {
  auto& one = join("one", 5);
  BOOST_TEST_REQUIRE(becomes({5}));
  BOOST_TEST(one.view()->unassigned.size() == 7U);
  BOOST_TEST(one.view()->unassigned.at(0).reason.find("REPLICA_CAPACITY") != std::string::npos);
  join("two");
  BOOST_TEST(becomes({5, 7}));
}

BOOST_AUTO_TEST_CASE(without_the_database_no_right_outlives_its_lease_and_all_comes_back) {
  for (const auto* name : {"one", "two"}) join(name);
  BOOST_TEST_REQUIRE(becomes({6, 6}));
  postgres.stop_immediately();
  BOOST_TEST(becomes({0, 0}));
  postgres.start();
  BOOST_TEST(becomes({6, 6}));
}

BOOST_AUTO_TEST_CASE(a_second_process_of_the_same_name_is_told_and_takes_nothing) {
  join("one");
  BOOST_TEST_REQUIRE(becomes({12}));
  auto& twin = join("one");
  BOOST_TEST(eventually(patience, [&] { return twin.taken.load(); }));
  BOOST_TEST(becomes({12, 0}));
}

BOOST_AUTO_TEST_CASE(what_is_no_longer_wanted_is_given_up) {
  auto& one = join("one");
  BOOST_TEST_REQUIRE(becomes({12}));
  auto fewer = std::make_shared<std::vector<wanted_instance>>(*wanted);
  fewer->resize(3);
  one.want(fewer);
  BOOST_TEST(becomes({3}));
  BOOST_TEST(test::sql_number(postgres.url(), "SELECT count(*) FROM kafka_fetcher.leases WHERE replica IS NOT NULL") ==
             3);
}

BOOST_AUTO_TEST_CASE(a_database_of_an_hour_ago_is_taken_up_with_higher_epochs) {
  auto& one = join("one");
  BOOST_TEST_REQUIRE(becomes({12}));
  const auto before = one.table->tenure(consumers[0].id, 0)->epoch;
  test::sql(postgres.url(),
            "UPDATE kafka_fetcher.leases SET epoch = 1, replica = NULL, run = NULL; DELETE FROM kafka_fetcher.replicas;"
            "UPDATE kafka_fetcher.counters SET last_lease = 1");
  BOOST_TEST(eventually(patience, [&] {
    const auto tenure = one.table->tenure(consumers[0].id, 0);
    return tenure && tenure->epoch > before;
  }));
  BOOST_TEST(becomes({12}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::coordinator_test
