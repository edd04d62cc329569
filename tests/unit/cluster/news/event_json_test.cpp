// Events as text in the store.
#include "cluster/news/event_json.hpp"

#include <boost/test/unit_test.hpp>

#include "config/base/json.hpp"
#include "tests/support/holds_value.hpp"

namespace kfs::event_json_test {

namespace {

void returns(const consumer_event& event) {
  const auto text = to_event_text(event);
  const auto back = from_event_text(text);
  BOOST_TEST_REQUIRE(test::holds_value(back), text);
  BOOST_TEST((*back == event), text);
}

std::string problem(const std::string& text) {
  const auto read = from_event_text(text);
  return read ? "none" : read.error().message;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(event_json)

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
  const timestamp at{std::chrono::milliseconds{1'767'268'800'123}};
  returns({.at = at,
           .kind = event_kind::created,
           .message = "made \xC3\xBC",
           .request_id = "r-1",
           .actor = event_actor{"jwt", "ann"}});
  returns({.at = at,
           .kind = event_kind::state_changed,
           .message = "starting to running",
           .states = state_change{consumer_state::starting, consumer_state::running}});
  for (const auto& source :
       {fault_source::of_kafka(), fault_source::of_supervisor(), fault_source::of_processor({"p-1"})})
    returns({.at = at, .kind = event_kind::failed, .message = "no", .code = ec::topic_missing, .source = source});
  for (const auto code : consumer_fault_codes())
    returns({.at = at, .kind = event_kind::failed, .message = "no", .code = code, .source = fault_source::of_kafka()});
  for (int kind = 0; kind <= static_cast<int>(event_kind::batches_given_up); ++kind)
    returns({.at = at, .kind = static_cast<event_kind>(kind), .message = "m"});
}

BOOST_AUTO_TEST_CASE(the_text_is_ascii_whatever_a_message_holds) {
  const auto text =
      to_event_text({.at = {}, .kind = event_kind::failed, .message = std::string("\0 \xFF \xC3\xBC", 6)});
  for (const char character : text) BOOST_TEST((character >= ' ' && character <= '~'), text);
}

BOOST_AUTO_TEST_CASE(what_another_version_adds_is_ignored_and_what_it_lacks_has_its_default) {
  const auto read = from_event_text(R"({"kind":"updated","color":"red"})");
  BOOST_TEST_REQUIRE(test::holds_value(read));
  BOOST_TEST((*read == consumer_event{.at = {}, .kind = event_kind::updated, .message = ""}));
}

BOOST_AUTO_TEST_CASE(a_code_of_a_later_version_counts_as_internal) {
  const auto read = from_event_text(R"({"kind":"failed","code":"of_a_later_version"})");
  BOOST_TEST_REQUIRE(test::holds_value(read));
  BOOST_TEST((read->code == ec::internal));
}

BOOST_AUTO_TEST_CASE(who_sent_a_command_to_a_server_of_the_version_before_is_anonymous) {
  const auto read = from_event_text(R"({"kind":"created","request_id":"r","principal":"anonymous"})");
  BOOST_TEST_REQUIRE(test::holds_value(read));
  BOOST_CHECK((read->actor == event_actor{"anonymous", "anonymous"}));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_named) {
  BOOST_TEST(problem("[]") == "it is not a JSON object");
  BOOST_TEST(problem("{") == "it is not a JSON object");
  BOOST_TEST(problem(R"({"kind":"levitated"})").find("\"levitated\"") != std::string::npos);
  BOOST_TEST(problem(R"({"kind":"failed","source":"moon"})").find("\"moon\"") != std::string::npos);
  BOOST_TEST(problem(R"({"kind":"failed","at":"noon"})").find("another type") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::event_json_test
