#include "actors/consumer/core/assignment.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::assignment_test {

namespace {

const std::vector<partition_number> both{0, 1};
const std::vector<partition_number> first{0};

batch_range range(partition_number partition, std::int64_t from, std::int64_t next) {
  return {partition, offset{from}, offset{next}};
}

std::vector<partition_offset> at(partition_number partition, std::int64_t position) {
  return {{partition, offset{position}}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(assignment)

BOOST_AUTO_TEST_CASE(a_batch_is_committed_for_each_of_its_partitions_once_it_is_acknowledged) {
  kfs::assignment owned;
  for (const auto one : both) owned.assign(one, {}, {});
  const auto batch = owned.delivered({range(0, 0, 5), range(1, 7, 9)});
  BOOST_TEST(owned.take_commit().empty());
  owned.acknowledged(batch);
  const auto commit = owned.take_commit();
  BOOST_TEST((commit == std::vector<partition_offset>{{0, offset{5}}, {1, offset{9}}}));
  BOOST_TEST(!owned.settled(both));
  owned.commit_finished(commit, true);
  BOOST_TEST(owned.settled(both));
  BOOST_TEST(owned.take_commit().empty());
}

BOOST_AUTO_TEST_CASE(a_failed_commit_is_offered_again) {
  kfs::assignment owned;
  owned.assign(0, {}, {});
  owned.acknowledged(owned.delivered({range(0, 0, 5)}));
  const auto commit = owned.take_commit();
  BOOST_TEST(owned.take_commit().empty());
  owned.commit_finished(commit, false);
  BOOST_TEST((owned.take_commit() == at(0, 5)));
}

BOOST_AUTO_TEST_CASE(what_becomes_durable_while_a_commit_is_under_way_is_committed_after_it) {
  kfs::assignment owned;
  owned.assign(0, {}, {});
  owned.acknowledged(owned.delivered({range(0, 0, 5)}));
  const auto commit = owned.take_commit();
  owned.acknowledged(owned.delivered({range(0, 5, 8)}));
  BOOST_TEST(owned.take_commit().empty());
  owned.commit_finished(commit, true);
  BOOST_TEST((owned.take_commit() == at(0, 8)));
}

BOOST_AUTO_TEST_CASE(an_acknowledgement_of_an_earlier_assignment_does_not_move_the_new_one) {
  kfs::assignment owned;
  owned.assign(0, {}, {});
  const auto late = owned.delivered({range(0, 100, 200)});
  owned.drop(first);
  owned.assign(0, {}, {});
  const auto batch = owned.delivered({range(0, 50, 60)});
  owned.acknowledged(late);
  BOOST_TEST(owned.take_commit().empty());
  owned.acknowledged(batch);
  BOOST_TEST((owned.take_commit() == at(0, 60)));
}

BOOST_AUTO_TEST_CASE(a_commit_of_an_earlier_assignment_does_not_count_for_the_new_one) {
  kfs::assignment owned;
  owned.assign(0, {}, {});
  owned.acknowledged(owned.delivered({range(0, 0, 5)}));
  const auto commit = owned.take_commit();
  owned.drop(first);
  owned.assign(0, {}, {});
  owned.commit_finished(commit, true);
  BOOST_TEST(!owned.committed(0).has_value());
}

BOOST_AUTO_TEST_CASE(a_log_that_was_made_again_starts_the_partition_over) {
  kfs::assignment owned;
  owned.assign(0, {}, {});
  const auto old = owned.delivered({range(0, 1000, 1010)});
  owned.restart(0, offset{0});
  const auto again = owned.delivered({range(0, 0, 3)});
  owned.acknowledged(old);
  BOOST_TEST(owned.take_commit().empty());
  owned.acknowledged(again);
  BOOST_TEST((owned.take_commit() == at(0, 3)));
}

BOOST_AUTO_TEST_CASE(an_offset_that_was_committed_in_the_log_before_is_committed_again) {
  kfs::assignment owned;
  owned.assign(0, offset{3}, offset{3});
  owned.acknowledged(owned.delivered({range(0, 3, 4)}));
  owned.commit_finished(owned.take_commit(), false);  // it may have come about all the same
  owned.restart(0, offset{0});
  owned.acknowledged(owned.delivered({range(0, 0, 3)}));
  BOOST_TEST((owned.take_commit() == at(0, 3)));
}

BOOST_AUTO_TEST_CASE(idle_looks_only_at_the_partitions_that_are_asked_for) {
  kfs::assignment owned;
  for (const auto one : both) owned.assign(one, {}, {});
  const auto batch = owned.delivered({range(1, 0, 2)});
  BOOST_TEST(owned.idle(first));
  BOOST_TEST(!owned.idle(both));
  owned.acknowledged(batch);
  BOOST_TEST(owned.idle(both));
  BOOST_TEST(owned.batches_in_hand() == 0u);
}

BOOST_AUTO_TEST_CASE(the_end_of_a_partition_of_which_nothing_is_known_is_a_gap_to_be_taken_note_of) {
  kfs::assignment owned;
  owned.assign(0, {}, {});
  const auto gap = owned.gap_before({0, offset{42}});
  BOOST_REQUIRE(gap.has_value());
  owned.acknowledged(owned.delivered({*gap}));
  BOOST_TEST((owned.take_commit() == at(0, 42)));
  BOOST_TEST(!owned.gap_before({0, offset{42}}).has_value());
}

BOOST_AUTO_TEST_CASE(markers_behind_the_last_record_are_a_gap) {
  kfs::assignment owned;
  owned.assign(0, offset{0}, {});
  const auto batch = owned.delivered({range(0, 0, 10)});
  const auto gap = owned.gap_before({0, offset{12}});
  BOOST_REQUIRE(gap.has_value());
  BOOST_TEST((gap->first == offset{10} && gap->next == offset{12}));
  const auto behind = owned.delivered({*gap});
  owned.acknowledged(behind);
  BOOST_TEST(owned.take_commit().empty());
  owned.acknowledged(batch);
  BOOST_TEST((owned.take_commit() == at(0, 12)));
}

BOOST_AUTO_TEST_CASE(an_end_that_is_not_ahead_is_no_gap) {
  kfs::assignment owned;
  owned.assign(0, offset{5}, offset{5});
  BOOST_TEST(!owned.gap_before({0, offset{5}}).has_value());
  owned.acknowledged(owned.delivered({range(0, 5, 9)}));
  BOOST_TEST(!owned.gap_before({0, offset{7}}).has_value());
  BOOST_TEST(!owned.gap_before({1, offset{7}}).has_value());
}

BOOST_AUTO_TEST_CASE(what_the_group_has_committed_already_is_not_committed_again) {
  kfs::assignment owned;
  owned.assign(0, offset{5}, offset{9});
  owned.acknowledged(owned.delivered({range(0, 5, 9)}));
  BOOST_TEST(owned.take_commit().empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::assignment_test
