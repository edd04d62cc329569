#include "http/handlers/order_handlers.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>
#include <future>

#include "config/base/json.hpp"
#include "http/auth/request_access.hpp"

namespace kfs::order_handlers_test {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t many = 200;

consumer_view_ptr some_view(std::size_t number) {
  consumer_spec spec;
  spec.id = consumer_id{"consumer-" + std::to_string(number)};
  consumer_view view;
  view.spec = std::make_shared<const consumer_spec>(std::move(spec));
  return std::make_shared<const consumer_view>(std::move(view));
}

/// A supervisor of many consumers that takes every order.
caf::behavior take_orders(caf::event_based_actor*) {
  return {[](order_atom, const command_context&, const consumer_id&, const consumer_order&) { return some_view(0); }};
}

/// The handlers with actors that run in threads of their own, as in the server.
struct threads {
  caf::actor_system_config configuration;
  caf::actor_system system{configuration};
  caf::actor supervisor = system.spawn(take_orders);
  settings configured;
  metrics measured;
  change_feed changes;
  kept_views kept;
  logger log{log_level::error, log_format::text};
  std::shared_ptr<access_book> book = std::make_shared<access_book>();
  std::shared_ptr<const authenticator> authentication =
      std::make_shared<const authenticator>(authenticator::parts{.book = book});
  application_context context{{.configured = configured,
                               .supervisor = caf::actor_cast<supervisor_actor>(supervisor),
                               .admin = {},
                               .lag = {},
                               .cluster = {},
                               .measured = measured,
                               .rules = {},
                               .changes = changes,
                               .kept = kept,
                               .log = log,
                               .version = "0.1.0",
                               .access = {authentication, book, {}, {}}},
                              actor_bridge(system, log),
                              nullptr};

  threads() {
    auto all = std::make_shared<std::vector<consumer_view_ptr>>();
    for (std::size_t i = 0; i < many; ++i) all->push_back(some_view(i));
    kept.keep(consumer_views(all));
  }
  ~threads() {
    context.bridge.close();
    caf::anon_send_exit(supervisor, caf::exit_reason::user_shutdown);
  }

  /// The answer to POST /pause for all consumers.
  http_response paused() {
    http_request request;
    request.body = R"({"all":true})";
    request.content_type = "application/json";
    request.deadline = std::chrono::steady_clock::now() + 10s;
    auto access = std::make_shared<request_access>();
    access->route = access_of("POST", "/pause");
    access->caller = std::make_shared<const signed_in_caller>(
        signed_in_caller{std::make_shared<const caller>(caller::anyone()), {}, {}});
    std::promise<http_response> given;
    auto answered = given.get_future();
    responder respond([&given](http_response response) { given.set_value(std::move(response)); });
    pause_consumers(context,
                    std::make_shared<exchange>(exchange{std::move(request), std::move(respond), std::move(access)}));
    BOOST_TEST_REQUIRE((answered.wait_for(20s) == std::future_status::ready));
    return answered.get();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(order_handlers, threads)

BOOST_AUTO_TEST_CASE(an_order_for_many_is_answered_once_all_have_answered) {
  for (int order = 0; order < 200; ++order) {
    const auto response = paused();
    BOOST_TEST_REQUIRE(response.status == 200, response.detail.value_or(nullptr));
    BOOST_TEST_REQUIRE(json::parse(response.body).at("consumers") == many);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::order_handlers_test
