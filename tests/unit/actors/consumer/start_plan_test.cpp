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

known_positions known_of(const group_position& group, const std::vector<maybe>& sinks) {
  known_positions known{.group = group, .topic_id = {}, .sinks = {}};
  for (const auto& next : offsets_of(sinks))
    known.sinks.push_back(next ? std::optional(stored_position{*next}) : std::nullopt);
  return known;
}

/// A stored position, and the identity of its log.
std::optional<stored_position> at(std::int64_t next, const std::string& log) {
  return stored_position{offset{next}, log};
}

/// What this member has committed, and the identity of its log.
group_position committed_at(std::int64_t next, const std::string& log) {
  return {.committed = offset{next}, .ours = true, .by_other = false, .log = log};
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
    const auto plan = plan_start(known_of({committed, row.ours}, row.sinks), from_beginning);
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
    const group_position group{.committed = offsets_of({committed}).front(), .ours = true, .by_other = true};
    return plan_start(known_of(group, sinks), true).start->value;
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

BOOST_AUTO_TEST_CASE(without_identities_nothing_is_marked_first_but_an_order) {
  BOOST_TEST(!plan_start(known_of({}, {7}), true).mark_first);
  BOOST_TEST(!plan_start(known_of({offset{5}, true}, {7}), true).mark_first);
  BOOST_TEST(plan_start(known_of({offset{5}, false}, {7}), true).mark_first);
}

BOOST_AUTO_TEST_CASE(positions_of_an_earlier_log_do_not_count) {
  const auto plan = plan_start({committed_at(3, "/1"), {}, {at(50, ""), at(7, "/1")}}, false);
  BOOST_TEST(text_of(plan.start) == "3");
  BOOST_TEST(text_of(plan.committed) == "3");
  BOOST_TEST(text_of(plan.told) == "3 none ");
  BOOST_TEST(plan.log.text() == "/1");
  BOOST_TEST(!plan.mark_first);
}

BOOST_AUTO_TEST_CASE(an_earlier_commit_does_not_count_and_the_start_in_the_new_log_is_marked_first) {
  const auto plan = plan_start({committed_at(50, ""), {}, {at(3, "/1"), at(3, "/1")}}, true);
  BOOST_TEST(text_of(plan.start) == "3");
  BOOST_TEST(text_of(plan.committed) == "none");
  BOOST_TEST(text_of(plan.told) == "none none ");
  BOOST_TEST(plan.mark_first);
}

BOOST_AUTO_TEST_CASE(a_sink_that_was_not_told_of_the_new_log_begins_with_it) {
  const auto earliest = plan_start({committed_at(50, ""), {}, {at(3, "/1"), at(50, "")}}, true);
  BOOST_TEST(text_of(earliest.start) == "none");
  BOOST_TEST(text_of(earliest.told) == "none none ");
  BOOST_TEST(earliest.tell_first == (std::vector<bool>{false, true}), boost::test_tools::per_element());
  const auto latest = plan_start({committed_at(50, ""), {}, {at(3, "/1"), at(50, "")}}, false);
  BOOST_TEST(text_of(latest.start) == "3");
  BOOST_TEST(text_of(latest.told) == "none 3 ");
}

BOOST_AUTO_TEST_CASE(an_order_is_given_to_the_latest_log) {
  const auto plan = plan_start({{offset{5}, false}, {}, {at(5, "/1"), at(5, "")}}, true);
  BOOST_TEST(text_of(plan.told) == "none 5 ");
  BOOST_TEST(plan.log.text() == "/1");
}

BOOST_AUTO_TEST_CASE(a_topic_with_another_id_is_a_later_log_that_nobody_knows) {
  const auto plan = plan_start({committed_at(50, "a/2"), "b", {at(50, "a/2"), at(9, "/1"), std::nullopt}}, false);
  BOOST_TEST(plan.is_anew);
  BOOST_TEST(plan.log.text() == "b/3");
  BOOST_TEST(text_of(plan.start) == "none");
  BOOST_TEST(text_of(plan.committed) == "none");
  BOOST_TEST(text_of(plan.told) == "none none none ");
}

BOOST_AUTO_TEST_CASE(a_sink_that_knows_the_present_topic_shows_that_the_others_are_earlier) {
  const auto plan = plan_start({committed_at(50, "a/7"), "b", {at(4, "b/0"), at(50, "a/7")}}, false);
  BOOST_TEST(!plan.is_anew);
  BOOST_TEST(plan.log.text() == "b/0");
  BOOST_TEST(text_of(plan.start) == "4");
  BOOST_TEST(text_of(plan.told) == "none 4 ");
}

BOOST_AUTO_TEST_CASE(a_position_without_an_id_is_taken_for_one_of_the_present_topic_and_gets_its_id) {
  const auto plan = plan_start({committed_at(5, ""), "b", {at(7, ""), std::nullopt}}, true);
  BOOST_TEST(!plan.is_anew);
  BOOST_TEST(plan.log.text() == "b/0");
  BOOST_TEST(text_of(plan.start) == "5");
  BOOST_TEST(text_of(plan.told) == "7 5 ");
}

BOOST_AUTO_TEST_CASE(while_the_id_is_unknown_what_is_stored_stays) {
  const auto plan = plan_start({committed_at(5, "a/0"), {}, {at(7, "a/0")}}, true);
  BOOST_TEST(!plan.is_anew);
  BOOST_TEST(plan.log.text() == "a/0");
  BOOST_TEST(text_of(plan.start) == "7");
  BOOST_TEST(text_of(plan.told) == "none ");
}

BOOST_AUTO_TEST_CASE(a_first_start_with_a_known_id_tells_the_sinks_the_first_position) {
  const auto plan = plan_start({{}, "a", {std::nullopt, std::nullopt}}, true);
  BOOST_TEST(text_of(plan.start) == "none");
  BOOST_TEST(plan.log.text() == "a/0");
  BOOST_TEST(plan.tell_first == (std::vector<bool>{true, true}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_text_of_an_identity_can_be_read) {
  for (const auto* text : {"", "/1", "a/0", "0123/18446744073709551615"})
    BOOST_TEST(log_identity::of(text).text() == text);
  for (const auto* text : {"a", "a/", "a/x", "a/1x", "a/18446744073709551616"})
    BOOST_TEST(log_identity::of(text).text().empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::start_plan_test
