// Whom the gateway of a replica connects to, when, and what a link carries. Peers and dialer are scripted actors.

#include "cluster/link/gateway.hpp"

#include <boost/test/unit_test.hpp>

#include "cluster/link/greeting.hpp"
#include "tests/support/stderr_capture.hpp"
#include "tests/unit/actors/actor_fixture.hpp"

namespace kfs::gateway_test {

using namespace std::chrono_literals;

namespace {

struct peer_script {
  std::vector<caf::typed_response_promise<std::string>> greetings;  ///< that wait for an answer
  std::vector<change_number> changes;                               ///< that were told
  int dialled = 0;
};

/// Told by the test: answers the greeting that waits longest.
using scripted_peer = gateway_actor::extend<caf::reacts_to<get_atom, std::string>>;

scripted_peer::behavior_type peer(scripted_peer::pointer self, const std::shared_ptr<peer_script>& script) {
  return {
      [self, script](hello_atom, const std::string&) -> caf::result<std::string> {
        script->greetings.push_back(self->make_response_promise<std::string>());
        return script->greetings.back();
      },
      [script](changed_atom, const consumer_id&, change_number number) {
        script->changes.push_back(number);
        return done{};
      },
      [](told_atom, const std::string&) { return done{}; },
      [script](get_atom, const std::string& answer) {
        script->greetings.front().deliver(answer);
        script->greetings.erase(script->greetings.begin());
      },
  };
}

link_dialer_actor::behavior_type dialer(link_dialer_actor::pointer, const std::shared_ptr<peer_script>& script,
                                        const gateway_actor& there) {
  return {
      [script, there](dial_atom, const std::string&) {
        ++script->dialled;
        return there;
      },
      [](tick_atom) {},
  };
}

struct two_replicas : test::actor_fixture {
  std::shared_ptr<peer_script> script = std::make_shared<peer_script>();
  std::shared_ptr<link_board> board = std::make_shared<link_board>();
  scripted_peer there = system().spawn(peer, script);
  link_dialer_actor dialing = system().spawn(dialer, script, caf::actor_cast<gateway_actor>(there));
  gateway_front here = spawn_gateway(system(), {.board = board, .log = logger::silent(), .look_at_replicas = [] {}});

  two_replicas() {
    auto neighbours = std::make_shared<gateway_neighbours>();
    neighbours->dialer = dialing;
    caf::anon_send(here, begin_atom::value, gateway_neighbours_ptr(neighbours));
    run();
  }
  ~two_replicas() {
    script->greetings.clear();
    caf::anon_send_exit(here, caf::exit_reason::kill);
    caf::anon_send_exit(there, caf::exit_reason::kill);
    caf::anon_send_exit(dialing, caf::exit_reason::kill);
    run();
  }

