// Fields in COPY's binary format against what PostgreSQL itself makes of the same texts.
#include <boost/test/unit_test.hpp>
#include <random>

#include "processors/database/connection.hpp"
#include "processors/database/copy_binary.hpp"
#include "processors/database/dsn.hpp"
#include "tests/integration/database_fixture.hpp"

namespace kfs::database_binary_test {

using namespace kfs::integration;

namespace {

constexpr std::size_t generated_texts = 500;

std::string digits(std::mt19937& random, std::size_t most) {
  std::string text;
  const auto size = random() % most + 1;
  for (std::size_t i = 0; i < size; ++i) text.push_back(static_cast<char>('0' + random() % 10));
  return text;
}

std::string two(std::mt19937& random, unsigned first, unsigned count) {
  const auto number = std::to_string(first + random() % count);
  return number.size() < 2 ? '0' + number : number;
}

std::string number_text(std::mt19937& random) {
  std::string text = random() % 2 == 0 ? "-" : "";
  text += digits(random, 25);
  if (random() % 3 != 0) text += '.' + digits(random, 12);
  return text;
}

std::string real_text(std::mt19937& random) {
  auto text = number_text(random);
  if (random() % 2 == 0) text += (random() % 2 == 0 ? "e-" : "e") + std::to_string(random() % 45);
  return text;
}

std::string date_text(std::mt19937& random) {
  auto year = std::to_string(1 + random() % 9999);
  year.insert(0, 4 - year.size(), '0');
  return year + '-' + two(random, 1, 12) + '-' + two(random, 1, 31);
}

std::string time_text(std::mt19937& random) {
  auto text = date_text(random) + (random() % 2 == 0 ? 'T' : ' ') + two(random, 0, 24) + ':' + two(random, 0, 60);
  if (random() % 4 != 0) text += ':' + two(random, 0, 60);
  if (random() % 2 == 0) text += '.' + digits(random, 8);
  switch (random() % 4) {
    case 0:
      return text + 'Z';
    case 1:
      return text + "+05";
    case 2:
      return text + "-03:30";
    default:
      return text;
  }
}

struct with_type : database_fixture {
  /// Writes all texts that have a binary form into a column of this type. Each must be what PostgreSQL makes of the
  /// text. Returns how many there were.
  std::size_t same(const std::string& name, const std::string& type, const std::vector<std::string>& texts) const {
    run("DROP TABLE IF EXISTS t; CREATE TABLE t (v " + type + ", given text)");
    const auto form = copy_binary::form_of(name);
    std::string input;
    copy_binary::begin_file(input);
    std::size_t count = 0;
    for (const auto& text : texts) {
      std::string field;
      if (!copy_binary::append(form, text, field)) continue;
      ++count;
      copy_binary::begin_row(2, input);
      input += field;
      copy_binary::append_bytes(text, input);
    }
    copy_binary::end_file(input);
    copy("COPY t FROM STDIN (FORMAT binary)", input);
    for (const auto& row : rows("SELECT given, v FROM t WHERE v::text IS DISTINCT FROM given::" + type + "::text"))
      BOOST_ERROR(type << ": \"" << row.at(0).value_or("NULL") << "\" became " << row.at(1).value_or("NULL"));
    return count;
  }

  /// All these must have a binary form, and the same value.
  void taken(const std::string& name, const std::string& type, const std::vector<std::string>& texts) const {
    BOOST_TEST(same(name, type, texts) == texts.size(), type);
  }

  /// Of generated texts, some must have a binary form, and all of these the same value.
  template <class Make>
  void taken_at_random(const std::string& name, const std::string& type, Make&& make) const {
    std::mt19937 random(1);
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < generated_texts; ++i) texts.push_back(make(random));
    BOOST_TEST(same(name, type, texts) > generated_texts / 20, type);
  }

