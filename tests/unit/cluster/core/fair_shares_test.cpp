#include "cluster/core/fair_shares.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <vector>

namespace kfs::fair_shares_test {

namespace {

// The definition: hands out one at a time, always to a receiver that has the least and may have more.
std::vector<std::size_t> one_by_one(const std::vector<share_bounds>& receivers, std::size_t total) {
  std::vector<std::size_t> shares;
  for (const auto& bounds : receivers) {
    shares.push_back(bounds.least);
    total -= std::min(total, bounds.least);
  }
  for (; total > 0; --total) {
    std::size_t* least = nullptr;
    for (std::size_t i = 0; i < shares.size(); ++i) {
      if (shares[i] < receivers[i].most && (least == nullptr || shares[i] < *least)) least = &shares[i];
    }
    if (least == nullptr) break;
    ++*least;
  }
  std::ranges::sort(shares);
  return shares;
}

std::vector<std::size_t> divided(const std::vector<share_bounds>& receivers, std::size_t total) {
  const auto fair = divide_fairly(receivers, total);
  auto extras = fair.extras;
  std::vector<std::size_t> shares;
  for (const auto& bounds : receivers) {
    shares.push_back(fair.share(bounds));
    if (extras > 0 && fair.may_have_one_more(bounds)) ++shares.back(), --extras;
  }
  BOOST_TEST(extras == 0U);
  std::ranges::sort(shares);
  return shares;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fair_shares)

BOOST_AUTO_TEST_CASE(without_bounds_shares_differ_by_at_most_one) {
  const std::vector<share_bounds> three(3, {.least = 0, .most = 100});
  BOOST_TEST(divided(three, 8) == (std::vector<std::size_t>{2, 3, 3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(nobody_receives_nothing) {
  BOOST_TEST(divide_fairly({}, 5).level == 0U);
}

BOOST_AUTO_TEST_CASE(every_division_among_three_receivers_equals_handing_out_one_by_one) {
  std::vector<share_bounds> all;
  for (std::size_t least = 0; least < 4; ++least) {
    for (auto most = least; most < 6; ++most) all.push_back({.least = least, .most = most});
  }
  std::size_t different = 0;
  for (const auto& a : all) {
    for (const auto& b : all) {
      for (const auto& c : all) {
        for (std::size_t total = a.least + b.least + c.least; total < 18; ++total)
          different += divided({a, b, c}, total) == one_by_one({a, b, c}, total) ? 0 : 1;
      }
    }
  }
  BOOST_TEST(different == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::fair_shares_test
