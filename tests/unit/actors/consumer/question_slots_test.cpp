#include "actors/consumer/core/question_slots.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>

namespace kfs::question_slots_test {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(question_slots)

BOOST_AUTO_TEST_CASE(it_is_due_once_in_an_interval) {
  auto at = std::chrono::steady_clock::time_point(1h);
  class question_slots mine(7, at);
  int asked = 0;
  for (int second = 0; second <= 300; ++second, at += 1s) {
    if (!mine.due(30s, at)) continue;
    mine.asked(at);
    ++asked;
  }
  BOOST_TEST(asked == 10);
}

BOOST_AUTO_TEST_CASE(a_thousand_that_may_all_ask_at_once_are_spread_over_the_interval) {
  const auto begun = std::chrono::steady_clock::time_point(1h);
  std::vector<int> of_second(30);
  for (int one = 0; one < 1'000; ++one) {
    class question_slots mine(std::hash<std::string>{}("consumer " + std::to_string(one)), begun);
    int second = 0;
    while (!mine.due(30s, begun + std::chrono::seconds(second + 1))) ++second;
    ++of_second.at(static_cast<std::size_t>(second));
  }
  BOOST_TEST(*std::ranges::max_element(of_second) < 100);
}

BOOST_AUTO_TEST_CASE(a_shorter_interval_is_due_earlier) {
  const auto begun = std::chrono::steady_clock::time_point(1h);
  class question_slots mine(0, begun);
  BOOST_TEST(!mine.due(2s, begun + 1s));
  BOOST_TEST(mine.due(2s, begun + 2s));
  BOOST_TEST(!mine.due(30s, begun + 2s));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::question_slots_test
