// One consumer with three instances on three servers: each runs one of them, and the records of six partitions are in
// PostgreSQL once each, whatever happens to a replica or to the number of instances.

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <iostream>
#include <set>
#include <thread>

#include "tests/cluster/bounds.hpp"
#include "tests/cluster/replicas.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::instances_test {

using namespace kfs::cluster_test;
using namespace std::chrono_literals;
using test::eventually;
using clock = std::chrono::steady_clock;

namespace {

constexpr int partitions = 6;

struct spread_consumer : replicas {
  spread_consumer() : replicas(3) { made = created(0, 0, body()); }

  json body() {
    return {{"topic", topic},
            {"processor_configs",
             {{{"processor_type", "database_sync"}, {"config", {{"db_dsn", postgres().url()}, {"table", "written"}}}}}},
            {"options", {{"instances", 3}}}};
  }

  json status(std::size_t asked) const { return client(asked).get(path_of(made) + "/status").parsed(); }

  /// The replicas of the members, by instance, as that replica tells; empty when one is not steady in its group.
  std::map<int, std::string> runners(std::size_t asked) const {
    std::map<int, std::string> found;
    const auto seen = status(asked);
    if (seen.at("status") != "ACTIVE") return {};
    for (const auto& member : seen.at("members")) {
      if (!member.at("joined").get<bool>() || member.at("replica").is_null()) return {};
      found[member.at("instance").get<int>()] = member.at("replica").get<std::string>();
    }
    return found;
  }

  /// So many instances run, on so many replicas, and divide all partitions.
  bool runs(std::size_t asked, std::size_t instances, std::size_t on_replicas) const {
    const bool is_so = eventually(
        patience,
        [&] {
          std::set<std::string> names;
          const auto all = runners(asked);
          for (const auto& [instance, replica] : all) names.insert(replica);
          return all.size() == instances && names.size() == on_replicas &&
                 status(asked).at("partitions").size() == partitions;
        },
        50ms);
    BOOST_TEST(is_so, "replica " << asked << ": " << status(asked).dump());
    return is_so;
  }

  void produce(int count) {
    kafka().produce_numbered(topic, count, fmt::format("{}-", ++batches), partitions);
    produced += count;
  }

  /// Every record is a row, once.
  bool all_written() {
    const auto rows = [&](const std::string& what) {
      return test::sql_number(postgres().url(), "SELECT count(" + what + ") FROM written");
    };
    const bool all = eventually(
        patience, [&] { return rows("DISTINCT (kafka_partition, kafka_offset)") == produced; }, 50ms);
    BOOST_TEST(all, rows("*") << " rows of " << produced << " records");
    BOOST_TEST(rows("*") == produced);
    return all;
  }

  std::size_t number_of(const std::string& replica) const {
    for (std::size_t number = 0; number < size(); ++number)
      if (name(number) == replica) return number;
    return size();
  }

  int changed_to(std::size_t through, int instances) {
    return client(through)
        .put(path_of(made),
             {{"options", {{"instances", instances}, {"kafka", {{"bootstrap_servers", kafka().bootstrap_servers()}}}}}})
        .status;
  }

  std::string topic = kafka().new_topic(partitions);
  json made;
  int batches = 0;
  std::int64_t produced = 0;
};

/// When each instance was taken over, as that replica tells.
std::map<int, std::int64_t> epochs(const json& cluster) {
  std::map<int, std::int64_t> found;
  for (const auto& one : cluster.at("assignments"))
    found[one.at("instance").get<int>()] = one.at("epoch").get<std::int64_t>();
  return found;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(instances, spread_consumer)

BOOST_AUTO_TEST_CASE(each_replica_runs_one_instance_and_all_tell_the_same_of_it) {
  for (std::size_t asked = 0; asked < size(); ++asked) BOOST_TEST_REQUIRE(runs(asked, 3, 3));
  produce(600);
  BOOST_TEST(all_written());
  BOOST_TEST(eventually(patience, [&] {
    const auto told = [&](std::size_t asked) {
      auto seen = status(asked);
      for (const auto* changing : {"observed_at", "processors"}) seen.erase(changing);
      return seen;
    };
    return told(0).at("lag") == 0 && told(0) == told(1) && told(1) == told(2);
  }));
  BOOST_TEST(eventually(patience, [&] { return status(1).at("processors").at(0).at("records") == produced; }));
  BOOST_TEST(status(1).at("replica") == runners(1).at(0));
  BOOST_TEST(status(1).at("partitions").size() == static_cast<std::size_t>(partitions));
}

BOOST_AUTO_TEST_CASE(the_instance_of_a_killed_replica_runs_elsewhere_and_the_others_are_not_restarted) {
  BOOST_TEST_REQUIRE(runs(0, 3, 3));
  produce(300);
  const auto before = epochs(cluster(0));
  const auto killed = number_of(runners(0).at(2));
  const auto asked = (killed + 1) % size();
  const auto at = clock::now();
  kill(killed);
  produce(300);
  BOOST_TEST(all_written());
  const auto took = clock::now() - at;
  std::cout << fmt::format("  one of three instances lost, all partitions deliver again after {} ms\n",
                           std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
  BOOST_TEST((took < bound_of(5s)));
  BOOST_TEST_REQUIRE(runs(asked, 3, 2));
  const auto after = epochs(cluster(asked));
  BOOST_TEST(after.at(0) == before.at(0));
  BOOST_TEST(after.at(1) == before.at(1));
  BOOST_TEST(after.at(2) > before.at(2));
  for (std::size_t number = 0; number < size(); ++number) {
    if (number == killed) continue;
    BOOST_TEST(process(number).log().find("consumer failed") == std::string::npos);
  }
  BOOST_TEST(status(asked).at("restarts") == 0);
}

BOOST_AUTO_TEST_CASE(a_stop_and_a_start_through_any_replica_concern_all_instances) {
  BOOST_TEST_REQUIRE(runs(0, 3, 3));
  for (std::size_t through = 0; through < size(); ++through) {
    produce(120);
    BOOST_TEST(client(through).post(path_of(made) + "/stop").status == 200);
    BOOST_TEST(consumer(through, made).at("status") == "INACTIVE");
    BOOST_TEST(eventually(
        5s, [&] { return consumer((through + 1) % size(), made).at("status") == "INACTIVE"; }, 50ms));
    produce(120);
    BOOST_TEST(client(through).post(path_of(made) + "/start").status == 200);
    BOOST_TEST_REQUIRE(runs((through + 1) % size(), 3, 3));
  }
  BOOST_TEST(all_written());
  BOOST_TEST(client(2).del(path_of(made)).status == 204);
  BOOST_TEST(eventually(
      5s, [&] { return client(0).get(path_of(made)).status == 404; }, 50ms));
}

BOOST_AUTO_TEST_CASE(the_number_of_instances_changes_while_they_run) {
  BOOST_TEST_REQUIRE(runs(0, 3, 3));
  produce(300);
  BOOST_TEST(changed_to(1, 1) == 200);
  // Those that went have left the group: the one that stays has all partitions before a session time-out.
  const auto at = clock::now();
  BOOST_TEST_REQUIRE(runs(2, 1, 1));
  BOOST_TEST((clock::now() - at < 10s));
  produce(300);
  BOOST_TEST(all_written());
  BOOST_TEST(cluster(0).at("assignments").size() == 1U);
  BOOST_TEST(changed_to(2, 3) == 200);
  BOOST_TEST_REQUIRE(runs(0, 3, 3));
  produce(300);
  BOOST_TEST(all_written());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::instances_test
