#include "processors/file/path_rules.hpp"

#include <boost/test/unit_test.hpp>

#include "processors/file/path_template.hpp"

namespace kfs::file_path_rules_test {

namespace {

/// What is wrong with the path for a topic; empty when nothing is.
std::string mistake(const std::string& path, const std::string& topic = "orders") {
  if (auto found = mistake_in_file_path(path)) return *found;
  return mistake_in_names(file_path_template(path).with_topic(topic)).value_or("");
}

bool is_too_long(const std::string& path, const std::string& topic = "orders") {
  return mistake(path, topic).find("shorter") != std::string::npos;
}

std::string letters(std::size_t count) {
  return std::string(count, 'a');
}

}  // namespace

BOOST_AUTO_TEST_SUITE(file_path_rules)

BOOST_AUTO_TEST_CASE(a_file_name_leaves_room_for_what_is_put_behind_it) {
  BOOST_TEST(mistake("/tmp/" + letters(215)) == "");
  for (const auto size : {216U, 243U, 244U, 250U, 255U, 256U}) BOOST_TEST(is_too_long("/tmp/" + letters(size)), size);
}

BOOST_AUTO_TEST_CASE(bytes_are_counted_and_not_characters) {
  std::string umlauts;
  for (int i = 0; i < 108; ++i) umlauts += "ü";
  BOOST_TEST(is_too_long("/tmp/" + umlauts));
  BOOST_TEST(mistake("/tmp/" + umlauts.substr(2)) == "");
}

BOOST_AUTO_TEST_CASE(placeholders_count_with_the_longest_text_that_they_may_become) {
  BOOST_TEST(mistake("/tmp/{topic}", letters(215)) == "");
  BOOST_TEST(is_too_long("/tmp/{topic}", letters(216)));
  BOOST_TEST(is_too_long("/tmp/{topic}-{topic}", letters(110)));
  BOOST_TEST(mistake("/tmp/{partition}" + letters(205)) == "");
  BOOST_TEST(is_too_long("/tmp/{partition}" + letters(206)));
  BOOST_TEST(is_too_long("/tmp/{date}" + letters(206)));
  BOOST_TEST(is_too_long("/tmp/{instance}" + letters(214)));
}

BOOST_AUTO_TEST_CASE(directories_have_255_bytes_and_the_journals_name_too) {
  BOOST_TEST(mistake("/tmp/" + letters(255) + "/out.log") == "");
  BOOST_TEST(is_too_long("/tmp/" + letters(256) + "/out.log"));
  BOOST_TEST(is_too_long("/tmp/{topic}x{topic}/out.log", letters(128)));
  // The journal of a series with a date in a directory has the names of all parts from there on.
  BOOST_TEST(mistake("/tmp/{date}/" + letters(200)) == "");
  BOOST_TEST(is_too_long("/tmp/{date}/" + letters(100) + "/" + letters(130)));
}

BOOST_AUTO_TEST_CASE(the_whole_path_has_room) {
  std::string path;
  while (path.size() < 4'000) path += "/" + letters(99);
  BOOST_TEST(!mistake_in_length(path + "/" + letters(54)).has_value());
  BOOST_TEST(mistake_in_length(path + "/" + letters(55)).has_value());
}

BOOST_AUTO_TEST_CASE(a_topic_makes_no_name_that_is_kept_for_other_files) {
  for (const auto* topic :
       {"a.kfs-journal", "a.kfs-journal.new", "a.20261124T093000.123Z", "a.20261124T093000.123Z.gz"}) {
    BOOST_TEST(mistake("/tmp/{topic}", topic).find("kept for") != std::string::npos, topic);
    BOOST_TEST(mistake(std::string("/tmp/") + topic).find("kept for") != std::string::npos, topic);
    BOOST_TEST(mistake("/tmp/{topic}.log", topic) == "");
  }
}

BOOST_AUTO_TEST_CASE(placeholders_are_limited) {
  std::string many = "/tmp/x";
  for (int i = 0; i < 16; ++i) many += "{instance}";
  BOOST_TEST(mistake(many) == "");
  BOOST_TEST(mistake(many + "{date}") != "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::file_path_rules_test
