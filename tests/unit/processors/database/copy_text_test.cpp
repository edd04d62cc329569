#include "processors/database/copy_text.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>
#include <type_traits>

#include "processors/json_text.hpp"

namespace kfs::copy_text_test {

using namespace std::string_literals;

namespace {

template <class T>
std::string made(void (*append)(T, std::string&), std::type_identity_t<T> of) {
  std::string row = "before ";
  append(of, row);
  return row.substr(7);
}

std::string text(std::string_view of) {
  return made(copy_text::append, of);
}
std::string stamp(std::int64_t of) {
  return made<std::int64_t>(copy_text::append_timestamp, of);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(copy_text)

BOOST_AUTO_TEST_CASE(what_would_end_a_field_or_a_row_is_escaped_and_nothing_else) {
  BOOST_TEST(text("") == "");
  BOOST_TEST(text("plain \xff\x01 text") == "plain \xff\x01 text");
  BOOST_TEST(text("\t\n\r\\\b\f\v") == R"(\t\n\r\\\b\f\v)");
  BOOST_TEST(text("a\tb\\N\n") == R"(a\tb\\N\n)");
  BOOST_TEST(text("\\.") == R"(\\.)");
  BOOST_TEST(text("a\0b"s) == "a\0b"s);
}

BOOST_AUTO_TEST_CASE(milliseconds_become_a_timestamp_of_any_size) {
  BOOST_TEST(stamp(0) == "1970-01-01 00:00:00.000000+00");
  BOOST_TEST(stamp(1'700'000'000'123) == "2023-11-14 22:13:20.123000+00");
  BOOST_TEST(stamp(-1'001) == "1969-12-31 23:59:58.999000+00");
  BOOST_TEST(stamp(253'402'300'799'999) == "9999-12-31 23:59:59.999000+00");
  BOOST_TEST(stamp(253'402'300'800'000) == "infinity");
  BOOST_TEST(stamp(-62'135'596'800'000) == "0001-01-01 00:00:00.000000+00");
  BOOST_TEST(stamp(-62'135'596'800'001) == "-infinity");
  BOOST_TEST(stamp(std::numeric_limits<std::int64_t>::max()) == "infinity");
  BOOST_TEST(stamp(std::numeric_limits<std::int64_t>::min()) == "-infinity");
}

BOOST_AUTO_TEST_CASE(numbers_are_written_whole) {
  BOOST_TEST(made(kfs::append_number, std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::copy_text_test
