#include "http/dto/offset_dto.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/holds_value.hpp"

namespace kfs::offset_dto_test {

namespace {

offset_change change(const char* body) {
  const auto read = read_offset_change(json::parse(body));
  BOOST_TEST_REQUIRE(read.has_value(), body);
  return *read;
}

/// The place of the only mistake.
std::string mistake(const char* body) {
  const auto read = read_offset_change(json::parse(body));
  BOOST_TEST_REQUIRE(!read.has_value(), body);
  BOOST_TEST_REQUIRE(read.error().size() == 1U, body);
  return read.error().front().loc.dump() + " " + read.error().front().msg;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(offset_dto)

BOOST_AUTO_TEST_CASE(every_form_is_read) {
  BOOST_TEST(std::holds_alternative<offset_change::earliest>(change(R"({"to": "earliest"})").to));
  BOOST_TEST(std::holds_alternative<offset_change::latest>(change(R"({"to": "latest"})").to));
  const auto time = change(R"({"to_timestamp": "1970-01-01T02:00:01.5+02:00"})");
  BOOST_TEST((std::get<offset_change::at_time>(time.to).at == timestamp(std::chrono::milliseconds(1'500))));
  const auto exact = change(R"({"offsets": {"0": 42, "10": 0}, "partitions": [10]})");
  BOOST_TEST((std::get<offset_change::exactly>(exact.to).offsets ==
              std::map<partition_number, offset>{{0, offset{42}}, {10, offset{0}}}));
  BOOST_TEST((exact.partitions == std::vector<partition_number>{10}));
  BOOST_TEST(std::get<offset_change::shifted>(change(R"({"shift": -100})").to).by == -100);
}

BOOST_AUTO_TEST_CASE(exactly_one_form_is_wanted) {
  for (const auto* body : {"{}", R"({"partitions": [0]})", R"({"to": "latest", "shift": 1})",
                           R"({"offsets": {"0": 1}, "to_timestamp": "2026-01-01T00:00:00Z"})"})
    BOOST_TEST(mistake(body).find("one of to") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(mistakes_name_their_place) {
  const std::vector<std::pair<const char*, const char*>> bodies{
      {R"([])", R"(["body"])"},
      {R"({"to": "end"})", R"(["body","to"])"},
      {R"({"to": 7})", R"(["body","to"])"},
      {R"({"to_timestamp": "yesterday"})", R"(["body","to_timestamp"])"},
      {R"({"to_timestamp": 1700000000})", R"(["body","to_timestamp"])"},
      {R"({"offsets": {}})", R"(["body","offsets"])"},
      {R"({"offsets": {"x": 1}})", R"(["body","offsets"])"},
      {R"({"offsets": {"-1": 1}})", R"(["body","offsets"])"},
      {R"({"offsets": {"01": 1}})", R"(["body","offsets"])"},
      {R"({"offsets": {"4294967296": 1}})", R"(["body","offsets"])"},
      {R"({"offsets": {"0": -1}})", R"(["body","offsets","0"])"},
      {R"({"offsets": {"0": "1"}})", R"(["body","offsets","0"])"},
      {R"({"offsets": {"0": 18446744073709551615}})", R"(["body","offsets","0"])"},
      {R"({"shift": 1.5})", R"(["body","shift"])"},
      {R"({"shift": 1, "partitions": []})", R"(["body","partitions"])"},
      {R"({"shift": 1, "partitions": [-1]})", R"(["body","partitions",0])"},
      {R"({"shift": 1, "partitions": "all"})", R"(["body","partitions"])"},
      {R"({"shift": 1, "topic": "t"})", R"(["body","topic"])"}};
  for (const auto& [body, place] : bodies) BOOST_TEST(mistake(body).starts_with(std::string(place) + " "), body);
}

BOOST_AUTO_TEST_CASE(the_answer_has_every_partition) {
  const std::vector<offset_step> steps{
      {.partition = 0,
       .before = offset{5},
       .after = offset{2},
       .log_start = offset{1},
       .log_end = offset{9},
       .records = 3},
      {.partition = 1, .before = {}, .after = offset{0}, .log_start = {}, .log_end = {}, .clamped = true}};
  BOOST_TEST(offset_steps_dto(steps, true, {consumer_id{"other"}}) == json::parse(R"({"applied": true, "partitions": [
    {"partition": 0, "before": 5, "after": 2, "log_start_offset": 1, "log_end_offset": 9, "records": 3, "clamped": false},
    {"partition": 1, "before": null, "after": 0, "log_start_offset": 0, "log_end_offset": 0, "records": 0, "clamped": true}],
    "shared_with": ["other"]})"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::offset_dto_test
