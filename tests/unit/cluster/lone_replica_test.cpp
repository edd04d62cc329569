#include "cluster/lone_replica.hpp"

#include <boost/test/unit_test.hpp>
#include <optional>

#include "tests/unit/actors/actor_fixture.hpp"

namespace kfs::lone_replica_test {

using namespace std::chrono_literals;

namespace {

consumer_view_ptr consumer(std::string id, target_state target, json options = json::object()) {
  consumer_spec spec;
  spec.id = {std::move(id)};
  spec.target = target;
  spec.options = std::move(options);
  consumer_view view;
  view.spec = std::make_shared<const consumer_spec>(std::move(spec));
  return std::make_shared<const consumer_view>(std::move(view));
}

/// What the supervisor answers.
struct listing {
  std::vector<consumer_view_ptr> consumers;
  std::optional<error> fails;
};

/// Answers only lists.
caf::behavior list_consumers(caf::event_based_actor* self, std::shared_ptr<const listing> known) {
  self->set_default_handler(caf::print_and_drop);
  return {[known](list_atom) -> caf::result<consumer_views> {
    if (known->fails) return to_caf(*known->fails);
    return std::make_shared<const std::vector<consumer_view_ptr>>(known->consumers);
  }};
}

struct fixture : test::actor_fixture {
  const timestamp started_at{1'000ms};
  std::shared_ptr<listing> known = std::make_shared<listing>();
  caf::actor supervisor = system().spawn(list_consumers, std::shared_ptr<const listing>(known));
  cluster_actor alone = spawn_lone_replica(system(), {.supervisor = caf::actor_cast<supervisor_actor>(supervisor),
                                                      .name = {"r1"},
                                                      .version = "0.1.0",
                                                      .started_at = started_at,
                                                      .capacity = 5});

  ~fixture() {
    thaw_all();
    for (const auto& actor : {supervisor, caf::actor_cast<caf::actor>(alone)})
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    run();
  }

  template <class Answer, class... Question>
  std::shared_ptr<std::optional<result<Answer>>> begin(Question... question) {
    const auto answer = std::make_shared<std::optional<result<Answer>>>();
    ask<Answer>(
        alone, [answer](const Answer& given) { *answer = given; },
        [answer](const error& reason) { *answer = tl::make_unexpected(reason); }, std::move(question)...);
    return answer;
  }
  result<cluster_view_ptr> view() { return begin<cluster_view_ptr>(get_atom::value)->value(); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(lone_replica, fixture)

BOOST_AUTO_TEST_CASE(it_shows_itself_alone) {
  const auto before = now();
  const auto shown = **view();
  BOOST_TEST(shown.replica.value == "r1");
  BOOST_TEST_REQUIRE(shown.replicas.size() == 1U);
  const auto& self = shown.replicas.front();
  BOOST_TEST(self.replica.value == "r1");
  BOOST_TEST(self.address == "");
  BOOST_TEST(!self.linked);
  BOOST_TEST((self.state == replica_state::active));
  BOOST_TEST(self.version == "0.1.0");
  BOOST_TEST((self.started_at == started_at));
  BOOST_TEST((self.last_seen_at >= before && self.last_seen_at <= now()));
  BOOST_TEST(self.instances == 0U);
  BOOST_TEST(self.capacity.value_or(0) == 5U);
  BOOST_TEST(shown.assignments.empty());
  BOOST_TEST(shown.unassigned.empty());
}

BOOST_AUTO_TEST_CASE(every_instance_of_a_started_consumer_is_assigned_to_it_in_order) {
  known->consumers = {consumer("b", target_state::started, {{"instances", 2}}), consumer("c", target_state::stopped),
                      consumer("a", target_state::started)};
  const auto shown = **view();
  const auto assigned = [&](std::string id, int number) {
    return assignment_view{.instance = {{std::move(id)}, number}, .replica = {"r1"}, .term = {1}, .since = started_at};
  };
  BOOST_TEST((shown.assignments == std::vector<assignment_view>{assigned("a", 0), assigned("b", 0), assigned("b", 1)}));
  BOOST_TEST(shown.replicas.front().instances == 3U);
  BOOST_TEST(shown.unassigned.empty());
}

BOOST_AUTO_TEST_CASE(an_error_of_the_supervisor_is_passed_on) {
  known->fails = error{ec::store_unavailable, "the store is away"};
  const auto answer = view();
  BOOST_TEST_REQUIRE(!answer.has_value());
  BOOST_TEST((answer.error().code == ec::store_unavailable));
  BOOST_TEST(answer.error().message == "the store is away");
}

BOOST_AUTO_TEST_CASE(a_supervisor_that_does_not_answer_is_waited_for_five_seconds) {
  freeze(supervisor);
  const auto answer = begin<cluster_view_ptr>(get_atom::value);
  advance(4'999ms);
  BOOST_TEST(!answer->has_value());
  advance(1ms);
  BOOST_TEST_REQUIRE(answer->has_value());
  BOOST_TEST(((*answer)->error().code == ec::timed_out));
  thaw(supervisor);
  BOOST_TEST(view().has_value());
}

BOOST_AUTO_TEST_CASE(orders_about_itself_cannot_be_applied_and_others_are_not_found) {
  const auto check = [&](auto order) {
    BOOST_TEST((begin<done>(order, replica_id{"r1"})->value().error().code == ec::cannot_apply));
    BOOST_TEST((begin<done>(order, replica_id{"r2"})->value().error().code == ec::not_found));
    BOOST_TEST((begin<done>(order, replica_id{""})->value().error().code == ec::not_found));
  };
  check(drain_atom::value);
  check(resume_atom::value);
  check(evict_atom::value);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::lone_replica_test
