#include "cluster/core/name_claim.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::name_claim_test {

using namespace std::chrono_literals;

namespace {

using answer = kfs::name_claim::answer;

struct fixture {
  kfs::name_claim claim{lease_times{3s}};
  look::clock::time_point at{1h};
  replica_row row{.replica = replica_id{"a"}, .run = run_id{"old"}, .evicted = {}, .capacity = {}};

  answer after(std::chrono::milliseconds time) {
    at += time;
    return claim.saw({.asked = at, .answered = at}, row);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(name_claim, fixture)

BOOST_AUTO_TEST_CASE(a_name_without_a_row_is_free_at_once) {
  BOOST_TEST((claim.saw({.asked = at, .answered = at}, std::nullopt) == answer::free));
}

BOOST_AUTO_TEST_CASE(a_name_whose_last_run_ended_in_order_is_free_at_once) {
  row.ended = true;
  BOOST_TEST((after(0s) == answer::free));
}

BOOST_AUTO_TEST_CASE(the_name_of_a_killed_process_is_free_after_a_lease) {
  BOOST_TEST((after(0s) == answer::wait));
  BOOST_TEST((after(1s) == answer::wait));
  BOOST_TEST((after(1s) == answer::wait));
  BOOST_TEST((after(1s) == answer::free));
}

BOOST_AUTO_TEST_CASE(the_last_heartbeat_of_a_killed_process_may_arrive_late) {
  after(0s);
  ++row.heartbeats;
  BOOST_TEST((after(1s) == answer::wait));
  BOOST_TEST((after(1s) == answer::wait));
  BOOST_TEST((after(1s) == answer::wait));
  BOOST_TEST((after(1s) == answer::free));
}

BOOST_AUTO_TEST_CASE(the_name_of_a_live_process_is_taken_after_a_lease) {
  BOOST_TEST((after(0s) == answer::wait));
  for (int i = 0; i < 2; ++i) {
    ++row.heartbeats;
    BOOST_TEST((after(1s) == answer::wait));
  }
  ++row.heartbeats;
  BOOST_TEST((after(1s) == answer::taken));
}

// Two processes with one name start at once. The loser finds the run of the other.
BOOST_AUTO_TEST_CASE(a_name_that_another_process_claims_first_is_taken) {
  after(0s);
  after(1s);
  row.run = run_id{"other"};
  BOOST_TEST((after(1s) == answer::wait));
  ++row.heartbeats;
  BOOST_TEST((after(1s) == answer::taken));
}

BOOST_AUTO_TEST_CASE(a_store_that_was_away_proves_nothing) {
  after(0s);
  BOOST_TEST((after(1h) == answer::wait));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::name_claim_test
