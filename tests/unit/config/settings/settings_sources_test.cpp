#include "config/settings/sources.hpp"

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "tests/support/temp_directory.hpp"

namespace kfs::settings_sources_test {

namespace {

using reader = kfs::settings_source (*)(const std::filesystem::path&, const std::string&);

kfs::settings_source source_of(reader read, const std::string& content) {
  const kfs::test::temp_directory files;
  const auto file = files.path() / "file";
  std::ofstream(file, std::ios::binary) << content;
  return read(file, "file");
}

kfs::settings_source dotenv(const std::string& content) {
  return source_of(kfs::read_dotenv, content);
}
kfs::settings_source yaml(const std::string& content) {
  return source_of(kfs::read_yaml, content);
}

/// All mistakes as the user sees them, one a line.
std::string told(const kfs::settings_source& source) {
  std::string text;
  for (const auto& mistake : source.mistakes) text += to_string(mistake) + "\n";
  return text;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(settings_sources)

BOOST_AUTO_TEST_CASE(a_malformed_dotenv_line_is_told_by_number_without_its_text) {
  for (const std::string line : {"s3cret", "A B=s3cret", "=s3cret", "1A=s3cret", "A='s3cret", "A=\"s3cret",
                                 "A='s3cret' x", "A=\"s3cret\\q\"", "A=\"s3cret\"x", "A=\"s3cret\\", "export"}) {
    const auto source = dotenv("# a comment\n\n" + line + "\n");
    BOOST_REQUIRE_MESSAGE(source.mistakes.size() == 1U, line);
    BOOST_TEST(source.mistakes[0].origin == "file:3", line);
    BOOST_TEST(!contains(told(source), "s3cret"), line);
    BOOST_TEST(source.values.empty(), line);
  }
}

BOOST_AUTO_TEST_CASE(dotenv_lines_are_read_with_export_quotes_comments_and_line_ends_of_windows) {
  const auto value = [](const std::string& line) { return dotenv(line).values.at("A").text; };
  BOOST_TEST(value("A=a") == "a");
  BOOST_TEST(value("\xEF\xBB\xBF"
                   "A=a") == "a");
  BOOST_TEST(value("  export A = a \r\n") == "a");
  BOOST_TEST(value("A=a # b") == "a");
  BOOST_TEST(value("A=a#b") == "a#b");
  BOOST_TEST(value("A= # b") == "");
  BOOST_TEST(value("A=#b") == "#b");
  BOOST_TEST(value("A='a#\\\"' # b") == "a#\\\"");
  BOOST_TEST(value(R"(A="a\"\\\$\n#" # b)") == "a\"\\$\n#");
  BOOST_TEST(value("A=a=b") == "a=b");
  BOOST_TEST(value("A=") == "");
}

BOOST_AUTO_TEST_CASE(comments_and_blank_lines_of_dotenv_set_nothing) {
  const auto source = dotenv("\n  \n#A=a\n  # A=a\n\r\n");
  BOOST_TEST(source.values.empty());
  BOOST_TEST(told(source) == "");
}

BOOST_AUTO_TEST_CASE(the_last_dotenv_line_of_a_key_counts_with_its_number) {
  const auto source = dotenv("A=a\nB=b\nA=c");
  BOOST_TEST(source.values.at("A").text == "c");
  BOOST_TEST(source.values.at("A").origin == "file:3");
  BOOST_TEST(source.values.at("B").origin == "file:2");
}

BOOST_AUTO_TEST_CASE(a_dotenv_that_is_absent_or_a_folder_is_an_empty_source) {
  const kfs::test::temp_directory files;
  for (const auto& file : {files.path() / "absent", files.path()}) {
    const auto source = kfs::read_dotenv(file, ".env");
    BOOST_TEST(source.values.empty());
    BOOST_TEST(told(source) == "");
  }
}

BOOST_AUTO_TEST_CASE(yaml_values_are_scalars_or_for_lists_sequences) {
  const auto source = yaml(
      "kafka_bootstrap_servers: [\"a:1\", \"b:2\"]\nfile_sink_directories:\n  - /a\n  - /b c\nhttp_port: 1\n"
      "kafka_allowed_brokers: a,b\n");
  BOOST_TEST(told(source) == "");
  BOOST_TEST(source.values.at("KAFKA_BOOTSTRAP_SERVERS").text == "a:1,b:2");
  BOOST_TEST(source.values.at("FILE_SINK_DIRECTORIES").text == "/a,/b c");
  BOOST_TEST(source.values.at("FILE_SINK_DIRECTORIES").origin == "file:2");
  BOOST_TEST(source.values.at("HTTP_PORT").text == "1");
  BOOST_TEST(source.values.at("KAFKA_ALLOWED_BROKERS").text == "a,b");
}

BOOST_AUTO_TEST_CASE(yaml_values_of_another_shape_are_mistakes_with_their_line) {
  for (const std::string line :
       {"http_port: [1]", "http_port: {a: 1}", "file_sink_directories: []", "file_sink_directories: [\"a,b\"]",
        "file_sink_directories: [[a]]", "file_sink_directories: [\"\"]", "file_sink_directories: {a: b}",
        "log_level: ERROR", "HTTP_PORT: 1", "? [a]\n: b", "http://u:pw@host: 1"}) {
    const auto source = yaml("log_level: INFO\n" + line + "\n");
    BOOST_REQUIRE_MESSAGE(source.mistakes.size() == 1U, line << " gives " << told(source));
    BOOST_TEST(source.mistakes[0].origin == "file:2", line);
  }
}

BOOST_AUTO_TEST_CASE(an_unknown_yaml_key_is_told_with_the_name_that_was_probably_meant) {
  BOOST_TEST(told(yaml("http_prot: 1\n")) ==
             "http_prot (from file:1): there is no setting of this name; did you mean http_port?\n");
  BOOST_TEST(told(yaml("colour: 1\n")) ==
             "colour (from file:1): there is no setting of this name: remove it, or see --help for the names\n");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_yaml_is_one_mistake_with_its_line) {
  for (const std::string content : {"a: 1\nb: [\n", "a: 1\n\tb: 2\n", "a: 1\nb: *gone\n", "- a\n- b\n", "text"}) {
    const auto source = yaml(content);
    BOOST_REQUIRE_MESSAGE(source.mistakes.size() == 1U, content << " gives " << told(source));
    BOOST_TEST(source.mistakes[0].origin.find("file:") == 0U, source.mistakes[0].origin);
  }
}

BOOST_AUTO_TEST_CASE(yaml_nested_without_end_is_a_mistake_and_not_a_crash) {
  for (const char opening : {'[', '{'}) {
    BOOST_TEST(yaml(std::string(500'000, opening)).mistakes.size() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(an_empty_yaml_file_sets_nothing) {
  for (const char* const content : {"", "# nothing\n", "http_port:\nhttp_host: ~\n"}) {
    const auto source = yaml(content);
    BOOST_TEST(source.values.empty(), content);
    BOOST_TEST(told(source) == "", content);
  }
}

BOOST_AUTO_TEST_CASE(a_second_yaml_document_is_a_mistake) {
  BOOST_TEST(contains(told(yaml("http_port: 1\n---\nhttp_port: 2\n")), "second document"));
}

BOOST_AUTO_TEST_CASE(a_yaml_file_that_cannot_be_read_is_one_mistake) {
  const kfs::test::temp_directory files;
  BOOST_TEST(contains(told(kfs::read_yaml(files.path() / "absent", "a")), "absent cannot be read: No such file"));
  BOOST_TEST(contains(told(kfs::read_yaml(files.path(), "a")), "cannot be read: Is a directory"));
  BOOST_TEST(contains(told(yaml(std::string(1024 * 1024 + 1, '#'))), "cannot be read: File too large"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::settings_sources_test
