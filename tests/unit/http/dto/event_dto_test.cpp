#include "http/dto/event_dto.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <regex>

#include "tests/support/child_process.hpp"
#include "tests/support/paths.hpp"

namespace kfs::event_dto_test {

namespace {

/// Events with these numbers.
std::vector<consumer_event> events(std::uint64_t first, std::uint64_t last) {
  std::vector<consumer_event> made;
  for (auto number = first; number <= last; ++number) made.push_back({.number = number, .at = {}, .message = {}});
  return made;
}

/// The numbers of the newest, as "4 5 6".
std::string numbers(std::vector<consumer_event> all, std::size_t limit) {
  std::string text;
  for (const auto& event : newest(std::move(all), limit))
    text += (text.empty() ? "" : " ") + std::to_string(event.number);
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(event_dto)

BOOST_AUTO_TEST_CASE(keys_come_in_their_order_and_what_is_not_there_is_null) {
  const consumer_event fault{.number = 7,
                             .at = {},
                             .kind = event_kind::processor_failed,
                             .message = "no \xff",
                             .code = ec::sink_unavailable,
                             .source = fault_source::of_processor({"1"})};
  const consumer_event made{
      .number = 8, .at = {}, .kind = event_kind::created, .message = "made", .actor = event_actor{"jwt", "ann"}};
  BOOST_TEST(
      events_dto({fault, made}).dump(-1, ' ', false, json::error_handler_t::replace) ==
      R"({"events":[{"number":7,"at":"1970-01-01T00:00:00.000Z","kind":"processor_failed","message":"no )"
      "\xef\xbf\xbd"
      R"(","code":"sink_unavailable","source":"processor:1","actor":null},{"number":8,"at":"1970-01-01T00:00:00.000Z",)"
      R"("kind":"created","message":"made","code":null,"source":null,"actor":{"kind":"jwt","name":"ann"}}]})");
  BOOST_TEST(events_dto({}).dump() == R"({"events":[]})");
}

BOOST_AUTO_TEST_CASE(the_api_document_lists_every_kind) {
  auto document = test::file_text(test::source_file("http/openapi.yaml"));
  document = std::regex_replace(document, std::regex("\\s+"), " ");
  std::string kinds;
  for (int kind = 0; kind <= static_cast<int>(event_kind::batches_given_up); ++kind)
    kinds += (kinds.empty() ? "" : ", ") + std::string(to_string(static_cast<event_kind>(kind)));
  BOOST_TEST(kinds.ends_with(", batches_given_up"));
  BOOST_TEST(document.find("kind: type: string enum: [" + kinds + "]") != std::string::npos, kinds);
}

BOOST_AUTO_TEST_CASE(of_more_than_the_limit_the_newest_are_answered) {
  BOOST_TEST(numbers(events(4, 7), 2) == "6 7");
  BOOST_TEST(numbers(events(4, 7), 4) == "4 5 6 7");
  BOOST_TEST(numbers(events(4, 7), 500) == "4 5 6 7");
  BOOST_TEST(numbers({}, 500).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::event_dto_test
