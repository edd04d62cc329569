// The wall clock of one of three replicas is stepped while they work: no lease moves, nothing fails, nothing is lost or
// doubled, and requests are answered as ever on all sides. Wall clocks are for people only.

#include "tests/support/stepped_clock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <iostream>
#include <stdexcept>

#include "config/base/timestamp.hpp"
#include "tests/cluster/load.hpp"
#include "tests/cluster/replicas.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::stepped_clock_test {

using namespace kfs::cluster_test;
using namespace std::chrono_literals;
using test::eventually;
using clock = std::chrono::steady_clock;

namespace {

/// Says on stderr why the suite is skipped.
boost::test_tools::assertion_result clocks_can_be_stepped(boost::unit_test::test_unit_id /*suite*/) {
  if (!test::stepped_clock::is_available()) std::cerr << "skipped, because sanitizers hide the functions of clocks\n";
  return test::stepped_clock::is_available();
}

constexpr std::size_t stepped = 2;
constexpr std::chrono::hours day{24};

struct wall_clock {
  test::stepped_clock of_one;
};

/// Replica 2 has a clock of its own.
struct clocked_replicas : wall_clock, replicas {
  clocked_replicas() : replicas(2, {{"CLUSTER_HOST", "127.0.0.1"}}) {
    auto environment = of_one.environment();
    environment["CLUSTER_HOST"] = "127.0.0.1";
    add(environment);
    for (std::size_t asked = 0; asked < size(); ++asked)
      BOOST_TEST_REQUIRE(eventually(
          patience, [&] { return links(asked).size() == size(); }, 50ms));
  }

  json answered(std::size_t asked, const std::string& path) const {
    const auto came = client(asked).get(path);
    BOOST_TEST_REQUIRE(came.status == 200, path << ": " << came.body);
    return came.parsed();
  }

