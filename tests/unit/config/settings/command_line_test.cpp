#include "config/settings/command_line.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::command_line_test {

using kfs::parse_command_line;

namespace {

std::string message_of(const std::vector<std::string>& arguments) {
  const auto parsed = parse_command_line(arguments);
  return parsed ? "" : parsed.error().message;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(command_line)

BOOST_AUTO_TEST_CASE(no_argument_asks_for_nothing) {
  const auto parsed = parse_command_line({});
  BOOST_REQUIRE(parsed.has_value());
  BOOST_TEST(!parsed->config_file.has_value());
  BOOST_TEST(!(parsed->check_config || parsed->print_config || parsed->version || parsed->help));
}

BOOST_AUTO_TEST_CASE(every_argument_is_understood_in_any_order) {
  const auto parsed =
      parse_command_line({"--help", "--check-config", "--config", "a.yaml", "--version", "--print-config"});
  BOOST_REQUIRE(parsed.has_value());
  BOOST_TEST(parsed->config_file.value() == "a.yaml");
  BOOST_TEST((parsed->check_config && parsed->print_config && parsed->version && parsed->help));
}

BOOST_AUTO_TEST_CASE(the_file_may_follow_an_equals_sign) {
  BOOST_TEST(parse_command_line({"--config=dir/a=b.yaml"}).value().config_file.value() == "dir/a=b.yaml");
  BOOST_TEST(parse_command_line({"--config=--odd.yaml"}).value().config_file.value() == "--odd.yaml");
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_an_error) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--config"}, {"--config="}, {"--config", ""}, {"--config", "--check-config"}}) {
    BOOST_TEST(message_of(arguments).find("--config names no file") == 0U);
  }
}

BOOST_AUTO_TEST_CASE(an_unknown_argument_is_named_with_what_was_probably_meant) {
  BOOST_TEST(message_of({"--chek-config"}) == "unknown argument --chek-config: did you mean --check-config?");
  BOOST_TEST(message_of({"serve"}) == "unknown argument serve: --help lists the arguments");
  BOOST_TEST(message_of({""}).find("unknown argument") == 0U);
}

BOOST_AUTO_TEST_CASE(an_unknown_argument_cannot_forge_a_line_of_output) {
  BOOST_TEST(message_of({"--x\nkafka"}).find('\n') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_argument_given_twice_is_an_error) {
  BOOST_TEST(message_of({"--help", "--help"}) == "--help is given twice: give it once");
  BOOST_TEST(message_of({"--config=a", "--config", "b"}) == "--config is given twice: give it once");
}

BOOST_AUTO_TEST_CASE(a_value_for_an_argument_without_one_is_an_error) {
  BOOST_TEST(message_of({"--help=yes"}) == "--help takes no value");
}

BOOST_AUTO_TEST_CASE(the_help_names_every_argument) {
  const auto help = kfs::command_line_help();
  for (const char* const name : {"--config FILE.yaml", "--check-config", "--print-config", "--version", "--help"}) {
    BOOST_TEST(help.find(std::string("\n  ") + name) != std::string::npos, name);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::command_line_test
