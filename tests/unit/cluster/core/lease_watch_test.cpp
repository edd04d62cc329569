#include "cluster/core/lease_watch.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

namespace kfs::lease_watch_test {

using namespace std::chrono_literals;

namespace {

constexpr lease_times times{3s};

struct fixture {
  kfs::lease_watch watch{times};
  look::clock::time_point at{1h};
  lease_row row{.instance = {consumer_id{"c"}, 0}, .holder = replica_id{"a"}, .term = epoch{4}, .renewals = 7};

  /// A look `after` the last one, whose answer takes `latency`.
  bool free_after(std::chrono::milliseconds after, std::chrono::milliseconds latency = 0ms) {
    at += after;
    watch.saw({.asked = at, .answered = at + latency}, std::vector{row});
    return watch.is_free(row);
  }

  /// Looks each second.
  bool free_after_looking_for(std::chrono::seconds time) {
    for (auto second = 0s; second < time; ++second) free_after(1s);
    return watch.is_free(row);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(lease_watch, fixture)

BOOST_AUTO_TEST_CASE(a_lease_is_free_once_its_counter_has_stood_still_for_a_lease) {
  BOOST_TEST(!free_after(0s));
  BOOST_TEST(!free_after(1s));
  BOOST_TEST(!free_after(1s));
  BOOST_TEST(!free_after(999ms));
  BOOST_TEST(free_after(1ms));
}

BOOST_AUTO_TEST_CASE(a_lease_without_a_holder_is_free_at_once) {
  row.holder.reset();
  BOOST_TEST(watch.is_free(row));
  BOOST_TEST(free_after(0s));
}

BOOST_AUTO_TEST_CASE(a_lease_that_was_never_shown_is_not_free) {
  BOOST_TEST(!watch.is_free(row));
}

BOOST_AUTO_TEST_CASE(each_change_of_counter_holder_or_epoch_begins_a_new_lease) {
  free_after_looking_for(3s);
  ++row.renewals;
  BOOST_TEST(!free_after_looking_for(3s));
  row.holder = replica_id{"b"};
  BOOST_TEST(!free_after_looking_for(3s));
  ++row.term.value;
  BOOST_TEST(!free_after_looking_for(3s));
  BOOST_TEST(free_after_looking_for(1s));
}

BOOST_AUTO_TEST_CASE(a_counter_that_falls_is_a_sign_of_life) {
  free_after_looking_for(3s);
  row.renewals = 1;
  BOOST_TEST(!free_after(1s));
}

BOOST_AUTO_TEST_CASE(a_free_lease_that_its_holder_renews_is_held_again) {
  BOOST_TEST(free_after_looking_for(4s));
  ++row.renewals;
  BOOST_TEST(!free_after(1s));
}

// The taker is frozen before it reads an answer that is long in its socket.
BOOST_AUTO_TEST_CASE(an_answer_that_is_read_late_does_not_count_until_then) {
  free_after(0s);
  BOOST_TEST(!free_after(1s, 1h));
}

BOOST_AUTO_TEST_CASE(the_lease_is_counted_from_the_answer_that_first_showed_the_counter) {
  free_after(0s, 800ms);
  free_after(1s);
  free_after(1s);
  BOOST_TEST(!free_after(1s));
  BOOST_TEST(!free_after(799ms));
  BOOST_TEST(free_after(1ms));
}

// Neither the taker nor the holder reached the store. The holder renews soon after the store is back.
BOOST_AUTO_TEST_CASE(after_a_gap_between_looks_counting_begins_anew) {
  free_after_looking_for(2s);
  BOOST_TEST(!free_after(1h));
  BOOST_TEST(!free_after_looking_for(2s));
  BOOST_TEST(free_after_looking_for(1s));
}

BOOST_AUTO_TEST_CASE(a_question_that_hangs_while_the_store_is_away_is_a_gap) {
  free_after(0s);
  free_after(1s, 1h);
  at += 1h;
  BOOST_TEST(!free_after(1s));
}

BOOST_AUTO_TEST_CASE(a_lease_that_was_free_before_a_gap_is_free_after_it) {
  BOOST_TEST(free_after_looking_for(4s));
  BOOST_TEST(free_after(1h));
}

BOOST_AUTO_TEST_CASE(a_look_that_is_older_than_the_last_changes_nothing) {
  free_after_looking_for(3s);
  ++row.renewals;
  watch.saw({.asked = at - 1s, .answered = at + 1s}, std::vector{row});
  --row.renewals;
  BOOST_TEST(free_after(1s));
}

BOOST_AUTO_TEST_CASE(a_lease_that_is_shown_no_longer_is_forgotten) {
  BOOST_TEST(free_after_looking_for(4s));
  watch.saw({.asked = at + 1s, .answered = at + 1s}, {});
  BOOST_TEST(!watch.is_free(row));
  BOOST_TEST(!watch.next_expiry().has_value());
}

BOOST_AUTO_TEST_CASE(the_next_expiry_is_that_of_the_lease_that_has_stood_still_longest) {
  BOOST_TEST(!watch.next_expiry().has_value());
  auto other = row;
  other.instance.number = 1;
  watch.saw({.asked = at, .answered = at + 10ms}, std::vector{row, other});
  ++other.renewals;
  watch.saw({.asked = at + 1s, .answered = at + 1s}, std::vector{row, other});
  BOOST_TEST((watch.next_expiry() == at + 3010ms));
  watch.saw({.asked = at + 2s, .answered = at + 2s}, std::vector{row, other});
  watch.saw({.asked = at + 3010ms, .answered = at + 3010ms}, std::vector{row, other});
  BOOST_TEST(watch.is_free(row));
  BOOST_TEST((watch.next_expiry() == at + 4s));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::lease_watch_test
