#include "actors/consumer/core/processor_watch.hpp"

#include <boost/test/unit_test.hpp>

#include "actors/consumer/core/record_rate.hpp"

namespace kfs::processor_watch_test {

using namespace std::chrono_literals;

namespace {

/// A processor with 60 s of patience and a destination that may be silent for 10 s, looked at every second.
struct watched_processor {
  kfs::processor_watch::clock::time_point at{1h};
  kfs::processor_watch watch{60s, 10s, at};
  work_gauge gauge;

  watched_processor() { watch.ticked(at); }
  void pass(std::chrono::seconds time) {
    for (auto left = time; left > 0s; left -= 1s) watch.ticked(at += 1s);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(processor_watch, watched_processor)

BOOST_AUTO_TEST_CASE(a_call_without_a_sign_of_life_hangs) {
  gauge.entered(at);
  pass(59s);
  BOOST_TEST(!watch.hangs_for(gauge, at).has_value());
  pass(1s);
  BOOST_TEST((watch.hangs_for(gauge, at) == 60s));
  gauge.alive(at);
  BOOST_TEST(!watch.hangs_for(gauge, at).has_value());
}

BOOST_AUTO_TEST_CASE(a_processor_with_work_that_neither_calls_its_sink_nor_answers_is_idle) {
  watch.moved(at);
  pass(60s);
  BOOST_TEST(!watch.idle_for(gauge, false, at).has_value());
  BOOST_TEST((watch.idle_for(gauge, true, at) == 60s));
  gauge.entered(at);
  BOOST_TEST(!watch.idle_for(gauge, true, at).has_value());
}

BOOST_AUTO_TEST_CASE(a_new_actor_that_proves_nothing_is_idle_too) {
  watch.replaced(at);
  pass(60s);
  BOOST_TEST(watch.idle_for(gauge, false, at).has_value());
  BOOST_TEST(watch.proved());
  BOOST_TEST(!watch.proved());
}

BOOST_AUTO_TEST_CASE(time_in_which_the_process_stood_still_counts_against_nobody) {
  gauge.entered(at);
  watch.ticked(at += 1h);
  BOOST_TEST(!watch.hangs_for(gauge, at).has_value());
  BOOST_TEST(!watch.silent_for(gauge, at).has_value());
}

BOOST_AUTO_TEST_CASE(a_reported_silence_is_over_when_the_destination_responds) {
  gauge.entered(at);
  pass(10s);
  BOOST_TEST((watch.silent_for(gauge, at) == 10s));
  watch.waits_for_destination();
  BOOST_TEST(!watch.destination_recovered(gauge, at));
  gauge.answered(at);
  BOOST_TEST(watch.destination_recovered(gauge, at));
}

BOOST_AUTO_TEST_CASE(another_fault_is_over_when_the_destination_accepts_records) {
  gauge.entered(at);
  BOOST_TEST(!watch.destination_recovered(gauge, at));
  gauge.took(at);
  BOOST_TEST(watch.destination_recovered(gauge, at));
}

BOOST_AUTO_TEST_CASE(records_per_second_are_measured_over_the_time_that_passed) {
  record_rate rate(at);
  rate.add(30);
  rate.measure(at + 999ms);
  BOOST_TEST(rate.per_second() == 0);
  rate.measure(at + 3s);
  BOOST_TEST(rate.per_second() == 10);
  BOOST_TEST(rate.total() == 30);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::processor_watch_test
