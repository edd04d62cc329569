#include "processors/record_lines.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "config/base/json.hpp"
#include "tests/support/memory_batch.hpp"

namespace kfs::record_lines_test {

using namespace std::string_literals;
using test::memory_batch;
using test::memory_record;

namespace {

std::string line_of(line_format format, const memory_record& written) {
  const memory_batch batch({written});
  std::string line;
  record_lines(format).append(batch, batch.records().front(), line);
  return line;
}

/// The JSON line of a record, parsed; fails when it is not exactly one line.
json read_back(const memory_record& written) {
  const auto line = line_of(line_format::json_object, written);
  BOOST_TEST(std::count(line.begin(), line.end(), '\n') == 1);
  BOOST_TEST(line.back() == '\n');
  return json::parse(line);
}

std::string every_byte() {
  std::string bytes(256, '\0');
  for (int byte = 0; byte < 256; ++byte) bytes[static_cast<std::size_t>(byte)] = static_cast<char>(byte);
  return bytes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(record_lines)

BOOST_AUTO_TEST_CASE(the_line_of_a_value_is_its_bytes_as_they_are) {
  BOOST_TEST(line_of(line_format::value, {.value = "{\"a\": 1}"}) == "{\"a\": 1}\n");
  BOOST_TEST(line_of(line_format::value, {.value = every_byte()}) == every_byte() + "\n");
  BOOST_TEST(line_of(line_format::value, {.value = ""}) == "\n");
  BOOST_TEST(line_of(line_format::value, {.value = std::nullopt}) == "\n");
}

BOOST_AUTO_TEST_CASE(lines_are_appended_to_what_is_there) {
  const memory_batch batch({{.value = "a"}, {.value = "b"}});
  std::string lines = "before\n";
  kfs::record_lines values(line_format::value);
  for (const auto& each : batch.records()) values.append(batch, each, lines);
  BOOST_TEST(lines == "before\na\nb\n");
}

BOOST_AUTO_TEST_CASE(a_line_of_json_holds_all_of_the_record_in_a_fixed_order) {
  const memory_batch batch({{.partition = 3,
                             .value = "{\"a\":1}",
                             .key = "k",
                             .headers = {{"trace", "1-2"}, {"trace", {}}, {"", ""}},
                             .timestamp_ms = 1'700'000'000'123}});
  auto last = batch.records().front();
  last.position = offset{9'223'372'036'854'775'807};
  std::string line;
  kfs::record_lines(line_format::json_object).append(batch, last, line);
  BOOST_TEST(line ==
             R"({"topic":"orders","partition":3,"offset":9223372036854775807,"timestamp":1700000000123,"key":"k",)"
             R"("headers":[{"key":"trace","value":"1-2"},{"key":"trace","value":null},{"key":"","value":""}],)"
             R"("value":"{\"a\":1}"})"
             "\n");
}

BOOST_AUTO_TEST_CASE(what_a_record_does_not_have_is_null_and_what_is_empty_is_an_empty_string) {
  BOOST_TEST(line_of(line_format::json_object, {.value = std::nullopt}) ==
             R"({"topic":"orders","partition":0,"offset":0,"timestamp":null,"key":null,"headers":[],"value":null})"
             "\n");
  const auto read = read_back({.value = "", .key = "", .timestamp_ms = 0});
  BOOST_TEST(read.at("key") == "");
  BOOST_TEST(read.at("value") == "");
  BOOST_TEST(read.at("timestamp") == 0);
}

BOOST_AUTO_TEST_CASE(the_headers_of_one_record_are_not_those_of_the_next) {
  const memory_batch batch({{.headers = {{"a", "1"}}}, {}});
  std::string lines;
  kfs::record_lines made(line_format::json_object);
  made.append(batch, batch.records()[0], lines);
  lines.clear();
  made.append(batch, batch.records()[1], lines);
  BOOST_TEST(json::parse(lines).at("headers") == json::array());
}

BOOST_AUTO_TEST_CASE(every_character_of_text_comes_back_as_it_was) {
  std::string ascii = every_byte().substr(0, 128);
  for (const auto& text :
       {ascii, ascii + ascii + ascii, "a\nb\r\nc\td\"e\\f"s, "grün 日本 \xF0\x9F\x98\x80 \xE2\x80\xA8"s,
        std::string(1'000, '\x01'), std::string(63, 'x') + "\xC3\xBC" + std::string(63, '\n')}) {
    const auto read = read_back({.value = text});
    BOOST_TEST(read.at("value") == text);
  }
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_utf8_are_base64_and_marked) {
  const auto in_base64 = [](std::string bytes) { return read_back({.value = std::move(bytes)}).at("value"); };
  BOOST_TEST(in_base64("\xFF") == json({{"base64", "/w=="}}));
  BOOST_TEST(in_base64("\xFF\xFE") == json({{"base64", "//4="}}));
  BOOST_TEST(in_base64("\xFB\xEF\xBE") == json({{"base64", "++++"}}));
  // Overlong, a surrogate, beyond Unicode, cut short.
  BOOST_TEST(in_base64("\xC0\x80") == json({{"base64", "wIA="}}));
  BOOST_TEST(in_base64("\xED\xA0\x80") == json({{"base64", "7aCA"}}));
  BOOST_TEST(in_base64("\xF4\x90\x80\x80") == json({{"base64", "9JCAgA=="}}));
  BOOST_TEST(in_base64("a\xE2\x82") == json({{"base64", "YeKC"}}));
}

BOOST_AUTO_TEST_CASE(keys_and_headers_may_be_any_bytes_too) {
  const auto read = read_back({.key = "\xFF\n", .headers = {{"\xFF", "\xFE"}, {"a\n", "\""}}});
  BOOST_TEST(read.at("key") == json({{"base64", "/wo="}}));
  BOOST_TEST(read.at("headers") == json::parse(R"([{"key":{"base64":"/w=="},"value":{"base64":"/g=="}},
                                                   {"key":"a\n","value":"\""}])"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::record_lines_test
