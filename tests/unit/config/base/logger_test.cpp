#include "config/base/logger.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>
#include <vector>

#include "config/base/timestamp.hpp"
#include "tests/support/stderr_capture.hpp"

namespace kfs::logger_test {

using kfs::log_format;
using kfs::log_level;

namespace {

std::vector<std::string> written(const std::function<void()>& write) {
  test::stderr_capture capture;
  write();
  return capture.lines();
}

constexpr std::size_t time_length = 24;

std::string text_line(std::string_view message, std::initializer_list<kfs::log_field> fields) {
  const auto lines = written([&] { kfs::logger(log_level::info, log_format::text).info(message, fields); });
  BOOST_REQUIRE(lines.size() == 1U);
  BOOST_TEST(kfs::parse_rfc3339(lines[0].substr(0, time_length)).has_value(), lines[0]);
  return lines[0].substr(time_length);
}

std::string json_line(std::string_view message, std::initializer_list<kfs::log_field> fields) {
  const auto lines = written([&] { kfs::logger(log_level::info, log_format::json_lines).info(message, fields); });
  BOOST_REQUIRE(lines.size() == 1U);
  return lines[0];
}

}  // namespace

BOOST_AUTO_TEST_SUITE(logger)

BOOST_AUTO_TEST_CASE(a_text_line_has_time_level_message_and_fields_in_order) {
  BOOST_TEST(text_line("consumer started", {{"topic", "payments"}, {"partitions", "3"}}) ==
             " INFO consumer started topic=payments partitions=3");
}

BOOST_AUTO_TEST_CASE(a_text_value_that_could_be_misread_is_quoted) {
  BOOST_TEST(text_line("m", {{"a", "x y"}, {"b", ""}, {"c", "p=q"}, {"d", R"(say "hi" \)"}}) ==
             R"( INFO m a="x y" b="" c="p=q" d="say \"hi\" \\")");
}

BOOST_AUTO_TEST_CASE(a_json_line_has_time_level_message_and_fields_in_order) {
  const auto parsed = nlohmann::ordered_json::parse(json_line("started", {{"topic", "payments"}, {"n", "3"}}));
  std::vector<std::string> keys;
  for (const auto& member : parsed.items()) keys.push_back(member.key());
  BOOST_TEST(keys == (std::vector<std::string>{"time", "level", "message", "topic", "n"}),
             boost::test_tools::per_element());
  BOOST_TEST(kfs::parse_rfc3339(parsed["time"].get<std::string>()).has_value());
  BOOST_TEST(parsed["level"] == "INFO");
  BOOST_TEST(parsed["message"] == "started");
  BOOST_TEST(parsed["topic"] == "payments");
}

BOOST_AUTO_TEST_CASE(no_message_or_value_can_begin_a_line_of_its_own) {
  const std::string forged = "x\r\n2026-01-01T12:00:00.123Z INFO forged";
  BOOST_TEST(text_line(forged, {{"topic", forged}}) ==
             " INFO x\\r\\n2026-01-01T12:00:00.123Z INFO forged topic=\"x\\r\\n2026-01-01T12:00:00.123Z INFO forged\"");
  const auto parsed = nlohmann::json::parse(json_line(forged, {{"topic", forged}}));
  BOOST_TEST(parsed["topic"] == forged);
}

BOOST_AUTO_TEST_CASE(invalid_utf8_leaves_valid_lines_in_both_formats) {
  BOOST_TEST(text_line("m\xff", {{"k", "\xc0\x80"}}) == R"( INFO m\xff k="\xc0\x80")");
  const auto parsed = nlohmann::json::parse(json_line("m\xff", {{"k", "\xc0\x80"}}));
  BOOST_TEST(parsed["message"] == R"(m\xff)");
  BOOST_TEST(parsed["k"] == R"(\xc0\x80)");
}

BOOST_AUTO_TEST_CASE(a_value_above_4_kib_is_cut) {
  const auto parsed = nlohmann::json::parse(json_line("m", {{"k", std::string(5000, 'x')}}));
  BOOST_TEST(parsed["k"] == std::string(4096, 'x') + "...(904 bytes cut)");
}

BOOST_AUTO_TEST_CASE(lines_below_the_level_are_not_written) {
  const auto lines = written([] {
    const kfs::logger log(log_level::warning, log_format::text);
    log.debug("a");
    log.info("b");
    log.warning("c");
    log.error("d");
    BOOST_TEST(!log.enabled(log_level::info));
    BOOST_TEST(log.enabled(log_level::warning));
  });
  BOOST_REQUIRE(lines.size() == 2U);
  BOOST_TEST(lines[0].substr(time_length) == " WARNING c");
  BOOST_TEST(lines[1].substr(time_length) == " ERROR d");
}

BOOST_AUTO_TEST_CASE(a_silent_logger_writes_nothing) {
  const auto lines = written([] {
    const auto log = kfs::logger::silent();
    log.error("a");
    BOOST_TEST(!log.enabled(log_level::error));
  });
  BOOST_TEST(lines.empty());
}

BOOST_AUTO_TEST_CASE(lines_of_several_threads_are_not_mixed) {
  constexpr std::size_t threads = 4;
  constexpr std::size_t each = 200;
  const auto lines = written([] {
    const kfs::logger log(log_level::info, log_format::json_lines);
    std::vector<std::thread> writers;
    for (std::size_t i = 0; i < threads; ++i) {
      writers.emplace_back([copy = log] {
        for (std::size_t n = 0; n < each; ++n) copy.info("a line", {{"k", std::string(300, 'x')}});
      });
    }
    for (auto& writer : writers) writer.join();
  });
  BOOST_TEST(lines.size() == threads * each);
  BOOST_TEST(std::all_of(lines.begin(), lines.end(), [](const auto& line) { return nlohmann::json::accept(line); }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::logger_test
