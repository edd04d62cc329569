#include <SQLiteCpp/SQLiteCpp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "config/store/sqlite/schema.hpp"
#include "config/store/sqlite/store.hpp"
#include "tests/unit/config/store/sqlite_fixture.hpp"

namespace kfs::sqlite_store_test {

using namespace kfs::test;

namespace {

mode_t mode_of(const std::filesystem::path& path) {
  struct stat found {};
  BOOST_REQUIRE_EQUAL(::stat(path.c_str(), &found), 0);
  return found.st_mode & 07777U;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sqlite_store, sqlite_store_fixture)

#include "tests/support/store_cases.hpp"

BOOST_AUTO_TEST_CASE(what_may_hold_secrets_is_for_its_owner_only) {
  auto store = opened();
  succeed(store->insert(sample()));
  BOOST_TEST(mode_of(directory) == 0700U);
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    BOOST_TEST(mode_of(entry.path()) == 0600U, entry.path());
  }
}

BOOST_AUTO_TEST_CASE(missing_parents_of_the_directory_are_made) {
  succeed(opened_in(scratch.path() / "a" / "b" / "c" / "")->ping());
  BOOST_TEST(std::filesystem::exists(scratch.path() / "a" / "b" / "c" / "consumers.sqlite3"));
}

BOOST_AUTO_TEST_CASE(an_empty_file_is_brought_to_the_newest_schema) {
  std::filesystem::create_directories(directory);
  std::ofstream{file}.close();
  opened().reset();
  const SQLite::Database database(file.string());
  BOOST_TEST(schema_version(database) == sqlite_migrations().back().version);
}

BOOST_AUTO_TEST_CASE(migrations_are_numbered_without_gaps) {
  int expected = 0;
  for (const auto& step : sqlite_migrations()) BOOST_TEST(step.version == ++expected);
}

// A data directory of the first release: columns for each field and a table of processors.
BOOST_AUTO_TEST_CASE(a_store_of_schema_version_1_keeps_its_consumers_and_their_history) {
  std::filesystem::create_directories(directory);
  {
    SQLite::Database old(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    old.exec(sqlite_migrations().front().sql);
    old.exec("CREATE TABLE schema_version (version INTEGER PRIMARY KEY) STRICT; INSERT INTO schema_version VALUES (1)");
    old.exec(R"sql(
INSERT INTO consumers VALUES ('c1', 'broker', 9092, 'orders', 'grüße', '{"z":1,"a":2}', 'stopped', 2, 1000, 2000);
INSERT INTO consumers VALUES ('c2', 'broker', 9092, 'other', 'g', '{}', 'started', 1, 500, 500);
INSERT INTO processors VALUES ('c1', 0, 'p1', 'file_sink', '{"file_path":"/tmp/a"}', 1000, 1500);
INSERT INTO revisions VALUES ('c1', 1, 1000, '{"id":"c1","broker_ip":"broker","broker_port":9092,"topic":"first",
  "consumer_group":"grüße","processors":[],"options":{},"target":"started","created_at":1000,"updated_at":1000,
  "revision":1}');
INSERT INTO revisions VALUES ('c1', 2, 2000, '{"id":"c1","broker_ip":"broker","broker_port":9092,"topic":"orders",
  "consumer_group":"grüße","processors":[{"id":"p1","type":"file_sink","config":{"file_path":"/tmp/a"},
  "created_at":1000,"updated_at":1500}],"options":{"z":1,"a":2},"target":"started","created_at":1000,
  "updated_at":2000,"revision":2}');
INSERT INTO revisions VALUES ('c2', 1, 500, '{"id":"c2","broker_ip":"broker","broker_port":9092,"topic":"other",
  "consumer_group":"g","processors":[],"options":{},"target":"started","created_at":500,"updated_at":500,
  "revision":1}');
)sql");
  }
  consumer_spec first;
  first.id = consumer_id{"c1"};
  first.broker_ip = "broker";
  first.broker_port = 9092;
  first.topic = "orders";
  first.consumer_group = "grüße";
  first.processors = {{processor_id{"p1"}, "file_sink", {{"file_path", "/tmp/a"}}, at_ms(1'000), at_ms(1'500)}};
  first.options = json::parse(R"({"z":1,"a":2})");
  first.target = target_state::stopped;
  first.created_at = at_ms(1'000);
  first.updated_at = at_ms(2'000);
  first.rev = revision{2};

  auto store = opened();
  const auto consumers = all_of(*store);
  BOOST_REQUIRE_EQUAL(consumers.size(), 2U);
  BOOST_TEST(consumers[0].id.value == "c2");
  BOOST_CHECK(consumers[0].target == target_state::started);
  BOOST_CHECK(consumers[1] == first);
  BOOST_TEST(store->history(first.id)->size() == 2U);
  succeed(store->update(next_revision(first)));
  store.reset();
  store = opened();
  BOOST_TEST(store->history(first.id)->size() == 3U);
  BOOST_CHECK(all_of(*store)[1] == next_revision(first));
}

BOOST_AUTO_TEST_CASE(a_store_of_schema_version_2_keeps_its_consumers_and_then_remembers_accepted_versions) {
  const auto spec = sample();
  make_store_of_version(2, spec);
  auto store = opened();
  BOOST_CHECK(all_of(*store) == std::vector{spec});
  BOOST_TEST(accepted_of(*store, spec).empty());
  succeed(store->store_accepted(spec.id, spec.rev, spec.processors[0].id, "1"));
  BOOST_TEST(accepted_of(*store, spec).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_newer_schema_is_rejected) {
  opened().reset();
  SQLite::Database(file.string(), SQLite::OPEN_READWRITE).exec("INSERT INTO schema_version VALUES (1000)");
  refuses_to_open({file.string(), "schema version 1000", "run the newer server"});
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_database_is_rejected_with_its_path) {
  std::filesystem::create_directories(directory);
  std::ofstream(file) << std::string(8'192, 'x');
  refuses_to_open({file.string(), "restore it from a backup"});
}

BOOST_AUTO_TEST_CASE(a_damaged_database_is_rejected_with_its_path) {
  auto store = opened();
  for (int i = 0; i < 50; ++i) succeed(store->insert(sample()));
  store.reset();
  overwrite(3 * 4'096, std::string(20 * 4'096, '\x7F'));
  refuses_to_open({file.string(), "restore it from a backup"});
}

BOOST_AUTO_TEST_CASE(a_row_that_is_no_json_is_an_error_that_does_not_repeat_it) {
  opened()->insert(sample());
  SQLite::Database(file.string(), SQLite::OPEN_READWRITE).exec("UPDATE consumers SET spec = '{\"secret\": x'");
  const auto consumers = opened()->load_all();
  fail_with(consumers, ec::store_unavailable);
  BOOST_TEST(consumers.error().message.find(file.string()) != std::string::npos);
  BOOST_TEST(consumers.error().message.find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_directory_that_cannot_be_made_is_rejected_with_its_path) {
  std::ofstream{directory}.close();
  refuses_to_open({directory.string(), "DATA_DIR"});
}

BOOST_AUTO_TEST_CASE(a_second_opener_is_rejected_and_told_who_holds_which_file) {
  auto store = opened();
  refuses_to_open({file.string() + ".lock", "held by process " + std::to_string(::getpid())});
  store.reset();
  succeed(opened()->ping());
}

BOOST_AUTO_TEST_CASE(a_store_whose_file_was_removed_is_unavailable) {
  auto store = opened();
  succeed(store->ping());
  std::filesystem::remove(file);
  fail_with(store->ping(), ec::store_unavailable);
  fail_with(store->insert(sample()), ec::store_unavailable);
}

BOOST_AUTO_TEST_CASE(a_store_that_another_tool_keeps_locked_is_unavailable_and_recovers) {
  auto store = opened();
  {
    SQLite::Database tool(file.string(), SQLite::OPEN_READWRITE);
    const SQLite::Transaction held(tool, SQLite::TransactionBehavior::IMMEDIATE);
    fail_with(store->ping(), ec::store_unavailable);
  }
  succeed(store->ping());
}

// The child holds the lock too: that the parent can open the store shows that the lock ends with its process.
BOOST_AUTO_TEST_CASE(kill_9_loses_no_insert_that_was_answered) {
  std::size_t reported_before = 0;
  for (int round = 1; round <= 5; ++round) {
    int ends[2];
    BOOST_REQUIRE_EQUAL(::pipe(ends), 0);
    const pid_t child = ::fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) {
      auto store = open_sqlite_store(directory);
      for (char inserted = 1; store && (*store)->insert(sample()) && ::write(ends[1], &inserted, 1) == 1;) continue;
      ::_exit(1);
    }
    ::close(ends[1]);
    std::size_t reported = 0;
    char one = 0;
    while (reported < static_cast<std::size_t>(7 * round) && ::read(ends[0], &one, 1) == 1) ++reported;
    ::kill(child, SIGKILL);
    int status = 0;
    BOOST_REQUIRE_EQUAL(::waitpid(child, &status, 0), child);
    while (::read(ends[0], &one, 1) == 1) ++reported;
    ::close(ends[0]);
    BOOST_TEST(WIFSIGNALED(status));

    auto store = opened();
    const auto consumers = all_of(*store);
    // The one insert in hand when the child died may or may not be there.
    BOOST_TEST(consumers.size() >= reported_before + reported);
    BOOST_TEST(consumers.size() <= reported_before + reported + 1);
    for (const auto& consumer : consumers) {
      BOOST_TEST(consumer.processors.size() == 2U);
      BOOST_TEST(store->history(consumer.id)->size() == 1U);
    }
    reported_before = consumers.size();
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::sqlite_store_test
