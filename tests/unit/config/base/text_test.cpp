#include "config/base/text.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::text_test {

using kfs::closest_name;
using kfs::escaped;
using kfs::escaping;

namespace {
constexpr std::size_t ample = 1000;
}

BOOST_AUTO_TEST_SUITE(text)

BOOST_AUTO_TEST_CASE(a_list_is_split_at_commas_and_keeps_empty_elements) {
  BOOST_TEST(kfs::split_list(" a ,,b") == (std::vector<std::string>{"a", "", "b"}), boost::test_tools::per_element());
  BOOST_TEST(kfs::split_list("") == (std::vector<std::string>{""}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(valid_text_is_not_changed) {
  for (const auto how : {escaping::plain, escaping::quoted, escaping::json_string}) {
    BOOST_TEST(escaped("naïve 日本 🙂 ~", how, ample) == "naïve 日本 🙂 ~");
  }
}

BOOST_AUTO_TEST_CASE(control_characters_are_escaped_in_every_way_of_writing) {
  for (const auto how : {escaping::plain, escaping::quoted, escaping::json_string}) {
    BOOST_TEST(escaped(std::string_view("a\nb\r\t\x1b[2J\0\x7f", 11), how, ample) ==
               "a\\nb\\r\\t\\u001b[2J\\u0000\\u007f");
  }
}

BOOST_AUTO_TEST_CASE(separators_and_direction_marks_beyond_ascii_are_escaped) {
  BOOST_TEST(escaped("\u0085\u2028\u2029\u202e\u2066", escaping::plain, ample) ==
             "\\u0085\\u2028\\u2029\\u202e\\u2066");
}

BOOST_AUTO_TEST_CASE(quotes_and_backslashes_are_escaped_only_between_quotes) {
  BOOST_TEST(escaped(R"(a"\)", escaping::plain, ample) == R"(a"\)");
  BOOST_TEST(escaped(R"(a"\)", escaping::quoted, ample) == R"(a\"\\)");
  BOOST_TEST(escaped(R"(a"\)", escaping::json_string, ample) == R"(a\"\\)");
}

BOOST_AUTO_TEST_CASE(bytes_that_are_not_utf8_are_escaped_one_by_one) {
  BOOST_TEST(escaped("\xff", escaping::plain, ample) == R"(\xff)");
  BOOST_TEST(escaped("\xff", escaping::json_string, ample) == R"(\\xff)");
  BOOST_TEST(escaped("\xc0\xaf", escaping::plain, ample) == R"(\xc0\xaf)");                  // overlong
  BOOST_TEST(escaped("\xed\xa0\x80", escaping::plain, ample) == R"(\xed\xa0\x80)");          // a surrogate
  BOOST_TEST(escaped("\xf4\x90\x80\x80", escaping::plain, ample) == R"(\xf4\x90\x80\x80)");  // above U+10FFFF
  BOOST_TEST(escaped("\xe2\x82", escaping::plain, ample) == R"(\xe2\x82)");                  // ends too early
  BOOST_TEST(escaped("\xe2 x", escaping::plain, ample) == R"(\xe2 x)");
}

BOOST_AUTO_TEST_CASE(long_text_is_cut_between_characters) {
  BOOST_TEST(escaped("abc", escaping::plain, 3) == "abc");
  BOOST_TEST(escaped("abcd", escaping::plain, 3) == "abc...(1 bytes cut)");
  BOOST_TEST(escaped("aé", escaping::plain, 2) == "a...(2 bytes cut)");
}

BOOST_AUTO_TEST_CASE(a_message_of_several_lines_becomes_one_line) {
  BOOST_TEST(kfs::on_one_line("\nERROR:\tno such table\nLINE 1: \x1b[2J\xff\n") ==
             R"(ERROR: no such table LINE 1: \u001b[2J\xff)");
  BOOST_TEST(kfs::on_one_line(" \t\n").empty());
  BOOST_TEST(kfs::on_one_line("abcd\n", 3) == "abc...(1 bytes cut)");
}

BOOST_AUTO_TEST_CASE(a_mistyped_name_is_recognised_and_another_word_is_not) {
  const std::vector<std::string> names{"http_host", "http_port", "log_level"};
  BOOST_TEST(closest_name("http_prot", names).value() == "http_port");
  BOOST_TEST(closest_name("HTTP_PORT", names).value() == "http_port");
  BOOST_TEST(closest_name("loglevel", names).value() == "log_level");
  BOOST_TEST(!closest_name("colour", names).has_value());
  BOOST_TEST(!closest_name(std::string(100'000, 'x'), names).has_value());
}

BOOST_AUTO_TEST_CASE(a_long_list_names_the_first_and_counts_the_others) {
  const auto digits = [](int one) { return std::to_string(one); };
  BOOST_TEST(kfs::listed(std::vector<int>{}, 2, digits).empty());
  BOOST_TEST(kfs::listed(std::vector<int>{1, 2}, 2, digits) == "1, 2");
  BOOST_TEST(kfs::listed(std::vector<int>{1, 2, 3, 4}, 2, digits) == "1, 2 and 2 more");
}

BOOST_AUTO_TEST_CASE(text_is_cut_between_two_characters) {
  BOOST_TEST(kfs::shortened("\xC3\xA9\xC3\xA9", 3) == "\xC3\xA9…");
  BOOST_TEST(kfs::shortened("abc", 3) == "abc");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::text_test
