// Nicolas Seriot's JSON parsing test files (https://github.com/nst/JSONTestSuite), where they are present.

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "processors/json_reader.hpp"
#include "tests/support/paths.hpp"

namespace kfs::json_suite_test {

namespace fs = std::filesystem;

namespace {

/// KFS_JSON_TEST_SUITE, or the folder beside the checkout.
fs::path folder() {
  const char* given = std::getenv("KFS_JSON_TEST_SUITE");
  if (given != nullptr) return given;
  return fs::path(test::source_directory()).parent_path() / "shared/data/json-test-suite";
}

std::string content(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(json_suite)

BOOST_AUTO_TEST_CASE(every_file_is_judged_as_its_name_says) {
  if (!fs::is_directory(folder())) {
    BOOST_TEST_MESSAGE("skipped: set KFS_JSON_TEST_SUITE to the folder of the test files");
    return;
  }
  std::size_t must = 0;
  std::size_t must_not = 0;
  std::size_t may = 0;
  std::size_t may_taken = 0;
  json_reader reader({"/a"});
  for (const auto& entry : fs::directory_iterator(folder())) {
    const auto name = entry.path().filename().string();
    if (entry.path().extension() != ".json") continue;
    const bool taken = reader.read(content(entry.path())) != json_reader::verdict::no_json;
    if (name.starts_with("y_")) {
      ++must;
      BOOST_TEST(taken, name);
    } else if (name.starts_with("n_")) {
      ++must_not;
      BOOST_TEST(!taken, name);
    } else {
      ++may;
      may_taken += taken ? 1 : 0;
    }
  }
  BOOST_TEST(must + must_not > 0U);
  BOOST_TEST_MESSAGE(must << " y_ taken, " << must_not << " n_ refused, " << may_taken << " of " << may << " i_ taken");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::json_suite_test
