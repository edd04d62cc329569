// What the instances of a consumer say together.
#include "actors/supervisor/core/joint_view.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::supervisor_joint_view_test {

using namespace std::chrono_literals;

namespace {

timestamp at(int second) {
  return timestamp{std::chrono::seconds{second}};
}

consumer_view view(int instance, consumer_status status, consumer_state state, int since) {
  consumer_view made;
  made.status = status;
  made.state = state;
  made.status_since = at(since);
  made.replica = "r" + std::to_string(instance);
  made.members.emplace_back().instance = instance;
  return made;
}

consumer_view running(int instance, int since = 0) {
  return view(instance, consumer_status::active, consumer_state::running, since);
}

consumer_view failed(int instance, const std::string& message, int since = 0) {
  auto made = view(instance, consumer_status::error, consumer_state::error, since);
  made.last_error =
      fault_report{.code = ec::sink_unavailable, .message = message, .source = fault_source::of_supervisor(), .at = {}};
  return made;
}

partition_report partition(int number, int instance) {
  partition_report made;
  made.partition = number;
  made.instance = instance;
  return made;
}

processor_standing processor(const std::string& id, std::int64_t records, processor_state state) {
  processor_standing made;
  made.report.id.value = id;
  made.records = made.restarts = made.in_flight_batches = made.in_flight_records = made.records_per_second = records;
  made.state = state;
  return made;
}

consumer_view joint(const std::vector<consumer_view>& views) {
  return joint_view(views);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(supervisor_joint_view)

BOOST_AUTO_TEST_CASE(one_instance_is_the_consumer) {
  auto one = failed(0, "down", 3);
  one.spec = std::make_shared<const consumer_spec>();
  BOOST_TEST((joint({one}) == one));
}

BOOST_AUTO_TEST_CASE(the_worst_status_counts_and_its_error_is_told) {
  const auto all = joint({running(0), failed(1, "first"), failed(2, "second")});
  BOOST_TEST((all.status == consumer_status::error));
  BOOST_TEST((all.state == consumer_state::error));
  BOOST_TEST(all.last_error->message == "first");
  BOOST_TEST(all.replica == "r0");
}

BOOST_AUTO_TEST_CASE(an_error_without_recovery_is_worse_than_one_that_is_tried_again) {
  auto tried = failed(0, "tried again");
  tried.recovery = recovery_report{.attempt = 2, .next_attempt_at = {}};
  const auto all = joint({tried, failed(1, "given up")});
  BOOST_TEST(all.last_error->message == "given up");
  BOOST_TEST(!all.recovery.has_value());
}

BOOST_AUTO_TEST_CASE(it_is_inactive_only_when_all_are) {
  const auto stopped = view(0, consumer_status::inactive, consumer_state::stopped, 1);
  BOOST_TEST((joint({stopped, running(1)}).status == consumer_status::active));
  BOOST_TEST((joint({stopped, stopped}).status == consumer_status::inactive));
}

BOOST_AUTO_TEST_CASE(an_error_is_as_old_as_the_first_and_another_status_as_the_last_instance) {
  BOOST_TEST((joint({failed(0, "a", 5), failed(1, "b", 3), running(2, 1)}).status_since == at(3)));
  BOOST_TEST((joint({running(0, 2), running(1, 7)}).status_since == at(7)));
}

BOOST_AUTO_TEST_CASE(states_have_an_order) {
  using enum consumer_state;
  BOOST_TEST((worst_state(std::vector{stopped, running, waiting, starting, draining, error}) == error));
  BOOST_TEST((worst_state(std::vector{stopped, running, waiting, starting, draining}) == draining));
  BOOST_TEST((worst_state(std::vector{stopped, running, waiting, starting}) == starting));
  BOOST_TEST((worst_state(std::vector{stopped, running, waiting}) == waiting));
  BOOST_TEST((worst_state(std::vector{stopped, running}) == running));
  BOOST_TEST((worst_state(std::vector{stopped}) == stopped));
}

BOOST_AUTO_TEST_CASE(members_and_partitions_are_those_of_all_in_order) {
  auto first = running(0);
  first.partitions = {partition(2, 0)};
  auto second = running(1);
  second.partitions = {partition(0, 1), partition(1, 1)};
  const auto all = joint({first, second});
  BOOST_TEST(all.members.size() == 2U);
  BOOST_REQUIRE(all.partitions.size() == 3U);
  for (int number = 0; number < 3; ++number)
    BOOST_TEST(all.partitions[static_cast<std::size_t>(number)].partition == number);
}

BOOST_AUTO_TEST_CASE(numbers_are_sums_and_the_worst_state_of_a_processor_counts) {
  auto first = running(0);
  first.restarts = 1;
  first.processors = {processor("a", 10, processor_state::running), processor("b", 1, processor_state::running)};
  auto second = running(1);
  second.restarts = 2;
  second.processors = {processor("a", 5, processor_state::backing_off)};
  const auto all = joint({first, second});
  BOOST_TEST(all.restarts == 3);
  BOOST_REQUIRE(all.processors.size() == 2U);
  BOOST_TEST(all.processors[0].records == 15);
  BOOST_TEST(all.processors[0].restarts == 15);
  BOOST_TEST(all.processors[0].in_flight_batches == 15);
  BOOST_TEST(all.processors[0].in_flight_records == 15);
  BOOST_TEST(all.processors[0].records_per_second == 15);
  BOOST_TEST((all.processors[0].state == processor_state::backing_off));
  BOOST_TEST(all.processors[1].records == 1);
}

BOOST_AUTO_TEST_CASE(the_lowest_revision_and_the_earliest_observation_are_told) {
  auto first = running(0);
  first.observed = revision{4};
  first.observed_at = at(9);
  auto second = running(1);
  second.observed = revision{3};
  second.observed_at = at(12);
  const auto all = joint({first, second, running(2)});
  BOOST_TEST(all.observed->value == 3);
  BOOST_TEST((all.observed_at == at(9)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::supervisor_joint_view_test
