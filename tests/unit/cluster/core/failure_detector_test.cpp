#include "cluster/core/failure_detector.hpp"

#include <boost/test/unit_test.hpp>
#include <map>
#include <string>

namespace kfs::failure_detector_test {

using namespace std::chrono_literals;

namespace {

constexpr lease_times times{3s};

struct fixture {
  kfs::failure_detector<std::string, int> detector{times};
  look::clock::time_point at{1h};
  std::map<std::string, int> signs{{"a", 7}};

  void see(const look& present) {
    if (!detector.begin(present)) return;
    for (const auto& [writer, sign] : signs) detector.show(writer, sign);
    detector.finish();
  }

  /// Whether the writer is silent in a look `after` the last one, whose answer takes `latency`.
  bool silent_after(std::chrono::milliseconds after, std::chrono::milliseconds latency = 0ms) {
    at += after;
    see({.asked = at, .answered = at + latency});
    return detector.silent("a");
  }

  /// Looks each second.
  bool silent_after_looking_for(std::chrono::seconds time) {
    for (auto second = 0s; second < time; ++second) silent_after(1s);
    return detector.silent("a");
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(failure_detector, fixture)

BOOST_AUTO_TEST_CASE(a_writer_is_silent_once_its_sign_has_stood_still_for_a_lease) {
  BOOST_TEST(!silent_after(0s));
  BOOST_TEST(!silent_after(1s));
  BOOST_TEST(!silent_after(1s));
  BOOST_TEST(!silent_after(999ms));
  BOOST_TEST(silent_after(1ms));
}

BOOST_AUTO_TEST_CASE(a_writer_that_was_never_shown_is_not_silent) {
  BOOST_TEST(!detector.silent("a"));
}

BOOST_AUTO_TEST_CASE(each_change_of_the_sign_begins_a_new_lease) {
  silent_after_looking_for(3s);
  ++signs["a"];
  BOOST_TEST(!silent_after_looking_for(3s));
  ++signs["a"];
  BOOST_TEST(!silent_after_looking_for(3s));
  BOOST_TEST(silent_after_looking_for(1s));
}

BOOST_AUTO_TEST_CASE(a_counter_that_falls_is_a_sign_of_life) {
  silent_after_looking_for(3s);
  signs["a"] = 1;
  BOOST_TEST(!silent_after(1s));
}

BOOST_AUTO_TEST_CASE(a_silent_writer_that_gives_a_sign_is_not_silent_any_more) {
  BOOST_TEST(silent_after_looking_for(4s));
  ++signs["a"];
  BOOST_TEST(!silent_after(1s));
}

// The process is frozen before it reads an answer that is long in its socket.
BOOST_AUTO_TEST_CASE(an_answer_that_is_read_late_does_not_count_until_then) {
  silent_after(0s);
  BOOST_TEST(!silent_after(1s, 1h));
}

BOOST_AUTO_TEST_CASE(silence_is_counted_from_the_answer_that_first_showed_the_sign) {
  silent_after(0s, 800ms);
  silent_after(1s);
  silent_after(1s);
  BOOST_TEST(!silent_after(1s));
  BOOST_TEST(!silent_after(799ms));
  BOOST_TEST(silent_after(1ms));
}

// Nobody reached the store. The writer gives a sign soon after the store is back.
BOOST_AUTO_TEST_CASE(after_a_gap_between_looks_counting_begins_anew) {
  silent_after_looking_for(2s);
  BOOST_TEST(!silent_after(1h));
  BOOST_TEST(!silent_after_looking_for(2s));
  BOOST_TEST(silent_after_looking_for(1s));
}

BOOST_AUTO_TEST_CASE(a_question_that_hangs_while_the_store_is_away_is_a_gap) {
  silent_after(0s);
  silent_after(1s, 1h);
  at += 1h;
  BOOST_TEST(!silent_after(1s));
}

BOOST_AUTO_TEST_CASE(a_writer_that_was_silent_before_a_gap_is_silent_after_it) {
  BOOST_TEST(silent_after_looking_for(4s));
  BOOST_TEST(silent_after(1h));
}

BOOST_AUTO_TEST_CASE(a_look_that_is_older_than_the_last_changes_nothing) {
  silent_after_looking_for(3s);
  ++signs["a"];
  see({.asked = at - 1s, .answered = at + 1s});
  --signs["a"];
  BOOST_TEST(silent_after(1s));
}

BOOST_AUTO_TEST_CASE(a_writer_that_is_shown_no_longer_is_forgotten) {
  BOOST_TEST(silent_after_looking_for(4s));
  signs.clear();
  BOOST_TEST(!silent_after(1s));
  BOOST_TEST(!detector.next_expiry().has_value());
}

BOOST_AUTO_TEST_CASE(the_next_expiry_is_that_of_the_sign_that_has_stood_still_longest) {
  BOOST_TEST(!detector.next_expiry().has_value());
  signs["b"] = 1;
  see({.asked = at, .answered = at + 10ms});
  ++signs["b"];
  see({.asked = at + 1s, .answered = at + 1s});
  BOOST_TEST((detector.next_expiry() == at + 3010ms));
  see({.asked = at + 2s, .answered = at + 2s});
  see({.asked = at + 3010ms, .answered = at + 3010ms});
  BOOST_TEST(detector.silent("a"));
  BOOST_TEST((detector.next_expiry() == at + 4s));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::failure_detector_test
