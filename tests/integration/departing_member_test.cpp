// A member that leaves while its group divides the partitions anew.

#include <signal.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "actors/kafka/departures.hpp"
#include "actors/kafka/rdkafka_clients.hpp"
#include "tests/integration/running_server.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/kafka_broker.hpp"

namespace kfs::departing_member_test {

using namespace kfs::integration;
using namespace std::chrono_literals;
using test::eventually;

namespace {

/// A group of a server, which can be frozen so that a rebalance does not end, and of clients of this process.
struct group : running_server {
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  std::string topic = kafka.new_topic();
  std::string name = test::unique_name("group");
  std::filesystem::path out = file("out.log");
  address_policy policy;
  departures leaving;
  std::unique_ptr<kafka_clients> clients = make_rdkafka_clients(policy, leaving, logger::silent());
  std::unique_ptr<kafka_admin> admin = make_rdkafka_admin(policy, leaving, logger::silent());
  std::unique_ptr<kafka_consumer> departing;

  /// A client that begins to join the group as the static member "kfs-<id>-0".
  std::unique_ptr<kafka_consumer> joining(const std::string& id) {
    consumer_spec spec;
    spec.id = consumer_id{id};
    spec.topic = topic;
    spec.consumer_group = name;
    spec.options = {{"kafka", {{"bootstrap_servers", kafka.bootstrap_servers()}}}};
    auto client = clients->make_consumer(spec, {}, 0).value();
    BOOST_REQUIRE(client->start([] {}).has_value());
    return client;
  }

  /// Whether the client tells in time that it is a member of a stable group, or that it is not.
  static bool tells(kafka_consumer& client, bool joined) {
    return eventually(20s, [&] {
      const auto events = client.poll({}).events;
      return std::ranges::any_of(events, [&](const kafka_event& event) {
        const auto* sample = std::get_if<kafka_sample>(&event);
        return sample != nullptr && sample->joined == joined;
      });
    });
  }

  /// A client that joins while the group cannot end its rebalance, which `departing` takes part in.
  std::unique_ptr<kafka_consumer> joining_during_a_rebalance() {
    created(consumer_body(kafka.bootstrap_servers(), topic, name, out));
    kafka.produce_numbered(topic, 1);
    BOOST_TEST_REQUIRE(eventually(patience, [&] { return line_count(out) == 1; }));
    departing = joining("departing");
    BOOST_TEST_REQUIRE(tells(*departing, true));
    process().process().signal(SIGSTOP);
    auto last = joining("last");
    BOOST_TEST_REQUIRE(tells(*departing, false));
    return last;
  }

  void see_off(std::unique_ptr<kafka_consumer> client) {
    client->leave();
    client->close();
    clients->see_off(std::move(client));
  }

  [[nodiscard]] bool has_member(const std::string& id) {
    const auto described = admin->describe({kafka.bootstrap_servers()}, name);
    BOOST_TEST_REQUIRE(described.has_value());
    return std::ranges::any_of(described->members,
                               [&](const auto& one) { return one.group_instance_id == "kfs-" + id + "-0"; });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(departing_member, group)

BOOST_AUTO_TEST_CASE(a_member_that_is_seen_off_during_a_rebalance_leaves_when_it_has_ended) {
  auto last = joining_during_a_rebalance();
  see_off(std::move(departing));
  process().process().signal(SIGCONT);
  BOOST_TEST(tells(*last, true));
  BOOST_TEST(eventually(20s, [&] { return !has_member("departing"); }));
  BOOST_TEST(has_member("last"));
  see_off(std::move(last));
  BOOST_TEST(eventually(20s, [&] { return leaving.under_way() == 0; }));
  BOOST_TEST(!has_member("last"));
}

BOOST_AUTO_TEST_CASE(a_member_that_has_joined_again_meanwhile_stays) {
  auto last = joining_during_a_rebalance();
  see_off(std::move(departing));
  auto again = joining("departing");
  process().process().signal(SIGCONT);
  BOOST_TEST(tells(*again, true));
  BOOST_TEST(eventually(20s, [&] { return leaving.under_way() == 0; }));
  BOOST_TEST(has_member("departing"));
  see_off(std::move(again));
  see_off(std::move(last));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::departing_member_test