  static link_peer replica(const std::string& name, const std::string& run, int protocol = 1) {
    return {.replica = {name}, .run = {run}, .protocol = protocol, .address = name + ":1"};
  }
  void know(const link_peer& self, const std::vector<link_peer>& others) {
    caf::anon_send(here, directory_atom::value,
                   link_directory_ptr(std::make_shared<const link_directory>(link_directory{self, others})));
    run();
  }
  /// The peer answers the greeting that waits longest.
  void answer_greeting(const link_peer& as) {
    BOOST_REQUIRE(!script->greetings.empty());
    caf::anon_send(there, get_atom::value, to_greeting(as));
    run();
  }
  bool linked() const { return board->has({"b"}) || board->has({"a"}); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(gateway, two_replicas)

BOOST_AUTO_TEST_CASE(the_first_of_two_names_connects_at_once) {
  know(replica("a", "run-1"), {replica("b", "run-2")});
  BOOST_TEST(script->dialled == 1);
  answer_greeting(replica("b", "run-2"));
  BOOST_TEST(linked());
}

BOOST_AUTO_TEST_CASE(the_second_of_two_names_waits_for_the_first) {
  know(replica("b", "run-1"), {replica("a", "run-2")});
  for (int second = 0; second < 9; ++second) advance(1s);
  BOOST_TEST(script->dialled == 0);
  for (int second = 0; second < 2; ++second) advance(1s);
  BOOST_TEST(script->dialled == 1);
}

BOOST_AUTO_TEST_CASE(a_peer_that_begins_again_while_it_is_greeted_is_greeted_again) {
  know(replica("a", "run-1"), {replica("b", "run-2")});
  know(replica("a", "run-1"), {replica("b", "run-3")});
  answer_greeting(replica("b", "run-2"));
  BOOST_TEST(!linked());
  advance(1s);
  BOOST_TEST(script->dialled == 2);
  answer_greeting(replica("b", "run-3"));
  BOOST_TEST(linked());
}

BOOST_AUTO_TEST_CASE(a_replica_that_begins_again_waits_for_the_first_name_as_before) {
  know(replica("b", "run-1"), {replica("a", "run-2")});
  for (int second = 0; second < 11; ++second) advance(1s);
  answer_greeting(replica("a", "run-2"));
  BOOST_TEST(linked());
  know(replica("b", "run-4"), {replica("a", "run-2")});
  BOOST_TEST(!linked());
  advance(1s);
  BOOST_TEST(script->dialled == 1);
}

BOOST_AUTO_TEST_CASE(another_process_at_the_address_is_no_link) {
  for (const auto& other : {replica("c", "run-2"), replica("b", "run-9")}) {
    know(replica("a", "run-1"), {});
    know(replica("a", "run-1"), {replica("b", "run-2")});
    answer_greeting(other);
    BOOST_TEST(!linked());
  }
}

BOOST_AUTO_TEST_CASE(nobody_connects_to_another_protocol_or_without_an_address) {
  auto without_address = replica("b", "run-2");
  without_address.address.clear();
  for (const auto& other : {replica("b", "run-2", 2), without_address}) know(replica("a", "run-1"), {other});
  for (int second = 0; second < 30; ++second) advance(1s);
  BOOST_TEST(script->dialled == 0);
}

BOOST_AUTO_TEST_CASE(another_protocol_is_logged_once_until_it_is_another_one_again) {
  const test::stderr_capture stderr_of_test;
  caf::anon_send_exit(here, caf::exit_reason::kill);
  here = spawn_gateway(system(),
                       {.board = board, .log = logger(log_level::info, log_format::text), .look_at_replicas = [] {}});
  const auto logged_after = [&](const link_peer& self, const link_peer& other) {
    know(self, {other});
    return stderr_of_test.lines().size();
  };
  BOOST_TEST(logged_after({}, replica("b", "run-2", 2)) == 0U);  // this replica has no place among the others yet
  BOOST_TEST(logged_after(replica("a", "run-1"), replica("b", "run-2", 2)) == 1U);
  BOOST_TEST(logged_after(replica("a", "run-1"), replica("b", "run-3", 2)) == 1U);
  BOOST_TEST(logged_after(replica("a", "run-4"), replica("b", "run-3", 2)) == 1U);
  BOOST_TEST(logged_after(replica("a", "run-4"), replica("b", "run-5", 3)) == 2U);
  BOOST_TEST(logged_after(replica("a", "run-4"), replica("b", "run-6")) == 2U);
  BOOST_TEST(logged_after(replica("a", "run-4"), replica("b", "run-7", 2)) == 3U);
  BOOST_TEST(stderr_of_test.lines().back().find("replica=b protocol=2 own_protocol=1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_change_is_announced_to_linked_replicas_and_to_no_other) {
  int answers = 0;
  const auto announce = [&](change_number number) {
    ask<done>(
        here, [&](const done&) { ++answers; }, [](const error&) {}, announce_atom::value, consumer_id{"c"}, number);
  };
  announce(change_number{1});
  BOOST_TEST(answers == 1);
  BOOST_TEST(script->changes.empty());
  know(replica("a", "run-1"), {replica("b", "run-2")});
  answer_greeting(replica("b", "run-2"));
  announce(change_number{2});
  BOOST_TEST(answers == 2);
  BOOST_TEST(script->changes.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_peer_that_ends_is_no_link_any_more) {
  know(replica("a", "run-1"), {replica("b", "run-2")});
  answer_greeting(replica("b", "run-2"));
  caf::anon_send_exit(there, caf::exit_reason::kill);
  run();
  BOOST_TEST(!linked());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::gateway_test
