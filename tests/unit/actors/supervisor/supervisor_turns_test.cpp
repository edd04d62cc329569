// One command of a consumer at a time.
#include "actors/supervisor/turns.hpp"

#include <boost/test/unit_test.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace kfs::supervisor_turns_test {

namespace {

struct turns_fixture {
  std::vector<consumer_id> woken;
  turns in_turn{[this](const consumer_id& id) { woken.push_back(id); }};
  consumer_id first{"first"};
  consumer_id second{"second"};
  std::string done;

  turns::command noting(char letter) {
    return [this, letter](const turns::turn&) { done += letter; };
  }
  /// As the actor does with its own message.
  void wake() {
    for (const auto& id : std::exchange(woken, {})) in_turn.hand_over(id);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(supervisor_turns, turns_fixture)

BOOST_AUTO_TEST_CASE(commands_of_one_consumer_run_one_after_the_other) {
  auto held = in_turn.try_take(first);
  BOOST_TEST(in_turn.take(first, noting('a')));
  BOOST_TEST(in_turn.take(first, noting('b')));
  BOOST_TEST(done == "");
  held = {};
  BOOST_TEST(done == "");  // never inside the destructor
  wake();
  BOOST_TEST(done == "a");
  wake();
  BOOST_TEST(done == "ab");
  BOOST_TEST(!in_turn.taken(first));
}

BOOST_AUTO_TEST_CASE(consumers_do_not_wait_for_each_other) {
  const auto held = in_turn.try_take(first);
  BOOST_TEST(in_turn.take(second, noting('a')));
  BOOST_TEST(done == "a");
}

BOOST_AUTO_TEST_CASE(a_turn_lasts_as_long_as_its_last_copy) {
  std::optional<turns::turn> copy;
  BOOST_TEST(in_turn.take(first, [&](const turns::turn& held) { copy = held; }));
  BOOST_TEST(in_turn.taken(first));
  BOOST_TEST(!in_turn.try_take(first));
  copy.reset();
  BOOST_TEST(!in_turn.taken(first));
}

BOOST_AUTO_TEST_CASE(a_command_that_throws_gives_its_turn_back) {
  BOOST_CHECK_THROW(static_cast<void>(in_turn.take(first, [](const turns::turn&) { throw std::runtime_error("x"); })),
                    std::runtime_error);
  BOOST_TEST(!in_turn.taken(first));
}

BOOST_AUTO_TEST_CASE(a_command_that_comes_between_a_turn_and_the_next_waits_too) {
  auto held = in_turn.try_take(first);
  BOOST_TEST(in_turn.take(first, noting('a')));
  held = {};
  BOOST_TEST(in_turn.take(first, noting('b')));
  wake();
  wake();
  BOOST_TEST(done == "ab");
}

BOOST_AUTO_TEST_CASE(as_many_commands_wait_as_may) {
  const auto held = in_turn.try_take(first);
  for (std::size_t i = 0; i < turns::most_waiting; ++i) BOOST_TEST(in_turn.take(first, noting('a')));
  BOOST_TEST(!in_turn.take(first, noting('b')));
}

BOOST_AUTO_TEST_CASE(a_turn_may_outlive_the_turns) {
  turns::turn late;
  {
    turns others([](const consumer_id&) {});
    late = others.try_take(first);
  }
  late = {};
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::supervisor_turns_test
