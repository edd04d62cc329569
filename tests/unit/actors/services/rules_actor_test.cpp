#include "actors/services/rules_actor.hpp"

#include <boost/test/unit_test.hpp>
#include <future>
#include <stdexcept>

#include "tests/support/eventually.hpp"
#include "tests/unit/actors/actor_fixture.hpp"

namespace kfs::rules_actor_test {

using namespace std::chrono_literals;

namespace {

/// An answer; nullopt until it has arrived.
using awaited = std::shared_ptr<std::optional<result<checked_spec>>>;

/// A body {"hangs": true} is checked when the disk responds, and {"throws": true} throws.
validated<consumer_spec> checked(const std::shared_future<void>& disk, const json& body) {
  if (body.contains("hangs")) disk.wait();
  if (body.contains("throws")) throw std::runtime_error("out of cheese");
  if (!body.contains("topic")) return tl::make_unexpected(std::vector<violation>(1));
  consumer_spec spec;
  spec.topic = body["topic"].get<std::string>();
  return spec;
}

/// The functions own the future, because a check may outlive the fixture.
specification_rules rules_of(const std::shared_future<void>& disk) {
  return {.created = [disk](const json& body) { return checked(disk, body); },
          .changed =
              [disk](const json& body, const consumer_spec& stored) {
                return checked(disk, body).map([&](consumer_spec spec) {
                  spec.rev = {stored.rev.value + 1};
                  return spec;
                });
              }};
}

struct fixture : test::actor_fixture {
  std::promise<void> disk_responds;
  std::shared_future<void> disk = disk_responds.get_future().share();
  kfs::rules_actor rules = spawn_rules(system(), rules_of(disk));

  ~fixture() {
    if (disk.wait_for(0s) != std::future_status::ready) disk_responds.set_value();
    caf::anon_send_exit(rules, caf::exit_reason::kill);
    run();
  }

  template <class... Question>
  awaited begin(Question... question) {
    const auto answer = std::make_shared<std::optional<result<checked_spec>>>();
    ask<checked_spec>(
        rules, [answer](const checked_spec& given) { *answer = given; },
        [answer](const error& reason) { *answer = tl::make_unexpected(reason); }, std::move(question)...);
    return answer;
  }
  awaited begin_creation(json body) { return begin(create_atom::value, requested_consumer{std::move(body)}); }
  awaited hang() { return begin_creation({{"hangs", true}, {"topic", "t"}}); }

  /// Waits in real time, because each check has a thread of its own.
  result<checked_spec> answer_of(const awaited& answer) {
    BOOST_TEST_REQUIRE(test::eventually(
        10s,
        [&] {
          run();
          return answer->has_value();
        },
        1ms));
    return **answer;
  }
  result<checked_spec> create(json body) { return answer_of(begin_creation(std::move(body))); }
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
  const auto changed =
      answer_of(begin(update_atom::value, requested_change{json{{"topic", "t"}}, {}}, consumer_spec_ptr(stored)));
  BOOST_TEST(changed.value().spec->rev.value == 7);
}

BOOST_AUTO_TEST_CASE(a_check_that_hangs_delays_no_other_and_is_answered_within_ten_seconds) {
  const auto hanging = hang();
  BOOST_TEST(create({{"topic", "t"}}).value().spec->topic == "t");
  advance(9999ms);
  BOOST_TEST(!hanging->has_value());
  advance(1ms);
  BOOST_TEST_REQUIRE(hanging->has_value());
  BOOST_TEST(((*hanging)->error().code == ec::timed_out));
}

BOOST_AUTO_TEST_CASE(checks_that_hang_are_bounded) {
  for (int i = 0; i < 16; ++i) hang();
  BOOST_TEST((create({{"topic", "t"}}).error().code == ec::overloaded));
  advance(10s);
  BOOST_TEST((create({{"topic", "t"}}).error().code == ec::overloaded));  // they hang still
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
