// The one decision that starts and ends children.
#include "actors/supervisor/core/next_step.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::supervisor_next_step_test {

BOOST_AUTO_TEST_SUITE(supervisor_next_step)

BOOST_AUTO_TEST_CASE(what_is_wanted_and_does_not_run_is_started) {
  BOOST_TEST((decide({.wanted = true}) == next_step::start));
  BOOST_TEST((decide({.wanted = false}) == next_step::none));
}

BOOST_AUTO_TEST_CASE(what_waits_for_its_back_off_or_was_given_up_is_not_started) {
  BOOST_TEST((decide({.wanted = true, .waits = true}) == next_step::none));
  BOOST_TEST((decide({.wanted = true, .gave_up = true}) == next_step::none));
}

BOOST_AUTO_TEST_CASE(what_runs_and_is_wanted_goes_on) {
  BOOST_TEST((decide({.wanted = true, .runs = true}) == next_step::none));
  BOOST_TEST((decide({.wanted = true, .runs = true, .waits = true}) == next_step::none));
}

BOOST_AUTO_TEST_CASE(what_runs_and_is_not_wanted_so_is_drained_once) {
  BOOST_TEST((decide({.wanted = false, .runs = true}) == next_step::drain));
  BOOST_TEST((decide({.wanted = true, .runs = true, .outdated = true}) == next_step::drain));
  BOOST_TEST((decide({.wanted = true, .runs = true, .gave_up = true}) == next_step::drain));
  BOOST_TEST((decide({.wanted = false, .runs = true, .drains = true}) == next_step::wait));
  BOOST_TEST((decide({.wanted = true, .runs = true, .drains = true, .outdated = true}) == next_step::wait));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::supervisor_next_step_test
