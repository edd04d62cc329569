// What columns of each type take, as processors/database/TYPES.md shows it. KFS_WRITE_TYPES=1 writes the page anew.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>

#include "tests/integration/database_fixture.hpp"
#include "tests/support/paths.hpp"

namespace kfs::database_types_test {

using namespace kfs::integration;

namespace {

const std::vector<std::string> types{"smallint",      "integer",     "bigint",    "numeric",   "real",     "money",
                                     "text",          "varchar(10)", "boolean",   "date",      "time",     "timestamp",
                                     "timestamptz",   "interval",    "uuid",      "bytea",     "inet",     "json",
                                     "jsonb",         "mood",        "positive",  "integer[]", "text[]",   "jsonb[]",
                                     "timestamptz[]", "bytea[]",     "int4range", "tstzrange", "tsvector", "ltree",
                                     "hstore",        "point",       "bit(3)"};

const std::vector<std::string> values{"42",
                                      "1.0",
                                      "1.5",
                                      "1764000101",
                                      "true",
                                      R"("abc")",
                                      R"("42")",
                                      R"("2026-11-29T10:00:00Z")",
                                      R"({"a":1})",
                                      R"(["1",2])",
                                      R"([1.0,null])",
                                      R"(["1764000101","1764000201"])",
                                      R"(["2026-11-29","2026-11-30"])"};

struct typed : database_fixture {
  typed() {
    run("ALTER DATABASE \"" + url.substr(url.rfind('/') + 1) + "\" SET timezone = 'UTC'");
    run("CREATE EXTENSION ltree; CREATE EXTENSION hstore; CREATE TYPE mood AS ENUM ('abc', 'bad'); "
        "CREATE DOMAIN positive AS integer CHECK (value > 0)");
  }

  /// What a column makes of values: its text, or why the record is rejected.
  std::vector<std::string> cells_of(const std::string& type) const {
    run("DROP TABLE IF EXISTS t; DROP TABLE IF EXISTS kafka_fetcher_offsets; CREATE TABLE t (number int, v " + type +
        ")");
    const auto sink = owning({{"table", "t"}, {"columns", {{"number", "/n"}, {"v", "/v"}}}});
    std::vector<std::string> cells;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto value = R"({"n":)" + std::to_string(i) + R"(,"v":)" + values[i] + "}";
      const auto position = static_cast<std::int64_t>(i);
      const auto rejected = value_of(sink->write(test::memory_batch(source, position, {{.value = value}})));
      cells.push_back(rejected.empty() ? shown(i) : reason(rejected[0].why.message));
      if (!rejected.empty()) succeed(sink->start_at(*source, std::vector<sink_start>{{0, offset{position + 1}}}));
    }
    return cells;
  }

 private:
  [[nodiscard]] std::string shown(std::size_t number) const {
    auto text = rows("SELECT v::text FROM t WHERE number = " + std::to_string(number)).at(0).at(0).value_or("NULL");
    return "`" + std::regex_replace(text, std::regex(R"(\|)"), "\\|") + "`";
  }

  static std::string reason(const std::string& message) {
    std::smatch state;
    if (message.find("42601") != std::string::npos || message.find("XX000") != std::string::npos) return "– syntax";
    if (std::regex_search(message, state, std::regex(R"(SQLSTATE (\w{5}))"))) return "– " + state[1].str();
    if (message.find("not a date or time") != std::string::npos) return "– time";
    if (message.find("not whole") != std::string::npos) return "– whole";
    return "– " + message;
  }
};

std::string page(const typed& fixture) {
  std::string text =
      "# What a column makes of a JSON value\n\n"
      "For `columns` of [database_sync](README.md). `mood` is an enum of `abc` and `bad`, `positive` a domain over "
      "integer.\nA dash: the record is rejected, with this SQLSTATE (22P02: the text is no value of its type; 22001, "
      "22003: too long, out of\nrange; 22007, 22008: no date or time). `syntax`: 42601 or XX000, as the type's version "
      "has it. "
      "`time`: a number is not a date or\ntime, say with `as` what it counts. `whole`: the number is not whole. An "
      "explicit `null` is NULL in every type.\n\n"
      "This page is written by a test: `KFS_WRITE_TYPES=1 ctest --preset ci -R integration.database_types`.\n\n| type "
      "|";
  for (const auto& value : values) text += " `" + value + "` |";
  text += "\n|";
  for (std::size_t i = 0; i <= values.size(); ++i) text += " --- |";
  text += '\n';
  for (const auto& type : types) {
    text += "| " + type + " |";
    for (const auto& cell : fixture.cells_of(type)) text += ' ' + cell + " |";
    text += '\n';
  }
  return text;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(database_types, typed)

BOOST_AUTO_TEST_CASE(every_type_takes_what_the_page_says) {
  const auto file = test::source_directory() / "processors/database/TYPES.md";
  const auto made = page(*this);
  if (std::getenv("KFS_WRITE_TYPES") != nullptr) std::ofstream(file) << made;
  std::ifstream stream(file);
  const std::string written{std::istreambuf_iterator<char>(stream), {}};
  BOOST_TEST(made == written);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::database_types_test
