#include "http/handlers/cluster_handlers.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/unit/actors/actor_fixture.hpp"

namespace kfs::cluster_handlers_test {

namespace {

/// The cluster of an actor that takes every order about "r1" and notes it.
struct noted_orders {
  std::vector<std::string> given;
  std::optional<error> fails;
};

cluster_actor::behavior_type take_orders(cluster_actor::pointer, std::shared_ptr<noted_orders> noted) {
  const auto take = [noted](const std::string& order, const replica_id& whom) -> caf::result<done> {
    if (noted->fails) return to_caf(*noted->fails);
    if (whom.value != "r1") return to_caf({ec::not_found, "no such row"});
    noted->given.push_back(order);
    return done{};
  };
  return {[noted](get_atom) -> caf::result<cluster_view_ptr> {
            if (noted->fails) return to_caf(*noted->fails);
            return std::make_shared<const cluster_view>();
          },
          [take](drain_atom, const replica_id& whom) { return take("drain", whom); },
          [take](resume_atom, const replica_id& whom) { return take("resume", whom); },
          [take](evict_atom, const replica_id& whom) { return take("evict", whom); }};
}

using handler = void (*)(application_context&, const exchange_ptr&);

struct fixture : test::actor_fixture {
  std::shared_ptr<noted_orders> noted = std::make_shared<noted_orders>();
  cluster_actor cluster = system().spawn(take_orders, noted);
  settings configured;
  metrics measured;
  change_feed changes;
  logger log{log_level::error, log_format::text};
  application_context context{{.configured = configured,
                               .supervisor = {},
                               .admin = {},
                               .cluster = cluster,
                               .measured = measured,
                               .rules = {},
                               .changes = changes,
                               .log = log,
                               .version = "0.1.0"},
                              actor_bridge(system(), log),
                              nullptr};

  ~fixture() {
    context.bridge.close();
    caf::anon_send_exit(cluster, caf::exit_reason::user_shutdown);
    run();
  }

  http_response answer(handler handle, std::vector<std::string> parameters) {
    http_request request;
    request.parameters = std::move(parameters);
    request.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(14);
    std::optional<http_response> given;
    responder respond([&given](http_response response) { given = std::move(response); });
    handle(context, std::make_shared<exchange>(exchange{std::move(request), std::move(respond)}));
    run();
    BOOST_TEST_REQUIRE(given.has_value());
    return *given;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(cluster_handlers, fixture)

BOOST_AUTO_TEST_CASE(a_stored_order_is_accepted_with_a_sentence) {
  for (const auto handle : {drain_replica, resume_replica, evict_replica}) {
    const auto response = answer(handle, {"r1"});
    BOOST_TEST(response.status == 202);
    BOOST_TEST(response.body.starts_with(R"({"message":")"), response.body);
    BOOST_TEST(response.body.find("r1") != std::string::npos, response.body);
  }
  const std::vector<std::string> all{"drain", "resume", "evict"};
  BOOST_TEST(noted->given == all, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_unknown_replica_is_not_found_by_the_name_that_was_asked) {
  const auto response = answer(drain_replica, {"r2"});
  BOOST_TEST(response.status == 404);
  BOOST_TEST(response.detail.value() == "Replica r2 not found");
}

BOOST_AUTO_TEST_CASE(a_name_that_no_replica_can_have_is_not_asked_for) {
  noted->fails = error{ec::store_unavailable, "the store is away"};
  for (const auto& name : {std::string("a b"), std::string(256, 'a'), std::string("\0", 1), std::string("\xc3\xa9")})
    BOOST_TEST(answer(evict_replica, {name}).status == 404);
}

BOOST_AUTO_TEST_CASE(an_error_of_the_store_is_503) {
  noted->fails = error{ec::store_unavailable, "the store is away"};
  BOOST_TEST(answer(drain_replica, {"r1"}).status == 503);
  BOOST_TEST(answer(get_cluster, {}).status == 503);
}

BOOST_AUTO_TEST_CASE(the_number_of_all_assignments_is_a_header) {
  const auto response = answer(get_cluster, {});
  BOOST_TEST(response.status == 200);
  BOOST_TEST((response.headers.back() == std::pair<std::string, std::string>{"X-Total-Count", "0"}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::cluster_handlers_test
