// Whether a file is as its journal says.
#include "tests/unit/processors/file/journal_states.hpp"

namespace kfs::file_journal_judgement_test {

using namespace journal_states;

namespace {

struct judged {
  std::string verdict;
  std::int64_t length;
  std::optional<std::int64_t> next;
};

/// Checks the judgement of a file of `size` bytes and the state after it; the same again after a replay of its summary.
void judges(const state& of, std::optional<std::int64_t> size, const std::string& boot, const judged& expected) {
  auto made = of;
  const auto found = name_of(made.judge(size, boot));
  const auto said = "size " + (size ? std::to_string(*size) : "none");
  BOOST_TEST_CONTEXT(said) {
    BOOST_TEST(found == expected.verdict);
    if (expected.verdict == "changed") return;  // the file is not used
    BOOST_TEST(made.length() == expected.length);
    BOOST_TEST((where(made) == expected.next));
    BOOST_TEST(!made.pending_end().has_value());
    same(replayed(made.summary()), made);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(file_journal_judgement)

BOOST_AUTO_TEST_CASE(a_file_is_whole_when_it_is_as_long_as_its_journal_says) {
  const auto ten = with(begun(), {write_entry{0, 10, at(3)}, whole{10}});
  judges(ten, 10, this_boot, {"whole", 10, 3});
  judges(begun(), 0, this_boot, {"whole", 0, std::nullopt});
  judges(begun(7), 7, this_boot, {"whole", 7, std::nullopt});
}

BOOST_AUTO_TEST_CASE(a_file_that_somebody_shortened_or_lengthened_is_changed) {
  const auto ten = with(begun(), {write_entry{0, 10, at(3)}, whole{10}});
  for (const std::int64_t size : {1, 5, 9, 11, 1'000'000}) judges(ten, size, this_boot, {"changed", 0, {}});
  judges(begun(), 1, this_boot, {"changed", 0, {}});
}

BOOST_AUTO_TEST_CASE(a_write_in_hand_is_whole_with_its_last_byte_and_torn_before_it) {
  const auto in_hand = with(begun(), {write_entry{0, 10, at(3)}, write_entry{10, 20, at(5)}});
  judges(in_hand, 9, this_boot, {"changed", 0, {}});
  judges(in_hand, 10, this_boot, {"whole", 10, 3});
  for (std::int64_t size = 11; size < 20; ++size) judges(in_hand, size, this_boot, {"torn", 10, 3});
  judges(in_hand, 20, this_boot, {"whole", 20, 5});
  judges(in_hand, 21, this_boot, {"changed", 0, {}});
}

BOOST_AUTO_TEST_CASE(the_first_write_of_a_file_in_hand_is_judged_alike) {
  const auto in_hand = with(begun(), {write_entry{0, 10, at(3)}});
  judges(in_hand, 0, this_boot, {"whole", 0, std::nullopt});
  judges(in_hand, 4, this_boot, {"torn", 0, std::nullopt});
  judges(in_hand, 10, this_boot, {"whole", 10, 3});
}

BOOST_AUTO_TEST_CASE(a_write_of_no_bytes_in_hand_is_whole) {
  judges(with(begun(), {write_entry{0, 10, at(3)}, write_entry{10, 10, at(8)}}), 10, this_boot, {"whole", 10, 8});
  judges(with(begun(), {write_entry{0, 0, at(8)}}), 0, this_boot, {"whole", 0, 8});
}

BOOST_AUTO_TEST_CASE(a_write_that_was_tried_again_is_judged_by_its_last_try) {
  const auto in_hand =
      with(begun(), {write_entry{0, 10, at(3)}, write_entry{10, 20, at(5)}, write_entry{10, 14, at(4)}});
  judges(in_hand, 10, this_boot, {"whole", 10, 3});
  judges(in_hand, 12, this_boot, {"torn", 10, 3});
  judges(in_hand, 14, this_boot, {"whole", 14, 4});
  judges(in_hand, 20, this_boot, {"changed", 0, {}});
}

BOOST_AUTO_TEST_CASE(a_file_that_is_gone_or_empty_is_begun_anew_and_what_was_whole_stays_written) {
  const auto in_hand = with(begun(), {write_entry{0, 10, at(3)}, write_entry{10, 20, at(5)}});
  judges(in_hand, std::nullopt, this_boot, {"begun anew", 10, 3});
  judges(in_hand, 0, this_boot, {"begun anew", 10, 3});
  judges(begun(), std::nullopt, this_boot, {"begun anew", 0, std::nullopt});
}

// After a power failure ----------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(after_a_power_failure_counts_what_was_forced_to_the_disk) {
  const auto made = with(begun(), {write_entry{0, 10, at(3)}, whole{10}, synced{10, at(3)}, write_entry{10, 20, at(5)},
                                   write_entry{20, 30, at(8)}});
  judges(made, 30, next_boot, {"torn", 10, 3});
  judges(made, 25, next_boot, {"torn", 10, 3});
  judges(made, 10, next_boot, {"torn", 10, 3});
  judges(made, 40, next_boot, {"torn", 10, 3});  // the last entries of the journal may be lost too
  judges(made, 9, next_boot, {"changed", 0, {}});
  judges(made, 30, this_boot, {"whole", 30, 8});
}

BOOST_AUTO_TEST_CASE(after_a_power_failure_nothing_counts_that_was_never_forced_to_the_disk) {
  const auto made = with(begun(7), {write_entry{7, 20, at(5)}, whole{20}});
  judges(made, 20, next_boot, {"torn", 7, std::nullopt});
  judges(made, 7, next_boot, {"torn", 7, std::nullopt});
}

BOOST_AUTO_TEST_CASE(after_a_power_failure_a_file_without_any_of_its_bytes_holds_none_of_its_records) {
  const auto made = with(begun(), {start{at(2)}, write_entry{0, 10, at(5)}, whole{10}});
  judges(made, 0, next_boot, {"torn", 0, 2});
  judges(made, std::nullopt, next_boot, {"begun anew", 0, 2});
  const auto synced_once =
      with(begun(), {write_entry{0, 10, at(3)}, whole{10}, synced{10, at(3)}, write_entry{10, 20, at(5)}, whole{20}});
  judges(synced_once, 0, next_boot, {"begun anew", 10, 3});
  judges(synced_once, std::nullopt, next_boot, {"begun anew", 10, 3});
}

BOOST_AUTO_TEST_CASE(a_synced_entry_that_comes_late_does_not_speak_for_the_write_before_it) {
  const auto made = with(begun(), {write_entry{0, 10, at(3)}, write_entry{10, 20, at(5)}, synced{10, at(3)}});
  judges(made, 20, this_boot, {"whole", 20, 5});
  judges(made, 15, this_boot, {"torn", 10, 3});
  judges(made, 20, next_boot, {"torn", 10, 3});
}

BOOST_AUTO_TEST_CASE(a_write_that_is_on_the_disk_is_whole_even_when_its_file_was_moved_away) {
  const auto made = with(begun(), {write_entry{0, 10, at(3)}, write_entry{10, 20, at(5)}, synced{20, at(5)}});
  judges(made, std::nullopt, this_boot, {"begun anew", 20, 5});
  judges(made, 0, this_boot, {"begun anew", 20, 5});
  judges(made, 20, this_boot, {"whole", 20, 5});
  judges(made, std::nullopt, next_boot, {"begun anew", 20, 5});
}

BOOST_AUTO_TEST_CASE(a_position_that_somebody_set_outlives_a_power_failure) {
  const auto made = with(begun(), {write_entry{0, 10, at(30)}, whole{10}, synced{10, at(30)}, start{at(4)}});
  judges(made, 10, next_boot, {"torn", 10, 4});
}

BOOST_AUTO_TEST_CASE(what_an_earlier_file_held_outlives_a_power_failure) {
  const auto made = with(begun(), {write_entry{0, 10, at(3)}, whole{10}, file{"next", 0, 6}, write_entry{0, 5, at(4)}});
  judges(made, 5, next_boot, {"torn", 0, 3});
}

BOOST_AUTO_TEST_CASE(a_file_that_is_never_forced_to_the_disk_is_judged_by_its_length_alone) {
  const auto made = with(begun(0, false), {write_entry{0, 10, at(3)}, write_entry{10, 20, at(5)}});
  judges(made, 20, next_boot, {"whole", 20, 5});
  judges(made, 15, next_boot, {"torn", 10, 3});
  judges(made, 9, next_boot, {"changed", 0, {}});
}

BOOST_AUTO_TEST_CASE(a_machine_that_tells_nothing_of_its_restarts_is_taken_as_running_on) {
  state made;
  for (const auto& one : std::vector<entry>{header{1, "out"}, opened{"", true}, source{orders}, file{"out", 0, 5},
                                            write_entry{0, 10, at(3)}})
    BOOST_REQUIRE(made.apply(one));
  judges(made, 10, "", {"whole", 10, 3});
  judges(made, 10, next_boot, {"whole", 10, 3});
}

BOOST_AUTO_TEST_CASE(a_summary_is_judged_as_what_it_stands_for) {
  const auto made = with(begun(), {write_entry{0, 10, at(3)}, whole{10}, synced{10, at(3)}, write_entry{10, 20, at(5)},
                                   write_entry{20, 30, at(8)}});
  for (const auto& boot : {this_boot, next_boot}) {
    for (const std::optional<std::int64_t> size :
         {std::optional<std::int64_t>{}, {0}, {5}, {10}, {20}, {25}, {30}, {31}}) {
      auto one = made;
      auto other = replayed(made.summary());
      BOOST_TEST(name_of(one.judge(size, boot)) == name_of(other.judge(size, boot)));
      same(one, other);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::file_journal_judgement_test
