#include "processors/file/journal_state.hpp"
#include "tests/unit/processors/file/journal_lines.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::file_journal_state_test {

using namespace kfs::journal;
using write_entry = kfs::journal::write;  // beside ::write

namespace {

const record_source orders{"cluster", "group", "orders"};
const record_source others{"cluster", "other group", "orders"};
const std::string this_boot = "boot 1";
const std::string next_boot = "boot 2";

using position_list = std::vector<journal::position>;

std::string text_of(const std::vector<entry>& entries) {
  std::string text;
  for (const auto& one : entries) text += encode(one);
  return text;
}

std::string name_of(verdict what) {
  switch (what) {
    case verdict::whole:
      return "whole";
    case verdict::torn:
      return "torn";
    case verdict::begun_anew:
      return "begun anew";
    case verdict::changed:
      return "changed";
  }
  return "?";
}

/// A journal with one source whose file "out" begins at `length` bytes.
state begun(std::int64_t length = 0, bool syncs = true) {
  state made;
  for (const auto& one :
       std::vector<entry>{header{1, "out"}, opened{this_boot, syncs}, file{"out", length, 5}, source{orders}})
    BOOST_REQUIRE(made.apply(one));
  return made;
}

state with(state made, const std::vector<entry>& entries) {
  for (const auto& one : entries) BOOST_REQUIRE_MESSAGE(made.apply(one), encode(one));
  return made;
}

position_list at(std::int64_t next, partition_number partition = 0) {
  return {{0, partition, offset{next}}};
}

std::optional<std::int64_t> where(const state& of, partition_number partition = 0) {
  const auto found = of.position(orders, partition);
  return found ? std::optional(found->value) : std::nullopt;
}

/// The state that a new process reads from the same entries.
state replayed(const std::vector<entry>& entries) {
  state made;
  for (const auto& one : entries) {
    const auto line = encode(one);
    const auto read = decode(std::string_view(line).substr(0, line.size() - 1));
    BOOST_REQUIRE(read.has_value());
    BOOST_REQUIRE_MESSAGE(made.apply(*read), line);
  }
  return made;
}

void same(const state& one, const state& other) {
  BOOST_TEST(one.length() == other.length());
  BOOST_TEST(one.synced_length() == other.synced_length());
  BOOST_TEST((one.pending_end() == other.pending_end()));
  BOOST_TEST((one.positions() == other.positions()));
  BOOST_TEST((one.sources() == other.sources()));
  BOOST_TEST(one.series() == other.series());
  BOOST_TEST(one.file_name() == other.file_name());
  BOOST_TEST(one.file_since_ms() == other.file_since_ms());
  BOOST_TEST(text_of(one.summary()) == text_of(other.summary()));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(file_journal_state)

// How entries add up -------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_write_counts_once_the_next_entry_says_that_it_is_whole) {
  auto made = with(begun(), {write_entry{0, 10, at(3)}});
  BOOST_TEST(made.length() == 0);
  BOOST_TEST((made.pending_end() == 10));
  BOOST_TEST(!where(made).has_value());
  made = with(std::move(made), {write_entry{10, 25, at(7)}});
  BOOST_TEST(made.length() == 10);
  BOOST_TEST((where(made) == 3));
  made = with(std::move(made), {whole{25}});
  BOOST_TEST(made.length() == 25);
  BOOST_TEST((where(made) == 7));
  BOOST_TEST(!made.pending_end().has_value());
}

BOOST_AUTO_TEST_CASE(a_write_that_is_tried_again_counts_once) {
  const auto made =
      with(begun(), {write_entry{0, 10, at(3)}, write_entry{10, 20, at(5)}, write_entry{10, 20, at(5)}, whole{20}});
  BOOST_TEST(made.length() == 20);
  BOOST_TEST((where(made) == 5));
}

BOOST_AUTO_TEST_CASE(a_write_that_was_given_up_moves_nothing) {
  const auto made = with(begun(), {write_entry{0, 10, at(3)}, write_entry{10, 20, at(5)}, whole{10}});
  BOOST_TEST(made.length() == 10);
  BOOST_TEST((where(made) == 3));
}

BOOST_AUTO_TEST_CASE(a_write_of_no_bytes_counts_with_the_next_entry) {
  const auto made = with(begun(), {write_entry{0, 0, at(3)}, write_entry{0, 0, at(9)}, write_entry{0, 5, at(10)}});
  BOOST_TEST(made.length() == 0);
  BOOST_TEST((where(made) == 9));
}

BOOST_AUTO_TEST_CASE(what_became_of_the_write_in_hand_can_be_said_without_an_entry) {
  auto made = with(begun(), {write_entry{0, 10, at(3)}});
  made.settle(false);
  BOOST_TEST(made.length() == 0);
  BOOST_TEST(!where(made).has_value());
  made = with(std::move(made), {write_entry{0, 10, at(3)}});
  made.settle(true);
  BOOST_TEST(made.length() == 10);
  BOOST_TEST((where(made) == 3));
  made.settle(false);
  BOOST_TEST(made.length() == 10);
}

BOOST_AUTO_TEST_CASE(a_start_moves_partitions_to_and_fro) {
  const auto made = with(begun(), {write_entry{0, 10, {{0, 0, offset{3}}, {0, 1, offset{4}}}}, whole{10}, start{at(1)},
                                   start{at(100, 2)}});
  BOOST_TEST((where(made, 0) == 1));
  BOOST_TEST((where(made, 1) == 4));
  BOOST_TEST((where(made, 2) == 100));
}

BOOST_AUTO_TEST_CASE(a_start_says_which_log_a_partition_belongs_to_and_writes_keep_it) {
  auto made = with(begun(), {start{{{0, 0, offset{4}, "a/1"}}}, write_entry{0, 10, at(9)}, whole{10}});
  BOOST_TEST(made.log(orders, 0) == "a/1");
  BOOST_TEST(made.log(orders, 1).empty());
  BOOST_TEST(made.log(others, 0).empty());
  made = with(std::move(made), {start{at(2)}});
  BOOST_TEST(made.log(orders, 0).empty());
}

BOOST_AUTO_TEST_CASE(the_same_partition_of_two_groups_stands_at_two_places) {
  const auto made =
      with(begun(), {source{others}, write_entry{0, 10, {{0, 0, offset{3}}, {1, 0, offset{8}}}}, whole{10}});
  BOOST_TEST((made.position(orders, 0) == offset{3}));
  BOOST_TEST((made.position(others, 0) == offset{8}));
  BOOST_TEST((made.number_of(others) == 1u));
  BOOST_TEST(!made.position(orders, 1).has_value());
  BOOST_TEST(!made.position({"another cluster", "group", "orders"}, 0).has_value());
}

BOOST_AUTO_TEST_CASE(the_next_file_keeps_the_positions_and_has_its_own_length) {
  const auto made = with(begun(), {write_entry{0, 10, at(3)}, whole{10}, file{"out-2", 4, 6}});
  BOOST_TEST(made.file_name() == "out-2");
  BOOST_TEST(made.file_since_ms() == 6);
  BOOST_TEST(made.length() == 4);
  BOOST_TEST(made.synced_length() == 4);
  BOOST_TEST((where(made) == 3));
}

BOOST_AUTO_TEST_CASE(an_entry_that_contradicts_the_ones_before_it_is_refused) {
  const auto ten = with(begun(), {write_entry{0, 10, at(3)}, whole{10}});
  const auto in_hand = with(ten, {write_entry{10, 20, at(5)}});
  const auto refused = [](state made, const entry& what) { BOOST_TEST(!made.apply(what), encode(what)); };
  refused(ten, write_entry{9, 20, at(5)});
  refused(ten, write_entry{11, 20, at(5)});
  refused(ten, write_entry{10, 9, at(5)});
  refused(ten, write_entry{10, 20, {{1, 0, offset{5}}}});
  refused(ten, whole{9});
  refused(ten, whole{11});
  refused(ten, file{"out", -1, 5});
  refused(ten, source{orders});
  refused(ten, start{{{1, 0, offset{5}}}});
  refused(ten, synced{10, {{1, 0, offset{5}}}});
  refused(with(ten, {synced{10, at(3)}}), synced{9, at(2)});
  refused(in_hand, whole{15});
  refused(in_hand, write_entry{15, 20, at(5)});
  refused(in_hand, file{"out", 20, 5});
  refused(in_hand, start{at(1)});
}

// How a file is judged -----------------------------------------------------------------------------------------------

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

// Owners, copies and redriven letters ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_owners_are_those_of_the_last_opening_with_their_last_epochs) {
  const auto made = with(begun(), {owner{"a", 0, 5}, owner{"b", 1, 6}, owner{"a", 0, 7}});
  BOOST_TEST((made.owners() == std::vector<owner>{{"a", 0, 7}, {"b", 1, 6}}));
  BOOST_TEST((replayed(made.summary()).owners() == made.owners()));
  BOOST_TEST(with(made, {opened{this_boot, true}}).owners().empty());
}

