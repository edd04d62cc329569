// Leases in a real PostgreSQL.

#include "cluster/store/lease_store.hpp"

#include <boost/test/unit_test.hpp>
#include <thread>

#include "config/store/postgres/store.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/store_samples.hpp"

namespace kfs::lease_store_test {

using namespace std::chrono_literals;

namespace {

replica_id named(const std::string& name) {
  return {name};
}

struct shared_store {
  test::postgres_server postgres;
  postgres_target target = *parse_postgres_url(postgres.url());
  consumer_spec spec = test::sample();

  shared_store() { BOOST_REQUIRE(open_postgres_store(target, "test")->insert(spec).has_value()); }

  own_replica presented(const std::string& name) const {
    return {.replica = {name}, .capacity = {}, .protocol = 1, .version = "1", .address = {}, .started_at = now()};
  }

  std::unique_ptr<lease_store> entered(const std::string& name, const std::string& run) const {
    auto store = std::make_unique<lease_store>(target, presented(name));
    std::optional<replica_row> seen;
    for (const auto& replica : value(store->see(0)).replicas)
      if (replica.row.replica.value == name) seen = replica.row;
    BOOST_REQUIRE(value(store->claim({run}, seen)));
    return store;
  }

  template <class T>
  static T value(result<T> answer) {
    BOOST_REQUIRE_MESSAGE(answer.has_value(), (answer ? std::string() : answer.error().message));
    return std::move(*answer);
  }

  instance_id first() const { return {spec.id, 0}; }

  /// The lease of the sample as it is now, with its holder's row, as a wish.
  lease_wish wish(lease_store& store) const {
    lease_wish made{.instance = first(), .seen = {}, .holder = {}};
    const auto seen = value(store.see(0));
    for (const auto& lease : *seen.leases)
      if (lease.instance == made.instance) made.seen = lease;
    for (const auto& replica : seen.replicas)
      if (made.seen && made.seen->holder == replica.row.replica) made.holder = replica.row;
    return made;
  }

