// The store in a real PostgreSQL with keys: what a dump holds, and how several replicas change the key.

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "config/secrets/resolution.hpp"
#include "config/store/postgres/store.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/sealing_samples.hpp"
#include "tests/support/store_samples.hpp"
#include "tests/support/temp_directory.hpp"

namespace kfs::postgres_sealing_test {

using namespace kfs::test;
using namespace std::chrono_literals;

namespace {

std::string key_named(const std::string& letter) {
  return ring_of(letter).current();
}

/// A part of each text that is sealed with that key.
std::string sealed_with(const std::string& letter) {
  return std::string(sealed_prefix) + "1:" + key_named(letter) + ":";
}

/// Replicas of one database, as the store sees them: a row with a sign of life, and a store.
struct replicas_fixture {
  std::string url = new_database();
  temp_directory files;

  /// A replica that lives, with the keys of those letters, the first one current.
  [[nodiscard]] std::unique_ptr<consumer_store> replica(const std::string& name, const std::string& keys) const {
    auto store = open_postgres_store(parse_postgres_url(url).value(), name, sealing_with(keys));
    auto usable = store->ping();
    const auto opens = [&] { return usable.has_value() || (usable = store->ping()).has_value(); };
    static_cast<void>(eventually(10s, opens));
    succeed(usable);
    lives(name, name + " 1");
    return store;
  }

  /// A store for the cases of all stores.
  [[nodiscard]] std::unique_ptr<consumer_store> opened() const { return replica("one", "a"); }

  void lives(const std::string& name, const std::string& run) const {
    sql(url,
        "INSERT INTO kafka_fetcher.replicas (replica, run, heartbeats, protocol, version, address, started_at,"
        " last_seen_at) VALUES ('" +
            name + "', '" + run +
            "', 1, 1, '', '', 0, extract(epoch FROM clock_timestamp()) * 1000)"
            " ON CONFLICT (replica) DO UPDATE SET run = excluded.run, ended = false,"
            " last_seen_at = excluded.last_seen_at");
  }

  void ends(const std::string& name) const {
    sql(url, "UPDATE kafka_fetcher.replicas SET ended = true WHERE replica = '" + name + "'");
  }

  [[nodiscard]] std::string key_of_store() const {
    return sql(url, "SELECT key_id FROM kafka_fetcher.sealing").at(0).at(0).value();
  }

