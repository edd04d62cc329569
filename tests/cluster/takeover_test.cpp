// Replicas that are frozen, evicted, or lose the database, and new ones, under load: others go on in time, and every
// record is in its file once. Those that are killed or ended: kills_test.cpp.

#include <signal.h>

#include <boost/test/unit_test.hpp>

#include "tests/cluster/bounds.hpp"
#include "tests/cluster/load.hpp"
#include "tests/cluster/replicas.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::takeover_test {

using namespace kfs::cluster_test;
using namespace std::chrono_literals;
using test::eventually;
using clock = std::chrono::steady_clock;

BOOST_AUTO_TEST_SUITE(takeover)

BOOST_AUTO_TEST_CASE(a_newcomer_gets_its_share_without_a_long_gap) {
  replicas servers(2);
  load under(servers, 4, 3);
  BOOST_TEST_REQUIRE(servers.becomes_shared(0, {6, 6}));
  wait_gauge gauge(under);
  const auto begun = clock::now();
  servers.add();
  BOOST_TEST(servers.becomes_shared(0, {4, 4, 4}));
  print("two replicas become three, balanced after", clock::now() - begun);
  BOOST_TEST(servers.all_active(2));
  const auto longest = gauge.stop();
  BOOST_TEST_REQUIRE(longest.has_value());
  print("longest wait of a record meanwhile", *longest);
  BOOST_TEST((*longest < bound_of(1s)));
  under.check_exact();
}

BOOST_AUTO_TEST_CASE(a_frozen_replica_loses_its_consumers_and_writes_nothing_for_them_when_it_goes_on) {
  replicas servers(3);
  load under(servers, 3, 3, 3);
  BOOST_TEST_REQUIRE(servers.becomes_shared(0, {3, 3, 3}));
  servers.process(2).process().signal(SIGSTOP);
  const auto frozen = clock::now();
  // It still holds the locks of its files.
  const auto took = under.each_gets("while it is frozen", patience);
  BOOST_TEST_REQUIRE(took.has_value());
  const auto in_all = clock::now() - frozen;
  print("9 consumers, one of three replicas frozen, all deliver again", in_all);
  BOOST_TEST((in_all < bound_of(5s)));
  BOOST_TEST(servers.becomes_shared(0, {4, 5}, 10s));
  servers.process(2).process().signal(SIGCONT);
  BOOST_TEST(servers.becomes_shared(0, {3, 3, 3}));
  BOOST_TEST(servers.all_active(0));
  under.check_exact();
}

BOOST_AUTO_TEST_CASE(a_kill_amid_the_takeover_of_a_frozen_replicas_files_loses_and_doubles_nothing) {
  for (const std::string point : {"file.before_takeover", "file.after_takeover", "file.after_copy_placed"}) {
    replicas servers(3);
    BOOST_TEST(servers.process(1).stop() == 0);
    BOOST_TEST_REQUIRE(servers.process(1).start_with_faults({{"KFS_FAULT_POINT", point}}));
    load under(servers, 2, 3);
    BOOST_TEST_REQUIRE(servers.becomes_shared(0, {2, 2, 2}));
    servers.process(2).process().signal(SIGSTOP);
    BOOST_TEST(eventually(patience, [&] { return !servers.process(1).process().running(); }), point);
    BOOST_TEST_REQUIRE(under.each_gets("after " + point, patience).has_value());
    servers.process(2).process().signal(SIGCONT);
    BOOST_TEST(servers.becomes_shared(0, {3, 3}));
    BOOST_TEST(servers.all_active(0));
    under.check_exact();
  }
}

BOOST_AUTO_TEST_CASE(without_the_database_consumers_stop_say_so_and_come_back) {
  replicas servers(2);
  load under(servers, 2, 2);
  BOOST_TEST_REQUIRE(servers.becomes_shared(0, {2, 2}));
  servers.postgres().stop_immediately();
  BOOST_TEST(eventually(
      patience,
      [&] {
        const auto all = servers.consumers(0);
        return std::ranges::all_of(all, [](const json& one) {
          return one.at("status") == "ERROR" &&
                 (one.at("last_error").at("code") == "lease_lost" || one.at("last_error").at("code") == "replica_lost");
        });
      },
      50ms));
  BOOST_TEST(servers.client(0).get("/health/ready").status == 503);
  servers.postgres().start();
  BOOST_TEST(servers.becomes_shared(0, {2, 2}));
  BOOST_TEST(servers.all_active(1));
  under.check_exact();
}

BOOST_AUTO_TEST_CASE(consumers_of_a_killed_replica_can_be_stopped_and_deleted_before_another_runs_them) {
  replicas servers(2);
  for (int number = 0; number < 4; ++number) servers.created(0, number);
  BOOST_TEST_REQUIRE(servers.becomes_shared(0, {2, 2}));
  std::vector<json> orphans;
  for (const auto& one : servers.consumers(0))
    if (one.at("replica") == replicas::name(1)) orphans.push_back(one);
  servers.kill(1);
  BOOST_TEST(servers.client(0).post(path_of(orphans.at(0)) + "/stop").status == 200);
  BOOST_TEST(servers.client(0).del(path_of(orphans.at(1))).status == 204);
  BOOST_TEST(servers.becomes_shared(0, {2}));
  BOOST_TEST(servers.consumer(0, orphans.at(0)).at("status") == "INACTIVE");
}

BOOST_AUTO_TEST_CASE(an_evicted_replica_comes_back) {
  replicas servers(2);
  load under(servers, 2, 2);
  BOOST_TEST_REQUIRE(servers.becomes_shared(0, {2, 2}));
  BOOST_TEST(servers.client(0).post("/cluster/replicas/" + replicas::name(1) + "/evict").status == 202);
  BOOST_TEST(under.each_gets("after the eviction", patience).has_value());
  BOOST_TEST(servers.becomes_shared(0, {2, 2}));
  under.check_exact();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::takeover_test
