#include "cluster/core/held_lease.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::held_lease_test {

using namespace std::chrono_literals;

namespace {

struct fixture {
  kfs::held_lease::clock::time_point taken{1h};
  kfs::held_lease lease{lease_times{3s}, taken};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(held_lease, fixture)

BOOST_AUTO_TEST_CASE(the_right_to_write_ends_a_margin_before_the_lease) {
  BOOST_TEST(lease.may_write(taken));
  BOOST_TEST(lease.may_write(taken + 2699ms));
  BOOST_TEST(!lease.may_write(taken + 2700ms));
  BOOST_TEST((lease.writable_until() == taken + 2700ms));
}

BOOST_AUTO_TEST_CASE(fencing_begins_before_the_right_to_write_ends) {
  BOOST_TEST(!lease.must_fence(taken + 2399ms));
  BOOST_TEST(lease.must_fence(taken + 2400ms));
}

BOOST_AUTO_TEST_CASE(it_is_renewed_each_third_of_the_lease) {
  BOOST_TEST((lease.renew_at() == taken + 1s));
  lease.renewed(taken + 1s, taken + 1200ms);
  BOOST_TEST((lease.renew_at() == taken + 2s));
}

BOOST_AUTO_TEST_CASE(a_failed_renewal_is_tried_again_sooner_and_prolongs_nothing) {
  lease.renewal_failed(taken + 1500ms);
  BOOST_TEST((lease.renew_at() == taken + 1750ms));
  BOOST_TEST((lease.writable_until() == taken + 2700ms));
}

BOOST_AUTO_TEST_CASE(the_right_is_counted_from_the_moment_before_the_renewal_was_sent) {
  lease.renewed(taken + 1s, taken + 2s);
  BOOST_TEST((lease.writable_until() == taken + 3700ms));
}

BOOST_AUTO_TEST_CASE(the_answer_to_an_earlier_renewal_shortens_nothing) {
  lease.renewed(taken + 2s, taken + 2100ms);
  lease.renewed(taken + 1s, taken + 2200ms);
  BOOST_TEST((lease.writable_until() == taken + 4700ms));
  BOOST_TEST((lease.renew_at() == taken + 3s));
}

BOOST_AUTO_TEST_CASE(a_right_that_ended_does_not_come_back) {
  lease.renewed(taken + 2s, taken + 2700ms);
  BOOST_TEST(!lease.may_write(taken + 2700ms));
  BOOST_TEST(lease.must_fence(taken + 2700ms));
}

BOOST_AUTO_TEST_CASE(a_lost_lease_has_to_be_fenced_at_once_and_stays_lost) {
  lease.lose();
  BOOST_TEST(!lease.may_write(taken));
  BOOST_TEST(lease.must_fence(taken));
  lease.renewed(taken + 1s, taken + 1s);
  BOOST_TEST(!lease.may_write(taken + 1s));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::held_lease_test
