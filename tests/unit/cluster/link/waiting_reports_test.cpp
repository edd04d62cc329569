// The reports that wait for a peer.

#include "cluster/link/waiting_reports.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::waiting_reports_test {
namespace {

instance_report report_of(const std::string& consumer, std::uint64_t number) {
  return {.consumer = {consumer}, .number = number, .view = std::make_shared<const consumer_view>()};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(waiting_reports)

BOOST_AUTO_TEST_CASE(the_newest_report_of_each_instance_waits) {
  kfs::waiting_reports waiting;
  BOOST_TEST(!waiting.may_send());
  waiting.add({report_of("a", 1), report_of("b", 2)});
  waiting.add({report_of("a", 3)});
  const auto taken = waiting.take();
  BOOST_TEST_REQUIRE(taken.size() == 2U);
  BOOST_TEST(taken[0].number == 3U);
  BOOST_TEST(taken[1].number == 2U);
  BOOST_TEST(!waiting.may_send());
}

BOOST_AUTO_TEST_CASE(one_message_is_under_way_at_a_time) {
  kfs::waiting_reports waiting;
  waiting.add({report_of("a", 1)});
  waiting.begin(7);
  BOOST_TEST(waiting.take().size() == 1U);
  waiting.add({report_of("a", 2)});
  BOOST_TEST(!waiting.may_send());
  BOOST_TEST(!waiting.end(6));
  BOOST_TEST(!waiting.may_send());
  BOOST_TEST(waiting.end(7));
  BOOST_TEST(waiting.may_send());
  BOOST_TEST(!waiting.end(7));
}

BOOST_AUTO_TEST_CASE(a_message_has_a_moderate_size_and_the_rest_follows) {
  kfs::waiting_reports waiting;
  for (int number = 0; number < 300; ++number)
    waiting.add({report_of("c" + std::to_string(number), static_cast<std::uint64_t>(number))});
  BOOST_TEST(waiting.take().size() == 256U);
  BOOST_TEST(waiting.take().size() == 44U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::waiting_reports_test