BOOST_AUTO_TEST_CASE(a_copy_waits_for_its_name_until_an_entry_says_that_it_has_it) {
  const auto made = with(begun(), {journal::copy{"out.copy", 9}});
  BOOST_TEST(replayed(made.summary()).copy().name == "out.copy");
  BOOST_TEST(replayed(made.summary()).copy().inode == 9u);
  BOOST_TEST(with(made, {journal::copy{}}).copy().name.empty());
}

BOOST_AUTO_TEST_CASE(a_letter_is_redriven_once_its_write_is_whole_and_outlives_what_its_bytes_outlive) {
  const letter one{0, 0, offset{4}};
  const letter other{0, 1, offset{5}};
  auto made = with(begun(), {write_entry{0, 10, at(3), {one}}});
  BOOST_TEST(!made.is_redriven(one));
  made = with(made, {synced{10, at(3)}, write_entry{10, 20, at(4), {other}}, whole{20}});
  for (auto both : {made, replayed(made.summary())}) {
    BOOST_TEST(both.is_redriven(one));
    BOOST_TEST(both.is_redriven(other));
    BOOST_TEST(name_of(both.judge(20, next_boot)) == "torn");
    BOOST_TEST(both.is_redriven(one));
    BOOST_TEST(!both.is_redriven(other));
  }
  auto rotated = with(made, {file{"next", 0, 9}});
  rotated.judge(0, next_boot);
  BOOST_TEST(rotated.is_redriven(other));
  BOOST_TEST(!state().apply(write_entry{0, 0, {}, {one}}));
}

// Summaries ----------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_summary_says_the_same_as_all_that_came_before) {
  const auto written =
      with(begun(), {source{others}, write_entry{0, 10, {{0, 0, offset{3}}, {1, 4, offset{8}}}}, whole{10}});
  const auto synced_once = with(written, {synced{10, {{0, 0, offset{3}}, {1, 4, offset{8}}}},
                                          write_entry{10, 30, at(5)}, whole{30}, start{{{1, 4, offset{2}}}}});
  for (const auto& one :
       {state{}, begun(), begun(12, false), written, synced_once, with(synced_once, {write_entry{30, 45, at(6)}}),
        with(synced_once, {write_entry{30, 30, at(6)}}), with(synced_once, {whole{30}, file{"next", 3, 9}}),
        with(synced_once, {synced{30, at(5)}, write_entry{30, 31, at(7)}, whole{31}}),
        with(synced_once, {start{{{0, 0, offset{1}, "a/1"}, {1, 7, offset{0}, "/2"}}}, write_entry{30, 31, at(7)}})})
    same(replayed(one.summary()), one);
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

}  // namespace kfs::file_journal_state_test
