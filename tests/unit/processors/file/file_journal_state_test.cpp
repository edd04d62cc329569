#include "tests/unit/processors/file/journal_states.hpp"

namespace kfs::file_journal_state_test {

using namespace journal_states;

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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::file_journal_state_test
