// Sinks that write under leases: the sessions of earlier owners end, and a sink stops with its lease.

#include "processors/database/session_name.hpp"
#include "tests/integration/database_fixture.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/known_leases.hpp"

namespace kfs::database_lease_test {

using namespace kfs::integration;
using namespace std::chrono_literals;

namespace {

const consumer_id consumer{"0b54a7f4-6a9c-4c39-9b0d-2f1f6b0f3a10"};

struct fixture : database_fixture {
  std::shared_ptr<test::known_leases> leases;

  /// The sink of an owner with this epoch, as in a process of its own; 0 for one without a lease.
  sink_ptr of_owner(std::uint64_t epoch, int instance = 0) {
    leases = epoch > 0 ? std::make_shared<test::known_leases>(epoch) : nullptr;
    auto own = environment;
    own.databases = pools.emplace_back(std::make_shared<database_connections>());
    own.leases = leases;
    processor_spec processor;
    processor.config = {{"db_dsn", url}};
    consumer_spec spec;
    spec.id = consumer;
    spec.topic = source->topic;
    auto made = find_sink_type("database_sync")->make(spec, processor, own, {}, instance);
    succeed(made->open());
    return made;
  }

  sink_ptr owning(std::uint64_t epoch) {
    auto made = of_owner(epoch);
    value_of(made->positions(*source, std::vector<partition_number>{0}));
    return made;
  }

  std::int64_t sessions(const std::string& name) const {
    return number("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = '" +
                  name + "'");
  }

  std::vector<std::shared_ptr<database_connections>> pools;
};

/// A session of an owner that was frozen amid a transaction, with the rows of its partitions locked.
class frozen_session {
 public:
  frozen_session(const std::string& url, const std::string& name) : session_(url) {
    session_.run("SET application_name = '" + name + "'; BEGIN; UPDATE kafka_fetcher_offsets SET next_offset = 100");
  }
  bool ended() {
    try {
      session_.run("COMMIT");
      return false;
    } catch (const std::runtime_error&) {
      return true;
    }
  }

 private:
  test::sql_session session_;
};

std::string name_of(std::uint64_t epoch, int instance = 0) {
  return session_name(consumer, instance, epoch).text();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(database_lease, fixture)

BOOST_AUTO_TEST_CASE(a_session_names_consumer_instance_and_epoch) {
  const auto sink = of_owner(5);
  BOOST_TEST(sessions(name_of(5)) == 1);
  const auto alone = of_owner(0);
  BOOST_TEST(sessions("kafka-fetcher-server") == 1);
}

BOOST_AUTO_TEST_CASE(the_next_owner_ends_the_sessions_of_earlier_ones_and_does_not_wait_for_their_locks) {
  const auto earlier = owning(5);
  write(*earlier, 0, {{.value = "1"}});
  frozen_session frozen(url, name_of(5));
  const auto begun = std::chrono::steady_clock::now();
  const auto next = owning(7);
  write(*next, 1, {{.value = "2"}});
  BOOST_TEST((std::chrono::steady_clock::now() - begun < 3s));
  BOOST_TEST(frozen.ended());
  BOOST_TEST(test::eventually(5s, [&] { return sessions(name_of(5)) == 0; }));
  BOOST_TEST(sessions(name_of(7)) == 1);
  BOOST_TEST(number("SELECT next_offset FROM kafka_fetcher_offsets") == 2);
  // The earlier one connects again by itself, and is fenced by the row.
  error_of(earlier->write(test::memory_batch(source, 2, {{.value = "3"}})));
  BOOST_TEST((error_of(earlier->write(test::memory_batch(source, 2, {{.value = "3"}}))).code == ec::member_fenced));
  write(*next, 2, {{.value = "3"}});
  BOOST_TEST(number("SELECT count(*) FROM orders") == 3);
}

BOOST_AUTO_TEST_CASE(sessions_of_later_owners_other_instances_and_other_databases_go_on) {
  owning(5);
  frozen_session later(url, name_of(8));
  const auto next = of_owner(7);
  BOOST_TEST(!later.ended());
  frozen_session of_another_instance(url, name_of(5, 1));
  const auto again = of_owner(7);
  BOOST_TEST(!of_another_instance.ended());
  const auto elsewhere = test::new_database();
  test::sql(elsewhere, "CREATE TABLE kafka_fetcher_offsets (next_offset bigint)");
  frozen_session in_another_database(elsewhere, name_of(5));
  const auto once_more = of_owner(7);
  BOOST_TEST(!in_another_database.ended());
}

BOOST_AUTO_TEST_CASE(a_sink_without_a_lease_ends_nobodys_session) {
  owning(5);
  frozen_session earlier(url, name_of(5));
  const auto alone = of_owner(0);
  BOOST_TEST(!earlier.ended());
}

BOOST_AUTO_TEST_CASE(a_role_that_may_end_no_session_writes_all_the_same) {
  owning(5);
  const auto database = url.substr(url.rfind('/') + 1);  // roles belong to the server, so this one needs a new name
  const auto role = "guest_of_" + database.substr(0, database.find('?'));
  run("CREATE ROLE \"" + role + "\" LOGIN PASSWORD 'guest'; GRANT ALL ON SCHEMA public TO \"" + role +
      "\"; ALTER TABLE orders OWNER TO \"" + role + "\"; ALTER TABLE kafka_fetcher_offsets OWNER TO \"" + role + "\"");
  const auto begin = url.find("//") + 2;
  url.replace(begin, url.find('@') - begin, role + ":guest");
  const auto next = owning(7);
  write(*next, 0, {{.value = "1"}});
  BOOST_TEST(number("SELECT count(*) FROM orders") == 1);
}

BOOST_AUTO_TEST_CASE(a_sink_whose_lease_has_ended_neither_writes_nor_takes_partitions) {
  const auto earlier = owning(5);
  write(*earlier, 0, {{.value = "1"}});
  const auto before = number("SELECT epoch FROM kafka_fetcher_offsets");
  leases->mine->until = std::chrono::steady_clock::now();
  BOOST_TEST((error_of(earlier->write(test::memory_batch(source, 1, {{.value = "2"}}))).code == ec::lease_lost));
  BOOST_TEST((error_of(earlier->positions(*source, std::vector<partition_number>{0})).code == ec::lease_lost));
  BOOST_TEST(number("SELECT epoch FROM kafka_fetcher_offsets") == before);
  leases->mine = write_lease{.epoch = 9, .until = std::nullopt};  // another sink will write under this one
  BOOST_TEST((error_of(earlier->write(test::memory_batch(source, 1, {{.value = "2"}}))).code == ec::lease_lost));
  BOOST_TEST(number("SELECT count(*) FROM orders") == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::database_lease_test
