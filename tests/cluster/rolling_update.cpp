#include "tests/cluster/rolling_update.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <iostream>

#include "tests/cluster/bounds.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::cluster_test {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

namespace {

/// For each update, so that one in a thousand can be told from none.
constexpr int requests_of_each = 400;

}  // namespace

rolling_update::rolling_update() {
  for (int number = 100; number < 103; ++number) changed_.push_back(servers_.created(0, number));
  BOOST_TEST_REQUIRE(servers_.becomes_shared(0, {5, 5, 5}));
  BOOST_TEST_REQUIRE(servers_.all_active(0));
  gauge_.emplace(under_);
}

void rolling_update::update_each(const std::function<void(test::server_process&)>& replace) {
  for (std::size_t number = 0; number < servers_.size(); ++number) update(number, replace);
  BOOST_TEST(servers_.becomes_shared(0, {5, 5, 5}));
}

void rolling_update::update(std::size_t number, const std::function<void(test::server_process&)>& replace) {
  std::vector<std::size_t> others;
  for (std::size_t other = 0; other < servers_.size(); ++other)
    if (other != number) others.push_back(other);
  requests reading(requests::kind::reads, servers_, others, read_, changed_);
  requests changing(requests::kind::changes, servers_, others, read_, changed_);
  const auto begun = clock::now();
  BOOST_TEST(servers_.process(number).stop() == 0);
  replace(servers_.process(number));
  servers_.start(number);
  // As Kubernetes does: the next one ends once this one is ready.
  BOOST_TEST(servers_.becomes_ready(number));
  print("a replica ends and is ready again after", clock::now() - begun);
  BOOST_TEST(test::eventually(patience, [&] { return reading.count() + changing.count() >= requests_of_each; }));
  all_.add(reading.stop());
  all_.add(changing.stop());
}

void rolling_update::check() {
  const auto longest = gauge_->stop();
  BOOST_TEST_REQUIRE(longest.has_value());
  print("longest wait of a record meanwhile", *longest);
  BOOST_TEST((*longest < bound_of(1s)));
  std::cout << fmt::format("  {} requests meanwhile: {} answered 503, {} wrongly\n", all_.requests, all_.unavailable,
                           all_.wrong.size());
  BOOST_TEST(all_.requests >= 1000);
  BOOST_TEST(all_.unavailable * 1000 <= all_.requests);
  for (std::size_t i = 0; i < std::min<std::size_t>(all_.wrong.size(), 5); ++i) BOOST_ERROR(all_.wrong[i]);
  under_.check_exact();
}

}  // namespace kfs::cluster_test
