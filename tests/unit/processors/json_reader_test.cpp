#include "processors/json_reader.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <random>

#include "processors/json_text.hpp"

namespace kfs::json_reader_test {

using namespace std::string_literals;
using reads_json = kfs::json_reader;  // the suite has the name of the class
using verdict = reads_json::verdict;
using kind = json_value::kind;

namespace {

bool is_json(std::string_view text) {
  reads_json reader;
  return reader.read(text) != verdict::no_json;
}

std::string found(std::string_view text, const std::string& pointer) {
  reads_json reader({pointer});
  reader.read(text);
  return std::string(reader.found(0).raw);
}

std::string text_of(std::string_view raw) {
  std::string text;
  BOOST_TEST(append_string_text(raw, text));
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(json_reader)

BOOST_AUTO_TEST_CASE(it_takes_what_the_rfc_takes) {
  for (const auto* text : {"{}", "[]", "1", "-0", "1.5e-7", "true", "null", "\"\"", " [1, {\"a\": [null, \"x\\n\"]}] ",
                           "123456789012345678901234567890", "\"\\ud83d\\ude00\"", "\n 7 \t", "1e400", "-1e309",
                           "\"\\ud800\"", "{\"\":{\"\":0}}", "[[],{}]", "\"\\u00e9\\/\""})
    BOOST_TEST(is_json(text), text);
  for (const auto* text : {"",          " ",
                           "{",         "[1 2]",
                           "[1,]",      "{\"a\":1,}",
                           "{\"a\" 1}", "01",
                           "1.",        ".5",
                           "+1",        "1e",
                           "-",         "tru",
                           "truex",     "nul",
                           "1x",        "{} x",
                           "[] []",     "\"a",
                           "'a'",       "\"\\x\"",
                           "NaN",       "\"\xff\"",
                           "\"\n\"",    "{1:2}",
                           "[1]]",      "[,1]",
                           "{,}",       "[",
                           "\"\\u12\"", "\"\\u",
                           "{\"a\"}",   "{\"a\":}",
                           "[1}",       "{\"a\":1]",
                           "\"\\ud8\"", "\xef\xbb\xbf",
                           "-a",        "0x1",
                           "1e+",       "1.e1",
                           "Infinity",  "[1]//x"})
    BOOST_TEST(!is_json(text), text);
}

BOOST_AUTO_TEST_CASE(a_nul_is_no_end_of_the_text) {
  for (const auto& text : {"\0"s, "1\0"s, "{\"a\":1}\0"s, "{\"a\":3}\0,trash"s, "\0{}"s, "[1,\0"s, "\"\0\""s})
    BOOST_TEST(!is_json(text));
}

BOOST_AUTO_TEST_CASE(one_byte_order_mark_is_taken_off) {
  reads_json reader({"/a"});
  BOOST_TEST((reader.read("\xef\xbb\xbf{\"a\":1}") == verdict::jsonb));
  BOOST_TEST(reader.text() == "{\"a\":1}");
  BOOST_TEST(reader.found(0).raw == "1");
  BOOST_TEST(!is_json("\xef\xbb\xbf\xef\xbb\xbf{}"));
  BOOST_TEST(!is_json("{}\xef\xbb\xbf"));
}

BOOST_AUTO_TEST_CASE(nesting_has_no_limit) {
  constexpr std::size_t levels = 1'000'000;
  const auto open = std::string(levels, '[');
  BOOST_TEST(is_json(open + std::string(levels, ']')));
  BOOST_TEST(!is_json(open + std::string(levels - 1, ']')));
  BOOST_TEST(!is_json(open));
}

BOOST_AUTO_TEST_CASE(it_tells_what_jsonb_does_not_take) {
  reads_json reader;
  BOOST_TEST((reader.read(R"({"a":"\\u0000"})") == verdict::jsonb));
  BOOST_TEST((reader.read(R"({"a":"\u0000"})") == verdict::valid));
  BOOST_TEST((reader.read(R"({"\u0000":1})") == verdict::valid));
  BOOST_TEST((reader.read(R"("\ud83d\ude00")") == verdict::jsonb));
  for (const auto* lone : {R"("\ud83d")", R"("\ude00")", R"("\ud83dx")", R"("\ud83d\u0041")", R"("\ude00\ud83d")",
                           R"("\ud83d\ud83d\ude00")"})
    BOOST_TEST((reader.read(lone) == verdict::valid), lone);
  BOOST_TEST((reader.read("1e400000") == verdict::valid));
  BOOST_TEST((reader.read("1e99999999999999999999") == verdict::valid));
  BOOST_TEST((reader.read("[1e300]") == verdict::jsonb));
  BOOST_TEST((reader.read(std::string(600, '[') + std::string(600, ']')) == verdict::valid));
  BOOST_TEST((reader.read(std::string(400, '[') + std::string(400, ']')) == verdict::jsonb));
}

BOOST_AUTO_TEST_CASE(a_pointer_finds_values_of_every_kind) {
  reads_json reader({"/a/b/0", "/a/b/1", "/a/b/2", "/a/b/3", "/a/b/4", "/m~0n", "/s~1t", "/a", "/e", "/a/b/0"});
  reader.read(R"({"a": {"b": [10, "x\ty", null, true, {"k":1 } ]}, "m~n": 1, "s/t": 2, "e":[ ] })");
  BOOST_TEST((reader.root().of == kind::object));
  BOOST_TEST((reader.found(0).of == kind::number));
  BOOST_TEST(reader.found(0).raw == "10");
  BOOST_TEST((reader.found(1).of == kind::string));
  BOOST_TEST(reader.found(1).raw == R"("x\ty")");
  BOOST_TEST((reader.found(2).of == kind::null));
  BOOST_TEST(reader.found(3).raw == "true");
  BOOST_TEST(reader.found(4).raw == R"({"k":1 })");
  BOOST_TEST(reader.found(5).raw == "1");
  BOOST_TEST(reader.found(6).raw == "2");
  BOOST_TEST(reader.found(7).raw.ends_with("]}"));
  BOOST_TEST((reader.found(8).of == kind::array));
  BOOST_TEST(reader.found(9).raw == "10");
}

BOOST_AUTO_TEST_CASE(a_pointer_that_names_nothing_finds_nothing) {
  for (const auto* pointer : {"/x", "/a/9", "/a/x", "/a/0/c", "/", "/a/00", "/a/-", "/a/4294967296", "/A", "/a/ 1"})
    BOOST_TEST(found(R"({"a":[1,2]})", pointer).empty(), pointer);
  BOOST_TEST(found("[5]", "/0") == "5");
  BOOST_TEST(found(R"({"0":6})", "/0") == "6");
  BOOST_TEST(found(R"({"":7})", "/") == "7");
  BOOST_TEST(found(R"({"":{"":8}})", "//") == "8");
}

BOOST_AUTO_TEST_CASE(names_are_compared_without_escapes) {
  const auto* text = R"({"gr\u00f6\u00dfe":42,"a\/b":7,"say \"hi\"":9,"\ud83d\ude00":1,"x\ty":2,"\ud800":3})";
  BOOST_TEST(found(text, "/größe") == "42");
  BOOST_TEST(found(text, "/a~1b") == "7");
  BOOST_TEST(found(text, "/say \"hi\"") == "9");
  BOOST_TEST(found(text, "/😀") == "1");
  BOOST_TEST(found(text, "/x\ty") == "2");
  BOOST_TEST(found(text, "/gr\\u00f6\\u00dfe").empty());
}

BOOST_AUTO_TEST_CASE(the_first_of_repeated_names_counts) {
  BOOST_TEST(found(R"({"a":{"b":1},"a":{"b":2}})", "/a/b") == "1");
  BOOST_TEST(found(R"({"a":{},"a":{"b":2}})", "/a/b").empty());
  BOOST_TEST(found(R"({"\u0061":1,"a":2})", "/a") == "1");
}

BOOST_AUTO_TEST_CASE(nothing_of_an_earlier_text_is_found) {
  reads_json reader({"/a"});
  reader.read(R"({"a":1})");
  BOOST_TEST(reader.found(0).raw == "1");
  reader.read("{}");
  BOOST_TEST((reader.found(0).of == kind::missing));
  reader.read(R"({"a":1}x)");
  BOOST_TEST((reader.found(0).of == kind::missing));
  BOOST_TEST((reader.root().of == kind::missing));
}

BOOST_AUTO_TEST_CASE(the_text_of_a_string_has_no_escapes) {
  BOOST_TEST(text_of(R"("")") == "");
  BOOST_TEST(text_of(R"("a\"\\\/\b\f\n\r\t\u0000b")") == "a\"\\/\b\f\n\r\t\0b"s);
  BOOST_TEST(text_of(R"("\u00E9\u20ac\uD83D\uDE00")") == "é€😀");
  std::string text;
  for (const auto* lone : {R"("\ud800")", R"("\udc00")", R"("\ud800\u0041")", R"("\ud800\ud800")", R"("\ud800x")"})
    BOOST_TEST(!append_string_text(lone, text), lone);
}

BOOST_AUTO_TEST_CASE(an_array_is_gone_through_element_by_element) {
  std::vector<std::string> all;
  json_elements elements({kind::array, R"([1 , "a,]\"", [2,[3]],{"k":[4]} ,null,true])"});
  for (auto element = elements.next(); element.of != kind::missing; element = elements.next())
    all.emplace_back(element.raw);
  const std::vector<std::string> expected{"1", R"("a,]\"")", "[2,[3]]", R"({"k":[4]})", "null", "true"};
  BOOST_TEST(all == expected, boost::test_tools::per_element());
  json_elements none({kind::array, "[ ]"});
  BOOST_TEST((none.next().of == kind::missing));
}

