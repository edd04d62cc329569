// The embedded store with a key, and what its files hold then.

#include <SQLiteCpp/SQLiteCpp.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "config/secrets/resolution.hpp"
#include "config/store/sqlite/store.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/holds_value.hpp"
#include "tests/support/sealing_samples.hpp"
#include "tests/support/store_samples.hpp"
#include "tests/support/temp_directory.hpp"

namespace kfs::sqlite_sealing_test {

using namespace kfs::test;

namespace {

struct sealed_store_fixture {
  test::temp_directory scratch;
  std::filesystem::path directory = scratch.path() / "data";

  /// The store with the keys of those letters, the first one current.
  std::unique_ptr<consumer_store> opened(const std::string& keys = "a") const {
    auto store = open_sqlite_store(directory, sealing_with(keys));
    BOOST_TEST_REQUIRE(test::holds_value(store));
    return std::move(*store);
  }

  /// The files of the store that hold `text` anywhere: the database with its free pages, its log, its shared memory.
  std::vector<std::string> files_with(const std::string& text) const {
    std::vector<std::string> found;
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
      ++files;
      if (test::file_text(entry.path()).find(text) != std::string::npos) found.push_back(entry.path().filename());
    }
    BOOST_TEST(files > 1);
    return found;
  }

  bool holds_secrets() const { return !files_with(secret_mark).empty(); }
};

std::string key_named(const std::string& letter) {
  return ring_of(letter).current();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sqlite_sealing, sealed_store_fixture)

#include "tests/support/store_cases.hpp"

BOOST_AUTO_TEST_CASE(no_file_of_the_store_holds_a_secret_while_it_runs_and_after_it) {
  const auto spec = with_secrets(sample());
  auto store = opened();
  succeed(store->insert(spec));
  succeed(store->update(next_revision(with_secrets(spec, "2"))));
  BOOST_TEST(!holds_secrets());
  BOOST_TEST(!files_with("fetcher").empty());
  store.reset();
  BOOST_TEST(!holds_secrets());
}

BOOST_AUTO_TEST_CASE(what_was_stored_in_plain_text_is_encrypted_at_the_first_start_with_a_key) {
  std::vector<consumer_spec> specs;
  {
    const auto plain = opened("");
    for (int i = 0; i < 250; ++i) {
      specs.push_back(with_secrets(sample(i)));
      succeed(plain->insert(specs.back()));
    }
    // What is removed and replaced leaves free pages and old pages in the log.
    for (int i = 0; i < 50; ++i) succeed(plain->remove(specs[static_cast<std::size_t>(i)].id));
    specs.erase(specs.begin(), specs.begin() + 50);
    for (auto& spec : specs) {
      spec = next_revision(spec);
      succeed(plain->update(spec));
    }
    BOOST_TEST(files_with(secret_mark).size() > 1U);
  }
  const auto store = opened();
  BOOST_TEST(files_with(secret_mark).empty());
  BOOST_CHECK(all_of(*store) == specs);
  const auto history = store->history(specs[0].id);
  BOOST_TEST_REQUIRE(test::holds_value(history));
  BOOST_CHECK(history->at(0).spec.options == specs[0].options);
}

BOOST_AUTO_TEST_CASE(a_start_that_ended_before_the_files_were_cleaned_is_made_up_for) {
  succeed(opened("")->insert(with_secrets(sample())));
  opened().reset();
  const auto file = directory / "consumers.sqlite3";
  {
    SQLite::Database database(file.string(), SQLite::OPEN_READWRITE);
    database.exec(std::string("PRAGMA secure_delete = OFF; CREATE TABLE left_over (text TEXT);"
                              "INSERT INTO left_over VALUES ('") +
                  secret_text + "'); DROP TABLE left_over;");
    database.exec("UPDATE sealing SET residue = 2");
  }
  BOOST_TEST(holds_secrets());
  const auto store = opened();
  BOOST_TEST(!holds_secrets());
}

BOOST_AUTO_TEST_CASE(a_log_that_another_process_reads_is_emptied_when_that_has_ended) {
  succeed(opened("")->insert(with_secrets(sample())));
  std::optional<SQLite::Database> reader(std::in_place, (directory / "consumers.sqlite3").string(),
                                         SQLite::OPEN_READWRITE);
  reader->exec("BEGIN");
  BOOST_TEST(reader->execAndGet("SELECT count(*) FROM consumers").getInt() == 1);
  const auto store = opened();
  succeed(store->ping());
  reader.reset();
  succeed(store->ping());
  BOOST_TEST(!holds_secrets());
}

BOOST_AUTO_TEST_CASE(a_new_key_reads_what_the_previous_one_wrote_and_replaces_it) {
  const auto spec = with_secrets(sample());
  succeed(opened("a")->insert(spec));
  BOOST_CHECK(all_of(*opened("ba")) == std::vector{spec});
  BOOST_TEST(files_with(key_named("a")).empty());
  BOOST_CHECK(all_of(*opened("b")) == std::vector{spec});
}

BOOST_AUTO_TEST_CASE(a_lost_key_destroys_nothing_and_can_be_given_later) {
  const auto spec = with_secrets(sample());
  succeed(opened("a")->insert(spec));
  for (const char* keys : {"b", "", "b"}) {
    auto store = opened(keys);
    const auto read = all_of(*store).at(0);
    BOOST_TEST(sealed_secret_in(read.options).has_value());
    succeed(store->set_target(spec.id, target_state::stopped));
  }
  auto expected = spec;
  expected.target = target_state::stopped;
  const auto found = opened("ba");
  BOOST_CHECK(one_of(*found, spec.id).wanted->spec == expected);
  BOOST_CHECK(found->history(spec.id)->at(0).spec.options == spec.options);
}

BOOST_AUTO_TEST_CASE(an_encrypted_store_takes_no_secret_in_plain_text_from_a_server_without_keys) {
  succeed(opened("a")->insert(with_secrets(sample())));
  const auto store = opened("");
  fail_with(store->insert(with_secrets(sample())), ec::secret_unavailable);
  BOOST_TEST(!holds_secrets());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::sqlite_sealing_test
