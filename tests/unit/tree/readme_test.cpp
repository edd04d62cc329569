#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "config/consumers/options_schema.hpp"
#include "config/settings/loader.hpp"
#include "processors/sink_registry.hpp"
#include "tests/support/paths.hpp"

using namespace kfs;

namespace {

std::string text_of_readme() {
  std::ifstream file(test::source_file("README.md"));
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string quoted(const std::string& name) {
  std::string text(1, '`');
  text.append(name).push_back('`');
  return text;
}

void check_names(const std::string& text, const object_schema& schema) {
  for (const auto& option : schema.options()) {
    BOOST_TEST(text.find(quoted(option.name)) != std::string::npos, "README.md does not name " << option.name);
    if (option.object) check_names(text, *option.object);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(readme)

BOOST_AUTO_TEST_CASE(the_table_of_settings_is_the_declarations) {
  BOOST_TEST(text_of_readme().find(settings_markdown()) != std::string::npos, "put this into README.md:\n"
                                                                                  << settings_markdown());
}

BOOST_AUTO_TEST_CASE(every_option_of_a_consumer_is_named) {
  check_names(text_of_readme(), consumer_options_schema());
}

BOOST_AUTO_TEST_CASE(every_processor_type_and_its_options_are_named) {
  const auto text = text_of_readme();
  for (const auto& type : sink_types()) {
    BOOST_TEST(text.find(quoted(type.options->name())) != std::string::npos);
    check_names(text, *type.options);
  }
}

BOOST_AUTO_TEST_SUITE_END()
