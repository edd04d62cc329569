#include "actors/consumer/core/start_plan.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::start_plan_test {

namespace {

using maybe = std::optional<std::int64_t>;
constexpr std::nullopt_t none = std::nullopt;

struct expected_plan {
  const char* what;
  maybe committed;
  bool ours;
  std::vector<maybe> sinks;
  maybe start;
  bool by_order;
  std::vector<maybe> told;
};

std::vector<std::optional<offset>> offsets_of(const std::vector<maybe>& numbers) {
  std::vector<std::optional<offset>> offsets;
  for (const auto& one : numbers) offsets.push_back(one ? std::optional(offset{*one}) : std::nullopt);
  return offsets;
}

std::string text_of(const std::optional<offset>& one) {
  return one ? std::to_string(one->value) : "none";
}

std::string text_of(const std::vector<std::optional<offset>>& all) {
  std::string text;
  for (const auto& one : all) text += text_of(one) + " ";
  return text;
}

void check(const std::vector<expected_plan>& table, bool from_beginning) {
  for (const auto& row : table) {
    const auto committed = offsets_of({row.committed}).front();
    const auto plan = plan_start({committed, row.ours}, offsets_of(row.sinks), from_beginning);
    BOOST_TEST_CONTEXT(row.what) {
      BOOST_TEST(text_of(plan.start) == text_of(offsets_of({row.start}).front()));
      BOOST_TEST(plan.by_order == row.by_order);
      BOOST_TEST(text_of(plan.told) == text_of(offsets_of(row.told)));
    }
  }
}

void check(const std::vector<expected_plan>& table) {
  for (const bool from_beginning : {true, false}) check(table, from_beginning);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(start_plan)

BOOST_AUTO_TEST_CASE(an_offset_that_somebody_else_committed_is_an_order) {
  check({
      {"without sinks", 5, false, {}, 5, true, {}},
      {"the sink knows nothing", 5, false, {none}, 5, true, {5}},
      {"the sink is ahead", 5, false, {9}, 5, true, {5}},
      {"the sink is behind", 5, false, {2}, 5, true, {5}},
      {"the sink stands there already", 5, false, {5}, 5, true, {none}},
      {"each sink is somewhere else", 5, false, {9, 5, none, 0}, 5, true, {5, none, 5, 5}},
      {"to the beginning", 0, false, {9}, 0, true, {0}},
  });
}

BOOST_AUTO_TEST_CASE(what_another_member_committed_is_durable_there_and_not_read_again) {
  const auto start_of = [](maybe committed, const std::vector<maybe>& sinks) {
    return plan_start({.committed = offsets_of({committed}).front(), .ours = true, .by_other = true}, offsets_of(sinks),
                      true)
        .start->value;
  };
  BOOST_TEST(start_of(500, {100}) == 500);
  BOOST_TEST(start_of(500, {none}) == 500);
  BOOST_TEST(start_of(500, {600}) == 600);  // written here, and not committed before a kill
  BOOST_TEST(start_of(500, {100, 600}) == 500);
}

BOOST_AUTO_TEST_CASE(else_a_sink_goes_on_where_it_stands) {
  check({
      {"where the group stands", 5, true, {5}, 5, false, {none}},
      {"ahead of it: the server ended before it committed", 5, true, {9}, 9, false, {none}},
      {"behind it: the power failed", 5, true, {2}, 2, false, {none}},
      {"the group has committed nothing", none, false, {7}, 7, false, {none}},
      {"at the beginning", 5, true, {0}, 0, false, {none}},
  });
}

BOOST_AUTO_TEST_CASE(a_sink_that_knows_nothing_goes_on_where_the_group_stands) {
  check({
      {"one", 5, true, {none}, 5, false, {none}},
      {"several", 5, true, {none, none}, 5, false, {none, none}},
      {"beside one that is ahead", 5, true, {none, 9}, 5, false, {none, none}},
      {"beside one that is behind, it is told to skip", 5, true, {none, 2}, 2, false, {5, none}},
      {"so are several", 5, true, {none, 2, none, 3}, 2, false, {5, none, 5, none}},
  });
}

BOOST_AUTO_TEST_CASE(of_several_sinks_the_one_that_is_furthest_behind_decides) {
  check({
      {"all ahead", 5, true, {9, 7}, 7, false, {none, none}},
      {"one ahead, one behind", 5, true, {9, 2}, 2, false, {none, none}},
      {"the same", 5, true, {5, 5}, 5, false, {none, none}},
  });
}

BOOST_AUTO_TEST_CASE(without_anything_known_auto_offset_reset_decides) {
  check({
      {"without sinks", none, false, {}, none, false, {}},
      {"a sink", none, false, {none}, none, false, {none}},
      {"two sinks", none, false, {none, none}, none, false, {none, none}},
  });
}

BOOST_AUTO_TEST_CASE(without_sinks_the_group_decides) {
  check({{"its own commit", 5, true, {}, 5, false, {}}});
}

BOOST_AUTO_TEST_CASE(a_sink_that_failed_while_another_wrote_begins_at_the_beginning_where_nothing_is_committed) {
  check({{"one that wrote", none, false, {7, none}, none, false, {none, none}}}, true);
  check({{"one that wrote", none, false, {7, none}, 7, false, {none, none}}}, false);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::start_plan_test