namespace {

/// A generator of documents with odd names, numbers, strings and blanks.
class documents {
 public:
  explicit documents(unsigned seed) : random_(seed) {}

  /// Mostly an object.
  std::string document() { return below(8) == 0 ? value(0) : object(0); }
  std::string pointer() {
    std::string text;
    for (auto steps = below(3) + 1; steps > 0; --steps) text += '/' + pick(pointer_names_);
    return text;
  }
  std::size_t below(std::size_t end) { return random_() % end; }

 private:
  const std::string& pick(const std::vector<std::string>& from) { return from[below(from.size())]; }
  std::string blank() { return below(5) == 0 ? pick(blanks_) : std::string(); }

  std::string value(int level) {
    switch (below(level > 4 ? 4 : 6)) {
      case 0:
        return pick(numbers_);
      case 1:
        return pick(strings_);
      case 2:
        return "null";
      case 3:
        return below(2) == 0 ? "true" : "false";
      case 4:
        return members('[', ']', [&] { return value(level + 1); });
      default:
        return object(level);
    }
  }

  std::string object(int level) {
    return members('{', '}', [&] { return pick(names_) + blank() + ':' + blank() + value(level + 1); });
  }

  template <class Member>
  std::string members(char open, char close, Member&& member) {
    auto text = open + blank();
    for (auto left = below(5); left > 0; --left) text += member() + blank() + (left > 1 ? "," + blank() : "");
    return text + close;
  }

