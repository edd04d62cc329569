// Which options of file_sink are invalid.
#include "processors/file/options.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/temp_directory.hpp"

namespace kfs::file_options_test {

namespace {

struct fixture {
  test::temp_directory directory;
  sink_type type = file_sink_type();
  sink_environment environment{};

  fixture() { environment.file_sink_directories = {directory.path()}; }

  /// The options that are invalid for a file of that name, each by its place and message.
  std::string mistakes(const std::string& name, json config) const {
    config["file_path"] = (directory.path() / name).string();
    std::vector<violation> found;
    type.options->validate(config, json::array({"body"}), found);
    if (found.empty()) type.check({config, "t"}, json::array({"body"}), environment, found);
    std::string all;
    for (const auto& one : found) all += one.loc.back().get<std::string>() + ": " + one.msg;
    return all;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(file_options, fixture)

BOOST_AUTO_TEST_CASE(compression_needs_files_that_are_closed) {
  for (const auto* how : {"gzip", "zstd"}) {
    const auto told = mistakes("{topic}-{partition}.log", {{"compression", how}});
    BOOST_TEST(told.starts_with("compression: Value error, only closed files"), told);
    BOOST_TEST(told.find("rotate_max_bytes") != std::string::npos, told);
    BOOST_TEST(mistakes("a.log", {{"compression", how}, {"rotate_max_bytes", nullptr}}) != "");
    BOOST_TEST(mistakes("a.log", {{"compression", how}, {"rotate_max_bytes", 4096}}) == "");
    BOOST_TEST(mistakes("a.log", {{"compression", how}, {"rotate_interval_ms", 60'000}}) == "");
    BOOST_TEST(mistakes("a-{date}.log", {{"compression", how}}) == "");
  }
  BOOST_TEST(mistakes("a.log", {{"compression", "none"}}) == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::file_options_test
