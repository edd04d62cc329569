// The network between two of three replicas is cut while PostgreSQL and Kafka stay in reach of both: the store carries
// on, requests are right from both sides, every record is in its file once, and the links come back.

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <charconv>
#include <iostream>

#include "tests/cluster/bounds.hpp"
#include "tests/cluster/load.hpp"
#include "tests/cluster/replicas.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/network_namespace.hpp"
#include "tests/support/port_relay.hpp"

namespace kfs::network_test {

using namespace kfs::cluster_test;
using namespace std::chrono_literals;
using test::eventually;
using clock = std::chrono::steady_clock;

namespace {

/// Says on stderr why the suite is skipped.
boost::test_tools::assertion_result namespaces_are_allowed(boost::unit_test::test_unit_id /*suite*/) {
  const auto reason = test::network_namespace::why_none();
  if (!reason.empty())
    std::cerr << "skipped, because this process cannot make networks (it needs root and iproute2): " << reason << '\n';
  return reason.empty();
}

std::string address(std::size_t number) {
  return fmt::format("10.77.0.{}", number + 1);
}

/// The port in "…:PORT" and in "…:PORT/…".
std::uint16_t port_in(const std::string& text) {
  const auto digits = text.substr(text.rfind(':') + 1);
  std::uint16_t port = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return port;
}

/// Three replicas, each in a network of its own, joined by a bridge. Relays on 127.0.0.1 carry everything else.
class separated_replicas : public replicas {
 public:
  separated_replicas() : replicas(0) {
    bridge_.ip("link add bridge type bridge");
    bridge_.ip("link set bridge up");
    for (std::size_t number = 0; number < 3; ++number) join(number);
    BOOST_TEST_REQUIRE(becomes_linked(true, {{0, 1}, {1, 0}, {0, 2}, {2, 0}, {1, 2}, {2, 1}}, patience));
  }

  using direction = std::pair<std::size_t, std::size_t>;
  using directions = std::vector<direction>;

  /// Loses all packets that go this way: they carry the hardware address of nobody.
  void cut(const directions& ways) {
    for (const auto& [from, to] : ways)
      networks_.at(from)->ip("neighbour replace " + address(to) + " lladdr 02:00:00:00:00:99 nud permanent dev eth0");
  }

  void mend(const directions& ways) {
    for (const auto& [from, to] : ways) networks_.at(from)->ip("neighbour del " + address(to) + " dev eth0");
  }

  /// Waits until the first of each pair tells so of its link to the second.
  [[nodiscard]] bool becomes_linked(bool linked, const directions& pairs, std::chrono::milliseconds within) const {
    return eventually(
        within,
        [&] {
          return std::ranges::all_of(pairs, [&](const direction& pair) {
            const auto seen = cluster(pair.first);
            const auto& all = seen.at("replicas");
            return std::ranges::any_of(all, [&](const json& one) {
              return one.at("replica") == name(pair.second) && one.at("linked") == linked;
            });
          });
        },
        50ms);
  }

 private:
  void join(std::size_t number) {
    const auto& network = *networks_.emplace_back(std::make_unique<test::network_namespace>());
    bridge_.ip(fmt::format("link add port-{} type veth peer name eth0 netns {}", number, network.path()));
    bridge_.ip(fmt::format("link set port-{} master bridge up", number));
    network.ip("address add " + address(number) + "/24 dev eth0");
    network.ip("link set eth0 up");
    for (const auto& reached : {kafka().bootstrap_servers(), postgres().url()})
      relays_.push_back(std::make_unique<test::port_relay>(&network, nullptr, port_in(reached)));
    relays_.push_back(std::make_unique<test::port_relay>(nullptr, &network));
    add({{"CLUSTER_HOST", address(number)},
         {"CLUSTER_INSECURE", "true"},
         {"HTTP_PORT", std::to_string(relays_.back()->port())}},
        network.launcher());
  }

