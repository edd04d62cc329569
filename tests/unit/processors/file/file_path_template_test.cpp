#include "processors/file/path_template.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::file_path_template_test {

using namespace std::chrono_literals;

namespace {

std::string expanded(std::string_view text, std::string_view topic = "orders") {
  return kfs::file_path_template(text).expand(topic, 12, 3);
}

void is_refused(std::string_view text, std::initializer_list<std::string_view> parts_of_message) {
  const auto mistake = mistake_in_template(text);
  BOOST_REQUIRE_MESSAGE(mistake, text << " was taken");
  for (const auto part : parts_of_message)
    BOOST_TEST(mistake->find(part) != std::string::npos, *mistake << " lacks " << part);
  BOOST_TEST(mistake->find("{topic}, {partition}, {instance} and {date}") != std::string::npos, *mistake);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(file_path_template)

BOOST_AUTO_TEST_CASE(a_path_without_placeholders_is_itself) {
  BOOST_TEST(!mistake_in_template("/var/log/a.log"));
  BOOST_TEST(!mistake_in_template(""));
  BOOST_TEST(expanded("/var/log/a.log") == "/var/log/a.log");
  BOOST_TEST(expanded("") == "");
  for (const auto one : {placeholder::topic, placeholder::partition, placeholder::instance, placeholder::date})
    BOOST_TEST(!kfs::file_path_template("/var/log/topic.log").has(one));
}

BOOST_AUTO_TEST_CASE(every_placeholder_is_replaced_wherever_it_stands_and_the_date_is_left) {
  constexpr auto path = "{topic}/{partition}{instance}/{date}/x-{topic}.log";
  BOOST_TEST(!mistake_in_template(path));
  BOOST_TEST(expanded(path) == "orders/123/{date}/x-orders.log");
}

BOOST_AUTO_TEST_CASE(a_template_tells_which_placeholders_it_has) {
  const kfs::file_path_template text("/logs/{topic}/{date}.log");
  BOOST_TEST(text.has(placeholder::topic));
  BOOST_TEST(text.has(placeholder::date));
  BOOST_TEST(!text.has(placeholder::partition));
  BOOST_TEST(!text.has(placeholder::instance));
}

BOOST_AUTO_TEST_CASE(any_other_name_in_braces_is_refused_by_name) {
  is_refused("/logs/{key}.log", {"\"{key}\" is no placeholder"});
  is_refused("/logs/{topic}/{}.log", {"\"{}\" is no placeholder"});
  is_refused("/logs/{topic }.log", {"\"{topic }\""});
  is_refused("/logs/{Topic}.log", {"did you mean {topic}?"});
  is_refused("/logs/{partiton}.log", {"did you mean {partition}?"});
}

BOOST_AUTO_TEST_CASE(braces_that_are_not_in_pairs_are_refused) {
  is_refused("/logs/{topic", {"a \"{\" has no \"}\"", "{topic"});
  is_refused("/logs/{", {"a \"{\" has no \"}\""});
  is_refused("/logs/{{topic}}", {"a \"{\" has no \"}\""});
  is_refused("/logs/{topic}}", {"a \"}\" has no \"{\" before it"});
  is_refused("}{", {"a \"}\" has no \"{\" before it"});
}

BOOST_AUTO_TEST_CASE(a_long_mistake_is_cut_in_the_message) {
  const auto mistake = mistake_in_template("{" + std::string(4'000, 'x') + "}");
  BOOST_REQUIRE(mistake);
  BOOST_TEST(mistake->size() < 300);
}

BOOST_AUTO_TEST_CASE(braces_that_were_never_checked_stand_for_themselves) {
  BOOST_TEST(expanded("/logs/{key}/{{topic}}/{") == "/logs/{key}/{orders}/{");
}

BOOST_AUTO_TEST_CASE(a_topic_adds_no_directory_and_no_placeholder) {
  BOOST_TEST(expanded("/logs/{topic}", "../../etc/passwd") == "/logs/.._.._etc_passwd");
  BOOST_TEST(expanded("/logs/{topic}", "{date}") == "/logs/_date_");
  BOOST_TEST(expanded("/logs/{topic}", std::string_view{"a\0b\n", 4}) == "/logs/a_b_");
  BOOST_TEST(expanded("/logs/{topic}", "a.B_c-9") == "/logs/a.B_c-9");
  for (const auto* nameless : {"", ".", ".."}) {
    BOOST_TEST(expanded("/logs/{topic}/x", nameless) == "/logs/_/x");
    BOOST_TEST(expanded("/logs/.{topic}./x", nameless) == "/logs/._./x");
  }
}

BOOST_AUTO_TEST_CASE(the_day_stands_in_place_of_every_date) {
  BOOST_TEST(with_date("/logs/{date}/{date}.log", std::chrono::sys_days{2026y / 3 / 7}) ==
             "/logs/2026-03-07/2026-03-07.log");
  BOOST_TEST(with_date("/logs/a.log", std::chrono::sys_days{2026y / 12 / 31}) == "/logs/a.log");
  BOOST_TEST(with_date("", std::chrono::sys_days{2026y / 12 / 31}) == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::file_path_template_test
