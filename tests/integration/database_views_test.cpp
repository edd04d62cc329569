// The sink with views, with relations that take no rows, and what it says of columns that cannot hold their source.
#include <boost/test/unit_test.hpp>

#include "tests/integration/database_fixture.hpp"

namespace kfs::database_views_test {

using namespace kfs::integration;

namespace {

struct views : database_fixture {
  static json into(const std::string& table, json columns) {
    return {{"table", table}, {"columns", std::move(columns)}};
  }

  std::vector<std::int64_t> rejected_of(sink& to, std::vector<test::memory_record> records) const {
    std::vector<std::int64_t> positions;
    const auto rejected = value_of(to.write(test::memory_batch(source, 0, std::move(records))));
    for (const auto& one : rejected) positions.push_back(one.position.value);
    return positions;
  }

  /// What opening a sink complains about; every complaint is about the table.
  std::string complaint(json config) const {
    const auto found = error_of(make(std::move(config))->open());
    BOOST_TEST((found.code == ec::sink_denied), found.message);
    return found.message;
  }
};

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(database_views, views)

BOOST_AUTO_TEST_CASE(a_view_that_postgresql_can_update_by_itself_is_written_to) {
  run("CREATE TABLE base (id int PRIMARY KEY, v text, w int DEFAULT 7); CREATE VIEW t AS SELECT id, v FROM base");
  const auto sink = owning(into("t", {{"id", "/id"}, {"v", "/v"}}));
  write(*sink, 0, {{.value = R"({"id":1,"v":"a"})"}, {.value = R"({"id":2,"v":"b"})"}});
  BOOST_TEST(
      (rows("SELECT id, v, w FROM base ORDER BY id") == std::vector<test::sql_row>{{"1", "a", "7"}, {"2", "b", "7"}}));
  BOOST_TEST(number("SELECT next_offset FROM kafka_fetcher_offsets") == 2);
}

BOOST_AUTO_TEST_CASE(a_record_outside_the_check_option_of_a_view_is_rejected) {
  run("CREATE TABLE base (id int); CREATE VIEW t AS SELECT id FROM base WHERE id < 10 WITH CHECK OPTION");
  const auto sink = owning(into("t", {{"id", "/id"}}));
  BOOST_TEST(rejected_of(*sink, {{.value = R"({"id":1})"}, {.value = R"({"id":50})"}}) == std::vector<std::int64_t>{1},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_view_with_an_instead_of_trigger_is_written_to) {
  run("CREATE TABLE base (id int); CREATE VIEW t AS SELECT id FROM base UNION SELECT 0; CREATE FUNCTION f() RETURNS "
      "trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO base VALUES (NEW.id); RETURN NEW; END'; CREATE TRIGGER g INSTEAD "
      "OF INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()");
  write(*owning(into("t", {{"id", "/id"}})), 0, {{.value = R"({"id":1})"}});
  BOOST_TEST(number("SELECT count(*) FROM base") == 1);
}

/// The DEFAULT of the table below cannot be asked for by a value, and NULL is another one.
BOOST_AUTO_TEST_CASE(a_missing_field_takes_the_default_of_a_view_and_without_one_the_view_is_no_target) {
  run("CREATE TABLE base (id int, v text DEFAULT 'table'); CREATE VIEW t AS SELECT id, v FROM base");
  const auto wish = into("t", {{"id", "/id"}, {"v", {{"from", "/v"}, {"on_missing", "default"}}}});
  const auto told = complaint(wish);
  BOOST_TEST(mentions(told, "no DEFAULT for its column \"v\""), told);
  BOOST_TEST(mentions(told, "SET DEFAULT"), told);
  run("ALTER VIEW t ALTER COLUMN v SET DEFAULT 'view'");
  write(*owning(wish), 0, {{.value = R"({"id":1})"}, {.value = R"({"id":2,"v":null})"}});
  BOOST_TEST(
      (rows("SELECT id, v FROM base ORDER BY id") == std::vector<test::sql_row>{{"1", "view"}, {"2", std::nullopt}}));
}

BOOST_AUTO_TEST_CASE(a_view_that_changes_is_looked_at_again) {
  run("CREATE TABLE one (id int); CREATE TABLE two (id int); CREATE VIEW t AS SELECT id FROM one");
  const auto sink = owning(into("t", {{"id", "/id"}}));
  write(*sink, 0, {{.value = R"({"id":1})"}});
  const auto before = sink->evidence().value().version;
  run("CREATE OR REPLACE VIEW t AS SELECT id FROM two");
  write(*sink, 1, {{.value = R"({"id":2})"}});
  BOOST_TEST(number("SELECT count(*) FROM two") == 1);
  BOOST_TEST(sink->evidence().value().version != before);
}

BOOST_AUTO_TEST_CASE(a_rule_of_the_table_is_followed) {
  run("CREATE TABLE old (id int); CREATE TABLE t (id int); CREATE RULE by_age AS ON INSERT TO t WHERE NEW.id < 10 DO "
      "INSTEAD INSERT INTO old VALUES (NEW.id)");
  const auto sink = owning(into("t", {{"id", "/id"}}));
  write(*sink, 0, {{.value = R"({"id":1})"}, {.value = R"({"id":50})"}});
  BOOST_TEST((rows("SELECT old.id, t.id FROM old, t") == std::vector<test::sql_row>{{"1", "50"}}));
}

BOOST_AUTO_TEST_CASE(what_takes_no_rows_says_why_and_what_to_do) {
  run("CREATE TABLE base (id int PRIMARY KEY); CREATE VIEW grouped AS SELECT count(*) AS id FROM base; CREATE "
      "MATERIALIZED VIEW kept AS SELECT id FROM base; CREATE SEQUENCE counter; CREATE VIEW t AS SELECT id FROM base");
  const auto why_grouped = complaint(into("grouped", {{"id", "/id"}}));
  BOOST_TEST(mentions(why_grouped, "\"public.grouped\""), why_grouped);
  BOOST_TEST(mentions(why_grouped, "INSTEAD OF INSERT trigger"), why_grouped);
  for (const auto* name : {"kept", "counter", "base_pkey"})
    BOOST_TEST(mentions(complaint(into(name, {{"id", "/id"}})), "is no table"), name);
  auto upserting = into("t", {{"id", "/id"}});
  upserting.update({{"mode", "upsert"}, {"key_columns", {"id"}}});
  BOOST_TEST(mentions(complaint(upserting), "the table below the view"));
}

BOOST_AUTO_TEST_CASE(a_column_that_cannot_hold_its_source_is_told_with_what_could) {
  run("CREATE TABLE t (n bigint, d boolean, day date, ats timestamptz[], at time)");
  for (const auto* form : {"epoch_s", "epoch_ms", "epoch_us"}) {
    for (const auto* column : {"n", "d", "ats", "at"}) {
      const auto told = complaint(into("t", {{column, {{"from", "/x"}, {"as", form}}}}));
      BOOST_TEST(mentions(told, '"' + std::string(column) + '"'), told);
      BOOST_TEST(mentions(told, "\"as\" is " + std::string(form)), told);
      BOOST_TEST(mentions(told, "timestamptz or text"), told);
    }
  }
  for (const auto* from : {"$partition", "$offset", "$timestamp", "$headers"}) {
    const auto told = complaint(into("t", {{"d", from}}));
    BOOST_TEST(mentions(told, from), told);
    BOOST_TEST(mentions(told, "goes into"), told);
  }
  opened(into("t", {{"day", {{"from", "/x"}, {"as", "epoch_ms"}}}}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::database_views_test
