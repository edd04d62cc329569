#include <SQLiteCpp/SQLiteCpp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "config/consumer_change.hpp"
#include "config/store/migrations.hpp"
#include "config/store/sqlite_store.hpp"
#include "tests/support/temp_directory.hpp"

using namespace kfs;

namespace {

constexpr timestamp at_ms(std::int64_t number) {
  return timestamp{std::chrono::milliseconds{number}};
}

consumer_spec sample(std::int64_t created = 1'767'268'800'123) {
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

consumer_spec next_revision(consumer_spec spec) {
  spec.rev.value += 1;
  spec.updated_at = at_ms(1'767'268'900'000);
  return spec;
}

std::unique_ptr<consumer_store> opened(const std::filesystem::path& directory) {
  auto store = open_sqlite_store(directory);
  BOOST_REQUIRE_MESSAGE(store.has_value(), (store ? "" : store.error().message));
  return std::move(*store);
}

std::vector<consumer_spec> all_of(consumer_store& store) {
  auto consumers = store.load_all();
  BOOST_REQUIRE_MESSAGE(consumers.has_value(), (consumers ? "" : consumers.error().message));
  return *consumers;
}

void succeed(const result<void>& done) {
  BOOST_REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().message));
}

template <class T>
void fail_with(const result<T>& done, ec code) {
  BOOST_REQUIRE(!done.has_value());
  BOOST_TEST(to_string(done.error().code) == to_string(code));
}

