// The sink with a real PostgreSQL: which parts of a record are in the table, and that each record is there once.

#include <boost/test/unit_test.hpp>

#include "tests/integration/database_fixture.hpp"

namespace kfs::database_sync_test {

using namespace kfs::integration;
using namespace std::string_literals;

BOOST_FIXTURE_TEST_SUITE(database_sync, database_fixture)

BOOST_AUTO_TEST_CASE(the_table_is_created_as_documented) {
  opened();
  const auto columns = rows(
      "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'orders'::regclass AND "
      "attnum > 0 ORDER BY attnum");
  const std::vector<test::sql_row> documented{
      {"kafka_topic", "text"},    {"kafka_partition", "integer"},
      {"kafka_offset", "bigint"}, {"kafka_timestamp", "timestamp with time zone"},
      {"key", "bytea"},           {"headers", "jsonb"},
      {"payload", "jsonb"},       {"value", "bytea"}};
  BOOST_TEST((columns == documented));
}

BOOST_AUTO_TEST_CASE(json_is_in_payload_and_the_rest_of_the_record_in_its_own_columns) {
  const auto sink = owning();
  write(*sink, 7,
        {{.value = R"({"id": 1, "name": "a\tb\\\n"})",
          .key = "k",
          .headers = {{"h", "v"}, {"n", {}}},
          .timestamp_ms = 1'700'000'000'123}});
  const auto all = rows(
      "SELECT kafka_topic, kafka_partition, kafka_offset, kafka_timestamp AT TIME ZONE 'UTC', convert_from(key, "
      "'UTF8'), headers, payload->>'name', value FROM orders");
  const test::sql_row expected{"orders",   "0",
                               "7",        "2023-11-14 22:13:20.123",
                               "k",        R"([{"key": "h", "value": "v"}, {"key": "n", "value": null}])",
                               "a\tb\\\n", {}};
  BOOST_TEST_REQUIRE(all.size() == 1);
  BOOST_TEST((all[0] == expected));
}

BOOST_AUTO_TEST_CASE(any_bytes_survive) {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte.push_back(static_cast<char>(byte));
  const std::vector<std::string> values{every_byte,
                                        "\0"s,
                                        "",
                                        "\\.",
                                        "\\N",
                                        "no json",
                                        "\xff\xfe",
                                        R"({"a":"\u0000"})",
                                        R"("\ud800")",
                                        R"({"a":1e400000})",
                                        "{\"a\":1}x",
                                        std::string(3'000, '[') + std::string(3'000, ']')};
  const auto sink = owning();
  std::vector<test::memory_record> records;
  for (const auto& value : values) records.push_back({.value = value, .key = value, .headers = {{"h", value}}});
  write(*sink, 0, records);
  const auto all = rows("SELECT encode(value, 'hex'), encode(key, 'hex'), payload FROM orders ORDER BY kafka_offset");
  BOOST_TEST_REQUIRE(all.size() == values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::string hex;
    for (const unsigned char byte : values[i])
      hex += "0123456789abcdef"s[byte >> 4U] + "0123456789abcdef"s.substr(byte & 15U, 1);
    BOOST_TEST(all[i][0].value() == hex);
    BOOST_TEST(all[i][1].value() == hex);
    BOOST_TEST(!all[i][2].has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_tombstone_is_a_row_without_payload_and_value) {
  const auto sink = owning();
  write(*sink, 0, {{.value = {}, .key = "k"}, {.value = "null", .key = {}}});
  BOOST_TEST(number("SELECT count(*) FROM orders WHERE payload IS NULL AND value IS NULL AND key = 'k'") == 1);
  BOOST_TEST(number("SELECT count(*) FROM orders WHERE payload = 'null'::jsonb AND key IS NULL") == 1);
}

BOOST_AUTO_TEST_CASE(a_batch_that_is_written_twice_is_stored_once) {
  const auto sink = owning();
  write(*sink, 0, {{.value = "1"}, {.value = "2"}});
  write(*sink, 0, {{.value = "1"}, {.value = "2"}});
  write(*sink, 1, {{.value = "2"}, {.value = "3"}});
  BOOST_TEST(number("SELECT count(*) FROM orders") == 3);
  BOOST_TEST(number("SELECT count(DISTINCT kafka_offset) FROM orders") == 3);
}

BOOST_AUTO_TEST_CASE(a_new_sink_continues_at_the_offsets_of_the_table) {
  write(*owning(), 0, {{.value = "1"}, {.value = "2"}});
  const auto again = opened();
  const auto stands = value_of(again->positions(*source, std::vector<partition_number>{1, 0}));
  BOOST_TEST(!stands[0].has_value());
  BOOST_TEST((stands[1] == stored_position{offset{2}}));
  write(*again, 0, {{.value = "1"}, {.value = "2"}, {.value = "3"}});
  BOOST_TEST(number("SELECT count(*) FROM orders") == 3);
}

BOOST_AUTO_TEST_CASE(a_gap_moves_the_offset_and_writes_nothing) {
  const auto sink = owning();
  value_of(sink->write(gap(source, {0, offset{0}, offset{5}})));
  BOOST_TEST(
      (value_of(opened()->positions(*source, std::vector<partition_number>{0}))[0] == stored_position{offset{5}}));
  BOOST_TEST(number("SELECT count(*) FROM orders") == 0);
}

BOOST_AUTO_TEST_CASE(the_log_that_a_partition_belongs_to_is_stored_beside_its_offset) {
  const auto position = [this] {
    return value_of(opened()->positions(*source, std::vector<partition_number>{0})).front();
  };
  const auto sink = owning();
  succeed(sink->start_at(*source, std::vector<sink_start>{{0, offset{0}, "a/1"}}));
  write(*sink, 0, {{.value = "1"}, {.value = "2"}});
  BOOST_TEST((position() == stored_position{offset{2}, "a/1"}));
  succeed(owning()->start_at(*source, std::vector<sink_start>{{0, offset{2}, ""}}));
  BOOST_TEST((position() == stored_position{offset{2}, ""}));
}

BOOST_AUTO_TEST_CASE(offsets_of_an_older_version_stay_valid_and_get_the_new_column) {
  write(*owning(), 0, {{.value = "1"}});
  run("ALTER TABLE kafka_fetcher_offsets DROP COLUMN kafka_log");
  const auto sink = opened();
  const auto found = value_of(sink->positions(*source, std::vector<partition_number>{0}));
  BOOST_TEST((found.front() == stored_position{offset{1}}));
  succeed(sink->start_at(*source, std::vector<sink_start>{{0, offset{1}, "a/0"}}));
  BOOST_TEST(rows("SELECT kafka_log FROM kafka_fetcher_offsets").front().front().value_or("") == "a/0");
}

BOOST_AUTO_TEST_CASE(offsets_of_an_older_version_that_another_user_owns_are_used_as_they_are) {
  const auto owner = owning();
  write(*owner, 0, {{.value = "1"}});
  succeed(owner->close());
  const auto user = "u" + url.substr(url.rfind('/') + 1);
  run("ALTER TABLE kafka_fetcher_offsets DROP COLUMN kafka_log; CREATE ROLE \"" + user +
      "\" LOGIN PASSWORD 'x'; GRANT SELECT, INSERT, UPDATE ON orders, kafka_fetcher_offsets TO \"" + user + "\"");
  auto dsn = url;
  dsn.replace(dsn.find("//") + 2, dsn.find('@') - dsn.find("//") - 2, user + ":x");
  const auto sink = opened({{"db_dsn", dsn}});
  value_of(sink->positions(*source, std::vector<partition_number>{0}));
  succeed(sink->start_at(*source, std::vector<sink_start>{{0, offset{1}, "a/0"}}));
  write(*sink, 1, {{.value = "2"}});
  const auto found = value_of(sink->positions(*source, std::vector<partition_number>{0}));
  BOOST_TEST((found.front() == stored_position{offset{2}}));
  BOOST_TEST(number("SELECT count(*) FROM orders") == 2);
  run("DROP OWNED BY \"" + user + "\"; DROP ROLE \"" + user + "\"");
}

BOOST_AUTO_TEST_CASE(records_after_a_rewind_are_written_again) {
  const auto sink = owning();
  write(*sink, 0, {{.value = "1"}, {.value = "2"}});
  succeed(sink->start_at(*source, std::vector<sink_start>{{0, offset{1}}}));
  BOOST_TEST(
      (value_of(opened()->positions(*source, std::vector<partition_number>{0}))[0] == stored_position{offset{1}}));
  write(*owning(), 1, {{.value = "2"}});
  BOOST_TEST(number("SELECT count(*) FROM orders WHERE kafka_offset = 1") == 2);
}

BOOST_AUTO_TEST_CASE(two_groups_write_to_one_table_each_at_its_own_offset) {
  write(*owning(), 0, {{.value = "1"}});
  source = test::memory_source("orders", "other");
  write(*owning(), 0, {{.value = "1"}});
  BOOST_TEST(number("SELECT count(*) FROM orders") == 2);
  BOOST_TEST(number("SELECT count(*) FROM kafka_fetcher_offsets") == 2);
}

BOOST_AUTO_TEST_CASE(two_tables_of_one_database_have_their_own_offsets) {
  write(*owning(), 0, {{.value = "1"}});
  write(*owning({{"table", "more"}}), 0, {{.value = "1"}});
  BOOST_TEST(number("SELECT count(*) FROM more") == 1);
}

BOOST_AUTO_TEST_CASE(a_writer_that_lost_its_partition_writes_nothing) {
  const auto zombie = owning();
  write(*zombie, 0, {{.value = "1"}});
  const auto owner = owning();
  const auto refused = error_of(zombie->write(test::memory_batch(source, 1, {{.value = "2"}})));
  BOOST_TEST((refused.code == ec::member_fenced), refused.message);
  BOOST_TEST((error_of(zombie->write(test::memory_batch(source, 1, {{.value = "2"}}))).code == ec::member_fenced));
  BOOST_TEST(number("SELECT count(*) FROM orders") == 1);
  write(*owner, 1, {{.value = "2"}});
  // The owner has made these records durable, so the batch counts as written.
  write(*zombie, 1, {{.value = "2"}});
  BOOST_TEST(number("SELECT count(*) FROM orders") == 2);
}

BOOST_AUTO_TEST_CASE(a_partition_that_comes_back_within_a_process_is_owned_again) {
  const auto sink = owning();
  write(*sink, 0, {{.value = "1"}});
  owning();
  value_of(sink->positions(*source, std::vector<partition_number>{0}));
  write(*sink, 1, {{.value = "2"}});
  BOOST_TEST(number("SELECT count(*) FROM orders") == 2);
}

BOOST_AUTO_TEST_CASE(an_abandoned_partition_is_taken_back_without_a_gap) {
  const auto sink = owning();
  write(*sink, 0, {{.value = "1"}});
  owning();
  BOOST_TEST((error_of(sink->write(test::memory_batch(source, 1, {{.value = "2"}}))).code == ec::member_fenced));
  run("UPDATE kafka_fetcher_offsets SET updated_at = now() - interval '2 minutes'");
  BOOST_TEST((error_of(sink->write(test::memory_batch(source, 2, {{.value = "3"}}))).code == ec::member_fenced));
  write(*sink, 1, {{.value = "2"}});
  BOOST_TEST(number("SELECT count(*) FROM orders") == 2);
}

BOOST_AUTO_TEST_CASE(a_removed_row_of_the_offsets_table_is_reported_and_restored) {
  const auto sink = owning();
  write(*sink, 0, {{.value = "1"}});
  run("DELETE FROM kafka_fetcher_offsets");
  const auto batch = test::memory_batch(source, 1, {{.value = "2"}});
  error_of(sink->write(batch));
  const auto said = error_of(sink->write(batch));
  BOOST_TEST(said.message.find("kafka_fetcher_offsets") != std::string::npos, said.message);
  write(*sink, 1, {{.value = "2"}});
  BOOST_TEST(number("SELECT count(*) FROM orders") == 2);
  BOOST_TEST(number("SELECT next_offset FROM kafka_fetcher_offsets") == 2);
}

BOOST_AUTO_TEST_CASE(nothing_is_skipped_when_the_database_has_lost_committed_rows) {
  const auto sink = owning();
  write(*sink, 0, {{.value = "1"}, {.value = "2"}});
  // As after a failover to a replica that was behind.
  run("DELETE FROM orders WHERE kafka_offset = 1; UPDATE kafka_fetcher_offsets SET next_offset = 1");
  const auto batch = test::memory_batch(source, 2, {{.value = "3"}});
  for (int attempt = 0; attempt < 3; ++attempt) error_of(sink->write(batch));
  const auto said = error_of(sink->write(batch));
  BOOST_TEST((said.code == ec::sink_denied), said.message);
  BOOST_TEST(said.message.find("start the consumer") != std::string::npos, said.message);
  BOOST_TEST(number("SELECT next_offset FROM kafka_fetcher_offsets") == 1);
  const auto again = opened();
  BOOST_TEST((value_of(again->positions(*source, std::vector<partition_number>{0}))[0] == stored_position{offset{1}}));
}

BOOST_AUTO_TEST_CASE(a_commit_is_synchronous_whatever_the_default_of_the_database) {
  run("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$");
  run("CREATE TABLE settings_seen (value text)");
  const auto sink = owning();
  run("CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO settings_seen VALUES "
      "(current_setting('synchronous_commit')); RETURN NEW; END $$");
  run("CREATE TRIGGER note BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION note()");
  write(*sink, 0, {{.value = "1"}});
  BOOST_TEST(rows("SELECT value FROM settings_seen").at(0)[0].value() == "on");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::database_sync_test
