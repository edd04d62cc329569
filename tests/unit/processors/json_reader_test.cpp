#include "processors/json_reader.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <random>

namespace kfs::json_reader_test {

using namespace std::string_literals;
using reads_json = kfs::json_reader;  // the suite has the name of the class
using verdict = reads_json::verdict;

namespace {

bool is_json(std::string_view text) {
  reads_json reader;
  return reader.read(text) != verdict::no_json;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(json_reader)

BOOST_AUTO_TEST_CASE(it_takes_what_the_rfc_takes) {
  for (const auto* text : {"{}", "[]", "1", "-0", "1.5e-7", "true", "null", "\"\"", " [1, {\"a\": [null, \"x\\n\"]}] ",
                           "123456789012345678901234567890", "\"\\ud83d\\ude00\"", "\n 7 \t"})
    BOOST_TEST(is_json(text), text);
  for (const auto* text :
       {"",        " ",           "{",   "[1 2]",    "[1,]",   "{\"a\":1,}", "{\"a\" 1}", "01",   "1.",        ".5",
        "+1",      "1e",          "-",   "tru",      "truex",  "nul",        "1x",        "{} x", "[] []",     "\"a",
        "\"\\x\"", "\"\\ud800\"", "'a'", "\"\xff\"", "\"\n\"", "NaN",        "{1:2}",     "[1]]", "{\"a\":1}}"})
    BOOST_TEST(!is_json(text), text);
  BOOST_TEST(!is_json("\0"s));
  BOOST_TEST(!is_json("1\0"s));
}

BOOST_AUTO_TEST_CASE(it_agrees_with_another_parser_on_broken_documents) {
  std::mt19937 random{1};
  const std::string whole = R"({"a": [1, -2.5e3, true, null, {"b": "x\n\u00e9"}], "c": "", "d": {}})";
  const std::string bytes = R"({}[],:"\ 0eE.-+ntfu)";
  int json_count = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto text = whole;
    for (auto changes = std::uniform_int_distribution{1, 3}(random); changes > 0; --changes)
      text[random() % text.size()] = bytes[random() % bytes.size()];
    const bool expected = nlohmann::json::accept(text);
    json_count += expected ? 1 : 0;
    BOOST_TEST(is_json(text) == expected, text);
  }
  BOOST_TEST(json_count > 100);
}

BOOST_AUTO_TEST_CASE(it_tells_what_jsonb_does_not_take) {
  reads_json reader;
  BOOST_TEST((reader.read(R"({"a":"\\u0000"})") == verdict::jsonb));
  BOOST_TEST((reader.read(R"({"a":"\u0000"})") == verdict::valid));
  BOOST_TEST((reader.read(R"({"\u0000":1})") == verdict::valid));
  BOOST_TEST((reader.read("1e400000") == verdict::valid));
  BOOST_TEST((reader.read("[1e300]") == verdict::jsonb));
  BOOST_TEST((reader.read(std::string(600, '[') + std::string(600, ']')) == verdict::valid));
  BOOST_TEST((reader.read(std::string(400, '[') + std::string(400, ']')) == verdict::jsonb));
}

BOOST_AUTO_TEST_CASE(a_pointer_finds_values_of_every_kind) {
  using enum reads_json::kind;
  reads_json reader;
  reader.read(R"({"a": {"b": [10, "x\ty", null, true, {"k":1 } ]}, "m~n": 1, "s/t": 2})");
  BOOST_TEST((reader.find("/a/b/0").of == number));
  BOOST_TEST(reader.find("/a/b/0").raw == "10");
  BOOST_TEST(reader.find("/a/b/1").text == "x\ty");
  BOOST_TEST(reader.find("/a/b/1").raw == R"("x\ty")");
  BOOST_TEST((reader.find("/a/b/2").of == null));
  BOOST_TEST(reader.find("/a/b/3").raw == "true");
  BOOST_TEST(reader.find("/a/b/4").raw == R"({"k":1 })");
  BOOST_TEST(reader.find("/m~0n").raw == "1");
  BOOST_TEST(reader.find("/s~1t").raw == "2");
  for (const auto* missing_one : {"/x", "/a/b/9", "/a/b/x", "/a/b/0/c", "/m~2n", "/"})
    BOOST_TEST((reader.find(missing_one).of == missing), missing_one);
}

BOOST_AUTO_TEST_CASE(an_array_becomes_a_literal_of_postgresql) {
  reads_json reader;
  reader.read(R"({"a": [1, "x\"\\,", null, [true], {"k": "v"}], "n": []})");
  BOOST_TEST(reader.array_literal("/a") == R"({"1","x\"\\,",NULL,{"true"},"{\"k\": \"v\"}"})");
  BOOST_TEST(reader.array_literal("/n") == "{}");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::json_reader_test