  [[nodiscard]] std::string dump() const {
    const auto output = files.path() / unique_name("dump");
    child_process dumping{{.arguments = {"pg_dump", "--dbname=" + url},
                           .environment = inherited_environment(),
                           .working_directory = {},
                           .output = output}};
    BOOST_TEST_REQUIRE((dumping.wait(30s) == 0), file_text(output));
    auto text = file_text(output);
    BOOST_TEST(text.find("CREATE TABLE kafka_fetcher.consumers") != std::string::npos);
    return text;
  }
  [[nodiscard]] bool dump_holds(const std::string& text) const { return dump().find(text) != std::string::npos; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(postgres_sealing, replicas_fixture)

#include "tests/support/store_cases.hpp"

BOOST_AUTO_TEST_CASE(a_dump_holds_no_secret_from_the_first_write_on) {
  const auto store = open_postgres_store(parse_postgres_url(url).value(), "one", sealing_with("a"));
  const auto spec = with_secrets(sample());
  succeed(store->insert(spec));
  succeed(store->update(next_revision(with_secrets(spec, "2"))));
  BOOST_TEST(!dump_holds(secret_mark));
  BOOST_TEST(dump_holds("fetcher"));
  BOOST_TEST(key_of_store() == key_named("a"));
}

BOOST_AUTO_TEST_CASE(what_was_stored_in_plain_text_is_encrypted_with_its_history_and_nothing_else_changes) {
  std::vector<consumer_spec> specs;
  {
    const auto plain = replica("one", "");
    for (int i = 0; i < 120; ++i) {
      specs.push_back(with_secrets(sample(i)));
      succeed(plain->insert(specs.back()));
      specs.back() = next_revision(specs.back());
      succeed(plain->update(specs.back()));
    }
  }
  BOOST_TEST(dump_holds(secret_mark));
  const auto store = replica("one", "a");
  BOOST_TEST(eventually(30s, [&] {
    succeed(store->ping());
    return !dump_holds(secret_mark);
  }));
  auto found = all_of(*store);
  BOOST_CHECK(found == specs);
  BOOST_CHECK(store->history(specs[7].id)->at(0).spec.options == specs[7].options);
}

BOOST_AUTO_TEST_CASE(while_a_replica_has_no_key_everybody_can_read_all) {
  const auto older = replica("older", "");
  const auto newer = replica("newer", "a");
  const auto spec = with_secrets(sample());
  succeed(newer->ping());
  succeed(newer->insert(spec));
  BOOST_TEST(key_of_store().empty());
  BOOST_CHECK(all_of(*older) == std::vector{spec});
  ends("older");
  BOOST_TEST(eventually(30s, [&] {
    succeed(newer->ping());
    return !dump_holds(secret_mark);
  }));
  BOOST_CHECK(all_of(*newer) == std::vector{spec});
}

BOOST_AUTO_TEST_CASE(a_key_is_changed_when_the_last_of_three_replicas_has_the_new_one) {
  std::vector<std::unique_ptr<consumer_store>> stores;
  for (const char* name : {"one", "two", "three"}) stores.push_back(replica(name, "a"));
  std::vector<consumer_spec> specs{with_secrets(sample(1)), with_secrets(sample(2))};
  for (const auto& spec : specs) succeed(stores[0]->insert(spec));
  const auto ping_all = [&] {
    for (const auto& store : stores) succeed(store->ping());
  };
  ping_all();
  BOOST_TEST(key_of_store() == key_named("a"));
  int restarted = 0;
  for (const char* name : {"one", "two", "three"}) {
    stores[static_cast<std::size_t>(restarted)].reset();
    stores[static_cast<std::size_t>(restarted)] = replica(name, "ba");
    lives(name, std::string(name) + " 2");
    ping_all();
    ping_all();
    specs.push_back(with_secrets(sample(10 + restarted)));
    succeed(stores[static_cast<std::size_t>(restarted)]->insert(specs.back()));
    for (const auto& store : stores) BOOST_CHECK(all_of(*store) == specs);
    ++restarted;
    BOOST_TEST(key_of_store() == key_named(restarted == 3 ? "b" : "a"));
  }
  BOOST_TEST(eventually(30s, [&] {
    ping_all();
    return !dump_holds(sealed_with("a"));
  }));
  BOOST_TEST(!dump_holds(secret_mark));
  const auto without_previous = replica("four", "b");
  BOOST_CHECK(all_of(*without_previous) == specs);
}

BOOST_AUTO_TEST_CASE(two_replicas_that_have_each_others_key_do_not_change_it_in_turn) {
  const auto one = replica("one", "ab");
  const auto two = replica("two", "ba");
  for (int i = 0; i < 6; ++i) {
    succeed(one->ping());
    succeed(two->ping());
    BOOST_TEST(key_of_store() == key_named("a"));
  }
}

BOOST_AUTO_TEST_CASE(what_was_moved_is_a_change_so_that_a_replica_that_could_not_read_it_looks_again) {
  const auto both = replica("both", "ab");
  const auto spec = with_secrets(sample());
  succeed(both->insert(spec));
  const auto before = one_of(*both, spec.id).wanted->change;
  ends("both");
  const auto mover = replica("mover", "ba");
  BOOST_TEST(eventually(30s, [&] {
    succeed(mover->ping());
    return !dump_holds(sealed_with("a"));
  }));
  const auto after = one_of(*mover, spec.id).wanted;
  BOOST_TEST(after->change > before);
  BOOST_CHECK(after->spec == spec);
}

BOOST_AUTO_TEST_CASE(a_lost_key_destroys_nothing_and_its_secrets_can_be_sent_again) {
  const auto spec = with_secrets(sample());
  succeed(replica("one", "a")->insert(spec));
  const auto store = replica("one", "b");
  for (int i = 0; i < 3; ++i) succeed(store->ping());
  auto read = all_of(*store).at(0);
  BOOST_TEST(sealed_secret_in(read.options).has_value());
  read = next_revision(read);
  read.options = with_secrets(spec, "again").options;
  succeed(store->update(read));
  BOOST_TEST(!dump_holds(secret_mark));
  auto expected = next_revision(spec);
  expected.options = read.options;
  BOOST_CHECK(all_of(*replica("one", "ba")) == std::vector{expected});
}

BOOST_AUTO_TEST_CASE(a_replica_without_the_key_stores_no_secret_in_plain_text) {
  succeed(replica("one", "a")->insert(with_secrets(sample())));
  const auto store = replica("two", "");
  fail_with(store->insert(with_secrets(sample())), ec::secret_unavailable);
  BOOST_TEST(!dump_holds(secret_mark));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::postgres_sealing_test