struct store_fixture {
  test::temp_directory scratch;
  std::filesystem::path directory = scratch.path() / "data";
  std::filesystem::path file = directory / "consumers.sqlite3";

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

mode_t mode_of(const std::filesystem::path& path) {
  struct stat found {};
  BOOST_REQUIRE_EQUAL(::stat(path.c_str(), &found), 0);
  return found.st_mode & 07777U;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sqlite_store, store_fixture)

BOOST_AUTO_TEST_CASE(a_consumer_comes_back_as_it_was_stored) {
  const auto spec = sample();
  auto store = opened(directory);
  succeed(store->insert(spec));
  BOOST_CHECK(all_of(*store) == std::vector{spec});
  store.reset();
  store = opened(directory);
  const auto loaded = all_of(*store).at(0);
  BOOST_CHECK(loaded == spec);
  BOOST_TEST(loaded.options.dump() == spec.options.dump());
  BOOST_TEST(loaded.processors[0].config.dump() == R"({"z":1,"a":{"y":1.5,"b":null}})");
}

BOOST_AUTO_TEST_CASE(a_big_configuration_comes_back_whole) {
  auto spec = sample();
  spec.processors[0].config["text"] = std::string(4'000'000, 'x') + std::string("\0\n", 2);
  auto store = opened(directory);
  succeed(store->insert(spec));
  BOOST_CHECK(all_of(*store) == std::vector{spec});
}

BOOST_AUTO_TEST_CASE(consumers_are_listed_oldest_first_and_then_by_id) {
  auto store = opened(directory);
  std::vector<consumer_spec> specs = {sample(3), sample(1), sample(2), sample(2)};
  for (const auto& spec : specs) succeed(store->insert(spec));
  std::sort(specs.begin(), specs.end(), [](const consumer_spec& a, const consumer_spec& b) {
    return std::tie(a.created_at, a.id) < std::tie(b.created_at, b.id);
  });
  BOOST_CHECK(all_of(*store) == specs);
}

BOOST_AUTO_TEST_CASE(an_id_is_taken_once) {
  auto store = opened(directory);
  const auto spec = sample();
  succeed(store->insert(spec));
  auto other = sample();
  other.id = spec.id;
  fail_with(store->insert(other), ec::already_exists);
  BOOST_CHECK(all_of(*store) == std::vector{spec});
}

BOOST_AUTO_TEST_CASE(a_change_replaces_everything_but_the_age) {
  auto store = opened(directory);
  const auto spec = sample();
  succeed(store->insert(spec));
  auto changed = next_revision(spec);
  changed.topic = "other";
  changed.target = target_state::stopped;
  changed.options = json::object();
  std::swap(changed.processors[0], changed.processors[1]);
  succeed(store->update(changed));
  BOOST_CHECK(all_of(*store) == std::vector{changed});
}

BOOST_AUTO_TEST_CASE(a_change_of_another_revision_than_the_stored_one_is_stale) {
  auto store = opened(directory);
  const auto spec = sample();
  succeed(store->insert(spec));
  fail_with(store->update(spec), ec::stale_revision);
  fail_with(store->update(next_revision(next_revision(spec))), ec::stale_revision);
  succeed(store->update(next_revision(spec)));
  fail_with(store->update(next_revision(spec)), ec::stale_revision);
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_not_found) {
  auto store = opened(directory);
  const auto spec = sample();
  fail_with(store->update(next_revision(spec)), ec::not_found);
  fail_with(store->set_target(spec.id, target_state::started), ec::not_found);
  fail_with(store->history(spec.id), ec::not_found);
  const auto removed = store->remove(spec.id);
  fail_with(removed, ec::not_found);
  BOOST_TEST(removed.error().message == "Consumer " + spec.id.value + " not found");
}

BOOST_AUTO_TEST_CASE(a_target_is_set_without_a_revision) {
  auto store = opened(directory);
  auto spec = sample();
  succeed(store->insert(spec));
  succeed(store->set_target(spec.id, target_state::stopped));
  spec.target = target_state::stopped;
  BOOST_CHECK(all_of(*store) == std::vector{spec});
  BOOST_TEST(store->history(spec.id)->size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_history_starts_with_what_was_created) {
  auto store = opened(directory);
  const auto spec = sample();
  auto changed = next_revision(spec);
  changed.topic = "other";
  succeed(store->insert(spec));
  succeed(store->set_target(spec.id, target_state::stopped));
  succeed(store->update(changed));
  const auto history = store->history(spec.id);
  BOOST_REQUIRE(history.has_value());
  BOOST_REQUIRE_EQUAL(history->size(), 2U);
  BOOST_CHECK((*history)[0].spec == spec);
  BOOST_TEST((*history)[0].rev.value == 1);
  BOOST_CHECK((*history)[0].at == spec.created_at);
  BOOST_CHECK((*history)[1].spec == changed);
  BOOST_CHECK((*history)[1].at == changed.updated_at);
}

BOOST_AUTO_TEST_CASE(a_removed_consumer_leaves_nothing_behind) {
  auto store = opened(directory);
  const auto spec = sample();
  succeed(store->insert(spec));
  succeed(store->remove(spec.id));
  BOOST_TEST(all_of(*store).empty());
  succeed(store->insert(spec));
  BOOST_TEST(store->history(spec.id)->size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_call_that_fails_leaves_nothing_behind) {
  auto store = opened(directory);
  auto twins = sample();
  twins.processors[1].id = twins.processors[0].id;
  fail_with(store->insert(twins), ec::internal);
  auto no_text = sample();
  no_text.topic = "\xFF";
  fail_with(store->insert(no_text), ec::internal);
  BOOST_TEST(all_of(*store).empty());
  succeed(store->ping());
}

BOOST_AUTO_TEST_CASE(what_may_hold_secrets_is_for_its_owner_only) {
  auto store = opened(directory);
  succeed(store->insert(sample()));
  BOOST_TEST(mode_of(directory) == 0700U);
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    BOOST_TEST(mode_of(entry.path()) == 0600U, entry.path());
  }
}

BOOST_AUTO_TEST_CASE(missing_parents_of_the_directory_are_made) {
  succeed(opened(scratch.path() / "a" / "b" / "c" / "")->ping());
  BOOST_TEST(std::filesystem::exists(scratch.path() / "a" / "b" / "c" / "consumers.sqlite3"));
}

BOOST_AUTO_TEST_CASE(an_empty_file_is_brought_to_the_newest_schema) {
  std::filesystem::create_directories(directory);
  std::ofstream{file}.close();
  opened(directory).reset();
  const SQLite::Database database(file.string());
  BOOST_TEST(schema_version(database) == schema_migrations().back().version);
}

BOOST_AUTO_TEST_CASE(migrations_are_numbered_without_gaps) {
  int expected = 0;
  for (const auto& step : schema_migrations()) BOOST_TEST(step.version == ++expected);
}

BOOST_AUTO_TEST_CASE(a_newer_schema_is_refused) {
  opened(directory).reset();
  SQLite::Database(file.string(), SQLite::OPEN_READWRITE).exec("INSERT INTO schema_version VALUES (1000)");
  refuses_to_open({file.string(), "schema version 1000", "run the newer server"});
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_database_is_refused_with_its_path) {
  std::filesystem::create_directories(directory);
  std::ofstream(file) << std::string(8'192, 'x');
  refuses_to_open({file.string(), "restore it from a backup"});
}

BOOST_AUTO_TEST_CASE(a_damaged_database_is_refused_with_its_path) {
  auto store = opened(directory);
  for (int i = 0; i < 50; ++i) succeed(store->insert(sample()));
  store.reset();
  overwrite(3 * 4'096, std::string(20 * 4'096, '\x7F'));
  refuses_to_open({file.string(), "restore it from a backup"});
}

BOOST_AUTO_TEST_CASE(a_row_that_is_no_json_is_an_error_that_does_not_repeat_it) {
  opened(directory)->insert(sample());
  SQLite::Database(file.string(), SQLite::OPEN_READWRITE).exec("UPDATE processors SET config = '{\"secret\": x'");
  const auto consumers = opened(directory)->load_all();
  fail_with(consumers, ec::store_unavailable);
  BOOST_TEST(consumers.error().message.find(file.string()) != std::string::npos);
  BOOST_TEST(consumers.error().message.find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_directory_that_cannot_be_made_is_refused_with_its_path) {
  std::ofstream{directory}.close();
  refuses_to_open({directory.string(), "DATA_DIR"});
}

BOOST_AUTO_TEST_CASE(a_second_opener_is_refused_and_told_who_holds_which_file) {
  auto store = opened(directory);
  refuses_to_open({file.string() + ".lock", "held by process " + std::to_string(::getpid())});
  store.reset();
  succeed(opened(directory)->ping());
}

BOOST_AUTO_TEST_CASE(a_store_whose_file_was_removed_is_unavailable) {
  auto store = opened(directory);
  succeed(store->ping());
  std::filesystem::remove(file);
  fail_with(store->ping(), ec::store_unavailable);
  fail_with(store->insert(sample()), ec::store_unavailable);
}

BOOST_AUTO_TEST_CASE(a_store_that_another_tool_keeps_locked_is_unavailable_and_recovers) {
  auto store = opened(directory);
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

    auto store = opened(directory);
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
