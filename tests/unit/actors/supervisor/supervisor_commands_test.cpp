// What accompanies a command, who may run a consumer, and what is left when a command is not carried out.
#include "tests/unit/actors/supervisor/supervisor_fixture.hpp"

namespace kfs::supervisor_commands_test {

using namespace std::chrono_literals;

namespace {

/// Owns nothing until it is told to.
class granted_ownership final : public ownership {
 public:
  void grant() {
    held_ = instance_tenure{.epoch = 1, .since = {}, .until = std::nullopt};
    changed_(std::nullopt);
  }
  void revoke() {
    held_.reset();
    changed_(std::nullopt);
  }
  [[nodiscard]] std::optional<instance_tenure> tenure(const consumer_id&, int) const override { return held_; }
  [[nodiscard]] std::optional<instance_owner> owner(const consumer_id&, int) const override {
    if (!held_) return std::nullopt;
    return instance_owner{.replica = "test", .epoch = held_->epoch};
  }
  [[nodiscard]] std::vector<int> instances_held(const consumer_id&) const override { return {0}; }
  [[nodiscard]] std::string why_nobody(const consumer_id&, int) const override { return {}; }
  [[nodiscard]] bool is_renewed(clock::time_point) const override { return true; }
  [[nodiscard]] clock::time_point seen_at() const override { return clock::time_point::max(); }
  void vacated(const consumer_id&, int, std::uint64_t) override {}
  void listen(listener changed) override { changed_ = std::move(changed); }

 private:
  std::optional<instance_tenure> held_;
  listener changed_;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(supervisor_commands, test::supervisor_fixture)

BOOST_AUTO_TEST_CASE(a_command_whose_deadline_has_passed_when_its_turn_comes_is_not_carried_out) {
  begin({spec});
  const auto removing = remove();
  context.deadline = now_on_clock() + 10ms;
  spec.target = target_state::stopped;
  const auto late = create(spec);  // waits for the end of the consumer before it
  BOOST_TEST(!late->refused.has_value());
  settle();
  BOOST_TEST(removing->value.has_value());
  BOOST_REQUIRE(late->refused.has_value());
  BOOST_TEST((late->refused->code == ec::timed_out));
  BOOST_TEST(!stored->history.contains(spec.id.value));
  context = {};
  BOOST_TEST(create(spec)->value.has_value());  // the turn was given back
}

BOOST_AUTO_TEST_CASE(a_commands_request_and_principal_are_in_the_events_that_it_causes) {
  begin({spec});
  context = {.request_id = "request-7", .sender = {.kind = "jwt", .name = "somebody"}};
  stop();
  settle();
  const auto found = events();
  const auto asked =
      std::ranges::find_if(found, [](const auto& event) { return event.kind == event_kind::stop_requested; });
  BOOST_REQUIRE((asked != found.end()));
  BOOST_TEST(asked->request_id == "request-7");
  BOOST_CHECK((asked->actor == event_actor{"jwt", "somebody"}));
  BOOST_TEST(found.front().request_id == "");
  BOOST_TEST(!found.front().actor);
}

BOOST_AUTO_TEST_CASE(only_what_is_owned_runs) {
  const auto granted = std::make_shared<granted_ownership>();
  owned = granted;
  begin({spec});
  BOOST_TEST(kafka.made.empty());
  BOOST_TEST((status() == consumer_status::inactive));
  granted->grant();
  run();
  BOOST_TEST(kafka.made.size() == 1u);
  BOOST_TEST((status() == consumer_status::active));
  granted->revoke();
  run();
  settle();
  BOOST_TEST(latest().destroyed);
  BOOST_TEST((view()->spec->target == target_state::started));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::supervisor_commands_test
