// What a replica reports of a consumer is read as it was written, also by a replica of another version.
#include "cluster/news/report_json.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>

#include "tests/support/holds_value.hpp"

namespace kfs::report_json_test {

using namespace std::chrono_literals;

namespace {

constexpr auto most = std::numeric_limits<std::int64_t>::max();
constexpr auto least = std::numeric_limits<std::int64_t>::min();

fault_report some_fault() {
  return {.code = ec::sink_denied,
          .message = "denied: \"\\ \xC3\xBC\xF0\x9F\x90\x98\n" + std::string(1, '\0') + "end",
          .source = fault_source::of_processor({"p"}),
          .at = timestamp{5ms},
          .attempts = most,
          .until_started = true};
}

/// Every member differs from its default.
consumer_view full_view() {
  const recovery_report recovery{.attempt = most - 1, .next_attempt_at = timestamp{6ms}};
  processor_standing standing;
  standing.report = {.id = {"p"},
                     .type = "file_sink",
                     .incarnation = std::numeric_limits<std::uint64_t>::max(),
                     .fault = some_fault(),
                     .recovery = recovery};
  standing.state = processor_state::stuck;
  standing.in_flight_batches = 1;
  standing.in_flight_records = 2;
  standing.records = 9'007'199'254'740'993;
  standing.records_per_second = 4;
  standing.restarts = 5;
  standing.breaker = breaker_condition{.endpoint = "http://x:1", .state = breaker_state::half_open};
  consumer_view view;
  view.status = consumer_status::error;
  view.replica = "r1";
  view.last_error = some_fault();
  view.recovery = recovery;
  view.state = consumer_state::draining;
  view.status_since = timestamp{-7ms};
  view.observed = revision{6};
  view.observed_at = timestamp{std::chrono::milliseconds{most}};
  view.restarts = least;
  view.members = {
      {.instance = 1, .member = "m", .connected = true, .joined = true, .waiting = true, .partitions = {1, 2}}, {}};
  view.partitions = {{.partition = 2'147'483'647,
                      .position = offset{most},
                      .committed = offset{0},
                      .log_end = offset{4},
                      .start = offset{-1001},
                      .instance = 3},
                     {}};
  view.processors = {standing, {}};
  return view;
}

/// Compares what travels: views need a specification to be compared.
bool same(consumer_view a, consumer_view b) {
  a.spec = b.spec = std::make_shared<const consumer_spec>();
  return a == b;
}

std::string to_text(const consumer_view& view) {
  return to_report_text({.consumer = {"c"}, .view = std::make_shared<const consumer_view>(view)});
}

consumer_view travelled(const consumer_view& view) {
  auto read = from_report_text(to_text(view));
  BOOST_TEST_REQUIRE(test::holds_value(read));
  return *read->view;
}

json full_json() {
  return json::parse(to_text(full_view()));
}

bool is_unreadable(const std::string& text) {
  const auto read = from_report_text(text);
  return !read && read.error().code == ec::invalid_request && !read.error().message.empty();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report_json)

BOOST_AUTO_TEST_CASE(a_report_with_every_member_is_read_as_it_was_written) {
  const auto view = full_view();
  const auto read = travelled(view);
  BOOST_TEST(same(read, view));
  BOOST_TEST(read.spec == nullptr);
}

BOOST_AUTO_TEST_CASE(what_names_and_orders_a_report_travels_with_it) {
  const instance_report report{.consumer = {"orders"},
                               .instance = 2,
                               .epoch = 18'446'744'073'709'551'615U,
                               .change = 7,
                               .number = 9,
                               .view = std::make_shared<const consumer_view>(full_view())};
  const auto read = from_report_text(to_report_text(report));
  BOOST_TEST_REQUIRE(test::holds_value(read));
  BOOST_TEST(read->consumer.value == "orders");
  BOOST_TEST(read->instance == 2);
  BOOST_TEST(read->epoch == report.epoch);
  BOOST_TEST(read->change == 7U);
  BOOST_TEST(read->number == 9U);
}

BOOST_AUTO_TEST_CASE(an_unreadable_report_of_a_list_leaves_the_others_readable) {
  const instance_report report{.consumer = {"a"}, .view = std::make_shared<const consumer_view>(full_view())};
  auto list = json::parse(to_report_list({report, report, report}));
  list[1]["status"] = "levitating";
  const auto received = from_report_list(list.dump());
  BOOST_TEST(received.reports.size() == 2U);
  BOOST_TEST(received.unreadable.has_value());
  for (const std::string text : {"", "{}", "[", "\"\"", "[]]"}) {
    BOOST_TEST(from_report_list(text).unreadable.has_value(), text);
    BOOST_TEST(from_report_list(text).reports.empty(), text);
  }
  BOOST_TEST(!from_report_list("[]").unreadable.has_value());
}

BOOST_AUTO_TEST_CASE(a_report_without_any_optional_member_is_read_as_it_was_written) {
  const consumer_view view;
  BOOST_TEST(same(travelled(view), view));
}

BOOST_AUTO_TEST_CASE(every_value_of_an_enumeration_is_read_as_it_was_written) {
  auto view = full_view();
  for (int number = 0; number <= static_cast<int>(ec::internal); ++number) {
    view.last_error->code = static_cast<ec>(number);
    view.last_error->source.from = static_cast<fault_source::part>(number % 3);
    view.status = static_cast<consumer_status>(number % 3);
    view.state = static_cast<consumer_state>(number % 6);
    view.processors[0].state = static_cast<processor_state>(number % 4);
    view.processors[0].breaker->state = static_cast<breaker_state>(number % 3);
    BOOST_TEST(same(travelled(view), view), "value " << number);
  }
}

BOOST_AUTO_TEST_CASE(the_specification_and_the_policies_do_not_travel) {
  auto view = full_view();
  view.spec = std::make_shared<const consumer_spec>();
  view.policies.recovery.processor_restarts = 77;
  const auto written = json::parse(to_text(view));
  BOOST_TEST(!written.contains("spec"));
  BOOST_TEST(!written.contains("policies"));
  BOOST_TEST((travelled(view).policies == policy_defaults{}));
}

BOOST_AUTO_TEST_CASE(the_text_is_ascii_and_bytes_that_are_not_utf_8_are_replaced) {
  auto view = full_view();
  view.replica = "r\xFF";
  const auto text = to_text(view);
  BOOST_TEST(std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; }));
  BOOST_TEST(travelled(view).replica == "r\xEF\xBF\xBD");
}