  bool all_tell(const json& made, const std::string& status) const {
    return eventually(
        patience,
        [&] {
          for (std::size_t asked = 0; asked < size(); ++asked)
            if (consumer(asked, made).at("status") != status) return false;
          return true;
        },
        20ms);
  }
};

timestamp time_in(const json& text) {
  const auto read = parse_rfc3339(text.get<std::string>());
  BOOST_TEST_REQUIRE(read.has_value(), text);
  return *read;
}

/// True for the time of this machine plus `offset`, now or a short time ago.
bool is_recent(timestamp at, std::chrono::nanoseconds offset) {
  const auto age = now() + std::chrono::floor<std::chrono::milliseconds>(offset) - at;
  return age > -1s && age < 30s;
}

/// Who runs what since when, as that replica tells.
json assignments(const replicas& servers, std::size_t asked) {
  return servers.cluster(asked).at("assignments");
}

/// GET /cluster is the same on all sides, but for `linked`: all live, are linked, and run `expected`; that consumers
/// were deleted is seen a moment later. last_seen_at is by the clock of the database.
void cluster_is_whole(const clocked_replicas& servers, const json& expected) {
  for (std::size_t asked = 0; asked < servers.size(); ++asked) {
    auto seen = servers.cluster(asked);
    BOOST_TEST(eventually(
                   patience,
                   [&] {
                     seen = servers.cluster(asked);
                     return seen.at("unassigned").empty() && seen.at("assignments") == expected;
                   },
                   20ms),
               asked << ": " << seen << "; expected " << expected);
    BOOST_TEST(seen.at("replicas").size() == servers.size());
    for (const auto& one : seen.at("replicas")) {
      BOOST_TEST(one.at("state") == "ACTIVE", asked << ": " << one);
      BOOST_TEST(one.at("linked").get<bool>(), asked << ": " << one);
      BOOST_TEST(is_recent(time_in(one.at("last_seen_at")), 0ns), asked << ": " << one);
      time_in(one.at("started_at"));
    }
    for (const auto& one : seen.at("assignments")) time_in(one.at("since"));
  }
}

/// Consumers are made, stopped, started, changed and deleted through each replica, and one of them runs on the stepped
/// one.
void commands_work(clocked_replicas& servers, int first, std::chrono::nanoseconds offset) {
  std::vector<json> made;
  for (std::size_t through = 0; through < servers.size(); ++through) {
    made.push_back(servers.created(through, first + static_cast<int>(through)));
    BOOST_TEST(is_recent(time_in(made.back().at("created_at")), through == stepped ? offset : 0ns));
  }
  BOOST_TEST(eventually(
      patience,
      [&] {
        return std::ranges::any_of(
            made, [&](const json& one) { return servers.consumer(0, one).at("replica") == replicas::name(stepped); });
      },
      20ms));
  for (std::size_t number = 0; number < made.size(); ++number) {
    const auto& one = made[number];
    const auto file = servers.out(first + static_cast<int>(number));
    const auto topic = one.at("topic").get<std::string>();
    std::size_t written = 0;
    const auto delivers = [&] {
      servers.kafka().produce_numbered(topic, 5);
      written += 5;
      BOOST_TEST(eventually(
          patience, [&] { return lines_of(file).size() == written; }, 20ms));
    };
    delivers();
    BOOST_TEST(servers.all_tell(one, "ACTIVE"));
    for (const std::size_t through : {stepped, std::size_t{0}}) {
      auto client = servers.client(through);
      BOOST_TEST(client.post(path_of(one) + "/stop").status == 200);
      BOOST_TEST(servers.all_tell(one, "INACTIVE"));
      BOOST_TEST(client.post(path_of(one) + "/start").status == 200);
      BOOST_TEST(servers.all_tell(one, "ACTIVE"));
      delivers();
      auto options = one.at("options");
      options["batch"]["max_wait_ms"] = 10 + through;
      const auto changed = client.put(path_of(one), {{"options", options}});
      BOOST_TEST(changed.status == 200, changed.body);
      BOOST_TEST(is_recent(time_in(changed.parsed().at("updated_at")), through == stepped ? offset : 0ns));
      delivers();
    }
  }
  for (std::size_t number = 0; number < made.size(); ++number) {
    BOOST_TEST(servers.client((number + 1) % servers.size()).del(path_of(made[number])).status == 204);
    for (std::size_t asked = 0; asked < servers.size(); ++asked)
      BOOST_TEST(eventually(
          patience, [&] { return servers.client(asked).get(path_of(made[number])).status == 404; }, 20ms));
  }
}

/// Nothing has failed, and all replicas tell so.
void nothing_has_failed(const clocked_replicas& servers, const std::vector<json>& consumers) {
  for (const auto& one : consumers) {
    const auto told = [&](std::size_t asked) {
      return servers.answered(asked, path_of(one) + "/events").at("events").get<std::vector<json>>();
    };
    for (std::size_t asked = 0; asked < servers.size(); ++asked) {
      const auto seen = servers.answered(asked, path_of(one) + "/status");
      BOOST_TEST(seen.at("status") == "ACTIVE", seen);
      BOOST_TEST(seen.at("last_error").is_null(), seen);
      BOOST_TEST(seen.at("restarts") == 0, seen);
      for (const auto* name : {"status_since", "observed_at"}) time_in(seen.at(name));
    }
    const auto events = told(0);
    BOOST_TEST(eventually(
        patience, [&] { return told(0) == told(1) && told(0) == told(2); }, 20ms));
    for (const auto& event : events) {
      time_in(event.at("at"));
      for (const auto* fault : {"failed", "restarted", "processor_failed", "partitions_lost", "batches_given_up"})
        BOOST_TEST(event.at("kind") != fault, event);
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(stepped_clock, *boost::unit_test::precondition(clocks_can_be_stepped))

BOOST_AUTO_TEST_CASE(steps_of_a_replicas_clock_move_no_lease_and_fail_nothing) {
  clocked_replicas servers;
  load under(servers, 3, 3, 3);
  BOOST_TEST_REQUIRE(servers.becomes_shared(0, {3, 3, 3}));
  BOOST_TEST_REQUIRE(servers.all_active(0));
  const auto consumers = servers.consumers(0);
  const auto before = assignments(servers, 0);
  wait_gauge gauge(under);
  int number = 100;
  for (const std::chrono::hours offset : {1h, -1h, -10 * day, 3653 * day, 0h}) {
    BOOST_TEST_CONTEXT("the clock is " << offset.count() << " h ahead") {
      servers.of_one.step_to(offset);
      commands_work(servers, number, offset);
      number += 3;
      cluster_is_whole(servers, before);
      nothing_has_failed(servers, consumers);
    }
  }
  const auto longest = gauge.stop();
  BOOST_TEST_REQUIRE(longest.has_value());
  print("longest wait of a record meanwhile", *longest);
  BOOST_TEST((*longest < patience / 2));  // a wait by a stepped clock would last for hours, or for ever
  under.check_exact();
  for (std::size_t asked = 0; asked < servers.size(); ++asked)
    BOOST_TEST(servers.process(asked).log().find(" ERROR ") == std::string::npos);
}

/// Its heartbeats go on, although nothing else happens: it is not removed after its session time-out.
BOOST_AUTO_TEST_CASE(an_idle_consumer_stays_in_its_group_when_the_clock_is_stepped_back) {
  clocked_replicas servers;
  std::vector<json> made;
  for (int number = 0; number < 3; ++number)
    made.push_back(servers.created(
        0, number,
        {{"options",
          {{"kafka", {{"properties", {{"session.timeout.ms", "6000"}, {"heartbeat.interval.ms", "1000"}}}}}}}}));
  BOOST_TEST_REQUIRE(servers.becomes_shared(0, {1, 1, 1}));
  BOOST_TEST_REQUIRE(servers.all_active(0));
  const auto own = *std::ranges::find_if(
      made, [&](const json& one) { return servers.consumer(0, one).at("replica") == replicas::name(stepped); });
  const auto steady = [&] {
    const auto seen = servers.answered(0, path_of(own) + "/status");
    const auto& members = seen.at("members");
    return std::ranges::any_of(members, [](const json& member) {
      return member.at("joined").get<bool>() && member.at("partitions") == json::array({0});
    });
  };
  const auto told = [&] { return servers.answered(0, path_of(own) + "/events").at("events"); };
  const auto runs = [&] {
    const auto events = told();
    return steady() && !events.empty() && events.back().at("message") == "starting to running";
  };
  BOOST_TEST_REQUIRE(eventually(patience, runs));
  const auto before = told();
  for (const std::chrono::hours offset : {-1h, -10 * day}) {
    servers.of_one.step_to(offset);
    BOOST_TEST(test::stays(10s, steady));
    const auto seen = servers.answered(stepped, path_of(own) + "/status");
    BOOST_TEST(is_recent(time_in(seen.at("observed_at")), offset), seen);
  }
  BOOST_TEST(told() == before, told());
  // A group with members refuses offsets of others.
  const auto topic = own.at("topic").get<std::string>();
  BOOST_CHECK_THROW(servers.kafka().commit(own.at("consumer_group").get<std::string>(), topic, 0, 0),
                    std::runtime_error);
  const auto at = clock::now();
  servers.kafka().produce_numbered(topic, 1);
  const auto number = std::ranges::find(made, own) - made.begin();
  BOOST_TEST(eventually(
      patience, [&] { return lines_of(servers.out(static_cast<int>(number))).size() == 1; }, 20ms));
  print("a record of an idle consumer on the stepped replica is written after", clock::now() - at);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::stepped_clock_test
