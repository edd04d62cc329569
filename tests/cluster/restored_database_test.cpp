// The database of replicas that run goes back to a backup: what the backup says is done, by one replica each.

#include <boost/test/unit_test.hpp>

#include "tests/cluster/replicas.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::restored_database_test {

using namespace kfs::cluster_test;
using namespace std::chrono_literals;
using test::eventually;

namespace {

struct backed_up : replicas {
  test::temp_directory backups;

  backed_up() : replicas(3) {}

  void run(const std::vector<std::string>& command) const {
    test::child_process program({.arguments = command,
                                 .environment = test::inherited_environment(),
                                 .working_directory = {},
                                 .output = backups.path() / "log"});
    const auto code = program.wait(patience);
    BOOST_TEST_REQUIRE((code == 0), test::file_text(backups.path() / "log"));
  }
  std::string file() const { return (backups.path() / "dump").string(); }
  void back_up() { run({"pg_dump", "--format=custom", "--schema=kafka_fetcher", "--file", file(), postgres().url()}); }
  void restore() {
    run({"pg_restore", "--clean", "--if-exists", "--single-transaction", "--dbname", postgres().url(), file()});
  }

  int command(std::size_t through, const json& made, const std::string& what) {
    return client(through).post(path_of(made) + '/' + what).status;
  }
  void produce(const json& made, int number, std::size_t count) {
    kafka().produce_numbered(made.at("topic"), static_cast<int>(count));
    expected[number] += count;
  }
  bool has_all(int number) const {
    return eventually(
        patience, [&] { return lines_of(out(number)).size() >= expected.at(number); }, 50ms);
  }

  std::map<int, std::size_t> expected;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(restored_database, backed_up)

BOOST_AUTO_TEST_CASE(what_the_backup_says_runs_and_the_rest_does_not) {
  std::vector<json> made;
  for (int number = 0; number < 4; ++number) made.push_back(created(static_cast<std::size_t>(number % 3), number));
  for (int number = 0; number < 4; ++number) produce(made[static_cast<std::size_t>(number)], number, 10);
  for (int number = 0; number < 4; ++number) BOOST_TEST_REQUIRE(has_all(number));
  back_up();
  // The leases of the backup are those of before: one was given up, one moved, one is of a consumer that was deleted.
  BOOST_TEST(command(0, made[0], "stop") == 200);
  const auto owner = consumer(0, made[1]).at("replica").get<std::string>();
  BOOST_TEST(client(0).post("/cluster/replicas/" + owner + "/evict").status == 202);
  BOOST_TEST_REQUIRE(eventually(patience, [&] {
    const auto moved = consumer(0, made[1]);
    return moved.at("status") == "ACTIVE" && moved.at("replica") != owner && !moved.at("replica").is_null();
  }));
  BOOST_TEST(client(0).del(path_of(made[2])).status == 204);
  const auto later = created(1, 4);
  BOOST_TEST_REQUIRE(eventually(patience, [&] { return consumer(0, later).at("status") == "ACTIVE"; }));
  restore();
  for (int number = 0; number < 4; ++number) produce(made[static_cast<std::size_t>(number)], number, 10);
  for (int number = 0; number < 4; ++number) BOOST_TEST(has_all(number), number);
  for (std::size_t asked = 0; asked < size(); ++asked) {
    BOOST_TEST(all_active(asked));
    BOOST_TEST(eventually(patience, [&] { return consumers(asked).size() == 4U; }), asked);
    BOOST_TEST(client(asked).get(path_of(later)).status == 404);
  }
  for (int number = 0; number < 4; ++number) {
    const auto lines = lines_of(out(number));
    BOOST_TEST(lines.size() == expected.at(number), number);
  }
  BOOST_TEST(command(2, made[0], "stop") == 200);
  BOOST_TEST(command(1, made[0], "start") == 200);
  BOOST_TEST(all_active(0));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::restored_database_test