BOOST_AUTO_TEST_CASE(members_of_another_version_are_ignored) {
  auto written = full_json();
  written["later"] = json::array({1, 2});
  written["last_error"]["later"] = 1.5;
  written["processors"][0]["report"]["later"] = nullptr;
  const auto read = from_report_text(written.dump());
  BOOST_TEST_REQUIRE(test::holds_value(read));
  BOOST_TEST(same(*read->view, full_view()));
}

BOOST_AUTO_TEST_CASE(members_that_are_missing_or_null_have_their_defaults) {
  for (const std::string text : {"{}", R"({"status":null,"members":null,"recovery":null})"}) {
    const auto read = from_report_text(text);
    BOOST_TEST_REQUIRE(test::holds_value(read));
    BOOST_TEST(same(*read->view, consumer_view{}));
  }
  auto written = full_json();
  written["last_error"].erase("attempts");
  written["partitions"][0].erase("position");
  auto expected = full_view();
  expected.last_error->attempts = 0;
  expected.partitions[0].position.reset();
  const auto read = from_report_text(written.dump());
  BOOST_TEST_REQUIRE(test::holds_value(read));
  BOOST_TEST(same(*read->view, expected));
}

BOOST_AUTO_TEST_CASE(an_unknown_name_makes_the_report_unreadable_and_is_named) {
  auto written = full_json();
  written["processors"][0]["state"] = "levitating";
  const auto read = from_report_text(written.dump());
  BOOST_REQUIRE(!read.has_value());
  BOOST_TEST(read.error().message.find("levitating") != std::string::npos, read.error().message);
  for (const auto* path : {"/status", "/state", "/last_error/source/from", "/processors/0/breaker/state"}) {
    written = full_json();
    written[json::json_pointer(path)] = "";
    BOOST_TEST(is_unreadable(written.dump()), path);
  }
}

BOOST_AUTO_TEST_CASE(a_code_of_a_later_version_counts_as_internal_and_its_message_tells) {
  auto written = full_json();
  written["last_error"]["code"] = "of_a_later_version";
  const auto read = from_report_text(written.dump());
  BOOST_TEST_REQUIRE(test::holds_value(read));
  BOOST_TEST((read->view->last_error->code == ec::internal));
}

BOOST_AUTO_TEST_CASE(every_code_is_read_as_it_was_written) {
  for (const auto code : consumer_fault_codes()) {
    auto written = full_json();
    written["last_error"]["code"] = to_string(code);
    const auto read = from_report_text(written.dump());
    BOOST_TEST_REQUIRE(test::holds_value(read));
    BOOST_TEST((read->view->last_error->code == code), to_string(code));
  }
}

BOOST_AUTO_TEST_CASE(a_member_of_another_type_or_range_makes_the_report_unreadable) {
  const std::vector<std::pair<std::string, json>> wrong = {
      {"/status", 1},
      {"/replica", json::object()},
      {"/last_error", "text"},
      {"/last_error/until_started", 1},
      {"/restarts", 1.5},
      {"/restarts", "1"},
      {"/restarts", true},
      {"/restarts", 9'223'372'036'854'775'808U},
      {"/processors", json::object()},
      {"/processors/0", json::array()},
      {"/processors/0/report/incarnation", -1},
      {"/partitions/0/partition", 2'147'483'648},
      {"/partitions/0/instance", -2'147'483'649},
      {"/members/0/partitions/0", nullptr},
      {"/members/0/partitions/0", "1"},
  };
  for (const auto& [path, value] : wrong) {
    auto written = full_json();
    written[json::json_pointer(path)] = value;
    BOOST_TEST(is_unreadable(written.dump()), path << " " << value.dump());
  }
}

BOOST_AUTO_TEST_CASE(a_text_that_is_no_json_object_is_unreadable) {
  for (const std::string text : {"", "x", "[]", "null", "7", "\"{}\"", "{} {}", "{\"a\":", "{\"replica\":\"\xFF\"}"})
    BOOST_TEST(is_unreadable(text), text);
  const auto text = to_text(full_view());
  for (std::size_t cut = 0; cut < text.size(); ++cut) BOOST_TEST(is_unreadable(text.substr(0, cut)), cut);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::report_json_test
