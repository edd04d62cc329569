// The store in a real PostgreSQL meets the contract of every store and is shared by replicas.

#include <boost/test/unit_test.hpp>
#include <thread>

#include "config/store/postgres/schema.hpp"
#include "config/store/postgres/store.hpp"
#include "config/store/spec_json.hpp"
#include "tests/integration/postgres_store_fixture.hpp"

namespace kfs::postgres_cases_test {

using namespace kfs::test;
using namespace std::chrono_literals;

namespace {

/// Ends all other sessions of the database, as an administrator or a failover does.
void end_sessions(const std::string& url) {
  sql(url,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
      " WHERE datname = current_database() AND pid <> pg_backend_pid()");
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(postgres_cases, postgres_store_fixture)

#include "tests/support/store_cases.hpp"

BOOST_AUTO_TEST_CASE(replicas_that_start_together_migrate_once_and_share_the_store) {
  std::vector<std::unique_ptr<consumer_store>> stores;
  for (int i = 0; i < 8; ++i) stores.push_back(of_replica("replica-" + std::to_string(i)));
  std::vector<result<void>> answers(stores.size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < stores.size(); ++i) {
      threads.emplace_back([&, i] { answers[i] = stores[i]->ping(); });
    }
  }
  for (const auto& answer : answers) succeed(answer);
  BOOST_TEST(count("schema_version") == std::int64_t(postgres_migrations().size()));
}

BOOST_AUTO_TEST_CASE(a_change_by_one_replica_is_seen_by_another_at_once) {
  auto first = opened();
  auto second = of_replica("two");
  const auto spec = sample();
  succeed(first->insert(spec));
  BOOST_CHECK(all_of(*second) == std::vector{spec});
  succeed(second->update(next_revision(spec)));
  fail_with(first->update(next_revision(spec)), ec::stale_revision);
  succeed(second->remove(spec.id));
  fail_with(first->set_target(spec.id, target_state::stopped), ec::not_found);
}

BOOST_AUTO_TEST_CASE(each_change_takes_the_next_number_and_one_that_fails_takes_none) {
  auto first = opened();
  auto second = of_replica("two");
  const auto spec = sample();
  const auto begin = counter("last_change");
  BOOST_TEST(first->insert(spec).value().value == begin + 1);
  BOOST_TEST(second->update(next_revision(spec)).value().value == begin + 2);
  fail_with(first->insert(spec), ec::already_exists);
  fail_with(first->update(next_revision(spec)), ec::stale_revision);
  fail_with(second->remove({"unknown"}), ec::not_found);
  BOOST_TEST(first->set_target(spec.id, spec.target).value().value == begin + 3);
  BOOST_TEST(first->set_target(spec.id, spec.target).value().value == begin + 4);
  BOOST_TEST(one_of(*second, spec.id).wanted->change == begin + 4);
  succeed(first->insert(sample()));
  BOOST_TEST(one_of(*second, spec.id).as_of.value == begin + 5);
  BOOST_TEST(second->remove(spec.id).value().value == begin + 6);
  BOOST_TEST(one_of(*first, spec.id).as_of.value == begin + 6);
  BOOST_TEST(counter("last_change") == begin + 6);
}

BOOST_AUTO_TEST_CASE(a_change_by_somebody_who_does_not_know_the_last_one_is_stale) {
  auto first = opened();
  auto second = of_replica("two");
  const auto spec = sample();
  const auto known = first->insert(spec).value();
  const auto last = second->set_orders(spec.id, {.paused = {.all = true}}, nullptr, known).value();
  fail_with(first->update(next_revision(spec), nullptr, known), ec::stale_revision);
  fail_with(first->set_target(spec.id, target_state::stopped, nullptr, known), ec::stale_revision);
  fail_with(first->set_orders(spec.id, {.restarts = 1}, nullptr, known), ec::stale_revision);
  fail_with(first->remove(spec.id, nullptr, known), ec::stale_revision);
  auto knowing = spec;
  knowing.orders.paused.all = true;
  BOOST_CHECK(all_of(*first) == std::vector{knowing});
  BOOST_TEST(counter("last_change") == last.value);
  const auto next = first->set_target(spec.id, target_state::stopped, nullptr, last).value();
  succeed(first->remove(spec.id, nullptr, next));
  fail_with(first->remove(spec.id, nullptr, next), ec::not_found);
}

BOOST_AUTO_TEST_CASE(a_removed_consumer_leaves_no_report_behind) {
  auto store = opened();
  const auto spec = sample();
  succeed(store->insert(spec));
  sql(url,
      "INSERT INTO kafka_fetcher.reports VALUES ('" + spec.id.value + "', 0, 1, 2, 1, '{}'), ('x', 0, 1, 2, 1, '{}')");
  succeed(store->remove(spec.id));
  BOOST_TEST(count("reports") == 1);
}

BOOST_AUTO_TEST_CASE(a_store_stands_by_while_an_older_server_has_the_lock_and_then_numbers_all_consumers_anew) {
  auto store = opened();
  const auto spec = sample();
  succeed(store->insert(spec));
  const auto known = one_of(*store, spec.id).wanted->change;
  store.reset();
  sql_session older(url);
  BOOST_TEST_REQUIRE(eventually(5s, [&] { return older_server_takes_lock(older); }));
  sql(url, "UPDATE kafka_fetcher.runner SET replica = 'old one'");
  store = of_replica("one");
  const auto refused = store->load_all();
  fail_with(refused, ec::standby);
  for (const auto* part : {"older version", "\"old one\"", "end it first"})
    BOOST_TEST(refused.error().message.find(part) != std::string::npos, refused.error().message);
  older.run("UPDATE kafka_fetcher.runner SET replica = ''; SELECT pg_advisory_unlock_all()");
  BOOST_TEST(eventually(3s, [&] { return store->ping().has_value(); }));
  BOOST_TEST(one_of(*store, spec.id).wanted->change > known);
  BOOST_TEST(one_of(*store, spec.id).wanted->change == counter("last_change"));
}

BOOST_AUTO_TEST_CASE(an_older_server_cannot_take_the_lock_while_a_replica_works) {
  auto store = opened();
  sql_session older(url);
  BOOST_TEST(!older_server_takes_lock(older));
  store.reset();
  BOOST_TEST(eventually(5s, [&] { return older_server_takes_lock(older); }));
}

BOOST_AUTO_TEST_CASE(an_older_server_that_has_not_signed_off_is_waited_for_once) {
  opened().reset();
  sql(url, "UPDATE kafka_fetcher.runner SET replica = 'old one'");
  auto store = of_replica("one");
  const auto began = std::chrono::steady_clock::now();
  const auto waits = store->ping();
  fail_with(waits, ec::standby);
  BOOST_TEST(waits.error().message.find("has not signed off") != std::string::npos, waits.error().message);
  BOOST_TEST(eventually(10s, [&] { return store->ping().has_value(); }));
  BOOST_TEST((std::chrono::steady_clock::now() - began > 5s));
  succeed(of_replica("two")->ping());
}

BOOST_AUTO_TEST_CASE(a_store_reconnects_after_its_session_was_ended) {
  auto store = opened();
  end_sessions(url);
  fail_with(store->insert(sample()), ec::store_unavailable);
  BOOST_TEST(eventually(4s, [&] { return store->ping().has_value(); }));
  succeed(store->insert(sample()));
}

/// A replica of the version before works on beside the new table: the version of the schema stays.
BOOST_AUTO_TEST_CASE(a_table_that_is_missing_is_added_without_a_new_version) {
  succeed(opened()->insert(sample()));
  sql(url, "DROP TABLE kafka_fetcher.events");
  BOOST_TEST(all_of(*of_replica("newer")).size() == 1U);
  BOOST_TEST(count("events") == 0);
  BOOST_TEST(count("schema_version") == std::int64_t(postgres_migrations().size()));
  BOOST_TEST(postgres_migrations().back().version == 3);
}

BOOST_AUTO_TEST_CASE(a_store_of_schema_version_1_keeps_its_consumers_and_then_remembers_accepted_versions) {
  sql(url, std::string("CREATE SCHEMA kafka_fetcher;") + postgres_migrations().front().sql +
               "CREATE TABLE kafka_fetcher.schema_version (version integer PRIMARY KEY);"
               "INSERT INTO kafka_fetcher.schema_version VALUES (1);");
  const auto spec = sample();
  const auto text = to_stored_text(spec).value();
  sql(url, "INSERT INTO kafka_fetcher.consumers VALUES ('" + spec.id.value +
               "', 'started', 1, 1767268800123, 1767268800123, $old$" + text + "$old$)");
  auto store = opened();
  BOOST_CHECK(all_of(*store) == std::vector{spec});
  BOOST_TEST(accepted_of(*store, spec).empty());
  succeed(store->store_accepted(spec.id, spec.rev, spec.processors[0].id, "1"));
  BOOST_TEST(accepted_of(*store, spec).size() == 1U);
  BOOST_TEST(count("schema_version") == std::int64_t(postgres_migrations().size()));
}

BOOST_AUTO_TEST_CASE(a_newer_schema_is_rejected) {
  opened().reset();
  sql(url, "INSERT INTO kafka_fetcher.schema_version VALUES (1000)");
  const auto answer = of_replica("one")->ping();
  fail_with(answer, ec::store_unavailable);
  BOOST_TEST(answer.error().message.find("schema version 1000") != std::string::npos, answer.error().message);
}

BOOST_AUTO_TEST_CASE(a_row_that_is_not_json_is_an_error_that_does_not_repeat_it) {
  auto store = opened();
  succeed(store->insert(sample()));
  sql(url, "UPDATE kafka_fetcher.consumers SET spec = '{\"secret\": x'");
  const auto consumers = store->load_all();
  fail_with(consumers, ec::store_unavailable);
  BOOST_TEST(consumers.error().message.find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_call_on_a_locked_table_fails_in_time_and_a_later_one_succeeds) {
  auto store = opened();
  std::jthread holder([&] { sql(url, "BEGIN; LOCK TABLE kafka_fetcher.consumers; SELECT pg_sleep(5); COMMIT"); });
  BOOST_TEST_REQUIRE(eventually(3s, [&] {
    return sql_number(url,
                      "SELECT count(*) FROM pg_locks WHERE relation = 'kafka_fetcher.consumers'::regclass"
                      " AND mode = 'AccessExclusiveLock'") == 1;
  }));
  const auto answer = store->insert(sample());
  fail_with(answer, ec::store_unavailable);
  BOOST_TEST(answer.error().message.find("pg_stat_activity") != std::string::npos, answer.error().message);
  holder.join();
  succeed(store->insert(sample()));
  BOOST_TEST(all_of(*store).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_wrong_password_is_reported_without_repeating_it) {
  auto wrong = url;
  wrong.replace(wrong.find(":kfs@"), 5, ":s3cret@");
  const auto answer = open_postgres_store(parse_postgres_url(wrong).value(), "one")->ping();
  fail_with(answer, ec::store_unavailable);
  BOOST_TEST(answer.error().message.find("password authentication failed") != std::string::npos,
             answer.error().message);
  BOOST_TEST(answer.error().message.find("s3cret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_user_who_may_not_create_the_schema_is_told_what_to_do) {
  const auto role = unique_name("role");
  sql(url, "CREATE ROLE \"" + role + "\" LOGIN PASSWORD 'x'");
  auto as_role = url;
  as_role.replace(as_role.find("kfs:kfs@"), 8, role + ":x@");
  auto store = open_postgres_store(parse_postgres_url(as_role).value(), "one");
  const auto answer = store->ping();
  fail_with(answer, ec::store_unavailable);
  BOOST_TEST(answer.error().message.find("let its user create the schema") != std::string::npos,
             answer.error().message);
  sql(url, "CREATE SCHEMA kafka_fetcher AUTHORIZATION \"" + role + "\"");
  BOOST_TEST(eventually(4s, [&] { return store->ping().has_value(); }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::postgres_cases_test
