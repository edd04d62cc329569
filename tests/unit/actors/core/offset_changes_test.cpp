#include "actors/core/offset_change.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>

#include "tests/support/holds_value.hpp"

namespace kfs::offset_changes_test {

namespace {

constexpr auto most = std::numeric_limits<std::int64_t>::max();

/// One partition whose log has the offsets 10 to 99.
partition_extent extent(std::optional<std::int64_t> committed) {
  return {.partition = 0,
          .committed = committed ? std::optional(offset{*committed}) : std::nullopt,
          .log_start = offset{10},
          .log_end = offset{100},
          .at_time = {}};
}

offset_step planned_step(const offset_change& change, const partition_extent& of, bool begins_at_end = false) {
  const auto steps = planned(change, {of}, begins_at_end);
  BOOST_TEST_REQUIRE(test::holds_value(steps));
  return steps->front();
}

std::vector<partition_number> partitions(const offset_change& change,
                                         const std::vector<partition_number>& allowed = {}) {
  const auto found = partitions_of(change, 4, allowed);
  BOOST_TEST_REQUIRE(test::holds_value(found));
  return *found;
}

std::string refusal(const offset_change& change, const std::vector<partition_number>& allowed = {}) {
  const auto found = partitions_of(change, 4, allowed);
  BOOST_TEST_REQUIRE(!found.has_value());
  BOOST_TEST((found.error().code == ec::invalid_request));
  return found.error().message;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(offset_changes)

BOOST_AUTO_TEST_CASE(each_form_leads_where_it_says) {
  BOOST_TEST((planned_step({offset_change::earliest{}}, extent(50)).after == offset{10}));
  BOOST_TEST((planned_step({offset_change::latest{}}, extent(50)).after == offset{100}));
  BOOST_TEST((planned_step({offset_change::exactly{{{0, offset{42}}}}}, extent(50)).after == offset{42}));
  BOOST_TEST((planned_step({offset_change::shifted{-8}}, extent(50)).after == offset{42}));
  auto of = extent(50);
  BOOST_TEST((planned_step({offset_change::at_time{}}, of).after == offset{100}));  // no record is that late
  of.at_time = offset{77};
  BOOST_TEST((planned_step({offset_change::at_time{}}, of).after == offset{77}));
}

BOOST_AUTO_TEST_CASE(what_lies_outside_the_log_is_clamped_and_said_so) {
  const std::vector<std::pair<offset_change, std::int64_t>> outside{
      {{offset_change::exactly{{{0, offset{0}}}}}, 10},
      {{offset_change::exactly{{{0, offset{most}}}}}, 100},
      {{offset_change::shifted{-1'000}}, 10},
      {{offset_change::shifted{most}}, 100},
      {{offset_change::shifted{std::numeric_limits<std::int64_t>::min()}}, 10}};
  for (const auto& [change, after] : outside) {
    const auto step = planned_step(change, extent(50));
    BOOST_TEST(step.after.value == after);
    BOOST_TEST(step.clamped);
  }
  BOOST_TEST(!planned_step({offset_change::exactly{{{0, offset{100}}}}}, extent(50)).clamped);
}

BOOST_AUTO_TEST_CASE(records_tells_how_many_offsets_are_read_again_or_left_out) {
  BOOST_TEST(planned_step({offset_change::earliest{}}, extent(50)).records == 40);
  BOOST_TEST(planned_step({offset_change::latest{}}, extent(50)).records == -50);
  BOOST_TEST(planned_step({offset_change::exactly{{{0, offset{50}}}}}, extent(50)).records == 0);
}

BOOST_AUTO_TEST_CASE(a_group_without_an_offset_in_the_log_would_begin_where_auto_offset_reset_says) {
  for (const auto committed : {std::optional<std::int64_t>(), std::optional<std::int64_t>(3)}) {
    BOOST_TEST(planned_step({offset_change::latest{}}, extent(committed)).records == -90);
    BOOST_TEST(planned_step({offset_change::earliest{}}, extent(committed)).records == 0);
    BOOST_TEST(planned_step({offset_change::earliest{}}, extent(committed), true).records == 90);
  }
  BOOST_TEST(!planned_step({offset_change::latest{}}, extent({})).before.has_value());
}

BOOST_AUTO_TEST_CASE(what_is_not_committed_cannot_be_shifted) {
  const auto refused = planned({offset_change::shifted{1}}, {extent({})}, false);
  BOOST_TEST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code == ec::cannot_apply));
}

BOOST_AUTO_TEST_CASE(all_partitions_are_meant_unless_some_are_named) {
  const offset_change all{offset_change::earliest{}};
  BOOST_TEST((partitions(all) == std::vector<partition_number>{0, 1, 2, 3}));
  BOOST_TEST((partitions(all, {1, 3}) == std::vector<partition_number>{1, 3}));
  BOOST_TEST((partitions({offset_change::earliest{}, std::vector<partition_number>{2, 0, 2}}) ==
              std::vector<partition_number>{0, 2}));
  BOOST_TEST((partitions({offset_change::exactly{{{3, {}}, {1, {}}}}}) == std::vector<partition_number>{1, 3}));
}

BOOST_AUTO_TEST_CASE(partitions_that_cannot_be_changed_are_refused) {
  BOOST_TEST(refusal({offset_change::earliest{}, std::vector<partition_number>{4}}).find("0 to 3, not 4") !=
             std::string::npos);
  BOOST_TEST(refusal({offset_change::earliest{}, std::vector<partition_number>{2}}, {1, 3}).find("partition 2") !=
             std::string::npos);
  BOOST_TEST(refusal({offset_change::exactly{{{1, {}}}}, std::vector<partition_number>{0, 1}}).find("Partition 0") !=
             std::string::npos);
  BOOST_TEST(
      refusal({offset_change::exactly{{{0, {}}, {1, {}}}}, std::vector<partition_number>{1}}).find("partition 0") !=
      std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::offset_changes_test