  std::mt19937 random_;
  const std::vector<std::string> blanks_{" ", "\n", "\r\n", "\t ", "  "};
  const std::vector<std::string> numbers_{"0", "-0", "1", "-17", "3.25", "1e3", "1E-2", "-2.5e+10", "9007199254740993"};
  const std::vector<std::string> strings_{R"("")", R"("a")", R"("\u00e9\n\\")", R"("]},:")", R"("\ud83d\ude00")",
                                          R"("é")"};
  const std::vector<std::string> names_{R"("a")", R"("b")",    R"("\u0061")", R"("")",  R"("0")",
                                        R"("1")", R"("x\/y")", R"("~")",      R"("é")", R"("\u00e9")"};
  const std::vector<std::string> pointer_names_{"a", "b", "", "0", "1", "2", "00", "x~1y", "~0", "é", "-"};
};

/// What a second reader finds; with the first of repeated names.
const nlohmann::ordered_json* second_opinion(const nlohmann::ordered_json& document, const std::string& pointer) {
  const auto* at = &document;
  const nlohmann::json::json_pointer parsed(pointer);
  for (std::size_t begin = 1; begin <= pointer.size();) {
    auto end = std::min(pointer.find('/', begin), pointer.size());
    const auto name = nlohmann::json::json_pointer('/' + pointer.substr(begin, end - begin)).back();
    begin = end + 1;
    if (at->is_object()) {
      const auto entry = at->find(name);
      if (entry == at->end()) return nullptr;
      at = &*entry;
    } else if (at->is_array() && (name == "0" || name == "1" || name == "2")) {
      const auto index = static_cast<std::size_t>(name[0] - '0');
      if (index >= at->size()) return nullptr;
      at = &(*at)[index];
    } else {
      return nullptr;
    }
  }
  return at;
}

