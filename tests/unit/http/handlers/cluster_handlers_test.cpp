#include "http/handlers/cluster_handlers.hpp"

#include <boost/test/unit_test.hpp>

#include "http/auth/request_access.hpp"
#include "tests/unit/actors/actor_fixture.hpp"

namespace kfs::cluster_handlers_test {

namespace {

/// The cluster of an actor that takes every order about "r1" and notes it.
struct noted_orders {
  std::vector<std::string> given;
  std::optional<error> fails;
  std::vector<std::string> entries;  ///< of the audit
  std::optional<error> no_audit;
};

/// The parts of a store and of a keeper that have to do with the audit.
store_actor audit_of(caf::actor_system& system, const std::shared_ptr<noted_orders>& noted) {
  return caf::actor_cast<store_actor>(system.spawn([noted](caf::event_based_actor*) -> caf::behavior {
    return {
        [noted](audit_atom, const audit_entry& entry) -> caf::result<std::int64_t> {
          if (noted->no_audit) return to_caf(*noted->no_audit);
          noted->entries.push_back(entry.action + " " + std::string(to_string(entry.outcome)));
          return 1;
        },
        [noted](finish_atom, const audit_finish& finished) {
          noted->entries.push_back(std::string(to_string(finished.outcome)) + " " + std::to_string(finished.status));
        }};
  }));
}

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
  kept_views kept;
  std::shared_ptr<access_book> book = std::make_shared<access_book>();
  std::shared_ptr<const authenticator> authentication =
      std::make_shared<const authenticator>(authenticator::parts{.book = book});
  store_actor audit = audit_of(system(), noted);
  logger log{log_level::error, log_format::text};
  application_context context{{.configured = configured,
                               .supervisor = {},
                               .admin = {},
                               .lag = {},
                               .cluster = cluster,
                               .measured = measured,
                               .rules = {},
                               .changes = changes,
                               .kept = kept,
                               .log = log,
                               .version = "0.1.0",
                               .access = {authentication, book, caf::actor_cast<access_actor>(audit), audit}},
                              actor_bridge(system(), log),
                              nullptr};

  ~fixture() {
    context.bridge.close();
    caf::anon_send_exit(cluster, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(audit, caf::exit_reason::user_shutdown);
    run();
  }

  /// The answer to a caller who may do everything, or to `who`.
  http_response answer(handler handle, std::vector<std::string> parameters, caller who = caller::anyone()) {
    http_request request;
    request.parameters = std::move(parameters);
    request.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(14);
    std::optional<http_response> given;
    responder respond([&given](http_response response) { given = std::move(response); });
    auto access = std::make_shared<request_access>();
    access->route = access_of("POST", "/cluster/replicas/{replica}/drain");
    access->caller = std::make_shared<const signed_in_caller>(
        signed_in_caller{std::make_shared<const caller>(std::move(who)), {}, {}});
    handle(context, std::make_shared<exchange>(exchange{std::move(request), std::move(respond), std::move(access)}));
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

BOOST_AUTO_TEST_CASE(an_order_is_entered_before_it_is_tried_and_finished_after_it) {
  BOOST_TEST(answer(drain_replica, {"r1"}).status == 202);
  noted->fails = error{ec::store_unavailable, "the store is away"};
  BOOST_TEST(answer(drain_replica, {"r1"}).status == 503);
  BOOST_TEST(noted->entries ==
                 (std::vector<std::string>{"replica.drain pending", "done 202", "replica.drain pending", "failed 503"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_audited_does_not_happen) {
  noted->no_audit = error{ec::store_unavailable, "the store is away"};
  BOOST_TEST(answer(drain_replica, {"r1"}).status == 503);
  BOOST_TEST(noted->given.empty());
}

BOOST_AUTO_TEST_CASE(an_order_needs_the_permission_in_all_tenants) {
  caller admin_of_one{.kind = caller_kind::api_key, .name = "a", .credential_id = "k", .grants = {}};
  admin_of_one.grants.push_back({permission_set::all(), tenant_scope({"payments"}), std::nullopt, "role admin"});
  BOOST_TEST(answer(evict_replica, {"r1"}, admin_of_one).status == 403);
  BOOST_TEST(noted->given.empty());
}

BOOST_AUTO_TEST_CASE(the_number_of_all_assignments_is_a_header) {
  const auto response = answer(get_cluster, {});
  BOOST_TEST(response.status == 200);
  BOOST_TEST((response.headers.back() == std::pair<std::string, std::string>{"X-Total-Count", "0"}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::cluster_handlers_test