 private:
  void copy(const std::string& command, const std::string& input) const {
    const auto session = postgres_connection::open(url, {}, {});
    BOOST_TEST_REQUIRE(session.has_value());
    auto& connection = **session;
    BOOST_TEST_REQUIRE(connection.begin().has_value());
    const auto copied = connection.copy(command, [&](std::string& piece) {
      piece = input;
      return false;
    });
    BOOST_TEST_REQUIRE(copied.has_value(), (copied ? "" : copied.error().text));
    BOOST_TEST_REQUIRE(connection.commit().has_value());
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(database_binary, with_type)

BOOST_AUTO_TEST_CASE(usual_texts_have_a_binary_form_and_the_value_that_postgresql_reads_in_them) {
  const std::vector<std::string> strings{"", "text", "größe", "tab\tand\nline", "\\x00", "'\""};
  taken("text", "text", strings);
  taken("varchar", "varchar(20)", strings);
  taken("bpchar", "char(20)", strings);
  const std::vector<std::string> documents{"1", "\"a\"", "{\"a\": [1, null]}", "1e3", "12345678901234567890.5"};
  taken("json", "json", documents);
  taken("jsonb", "jsonb", documents);
  taken("bytea", "bytea", {"\\x", "\\x00ff5c"});
  taken("bool", "boolean", {"true", "false"});
  taken("int2", "smallint", {"0", "-32768", "32767", "007"});
  taken("int4", "integer", {"0", "-2147483648", "2147483647", "-0"});
  taken("int8", "bigint", {"0", "-9223372036854775808", "9223372036854775807"});
  taken("float4", "real", {"0", "1.5", "-1.5e10", "3.4e38", "1e-45", "0.1"});
  taken("float8", "double precision", {"0", "-0", "1.5", "1e308", "5e-324", "0.1", "123456789012345678"});
  taken("numeric", "numeric", {"0", "-0", "0.00", "12.50", "-0.0001", "10000", "99999999.9999", "00012.5"});
  taken("numeric", "numeric(10,2)", {"12.345", "-12.345", "99999999.99", "0.005"});
  taken("uuid", "uuid", {"00000000-0000-0000-0000-000000000000", "A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11"});
  taken("date", "date", {"0001-01-01", "1999-12-31", "2000-01-01", "2024-02-29", "9999-12-31"});
  taken("timestamp", "timestamp",
        {"2026-11-29T10:00:00", "0001-01-01 00:00", "9999-12-31 23:59:59.999999", "infinity"});
  taken("timestamptz", "timestamptz",
        {"2026-11-29T10:00:00Z", "2026-11-29 10:00:00.5+01", "1999-12-31T23:59-05:30", "-infinity"});
  taken("timestamptz", "timestamptz(3)", {"2026-11-29T10:00:00.123456Z", "2026-11-29T10:00:00.9996Z"});
}

BOOST_AUTO_TEST_CASE(generated_texts_have_the_value_that_postgresql_reads_in_them) {
  taken_at_random("int4", "integer", [](auto& random) { return std::to_string(static_cast<std::int32_t>(random())); });
  taken_at_random("numeric", "numeric", number_text);
  taken_at_random("numeric", "numeric(60,3)", number_text);
  taken_at_random("float8", "double precision", real_text);
  taken_at_random("float4", "real", real_text);
  taken_at_random("date", "date", date_text);
  taken_at_random("timestamp", "timestamp", time_text);
  taken_at_random("timestamptz", "timestamptz", time_text);
}

/// What PostgreSQL reads in its own way, or rejects.
BOOST_AUTO_TEST_CASE(other_texts_have_no_binary_form) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> others{
      {"bool", {"", "t", "yes", "1", "TRUE"}},
      {"int4", {"", " 1", "1 ", "+1", "1.0", "1e3", "2147483648", "0x1f", "1_000", "a"}},
      {"float8", {"", "nan", "inf", "Infinity", "1e999", "1e-999", "0x1p3", " 1", "1,5"}},
      {"numeric", {"", "-", ".5", "5.", "1e3", "NaN", "--1", "1 ", "1_000"}},
      {"uuid", {"", "a0eebc999c0b4ef8bb6d6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g"}},
      {"bytea", {"", "abc", "\\x0", "\\xzz", "\\000"}},
      {"date", {"", "today", "2026-02-30", "0000-01-01", "26-11-29", "20261129", "2026-11-29 BC", "12026-11-29"}},
      {"timestamp", {"2026-11-29", "2026-11-29T10:00:00Z", "2026-11-29T24:00:00", "2026-11-29T10:00:60", "now"}},
      {"timestamptz",
       {"2026-11-29T10:00:00", "2026-11-29T10:00:00+15:00", "2026-11-29T10:00:00.1234567Z",
        "2026-11-29T10:00:00 Europe/Berlin", "2026-11-29T10:00:00.Z"}},
      {"money", {"1"}},
      {"interval", {"1 day"}}};
  for (const auto& [name, texts] : others) {
    for (const auto& text : texts) {
      std::string field = "before";
      BOOST_TEST(!copy_binary::append(copy_binary::form_of(name), text, field), name << ": " << text);
      BOOST_TEST(field == "before");
    }
  }
}

/// Within one batch, a value without a binary form must not cost the others theirs, nor be written twice.
BOOST_AUTO_TEST_CASE(a_batch_with_a_value_without_a_binary_form_is_written_as_text) {
  run("CREATE TABLE t (id int, n int, at timestamptz, note text)");
  const auto sink = owning({{"table", "t"}, {"columns", {{"id", "/id"}, {"n", "/n"}, {"at", "/at"}, {"note", "/s"}}}});
  write(*sink, 0,
        {{.value = R"({"id":0,"n":1,"at":"2026-11-29T10:00:00Z","s":"a"})"},
         {.value = R"({"id":1,"n":" 2 ","at":"2026-11-29 10:00:00 Europe/Berlin","s":"b\tc"})"},
         {.value = R"({"id":2,"n":3.0,"at":null,"s":null})"}});
  for (std::int64_t at = 3; at < 300; ++at)
    write(*sink, at, {{.value = R"({"id":)" + std::to_string(at) + R"(,"n":7,"at":"2026-11-29T10:00:00.5+01:00"})"}});
  BOOST_TEST(number("SELECT count(*) FROM t") == 300);
  BOOST_TEST(number("SELECT count(DISTINCT id) FROM t WHERE n IN (1, 2, 3, 7)") == 300);
  BOOST_TEST(number("SELECT count(*) FROM t WHERE id = 1 AND n = 2 AND at = '2026-11-29T09:00:00Z'") == 1);
  BOOST_TEST(number("SELECT count(*) FROM t WHERE at = '2026-11-29T09:00:00.5Z' AND note IS NULL") == 297);
}

/// The pieces of COPY's input are smaller than the batch; a rejected record lies in one of the later pieces.
BOOST_AUTO_TEST_CASE(a_large_batch_with_one_bad_record_loses_only_that_one) {
  run("CREATE TABLE t (id int PRIMARY KEY, note varchar(100))");
  const auto sink = owning({{"table", "t"}, {"columns", {{"id", "/id"}, {"note", "/s"}}}});
  std::vector<test::memory_record> records;
  for (int i = 0; i < 5'000; ++i) {
    const auto note = i == 4'000 ? std::string(101, 'x') : std::string(90, 'x');
    records.push_back({.value = R"({"id":)" + std::to_string(i) + R"(,"s":")" + note + "\"}"});
  }
  const auto rejected = value_of(sink->write(test::memory_batch(source, 0, std::move(records))));
  BOOST_TEST_REQUIRE(rejected.size() == 1U);
  BOOST_TEST(rejected[0].position.value == 4'000);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::database_binary_test