  test::network_namespace bridge_;
  std::vector<std::unique_ptr<test::network_namespace>> networks_;
  std::vector<std::unique_ptr<test::port_relay>> relays_;
};

/// Changes a consumer through `one` and looks at it through `other`. Returns the longest time until the other one told
/// the same.
clock::duration follows(separated_replicas& servers, const json& made, std::size_t one, std::size_t other) {
  clock::duration longest{};
  const auto told = [&](const std::string& field, const json& value) {
    const auto begun = clock::now();
    BOOST_TEST(eventually(
                   5s, [&] { return servers.consumer(other, made).at(field) == value; }, 20ms),
               field << " is not " << value << " on replica " << other << " 5 s after a change on " << one);
    longest = std::max(longest, clock::now() - begun);
  };
  auto client = servers.client(one);
  const auto group = test::unique_name("group");
  BOOST_TEST(client.put(path_of(made), {{"consumer_group", group}}).status == 200);
  BOOST_TEST(servers.consumer(one, made).at("consumer_group") == group);
  told("consumer_group", group);
  BOOST_TEST(client.post(path_of(made) + "/stop").status == 200);
  BOOST_TEST(servers.consumer(one, made).at("status") == "INACTIVE");
  told("status", "INACTIVE");
  BOOST_TEST(client.post(path_of(made) + "/start").status == 200);
  told("status", "ACTIVE");
  return longest;
}

/// What one side creates exists on the other side at once.
void creates_and_deletes(separated_replicas& servers, std::size_t one, std::size_t other, int number) {
  const auto made = servers.created(one, number, {{"auto_start", false}});
  BOOST_TEST(servers.client(other).get(path_of(made)).status == 200);
  BOOST_TEST(servers.client(other).del(path_of(made)).status == 204);
  BOOST_TEST(eventually(
      5s, [&] { return servers.client(one).get(path_of(made)).status == 404; }, 20ms));
}

void survives_a_cut(const separated_replicas::directions& ways) {
  separated_replicas servers;
  std::vector<json> made;
  for (int number = 100; number < 103; ++number) made.push_back(servers.created(0, number));
  load under(servers, 2, 3);
  BOOST_TEST_REQUIRE(servers.becomes_shared(0, {3, 3, 3}));
  wait_gauge gauge(under);

  servers.cut(ways);
  auto begun = clock::now();
  BOOST_TEST(servers.becomes_linked(false, {{0, 1}, {1, 0}}, 5s));
  print("a cut, no link on either side after", clock::now() - begun);
  BOOST_TEST(servers.becomes_linked(true, {{0, 2}, {2, 0}, {1, 2}, {2, 1}}, 0s));
  clock::duration longest{};
  for (const auto& one : made)
    for (const auto& [changed, looked_at] : {std::pair{0, 1}, std::pair{1, 0}})
      longest = std::max(longest, follows(servers, one, changed, looked_at));
  print("a change on one side is told on the other after, at most", longest);
  creates_and_deletes(servers, 0, 1, 103);
  creates_and_deletes(servers, 1, 0, 104);
  BOOST_TEST(servers.becomes_linked(false, {{0, 1}, {1, 0}}, 0s));
  BOOST_TEST(servers.becomes_shared(2, {3, 3, 3}));

  servers.mend(ways);
  begun = clock::now();
  BOOST_TEST(servers.becomes_linked(true, {{0, 1}, {1, 0}}, 10s));
  print("the cut ends, linked again after", clock::now() - begun);
  const auto waited = gauge.stop();
  BOOST_TEST_REQUIRE(waited.has_value());
  print("longest wait of a record meanwhile", *waited);
  BOOST_TEST((*waited < bound_of(1s)));
  under.check_exact();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(network, *boost::unit_test::precondition(namespaces_are_allowed))

BOOST_AUTO_TEST_CASE(a_cut_both_ways_changes_nothing_but_the_link) {
  survives_a_cut({{0, 1}, {1, 0}});
}

BOOST_AUTO_TEST_CASE(a_cut_one_way_changes_nothing_but_the_link) {
  survives_a_cut({{0, 1}});
}

BOOST_AUTO_TEST_CASE(a_cut_the_other_way_changes_nothing_but_the_link) {
  survives_a_cut({{1, 0}});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::network_test
