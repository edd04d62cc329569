#include "cluster/core/start_limit.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <numeric>
#include <random>
#include <string>

namespace kfs::start_limit_test {

namespace {

std::vector<start_demand> demands(const std::vector<std::size_t>& instances) {
  std::vector<start_demand> made;
  for (std::size_t i = 0; i < instances.size(); ++i) made.push_back({replica_id{std::to_string(i)}, instances[i]});
  return made;
}

instance_id instance(int number) {
  return {consumer_id{"c"}, number};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(start_limit)

BOOST_AUTO_TEST_CASE(starts_are_divided_among_the_replicas_that_have_something_to_start) {
  const auto shares = divide_starts(10, demands({100, 0, 100, 2}));
  BOOST_TEST(shares == (std::vector<std::size_t>{4, 0, 4, 2}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_remains_goes_to_the_first_replicas_by_name) {
  const auto shares = divide_starts(11, demands({100, 100, 100}));
  BOOST_TEST(shares == (std::vector<std::size_t>{4, 4, 3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(each_replica_may_start_one_at_a_time) {
  const auto shares = divide_starts(1, demands({5, 5, 0, 5}));
  BOOST_TEST(shares == (std::vector<std::size_t>{1, 1, 0, 1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_shares_do_not_depend_on_the_order_of_the_replicas) {
  std::mt19937 random{5};
  auto mixed = demands({9, 3, 7, 1, 8});
  const auto expected = divide_starts(17, mixed);
  for (int i = 0; i < 50; ++i) {
    std::ranges::shuffle(mixed, random);
    const auto shares = divide_starts(17, mixed);
    for (std::size_t at = 0; at < mixed.size(); ++at)
      BOOST_TEST(shares[at] == expected[std::stoul(mixed[at].replica.value)]);
  }
}

BOOST_AUTO_TEST_CASE(all_shares_together_never_exceed_the_bound) {
  for (std::size_t total = 0; total < 40; ++total) {
    const auto shares = divide_starts(total, demands({9, 3, 7, 1, 8, 0}));
    BOOST_TEST(std::accumulate(shares.begin(), shares.end(), std::size_t{0}) == std::clamp<std::size_t>(total, 5, 28));
  }
}

BOOST_AUTO_TEST_CASE(a_start_begins_only_within_the_share_and_ends_free_it) {
  kfs::start_limit limit;
  BOOST_TEST(!limit.begin(instance(0)));
  limit.set_share(2);
  BOOST_TEST(limit.begin(instance(0)));
  BOOST_TEST(limit.begin(instance(0)));
  BOOST_TEST(limit.begin(instance(1)));
  BOOST_TEST(!limit.begin(instance(2)));
  limit.end(instance(0));
  BOOST_TEST(limit.begin(instance(2)));
  BOOST_TEST(limit.starting() == 2U);
}

BOOST_AUTO_TEST_CASE(a_smaller_share_waits_for_starts_that_have_begun) {
  kfs::start_limit limit;
  limit.set_share(2);
  limit.begin(instance(0));
  limit.begin(instance(1));
  limit.set_share(1);
  limit.end(instance(0));
  limit.end(instance(7));
  BOOST_TEST(!limit.begin(instance(2)));
  limit.end(instance(1));
  BOOST_TEST(limit.begin(instance(2)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::start_limit_test
