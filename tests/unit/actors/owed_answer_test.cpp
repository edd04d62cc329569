#include <boost/test/unit_test.hpp>

#include "actors/answer.hpp"
#include "tests/unit/actors/actor_fixture.hpp"

namespace kfs::owed_answer_test {

namespace {

/// Owes an answer to each request, in two copies.
using owing_actor = caf::typed_actor<
    // Answered by start_atom.
    caf::replies_to<get_atom>::with<done>,
    // Answers with every copy.
    caf::reacts_to<start_atom>,
    // Drops one copy.
    caf::reacts_to<stop_atom>>;

struct owing_state {
  std::vector<kfs::owed_answer<done>> owed;
};

/// The argument is there because CAF 0.17 binds a null pointer to a reference where there is none.
owing_actor::behavior_type owing(owing_actor::stateful_pointer<owing_state> self, int) {
  return {
      [self](get_atom) -> caf::result<done> {
        auto promise = self->make_response_promise<done>();
        const kfs::owed_answer<done> answer(promise);
        self->state.owed = {answer, answer};
        return promise;
      },
      [self](start_atom) {
        for (const auto& answer : self->state.owed) answer.give(done{});
      },
      [self](stop_atom) { self->state.owed.pop_back(); },
  };
}

struct fixture : test::actor_fixture {
  owing_actor actor = system().spawn(owing, 0);
  int answered = 0;
  std::vector<error> errors;

  fixture() {
    ask<done>(
        actor, [this](done) { ++answered; }, [this](const error& reason) { errors.push_back(reason); },
        get_atom::value);
  }
  ~fixture() { end(); }

  template <class Atom>
  void tell(Atom message) {
    self()->send(actor, message);
    run();
  }

  void end() {
    caf::anon_send_exit(actor, caf::exit_reason::kill);
    run();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(owed_answer, fixture)

BOOST_AUTO_TEST_CASE(a_requester_gets_one_answer_however_many_copies_there_are) {
  tell(start_atom::value);
  tell(stop_atom::value);
  tell(stop_atom::value);
  BOOST_TEST(answered == 1);
  BOOST_TEST(errors.empty());
}

BOOST_AUTO_TEST_CASE(a_requester_gets_an_error_at_once_when_the_last_copy_is_dropped_without_an_answer) {
  tell(stop_atom::value);
  BOOST_TEST(errors.empty());
  tell(stop_atom::value);
  BOOST_REQUIRE(errors.size() == 1u);
  BOOST_TEST((errors.front().code == ec::actor_died));
  BOOST_TEST(answered == 0);
}

BOOST_AUTO_TEST_CASE(a_requester_gets_an_error_at_once_when_the_actor_ends_without_an_answer) {
  end();
  BOOST_REQUIRE(errors.size() == 1u);
  BOOST_TEST((errors.front().code == ec::actor_died));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::owed_answer_test
