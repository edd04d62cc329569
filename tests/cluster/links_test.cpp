// Links between built servers: what they carry, and what they survive.

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <fstream>
#include <random>

#include "tests/cluster/replicas.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/held_port.hpp"
#include "tests/support/raw_socket.hpp"

namespace kfs::links_test {

using namespace kfs::cluster_test;
using namespace std::chrono_literals;
using test::eventually;

namespace {

const std::map<std::string, std::string> plain{{"CLUSTER_HOST", "127.0.0.1"}};

std::map<std::string, std::string> with_certificate(const test::certificate_authority& from, const std::string& name,
                                                    const std::string& authority) {
  return {{"CLUSTER_HOST", "127.0.0.1"},
          {"CLUSTER_CERTIFICATE", from.path(name + ".pem")},
          {"CLUSTER_KEY", from.path(name + ".key")},
          {"CLUSTER_CA", authority}};
}

bool becomes_linked(const replicas& running, std::size_t asked, std::size_t links,
                    std::chrono::milliseconds within = 10s) {
  return eventually(
      within, [&] { return running.links(asked).size() == links; }, 50ms);
}

bool all_linked(const replicas& running) {
  for (std::size_t asked = 0; asked < running.size(); ++asked)
    if (!becomes_linked(running, asked, running.size())) return false;
  return true;
}

std::uint16_t port_of(const replicas& running, std::size_t number) {
  const auto seen = running.cluster(number);
  for (const auto& replica : seen.at("replicas")) {
    const auto address = replica.at("address").get<std::string>();
    if (replica.at("replica") == replicas::name(number))
      return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  }
  return 0;
}

bool logs(replicas& running, std::size_t number, const std::string& text) {
  return eventually(
      10s, [&] { return running.process(number).log().find(text) != std::string::npos; }, 50ms);
}

struct linked_replicas : replicas {
  linked_replicas() : replicas(3, plain) { BOOST_TEST_REQUIRE(all_linked(*this)); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(links)

/// No polling: the links have told the others before the answer was sent.
BOOST_FIXTURE_TEST_CASE(who_has_an_answer_sees_the_change_on_every_replica, linked_replicas) {
  std::vector<json> made;
  for (int number = 0; number < 3; ++number) {
    made.push_back(created(static_cast<std::size_t>(number), number));
    for (std::size_t asked = 0; asked < size(); ++asked)
      BOOST_TEST(client(asked).get(path_of(made.back())).status == 200);
  }
  BOOST_TEST(becomes_shared(0, {1, 1, 1}));
  for (std::size_t round = 0; round < 18; ++round) {
    const auto& consumer_of = made[round % 3];
    const auto through = (round / 3) % 3;
    const auto group = test::unique_name("group");
    BOOST_TEST(client(through).put(path_of(consumer_of), {{"consumer_group", group}}).status == 200);
    for (std::size_t asked = 0; asked < size(); ++asked)
      BOOST_TEST(consumer(asked, consumer_of).at("consumer_group") == group);
    const bool starts = round % 2 == 1;
    BOOST_TEST(client(through).post(path_of(consumer_of) + (starts ? "/start" : "/stop")).status == 200);
    for (std::size_t asked = 0; asked < size(); ++asked)
      if (starts) BOOST_TEST(consumer(asked, consumer_of).at("status") != "INACTIVE");
  }
  for (std::size_t through = 0; through < size(); ++through) {
    BOOST_TEST(client(through).del(path_of(made[through])).status == 204);
    for (std::size_t asked = 0; asked < size(); ++asked)
      BOOST_TEST(client(asked).get(path_of(made[through])).status == 404);
  }
}

BOOST_FIXTURE_TEST_CASE(the_link_to_a_dead_replica_ends_at_once_and_its_successor_is_linked, linked_replicas) {
  kill(1);
  BOOST_TEST(becomes_linked(*this, 0, 2, 1s));
  BOOST_TEST(becomes_linked(*this, 2, 2, 1s));
  start(1);
  BOOST_TEST(all_linked(*this));
}

BOOST_FIXTURE_TEST_CASE(a_frozen_replica_holds_up_nobody_and_is_linked_again_when_it_goes_on, linked_replicas) {
  process(1).process().signal(SIGSTOP);
  const auto begun = std::chrono::steady_clock::now();
  for (int number = 0; number < 3; ++number) created(0, number, {{"auto_start", false}});
  BOOST_TEST((std::chrono::steady_clock::now() - begun < 4s));
  BOOST_TEST(becomes_linked(*this, 0, 2));
  process(1).process().signal(SIGCONT);
  BOOST_TEST(all_linked(*this));
  for (const auto& one : consumers(0)) BOOST_TEST(client(1).get(path_of(one)).status == 200);
}

/// BASP, the protocol of CAF: a header announces up to 4 GiB.
BOOST_FIXTURE_TEST_CASE(garbage_on_the_port_changes_nothing, linked_replicas) {
  const auto port = port_of(*this, 0);
  std::mt19937 random{7};
  for (int round = 0; round < 20; ++round) {
    std::string bytes(static_cast<std::size_t>(1) << (round % 16), '\0');
    for (auto& byte : bytes) byte = static_cast<char>(random());
    if (round == 5) bytes = "GET / HTTP/1.1\r\n\r\n";
    if (round == 6) bytes = std::string(4, '\0') + std::string(4, '\xFF') + std::string(32, '\0');
    test::raw_socket socket("127.0.0.1", port);
    socket.send(bytes);
  }
  BOOST_TEST(client(0).get("/health/live").status == 200);
  BOOST_TEST(all_linked(*this));
}

BOOST_AUTO_TEST_CASE(replicas_with_certificates_of_one_authority_are_linked_and_take_new_ones) {
  const test::certificate_authority ours;
  ours.sign("replica", "DNS:replica");
  replicas running(2, with_certificate(ours, "replica", ours.path("ca.pem")));
  BOOST_TEST(all_linked(running));
  ours.sign("next", "DNS:replica");
  std::filesystem::copy_file(ours.path("next.pem"), ours.path("replica.pem"),
                             std::filesystem::copy_options::overwrite_existing);
  BOOST_TEST(logs(running, 0, "the old one stays in use"));
  std::filesystem::copy_file(ours.path("next.key"), ours.path("replica.key"),
                             std::filesystem::copy_options::overwrite_existing);
  BOOST_TEST(logs(running, 0, "links use the new certificate"));
  running.add();
  BOOST_TEST(all_linked(running));
}

/// Whoever is refused works with the others through the database.
BOOST_AUTO_TEST_CASE(a_replica_with_a_certificate_of_another_authority_or_none_is_not_linked) {
  const test::certificate_authority ours;
  const test::certificate_authority theirs;
  ours.sign("replica", "DNS:replica");
  theirs.sign("replica", "DNS:replica");
  replicas running(2, with_certificate(ours, "replica", ours.path("ca.pem")));
  BOOST_TEST(all_linked(running));
  running.add(with_certificate(theirs, "replica", theirs.path("ca.pem")));
  running.add({{"CLUSTER_HOST", "127.0.0.1"}});
  BOOST_TEST(logs(running, 0, "no link to another replica"));
  const auto made = running.created(2, 0);
  for (std::size_t asked = 0; asked < running.size(); ++asked) {
    BOOST_TEST(running.client(asked).get(path_of(made)).status == 200);
    BOOST_TEST(running.client(asked).post(path_of(made) + "/stop").status == 200);
  }
  BOOST_TEST(running.links(0).size() == 2U);
  BOOST_TEST(running.links(2).size() == 1U);
  BOOST_TEST(running.links(3).size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_links_is_said_at_the_start) {
  const test::certificate_authority ours;
  ours.sign("replica", "DNS:replica");
  ours.sign("other", "DNS:replica");
  ours.sign("client-only", "DNS:replica", {"-addext", "extendedKeyUsage=clientAuth"});
  ours.make("stranger", {});
  std::ofstream(ours.path("empty.pem")).close();
  test::postgres_server postgres;
  const test::temp_directory here;
  const auto told = [&](std::map<std::string, std::string> environment, const std::string& setting,
                        const std::string& text) {
    environment.insert({"DATABASE_URL", postgres.url()});
    environment.insert({"HTTP_PORT", "0"});
    environment.insert({"DATA_DIR", (here.path() / "data").string()});
    const auto run = test::run_server({}, environment, here.path());
    BOOST_TEST(run.exit_code == 2, run.output);
    BOOST_TEST(run.output.find(setting) != std::string::npos, run.output);
    BOOST_TEST(run.output.find(text) != std::string::npos, run.output);
  };
  const auto ca = ours.path("ca.pem");
  auto mixed = with_certificate(ours, "replica", ca);
  mixed["CLUSTER_KEY"] = ours.path("other.key");
  told(mixed, "CLUSTER_KEY", "is not the key");
  mixed["CLUSTER_KEY"] = ours.path("replica.pem");
  told(mixed, "CLUSTER_KEY", "holds no private key");
  mixed["CLUSTER_KEY"] = ours.path("missing.key");
  told(mixed, "CLUSTER_KEY", "cannot be read");
  told(with_certificate(ours, "stranger", ca), "CLUSTER_CERTIFICATE", "is not accepted with CLUSTER_CA");
  told(with_certificate(ours, "client-only", ca), "CLUSTER_CERTIFICATE", "TLS server");
  told(with_certificate(ours, "replica", ours.path("empty.pem")), "CLUSTER_CA", "empty");
  told({{"CLUSTER_HOST", "127.0.0.1"}, {"CLUSTER_CA", ca}}, "CLUSTER_CERTIFICATE", "is missing");
  told({{"CLUSTER_HOST", "0.0.0.0"}}, "CLUSTER_HOST", "CLUSTER_INSECURE");
  told({{"CLUSTER_HOST", "0.0.0.0"}, {"CLUSTER_INSECURE", "true"}}, "CLUSTER_ADVERTISE", "is missing");
  told({{"CLUSTER_HOST", "127.0.0.1"}, {"DATABASE_URL", ""}}, "CLUSTER_HOST", "needs DATABASE_URL");
  const test::held_port taken(true);
  told({{"CLUSTER_HOST", "127.0.0.1"}, {"CLUSTER_PORT", taken.address().substr(taken.address().find(':') + 1)}},
       "CLUSTER_PORT", "in use");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::links_test