/// Keeps the first of repeated names.
nlohmann::ordered_json parsed(const std::string& text) {
  std::vector<std::vector<std::string>> names(1);
  bool repeated = false;
  const auto callback = [&](int, nlohmann::ordered_json::parse_event_t event, nlohmann::ordered_json& value) {
    using event_t = nlohmann::ordered_json::parse_event_t;
    if (event == event_t::object_start) names.emplace_back();
    if (event == event_t::object_end) names.pop_back();
    if (event != event_t::key) return true;
    const auto name = value.get<std::string>();
    if (std::ranges::find(names.back(), name) != names.back().end()) repeated = true;
    names.back().push_back(name);
    return true;
  };
  auto document = nlohmann::ordered_json::parse(text, callback);
  return repeated ? nlohmann::ordered_json(nlohmann::ordered_json::value_t::discarded) : document;
}

}  // namespace

BOOST_AUTO_TEST_CASE(it_finds_what_another_reader_finds) {
  documents made{1};
  std::size_t compared = 0;
  std::size_t hits = 0;
  std::size_t differences = 0;
  for (int i = 0; i < 100'000; ++i) {
    const auto text = made.document();
    const auto pointer = made.pointer();
    reads_json reader({pointer});
    if (reader.read(text) == verdict::no_json) {
      BOOST_TEST(false, "not taken: " << text);
      break;
    }
    const auto document = parsed(text);
    if (document.is_discarded()) continue;  // readers differ in what they make of repeated names
    ++compared;
    const auto* expected = second_opinion(document, pointer);
    const auto value = reader.found(0);
    const bool same = expected == nullptr
                          ? value.of == kind::missing
                          : value.of != kind::missing && nlohmann::ordered_json::parse(value.raw) == *expected;
    hits += expected != nullptr ? 1 : 0;
    differences += same ? 0 : 1;
    if (!same && differences < 5) BOOST_TEST(same, pointer << " in " << text << " gives " << value.raw);
  }
  BOOST_TEST(differences == 0U);
  BOOST_TEST(compared > 50'000U);
  BOOST_TEST(hits > 2'000U);
}

BOOST_AUTO_TEST_CASE(it_agrees_with_another_reader_on_broken_documents) {
  documents made{2};
  const std::string bytes = R"({}[],:"\ 0eE.-+ntfu)";
  std::size_t json_count = 0;
  for (int i = 0; i < 100'000; ++i) {
    auto text = made.document();
    for (auto changes = made.below(3) + 1; changes > 0; --changes)
      text[made.below(text.size())] = bytes[made.below(bytes.size())];
    bool expected = nlohmann::json::accept(text);
    if (!expected && is_json(text)) {
      // The other reader does not take numbers beyond double, nor half a surrogate pair.
      expected = text.find_first_of("eE") != std::string::npos || text.find("\\u") != std::string::npos;
    }
    json_count += expected ? 1 : 0;
    if (is_json(text) != expected) BOOST_TEST(is_json(text) == expected, text);
  }
  BOOST_TEST(json_count > 2'000U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::json_reader_test
