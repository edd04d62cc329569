// What the supervisor learns of the leases.
#include "cluster/lease_table.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::lease_table_test {

using namespace std::chrono_literals;
using clock = lease_table::clock;

BOOST_AUTO_TEST_SUITE(lease_table)

BOOST_AUTO_TEST_CASE(who_waits_for_a_consumer_is_told_once_after_the_next_look) {
  int asked = 0;
  std::vector<std::string> told;
  kfs::lease_table table([](const instance_id&, epoch) {}, [&] { ++asked; });
  table.listen([&](const std::optional<consumer_id>& which) { told.push_back(which ? which->value : "any"); });
  table.look_again({"a"});
  table.look_again({"a"});
  table.look_again({"b"});
  BOOST_TEST(asked == 2);
  BOOST_TEST(told.empty());
  const auto at = clock::now();
  table.extend(at + 1s, at);
  BOOST_TEST(told == (std::vector<std::string>{"a", "b"}), boost::test_tools::per_element());
  BOOST_TEST((table.seen_at() == at));
  table.extend(at + 2s, at + 1s);
  BOOST_TEST(told.size() == 2U);
  table.look_again({"a"});
  BOOST_TEST(asked == 3);
}

BOOST_AUTO_TEST_CASE(a_listener_may_ask_again_while_it_is_told) {
  kfs::lease_table table([](const instance_id&, epoch) {});
  int told = 0;
  table.listen([&](const std::optional<consumer_id>& which) {
    ++told;
    if (told == 1) table.look_again(*which);
  });
  table.look_again({"a"});
  table.extend({}, {});
  BOOST_TEST(told == 1);
  table.extend({}, {});
  BOOST_TEST(told == 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::lease_table_test