  static std::vector<stored_lease> take(lease_store& store, const lease_wish& wish) {
    return value(store.take(std::vector{wish}));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(lease_store, shared_store)

BOOST_AUTO_TEST_CASE(a_sign_of_life_changes_the_own_row_and_shows_all) {
  const auto one = entered("one", "run-1");
  const auto two = entered("two", "run-2");
  const auto before = value(one->beat(0));
  BOOST_TEST(before.renewed);
  BOOST_TEST(before.replicas.size() == 2U);
  BOOST_TEST((before.when.asked <= before.when.answered));
  const auto after = value(two->beat(before.lease_changes));
  BOOST_TEST(!after.leases.has_value());
  const auto heartbeats = [](const cluster_sight& seen) {
    for (const auto& replica : seen.replicas)
      if (replica.row.replica == named("one")) return replica.row.heartbeats;
    return std::uint64_t{0};
  };
  BOOST_TEST(heartbeats(after) == heartbeats(before) + 1);
}

BOOST_AUTO_TEST_CASE(a_name_is_taken_only_from_the_row_that_was_seen) {
  const auto one = entered("one", "run-1");
  const auto seen = value(one->see(0)).replicas.at(0).row;
  kfs::lease_store other(target, presented("one"));
  BOOST_TEST(!value(other.claim({"run-2"}, std::nullopt)));
  BOOST_TEST(value(one->beat(0)).renewed);
  BOOST_TEST(!value(other.claim({"run-2"}, seen)));
  BOOST_TEST(value(other.claim({"run-2"}, value(other.see(0)).replicas.at(0).row)));
  BOOST_TEST(!value(one->beat(0)).renewed);
  BOOST_TEST(value(other.beat(0)).renewed);
}

BOOST_AUTO_TEST_CASE(a_lease_is_taken_once_and_each_epoch_is_greater) {
  const auto one = entered("one", "run-1");
  const auto two = entered("two", "run-2");
  const auto unowned = wish(*one);
  const auto taken = take(*one, unowned);
  BOOST_TEST_REQUIRE(taken.size() == 1U);
  BOOST_TEST(take(*two, unowned).empty());
  BOOST_TEST((wish(*two).seen == taken.at(0)));
  BOOST_REQUIRE(one->release(taken).has_value());
  const auto again = take(*two, wish(*two));
  BOOST_TEST_REQUIRE(again.size() == 1U);
  BOOST_TEST((again[0].term > taken[0].term));
  // What one releases is no longer its own.
  BOOST_REQUIRE(one->release(taken).has_value());
  BOOST_TEST((wish(*two).seen == again.at(0)));
}

BOOST_AUTO_TEST_CASE(a_lease_of_a_silent_holder_is_taken_only_if_the_holder_is_still_silent) {
  const auto one = entered("one", "run-1");
  const auto two = entered("two", "run-2");
  BOOST_TEST_REQUIRE(take(*one, wish(*one)).size() == 1U);
  const auto late = wish(*two);
  BOOST_TEST(value(one->beat(0)).renewed);
  BOOST_TEST(take(*two, late).empty());
  BOOST_TEST(take(*two, wish(*two)).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_released_lease_whose_holder_came_back_is_not_taken_twice) {
  const auto one = entered("one", "run-1");
  const auto two = entered("two", "run-2");
  const auto taken = take(*one, wish(*one));
  BOOST_REQUIRE(one->release(taken).has_value());
  const auto released = wish(*two);
  BOOST_TEST_REQUIRE(take(*one, released).size() == 1U);
  BOOST_TEST(take(*two, released).empty());
}

BOOST_AUTO_TEST_CASE(an_evicted_run_renews_and_takes_nothing_until_it_begins_another) {
  const auto one = entered("one", "run-1");
  BOOST_TEST(!value(one->give_order(named("nobody"), kfs::lease_store::order::evict)));
  BOOST_TEST(value(one->give_order(named("one"), kfs::lease_store::order::evict)));
  BOOST_TEST(!value(one->beat(0)).renewed);
  BOOST_TEST(take(*one, wish(*one)).empty());
  BOOST_TEST(value(one->claim({"run-1b"}, value(one->see(0)).replicas.at(0).row)));
  BOOST_TEST(value(one->beat(0)).renewed);
  BOOST_TEST(take(*one, wish(*one)).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_drain_outlives_the_run_and_an_orderly_end_frees_the_leases) {
  const auto one = entered("one", "run-1");
  BOOST_TEST_REQUIRE(take(*one, wish(*one)).size() == 1U);
  BOOST_TEST(value(one->give_order(named("one"), kfs::lease_store::order::drain)));
  BOOST_REQUIRE(one->leave().has_value());
  const auto ended = value(one->see(0));
  BOOST_TEST(ended.replicas.at(0).row.ended);
  BOOST_TEST(!ended.leases->at(0).holder.has_value());
  BOOST_TEST(!value(one->beat(0)).renewed);
  const auto again = entered("one", "run-2");
  const auto row = value(again->beat(0)).replicas.at(0).row;
  BOOST_TEST(row.draining);
  BOOST_TEST(!row.ended);
  BOOST_TEST(value(again->give_order(named("one"), kfs::lease_store::order::resume)));
  BOOST_TEST(!value(again->see(0)).replicas.at(0).row.draining);
}

BOOST_AUTO_TEST_CASE(leases_of_consumers_that_do_not_exist_are_not_taken_and_not_kept) {
  const auto one = entered("one", "run-1");
  const auto taken = take(*one, wish(*one));
  test::sql(postgres.url(), "DELETE FROM kafka_fetcher.consumers");
  BOOST_REQUIRE(one->release(taken).has_value());
  BOOST_TEST(value(one->see(0)).leases->empty());
  BOOST_TEST(take(*one, wish(*one)).empty());
}

BOOST_AUTO_TEST_CASE(a_lost_replica_is_forgotten_unless_it_came_back) {
  const auto one = entered("one", "run-1");
  const auto two = entered("two", "run-2");
  BOOST_TEST_REQUIRE(take(*one, wish(*one)).size() == 1U);
  const auto row = wish(*two).holder.value();
  BOOST_TEST(value(one->beat(0)).renewed);
  BOOST_REQUIRE(two->forget(std::vector{row}).has_value());
  BOOST_TEST(value(two->see(0)).replicas.size() == 2U);
  BOOST_REQUIRE(two->forget(std::vector{wish(*two).holder.value()}).has_value());
  const auto seen = value(two->see(0));
  BOOST_TEST(seen.replicas.size() == 1U);
  BOOST_TEST(!seen.leases->at(0).holder.has_value());
}

BOOST_AUTO_TEST_CASE(a_database_that_does_not_answer_is_given_up_in_time_and_asked_again) {
  const auto one = entered("one", "run-1");
  test::sql_session blocking(postgres.url());
  blocking.run("BEGIN; LOCK TABLE kafka_fetcher.replicas IN ACCESS EXCLUSIVE MODE");
  const auto asked = look::clock::now();
  const auto answer = one->beat(0);
  BOOST_TEST((look::clock::now() - asked < 2 * kfs::lease_store::bound));
  BOOST_REQUIRE(!answer.has_value());
  BOOST_TEST((answer.error().code == ec::store_unavailable));
  blocking.run("COMMIT");
  BOOST_TEST(test::eventually(20s, [&] { return one->beat(0).has_value(); }));
}

BOOST_AUTO_TEST_CASE(an_older_server_that_runs_the_consumers_is_waited_for) {
  test::sql_session older(postgres.url());
  older.run("SELECT pg_advisory_lock(x'6b66735f00000002'::bigint)");
  kfs::lease_store newer(target, presented("one"));
  const auto answer = newer.see(0);
  BOOST_REQUIRE(!answer.has_value());
  BOOST_TEST((answer.error().code == ec::standby), answer.error().message);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::lease_store_test
