// Three built servers on one PostgreSQL: they share the consumers, agree on what they answer, and follow commands.

#include "tests/cluster/replicas.hpp"

#include <boost/test/unit_test.hpp>
#include <set>
#include <thread>

#include "config/base/ids.hpp"
#include "tests/support/background.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::replicas_test {

using namespace kfs::cluster_test;
using namespace std::chrono_literals;
using test::eventually;

namespace {

struct three_replicas : replicas {
  three_replicas() : replicas(3) {}

  bool has_lines(int number, std::size_t count) const {
    return eventually(
        patience, [&] { return lines_of(out(number)).size() == count; }, 50ms);
  }

  /// A replica that does not run the consumer.
  std::size_t stranger_to(const json& made) const {
    const auto owner = consumer(0, made).at("replica");
    for (std::size_t number = 0; number < size(); ++number)
      if (owner != name(number)) return number;
    return 0;
  }

  int command(std::size_t through, const json& made, const std::string& what) {
    return client(through).post(path_of(made) + '/' + what).status;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(replicas, three_replicas)

BOOST_AUTO_TEST_CASE(consumers_are_spread_and_every_replica_tells_the_same_of_them) {
  for (int number = 0; number < 9; ++number) created(static_cast<std::size_t>(number % 3), number);
  BOOST_TEST(becomes_shared(0, {3, 3, 3}));
  for (std::size_t asked = 0; asked < size(); ++asked) BOOST_TEST(all_active(asked));
  BOOST_TEST(eventually(patience, [&] {
    const auto told = [&](std::size_t asked) {
      std::map<std::string, json> found;
      for (const auto& one : consumers(asked)) found[one.at("consumer_id")] = {one.at("replica"), one.at("status")};
      return found;
    };
    return told(0) == told(1) && told(1) == told(2);
  }));
  for (std::size_t asked = 0; asked < size(); ++asked) {
    const auto seen = cluster(asked);
    BOOST_TEST(seen.at("replica") == name(asked));
    BOOST_TEST(seen.at("replicas").size() == 3U);
    BOOST_TEST(seen.at("unassigned").empty());
  }
}

BOOST_AUTO_TEST_CASE(every_replica_takes_every_command) {
  const auto made = created(0, 0);
  const auto topic = made.at("topic").get<std::string>();
  std::size_t written = 0;
  for (std::size_t through = 0; through < size(); ++through) {
    kafka().produce_numbered(topic, 5);
    BOOST_TEST(has_lines(0, written += 5));
    BOOST_TEST(command(through, made, "stop") == 200);
    for (std::size_t asked = 0; asked < size(); ++asked) {
      BOOST_TEST(eventually(
          2s, [&] { return consumer(asked, made).at("status") == "INACTIVE"; }, 50ms));
      BOOST_TEST(consumer(asked, made).at("replica").is_null());
    }
    kafka().produce_numbered(topic, 5);
    BOOST_TEST(command(through, made, "start") == 200);
    BOOST_TEST(has_lines(0, written += 5));
    const auto changed =
        client(through).put(path_of(made), {{"options",
                                             {{"batch", {{"max_wait_ms", 10 + through}}},
                                              {"kafka", {{"bootstrap_servers", kafka().bootstrap_servers()}}}}}});
    BOOST_TEST(changed.status == 200, changed.body);
    const auto revision = changed.parsed().at("revision");
    for (std::size_t asked = 0; asked < size(); ++asked)
      BOOST_TEST(eventually(
          2s, [&] { return consumer(asked, made).at("revision") == revision; }, 50ms));
  }
  const auto stranger = stranger_to(made);
  BOOST_TEST(client(stranger).del(path_of(made)).status == 204);
  for (std::size_t asked = 0; asked < size(); ++asked)
    BOOST_TEST(eventually(
        2s, [&] { return client(asked).get(path_of(made)).status == 404; }, 50ms));
}

BOOST_AUTO_TEST_CASE(what_one_replica_has_just_created_exists_for_the_others) {
  for (int number = 0; number < 10; ++number) {
    const auto through = static_cast<std::size_t>(number % 3);
    const auto made = created(through, number, {{"auto_start", false}});
    for (std::size_t asked = 0; asked < size(); ++asked) BOOST_TEST(client(asked).get(path_of(made)).status == 200);
    BOOST_TEST(command((through + 1) % 3, made, "start") == 200);
  }
  for (const auto& one : consumers(1)) BOOST_TEST(client(2).del(path_of(one)).status == 204);
}

BOOST_AUTO_TEST_CASE(two_changes_at_once_through_two_replicas_are_one_after_the_other_or_refused) {
  const auto made = created(0, 0, {{"auto_start", false}});
  for (int round = 0; round < 5; ++round) {
    std::vector<int> answers(2);
    const auto change = [&](std::size_t through) {
      answers[through] = client(through).put(path_of(made), {{"consumer_group", test::unique_name("group")}}).status;
    };
    {
      const std::jthread one(change, std::size_t{0});
      const std::jthread two(change, std::size_t{1});
    }
    for (const auto answer : answers) BOOST_TEST((answer == 200 || answer == 409 || answer == 412), answer);
    BOOST_TEST(std::ranges::count(answers, 200) >= 1);
  }
  BOOST_TEST(eventually(2s, [&] { return consumer(0, made) == consumer(2, made); }));
}

// A client whose request was cut off sends it again, and the load balancer gives it to another replica.
BOOST_AUTO_TEST_CASE(a_creation_that_is_repeated_through_another_replica_meanwhile_makes_one_consumer) {
  for (int round = 0; round < 10; ++round) {
    const auto id = make_uuid();
    const json body{{"consumer_id", id},
                    {"broker_ip", "127.0.0.1"},
                    {"broker_port", 1},
                    {"topic", "t"},
                    {"consumer_group", "g"},
                    {"auto_start", false},
                    {"processor_configs", json::array()}};
    std::vector<test::http_response> answers(size());
    {
      std::vector<test::background> requests;
      for (std::size_t through = 0; through < size(); ++through)
        requests.emplace_back([&, through] { answers[through] = client(through).post("/consumers", body); });
      for (auto& each : requests) each.finish();
    }
    std::multiset<int> statuses;
    for (const auto& answer : answers) statuses.insert(answer.status);
    BOOST_TEST((statuses == std::multiset<int>{200, 200, 201}), answers.front().body << answers.back().body);
  }
}

BOOST_AUTO_TEST_CASE(commands_at_once_through_three_replicas_undo_and_hide_nothing) {
  constexpr int rounds = 15;
  for (int round = 0; round < rounds; ++round) {
    const auto made = created(0, round, {{"auto_start", false}});
    const json options{{"stop_timeout_ms", 1'000 + round},
                       {"kafka", {{"bootstrap_servers", kafka().bootstrap_servers()}}}};
    const auto pause = [&](std::size_t through, int partition) {
      return client(through).post(path_of(made) + "/pause", {{"partitions", {partition}}}).status;
    };
    std::vector<int> answers(4);
    {
      test::background change([&] { answers[0] = client(0).put(path_of(made), {{"options", options}}).status; });
      test::background start([&] { answers[1] = command(1, made, "start"); });
      test::background one_pause([&] { answers[2] = pause(1, 1); });
      test::background other_pause([&] { answers[3] = pause(2, 2); });
      for (auto* each : {&change, &start, &one_pause, &other_pause}) each->finish();
    }
    for (const auto answer : answers) BOOST_TEST(answer == 200);
    for (std::size_t asked = 0; asked < size(); ++asked) {
      BOOST_TEST(eventually(patience,
                            [&] {
                              const auto seen = consumer(asked, made);
                              return seen.at("status") == "ACTIVE" && seen.at("paused_partitions") == json{1, 2} &&
                                     seen.at("options").value("stop_timeout_ms", 0) == 1'000 + round;
                            }),
                 "round " << round << ", replica " << asked);
    }
  }
}

BOOST_AUTO_TEST_CASE(consumers_of_one_file_run_on_one_replica) {
  const auto first = created(0, 0);
  for (int number = 1; number < 4; ++number)
    created(0, 0, {{"topic", first.at("topic")}, {"consumer_group", first.at("consumer_group")}});
  for (int number = 4; number < 8; ++number) created(1, number);
  BOOST_TEST(all_active(2));
  std::set<std::string> owners;
  for (const auto& one : consumers(2))
    if (one.at("consumer_group") == first.at("consumer_group")) owners.insert(one.at("replica"));
  BOOST_TEST(owners.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_drained_replica_gives_its_consumers_away_and_gets_others_after_resume) {
  for (int number = 0; number < 6; ++number) created(0, number);
  BOOST_TEST_REQUIRE(becomes_shared(0, {2, 2, 2}));
  BOOST_TEST(client(1).post("/cluster/replicas/" + name(2) + "/drain").status == 202);
  BOOST_TEST(becomes_shared(0, {3, 3}));
  BOOST_TEST(all_active(2));
  BOOST_TEST(cluster(0).at("replicas").at(2).at("state") == "DRAINING");
  process(2).kill();
  process(2).start();
  BOOST_TEST(eventually(patience, [&] { return client(2).get("/health/ready").status == 200; }));
  BOOST_TEST(eventually(patience, [&] { return cluster(0).at("replicas").at(2).at("state") == "DRAINING"; }));
  BOOST_TEST(client(0).post("/cluster/replicas/" + name(2) + "/resume").status == 202);
  BOOST_TEST(becomes_shared(0, {2, 2, 2}));
  BOOST_TEST(client(0).post("/cluster/replicas/nobody/drain").status == 404);
}

BOOST_AUTO_TEST_CASE(a_second_process_of_the_same_name_ends_with_code_2) {
  created(0, 0);
  BOOST_TEST_REQUIRE(all_active(1));
  test::server_process twin({{"DATABASE_URL", postgres().url()}, {"REPLICA_ID", name(0)}});
  BOOST_TEST(eventually(patience,
                        [&] { return twin.log().find("another process with the REPLICA_ID") != std::string::npos; }));
  BOOST_TEST(twin.stop() == 2);
  BOOST_TEST(all_active(1));
}

/// A group with members refuses offsets of an operator's tool.
BOOST_AUTO_TEST_CASE(the_last_replica_to_end_leaves_the_groups) {
  const auto made = created(0, 0);
  const auto topic = made.at("topic").get<std::string>();
  kafka().produce_numbered(topic, 5);
  BOOST_TEST(has_lines(0, 5));
  for (const std::size_t number : {0, 1}) BOOST_TEST(process(number).stop() == 0);
  kafka().produce_numbered(topic, 5);
  BOOST_TEST(has_lines(0, 10));  // the last one has joined the group
  BOOST_TEST(process(2).stop() == 0);
  kafka().commit(made.at("consumer_group").get<std::string>(), topic, 0, 2);
  BOOST_TEST(kafka().committed(made.at("consumer_group").get<std::string>(), topic, 0).value_or(-1) == 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::replicas_test
