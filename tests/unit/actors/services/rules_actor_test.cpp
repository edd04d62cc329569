#include "actors/services/rules_actor.hpp"

#include <boost/test/unit_test.hpp>
#include <future>
#include <stdexcept>

#include "tests/support/eventually.hpp"

namespace kfs::rules_actor_test {

using namespace std::chrono_literals;

namespace {

/// Rules under which a body {"hangs": true} is checked until the disk responds, and {"throws": true} throws.
struct fixture {
  static constexpr auto longest = 300ms;

  std::promise<void> disk_responds;
  std::shared_future<void> disk = disk_responds.get_future().share();
  caf::actor_system_config configuration;
  caf::actor_system system{configuration};
  caf::scoped_actor self{system};
  kfs::rules_actor rules = spawn_rules(system,
                                       {.created = [this](const json& body) { return checked(body); },
                                        .changed =
                                            [this](const json& body, const consumer_spec& stored) {
                                              return checked(body).map([&](consumer_spec spec) {
                                                spec.rev = {stored.rev.value + 1};
                                                return spec;
                                              });
                                            }},
                                       runs_in::own_thread, longest);

  ~fixture() {
    if (disk.wait_for(0s) != std::future_status::ready) disk_responds.set_value();
    caf::anon_send_exit(rules, caf::exit_reason::kill);
  }

  validated<consumer_spec> checked(const json& body) const {
    if (body.contains("hangs")) disk.wait();
    if (body.contains("throws")) throw std::runtime_error("out of cheese");
    if (!body.contains("topic")) return tl::make_unexpected(std::vector<violation>(1));
    consumer_spec spec;
    spec.topic = body["topic"].get<std::string>();
    return spec;
  }

  template <class... Question>
  result<checked_spec> ask(Question... question) {
    result<checked_spec> answer = checked_spec{};
    self->request(rules, caf::infinite, std::move(question)...)
        .receive([&](const checked_spec& given) { answer = given; },
                 [&](const caf::error& reason) { answer = tl::make_unexpected(from_caf(reason)); });
    return answer;
  }
  result<checked_spec> create(json body) { return ask(create_atom::value, requested_consumer{std::move(body)}); }

  /// Begins a check that hangs until the disk responds. Nobody waits for its answer.
  void hang() { self->send(rules, create_atom::value, requested_consumer{json{{"hangs", true}, {"topic", "t"}}}); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(rules_actor, fixture)

BOOST_AUTO_TEST_CASE(a_body_becomes_a_specification_or_its_mistakes) {
  const auto good = create({{"topic", "t"}});
  BOOST_TEST(good.value().spec->topic == "t");
  BOOST_TEST(good.value().violations.empty());
  const auto bad = create(json::object());
  BOOST_TEST(!bad.value().spec);
  BOOST_TEST(bad.value().violations.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_change_is_checked_against_what_is_stored) {
  const auto stored = std::make_shared<consumer_spec>();
  stored->rev = {6};
  const auto changed = ask(update_atom::value, requested_change{json{{"topic", "t"}}, {}}, consumer_spec_ptr(stored));
  BOOST_TEST(changed.value().spec->rev.value == 7);
}

BOOST_AUTO_TEST_CASE(a_check_that_hangs_delays_no_other_and_is_answered_in_time) {
  hang();
  BOOST_TEST(create({{"topic", "t"}}).value().spec->topic == "t");
  const auto late = create({{"hangs", true}});
  BOOST_TEST_REQUIRE(!late.has_value());
  BOOST_TEST((late.error().code == ec::timed_out));
}

BOOST_AUTO_TEST_CASE(checks_that_hang_are_bounded) {
  for (int i = 0; i < 16; ++i) hang();
  const auto refused = create({{"topic", "t"}});
  BOOST_TEST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code == ec::overloaded));
  disk_responds.set_value();
  BOOST_TEST(test::eventually(10s, [&] { return create({{"topic", "t"}}).has_value(); }));
}

BOOST_AUTO_TEST_CASE(an_exception_is_an_error_of_that_check_only) {
  const auto thrown = create({{"throws", true}});
  BOOST_TEST_REQUIRE(!thrown.has_value());
  BOOST_TEST(thrown.error().message.find("out of cheese") != std::string::npos);
  BOOST_TEST(create({{"topic", "t"}}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::rules_actor_test
