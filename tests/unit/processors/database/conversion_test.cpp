// What a column makes of a value, without PostgreSQL.

#include "processors/database/conversion.hpp"

#include <boost/test/unit_test.hpp>

#include "processors/database/decimal.hpp"
#include "processors/json_reader.hpp"

namespace kfs::conversion_test {

namespace {

/// The text for a column; "NULL", or "rejected: …".
std::string made(std::string_view json, column_kind kind, value_form form = value_form::plain, bool array = false) {
  json_reader reader;
  BOOST_TEST_REQUIRE((reader.read(json) != json_reader::verdict::no_json));
  value_converter converter;
  std::string text;
  const auto done = converter.append(reader.root(), {.kind = kind, .is_array = array}, form, text);
  if (!done.why.empty()) return "rejected: " + std::string(done.why);
  return done.is_null ? "NULL" : text;
}

bool rejected(std::string_view json, column_kind kind, value_form form = value_form::plain) {
  return made(json, kind, form).starts_with("rejected: ");
}

std::string elements(std::string_view json, column_kind kind) {
  return made(json, kind, value_form::plain, true);
}

using enum column_kind;

}  // namespace

BOOST_AUTO_TEST_SUITE(conversion)

BOOST_AUTO_TEST_CASE(a_number_never_becomes_a_date) {
  for (const auto* number : {"1764000101", "20261129", "0", "-1", "1.5", "1e9"}) {
    BOOST_TEST(rejected(number, time), number);
    BOOST_TEST(rejected(number, interval), number);
  }
  for (const auto* digits : {"\"1764000101\"", "\"1764000101000\"", "\"-5\"", "\"+12.5\"", "\"20260101120000\"",
                             "\"1e9\"", "\" 1764000101 \"", "\"1764000101Z\"", "\"1764000101 UTC\"", "\"(1764000101)\"",
                             "\"@1764000101\"", "\"1764000101 AD\""})
    BOOST_TEST(rejected(digits, time), digits);
  BOOST_TEST(made("\"20261129\"", time) == "20261129");
  BOOST_TEST(made("\"2026-11-29T10:00:00Z\"", time) == "2026-11-29T10:00:00Z");
  BOOST_TEST(made("\"infinity\"", time) == "infinity");
  BOOST_TEST(made("\"040506\"", interval) == "040506");
  BOOST_TEST(elements("[1764000101]", time).starts_with("rejected: "));
  for (const auto* digits : {"\"(170601)\"", "\"@170601\"", "\"[1764]\"", "[\"170601\"]"})
    BOOST_TEST(rejected(digits, time), digits);
}

BOOST_AUTO_TEST_CASE(a_number_never_becomes_an_element_of_an_array_of_dates) {
  for (const auto* array : {R"(["1764000101"])", R"(["2026-11-29","1764000"])", R"([["170601"]])", "[20261129]",
                            R"("{1764000101}")", R"("{2026-11-29,\"1764000\"}")", R"("{170601}")", R"("{17640\\00}")"})
    BOOST_TEST(elements(array, time).starts_with("rejected: "), array);
  BOOST_TEST(elements(R"(["2026-11-29","20261129",null])", time) == R"({"2026-11-29","20261129",NULL})");
  BOOST_TEST(elements(R"("{\"Nov 29, 2026\",20261129}")", time) == R"({"Nov 29, 2026",20261129})");
}

BOOST_AUTO_TEST_CASE(a_number_never_becomes_the_bound_of_a_range_of_dates) {
  for (const auto* range :
       {R"~("[1764000101,1764000201)")~", R"~("[2026-11-29,1764000101]")~", R"~("[\"1764000101\",)")~",
        R"~("(,170601)")~", R"~("[\"17640\"00,)")~", R"~("{[2026-11-29,2026-11-30),[1764000101,)}")~",
        R"~(["1764000101","1764000201"])~", "[1764000101,1764000201]", "[20261129,20261130]", "1764000101"})
    BOOST_TEST(rejected(range, time_range), range);
  for (const auto* range : {"[2026-11-29,2026-11-30)", "[20261129,)", "empty", "(,)",
                            "[2026-11-29T10:00:00.123456789Z,)", "{[2026-11-29,infinity)}"})
    BOOST_TEST(made('"' + std::string(range) + '"', time_range) == range);
  BOOST_TEST(made(R"(["2026-11-29","2026-11-30"])", time_range) == R"(["2026-11-29","2026-11-30"])");
  BOOST_TEST(elements(R"~(["[1764000101,)"])~", time_range).starts_with("rejected: "));
  BOOST_TEST(elements(R"~("{\"[1764000101,)\"}")~", time_range).starts_with("rejected: "));
  BOOST_TEST(elements(R"~("{\"[2026-11-29,170601)\"}")~", time_range).starts_with("rejected: "));
  BOOST_TEST(elements(R"~(["[2026-11-29,)"])~", time_range) == R"~({"[2026-11-29,)"})~");
}

BOOST_AUTO_TEST_CASE(no_form_makes_a_date_of_a_number) {
  for (const auto form : {value_form::text, value_form::raw_json}) {
    BOOST_TEST(rejected("1764000101", time, form));
    BOOST_TEST(rejected("\"1764000101\"", time, form));
    BOOST_TEST(rejected("\"[1764000101,)\"", time_range, form));
  }
  BOOST_TEST(made("\"2026-11-29\"", time, value_form::text) == "2026-11-29");
}

BOOST_AUTO_TEST_CASE(a_number_in_place_of_a_time_is_refused_with_what_helps) {
  const auto names_as = [](const std::string& why) { return why.find("epoch_ms") != std::string::npos; };
  BOOST_TEST(names_as(made("1764000101", time)));
  for (const auto& why :
       {made("1764000101", interval), made("[1764000101]", time_range), elements("[1764000101]", time),
        elements(R"(["1764000101"])", time), elements(R"("{1764000101}")", time)}) {
    BOOST_TEST(!names_as(why), why);
    BOOST_TEST(why.find("send a text") != std::string::npos, why);
  }
}

BOOST_AUTO_TEST_CASE(a_character_that_no_text_can_hold_is_named_here) {
  for (const auto form : {value_form::plain, value_form::text}) {
    BOOST_TEST(made(R"("a\u0000b")", text, form).find("NUL") != std::string::npos);
    BOOST_TEST(made(R"("a\u0000b")", bytes, form) == "\\x610062");
  }
  BOOST_TEST(elements(R"(["a","\u0000"])", text).find("NUL") != std::string::npos);
  BOOST_TEST(made("\"AGEA\"", text, value_form::base64).find("NUL") != std::string::npos);
  BOOST_TEST(made("\"/w==\"", text, value_form::base64).find("not UTF-8") != std::string::npos);
  BOOST_TEST(made("\"ff\"", text, value_form::hex).find("not UTF-8") != std::string::npos);
  BOOST_TEST(made("\"/w==\"", bytes, value_form::base64) == "\\xff");
  value_converter converter;
  for (const auto* odd : {"\xff", "\xed\xa0\x80", "\xc3"}) {
    std::string into;
    BOOST_TEST(converter.append_bytes(odd, {.kind = text}, value_form::plain, into).why.find("not UTF-8") !=
               std::string_view::npos);
    BOOST_TEST(converter.append_bytes(odd, {.kind = bytes}, value_form::plain, into).why.empty());
  }
}

BOOST_AUTO_TEST_CASE(an_epoch_becomes_a_time) {
  BOOST_TEST(made("1764000101", time, value_form::epoch_s) == "2025-11-24 16:01:41.000000+00");
  BOOST_TEST(made("1764000101.25", time, value_form::epoch_s) == "2025-11-24 16:01:41.250000+00");
  BOOST_TEST(made("1764000101123", time, value_form::epoch_ms) == "2025-11-24 16:01:41.123000+00");
  BOOST_TEST(made("1764000101123456", time, value_form::epoch_us) == "2025-11-24 16:01:41.123456+00");
  BOOST_TEST(made("\"1764000101123\"", time, value_form::epoch_ms) == "2025-11-24 16:01:41.123000+00");
  BOOST_TEST(made("1.764e9", time, value_form::epoch_s) == "2025-11-24 16:00:00.000000+00");
  BOOST_TEST(made("-0.0000001", time, value_form::epoch_s) == "1969-12-31 23:59:59.999999+00");
  BOOST_TEST(made("null", time, value_form::epoch_s) == "NULL");
  for (const auto* odd :
       {"1764000101123456", "1e30", "-1e30", "1e999999999999", "\"soon\"", "true", "[1]", "{}", "\"\""})
    BOOST_TEST(rejected(odd, time, value_form::epoch_s), odd);
  BOOST_TEST(made("253402300799", time, value_form::epoch_s) == "9999-12-31 23:59:59.000000+00");
  BOOST_TEST(rejected("253402300800", time, value_form::epoch_s));
}

BOOST_AUTO_TEST_CASE(whole_numbers_are_integers_however_they_are_written) {
  BOOST_TEST(made("1.0", integer) == "1");
  BOOST_TEST(made("1e3", integer) == "1000");
  BOOST_TEST(made("-12.500e1", integer) == "-125");
  BOOST_TEST(made("0.0e-5", integer) == "0");
  BOOST_TEST(made("9223372036854775807", integer) == "9223372036854775807");
  BOOST_TEST(rejected("1.5", integer));
  BOOST_TEST(rejected("1e-1", integer));
  BOOST_TEST(rejected("1e1000", integer));
  BOOST_TEST(made("1.0", number) == "1.0");
  BOOST_TEST(made("1e400", number) == "1e400");
  BOOST_TEST(made("1.0", text) == "1.0");
  BOOST_TEST(elements("[1.0, 1e3, null]", integer) == R"({"1","1000",NULL})");
}

BOOST_AUTO_TEST_CASE(elements_keep_their_json_where_the_type_is_json) {
  BOOST_TEST(elements(R"(["1","true",{"k":"v"}])", document) == R"({"\"1\"","\"true\"","{\"k\":\"v\"}"})");
  BOOST_TEST(elements(R"([[1,2],[3]])", document) == R"({"[1,2]","[3]"})");
  BOOST_TEST(elements(R"(["a\"b",[]])", text) == R"({"a\"b",{}})");
  BOOST_TEST(elements(R"(["x"])", bytes) == R"({"\\x78"})");
  BOOST_TEST(elements("[]", text) == "{}");
  BOOST_TEST(elements("[[[[[[[1]]]]]]]", integer).starts_with("rejected: "));
  BOOST_TEST(made("\"{1,2}\"", integer, value_form::plain, true) == "{1,2}");
}

BOOST_AUTO_TEST_CASE(a_form_says_what_the_text_is) {
  BOOST_TEST(made(R"("YWI")", bytes, value_form::base64) == "\\x6162");
  BOOST_TEST(made(R"("YWI=")", bytes, value_form::base64) == "\\x6162");
  BOOST_TEST(made(R"("-_-_")", bytes, value_form::base64) == "\\xfbffbf");
  BOOST_TEST(made(R"("")", bytes, value_form::base64) == "\\x");
  for (const auto* odd : {R"("a")", R"("a=b=")", R"("YW I=")", R"("YWI===")", "5"})
    BOOST_TEST(rejected(odd, bytes, value_form::base64), odd);
  BOOST_TEST(made(R"("0x6Ab2")", bytes, value_form::hex) == "\\x6ab2");
  BOOST_TEST(made(R"("\\x6A")", bytes, value_form::hex) == "\\x6a");
  for (const auto* odd : {R"("6")", R"("6g")", R"("+1")", "[]"}) BOOST_TEST(rejected(odd, bytes, value_form::hex), odd);
  BOOST_TEST(made(R"("{\"a\":1}")", document, value_form::text) == R"({"a":1})");
  BOOST_TEST(made(R"("a")", text, value_form::raw_json) == R"("a")");
  BOOST_TEST(made(R"(5)", interval, value_form::text) == "5");
}

BOOST_AUTO_TEST_CASE(half_a_surrogate_pair_is_text_for_json_alone) {
  BOOST_TEST(rejected(R"("\ud800")", text));
  BOOST_TEST(made(R"("\ud800")", document) == R"("\ud800")");
}

BOOST_AUTO_TEST_CASE(a_decimal_is_scaled_exactly) {
  const auto scaled = [](std::string_view text, int power) { return decimal::parse(text)->scaled(power); };
  BOOST_TEST(scaled("0", 6).value() == 0);
  BOOST_TEST(scaled("0.1", 1).value() == 1);
  BOOST_TEST(scaled("0.19", 1).value() == 1);
  BOOST_TEST(scaled("-0.19", 1).value() == -2);
  BOOST_TEST(scaled("-0.2", 1).value() == -2);
  BOOST_TEST(scaled("1e-400", 6).value() == 0);
  BOOST_TEST(scaled("123456789012345678", 0).value() == 123456789012345678);
  BOOST_TEST(!scaled("123456789012345678", 2).has_value());
  for (const auto* odd : {"", "-", "1.", ".1", "01", "1e", "1x", " 1", "+1", "NaN"})
    BOOST_TEST(!decimal::parse(odd).has_value(), odd);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::conversion_test
