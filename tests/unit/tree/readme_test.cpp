#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include "config/consumers/options_schema.hpp"
#include "config/schema/option_schema.hpp"
#include "config/settings/loader.hpp"
#include "processors/sink_registry.hpp"
#include "tests/support/paths.hpp"

namespace kfs::readme_test {

namespace fs = std::filesystem;

namespace {

std::string text_of(const fs::path& page) {
  std::ifstream file(page);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The lines of a page outside its code blocks.
std::vector<std::string> prose_of(const fs::path& page) {
  std::vector<std::string> lines;
  std::stringstream text(text_of(page));
  bool in_code = false;
  for (std::string line; std::getline(text, line);) {
    const auto text_begin = line.find_first_not_of(' ');
    if (text_begin != std::string::npos && line.compare(text_begin, 3, "```") == 0)
      in_code = !in_code;
    else if (!in_code)
      lines.push_back(line);
  }
  return lines;
}

/// A link to a place in this checkout, as it is written: "../config/README.md#settings".
std::vector<std::string> relative_links_of(const fs::path& page) {
  std::vector<std::string> links;
  for (const auto& line : prose_of(page)) {
    for (auto begin = line.find("]("); begin != std::string::npos; begin = line.find("](", begin)) {
      begin += 2;
      auto link = line.substr(begin, line.find(')', begin) - begin);
      if (link.find("://") == std::string::npos) links.push_back(std::move(link));
    }
  }
  return links;
}

std::string anchor_of(const std::string& link) {
  const auto mark = link.find('#');
  return mark == std::string::npos ? "" : link.substr(mark + 1);
}

fs::path target_of(const fs::path& page, const std::string& link) {
  const auto path = link.substr(0, link.find('#'));
  return path.empty() ? page : (page.parent_path() / path).lexically_normal();
}

/// The anchors that a code host makes of a page's headings.
std::set<std::string> anchors_of(const fs::path& page) {
  std::set<std::string> anchors;
  for (const auto& line : prose_of(page)) {
    if (!line.starts_with('#')) continue;
    std::string anchor;
    for (const unsigned char c : line.substr(line.find_first_not_of("# "))) {
      if (c == ' ')
        anchor.push_back('-');
      else if (std::isalnum(c) != 0 || c == '-' || c == '_' || c >= 0x80)
        anchor.push_back(static_cast<char>(std::tolower(c)));
    }
    anchors.insert(std::move(anchor));
  }
  return anchors;
}

/// Every page of this checkout; what builds and tools leave in it is not.
std::vector<fs::path> all_pages() {
  std::vector<fs::path> pages;
  for (auto entry = fs::recursive_directory_iterator(test::source_directory());
       entry != fs::recursive_directory_iterator(); ++entry) {
    const auto name = entry->path().filename().string();
    if (entry->is_directory() && (name.starts_with('.') || name == "build" || name == "node_modules"))
      entry.disable_recursion_pending();
    else if (entry->path().extension() == ".md")
      pages.push_back(entry->path());
  }
  return pages;
}

/// README.md and the pages that it links.
std::vector<fs::path> readme_pages() {
  const fs::path readme = test::source_file("README.md");
  std::vector<fs::path> pages{readme};
  for (const auto& link : relative_links_of(readme)) {
    const auto page = target_of(readme, link);
    if (page.extension() == ".md" && std::ranges::find(pages, page) == pages.end()) pages.push_back(page);
  }
  return pages;
}

std::string quoted(const std::string& name) {
  std::string text(1, '`');
  text.append(name).push_back('`');
  return text;
}

void add_unnamed(const std::string& text, const object_schema& schema, std::vector<std::string>& unnamed) {
  for (const auto& option : schema.options()) {
    if (text.find(quoted(option.name)) == std::string::npos) unnamed.push_back(option.name);
    if (option.object) add_unnamed(text, *option.object, unnamed);
  }
}

/// One page has to name all options, so that nobody has to look for them in several.
void check_one_page_names(const object_schema& schema, const std::string& title) {
  std::vector<std::string> fewest{"every option"};
  bool found = false;
  for (const auto& page : readme_pages()) {
    const auto text = text_of(page);
    if (!text.starts_with(title)) continue;
    found = true;
    fewest.clear();
    add_unnamed(text, schema, fewest);
  }
  BOOST_TEST(found, "README.md links no page that begins with \"" << title << '"');
  for (const auto& name : fewest) BOOST_TEST(false, "the page \"" << title << "\" does not name " << name);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(readme)

BOOST_AUTO_TEST_CASE(a_linked_page_holds_the_table_of_settings_as_declared) {
  const auto pages = readme_pages();
  const bool held = std::ranges::any_of(
      pages, [](const fs::path& page) { return text_of(page).find(settings_markdown()) != std::string::npos; });
  BOOST_TEST(held, "put this into config/settings/README.md:\n" << settings_markdown());
}

BOOST_AUTO_TEST_CASE(one_linked_page_names_every_option_of_a_consumer) {
  check_one_page_names(consumer_options_schema(), "# Options of a consumer\n");
}

BOOST_AUTO_TEST_CASE(the_page_of_a_processor_type_names_all_its_options) {
  const auto readme = text_of(test::source_file("README.md"));
  for (const auto& type : sink_types()) {
    BOOST_TEST(readme.find(quoted(type.options->name())) != std::string::npos);
    check_one_page_names(*type.options, "# " + type.options->name() + '\n');
  }
}

BOOST_AUTO_TEST_CASE(every_relative_link_of_every_page_leads_somewhere) {
  const auto pages = all_pages();
  BOOST_TEST(pages.size() > 10U);
  for (const auto& page : pages) {
    for (const auto& link : relative_links_of(page)) {
      const auto target = target_of(page, link);
      BOOST_TEST(fs::exists(target), page.native() << " links " << link << ", which is not there");
      const auto anchor = anchor_of(link);
      if (anchor.empty() || !fs::is_regular_file(target)) continue;
      BOOST_TEST(anchors_of(target).contains(anchor), page.native()
                                                          << " links " << link << ", which has no such heading");
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::readme_test
