// Tables that change under a running sink.
#include <array>
#include <boost/test/unit_test.hpp>
#include <future>

#include "tests/integration/database_tables.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::database_changes_test {

using namespace kfs::integration;
using namespace std::chrono_literals;

BOOST_FIXTURE_TEST_SUITE(database_changes, tables)

BOOST_AUTO_TEST_CASE(a_type_that_is_altered_is_followed_by_an_upsert) {
  run("CREATE TABLE t (id int PRIMARY KEY, v varchar(5))");
  const auto sink = mapped({{"id", "/id"}, {"v", "/v"}}, {{"mode", "upsert"}, {"key_columns", {"id"}}});
  BOOST_TEST(rejected_of(*sink, {R"({"id":1,"v":"short"})", R"({"id":2,"v":"too long"})"}) == indices{1},
             boost::test_tools::per_element());
  const auto before = sink->evidence()->version;
  run("ALTER TABLE t ALTER v TYPE text");
  BOOST_TEST(rejected_of(*sink, {R"({"id":3,"v":"too long"})"}).empty());
  BOOST_TEST(sink->evidence()->version != before);
  BOOST_TEST(one("SELECT v FROM t WHERE id = 3") == "too long");
}

BOOST_AUTO_TEST_CASE(a_number_whose_type_is_altered_is_written_by_the_new_type) {
  constexpr std::array types{"smallint", "int",   "bigint", "real", "double precision", "numeric", "text",
                             "varchar",  "jsonb", "money",  "oid",  "char(3)"};
  for (const auto* from : types) {
    for (const auto* to : types) {
      run("DROP TABLE IF EXISTS t");
      run("CREATE TABLE t (v " + std::string(from) + ")");
      const auto sink = mapped({{"v", "/v"}});
      BOOST_TEST(rejected_of(*sink, {R"({"v":7})"}).empty());
      run("ALTER TABLE t ALTER v TYPE " + std::string(to) + " USING NULL");
      BOOST_TEST(rejected_of(*sink, {R"({"v":7})", R"({"v":8})"}).empty(), from << " to " << to);
      BOOST_TEST(number("SELECT count(*) FROM t WHERE v::text ~ '[78]'") == 2, from << " to " << to);
      succeed(sink->close());
    }
  }
}

BOOST_AUTO_TEST_CASE(text_that_becomes_jsonb_and_back_is_written_by_what_holds) {
  run("CREATE TABLE t (v text)");
  const auto sink = mapped({{"v", "/v"}});
  BOOST_TEST(rejected_of(*sink, {R"({"v":"abc"})"}).empty());
  run("ALTER TABLE t ALTER v TYPE jsonb USING to_jsonb(v)");
  BOOST_TEST(rejected_of(*sink, {R"({"v":"abc"})"}).empty());
  BOOST_TEST(one("SELECT string_agg(v::text, ' ') FROM t") == R"("abc" "abc")");
  run("ALTER TABLE t ALTER v TYPE text USING v #>> '{}'");
  BOOST_TEST(rejected_of(*sink, {R"({"v":"abc"})"}).empty());
  BOOST_TEST(one("SELECT string_agg(v, ' ') FROM t") == "abc abc abc");
}

BOOST_AUTO_TEST_CASE(our_own_table_whose_column_changes_its_type_is_not_misread) {
  const auto sink = owning();
  BOOST_TEST(rejected_of(*sink, {"1"}).empty());
  run("ALTER TABLE orders ALTER kafka_partition TYPE real");
  const auto fault = fault_of(*sink, {"2"});
  BOOST_TEST(fault.message.find("kafka_partition") != std::string::npos, fault.message);
  run("ALTER TABLE orders ALTER kafka_partition TYPE integer");
  BOOST_TEST(rejected_of(*sink, {"2"}).empty());
  BOOST_TEST(number("SELECT count(*) FROM orders WHERE kafka_partition = 0") == 2);
}

BOOST_AUTO_TEST_CASE(a_table_that_is_made_again_or_renamed_is_found_again) {
  const auto sink = owning();
  BOOST_TEST(rejected_of(*sink, {"1"}).empty());
  run("DROP TABLE orders");
  BOOST_TEST(rejected_of(*sink, {"2"}).empty());
  BOOST_TEST(one("SELECT payload FROM orders") == "2");
  run("ALTER TABLE orders RENAME TO old; CREATE TABLE orders (LIKE old INCLUDING ALL)");
  BOOST_TEST(rejected_of(*sink, {"3"}).empty());
  BOOST_TEST(one("SELECT payload FROM orders") == "3");
}

BOOST_AUTO_TEST_CASE(constraints_and_columns_that_come_and_go_are_followed) {
  run("CREATE TABLE t (id int, v text)");
  const auto sink = mapped({{"id", "/id"}, {"v", "/v"}});
  BOOST_TEST(rejected_of(*sink, {R"({"id":1})"}).empty());
  run("ALTER TABLE t ADD more text DEFAULT 'm', ADD CONSTRAINT small CHECK (id < 10)");
  BOOST_TEST(rejected_of(*sink, {R"({"id":2})", R"({"id":20})"}) == indices{1}, boost::test_tools::per_element());
  run("ALTER TABLE t DROP CONSTRAINT small, DROP COLUMN more");
  BOOST_TEST(rejected_of(*sink, {R"({"id":20})"}).empty());
  run("ALTER TABLE t DROP COLUMN v");
  BOOST_TEST(fault_of(*sink, {R"({"id":21})"}).message.find("\"v\"") != std::string::npos);
  run("ALTER TABLE t ADD COLUMN v int");
  BOOST_TEST(rejected_of(*sink, {R"({"id":21,"v":1.0})"}).empty());
}

BOOST_AUTO_TEST_CASE(what_a_table_that_was_altered_would_take_is_not_rejected_by_its_old_types) {
  run("CREATE TABLE t (id int, v timestamptz)");
  const auto sink = mapped({{"id", "/id"}, {"v", "/v"}});
  BOOST_TEST(rejected_of(*sink, {R"({"id":1})", R"({"id":2,"v":1764000101})"}) == indices{1},
             boost::test_tools::per_element());
  run("ALTER TABLE t ALTER v TYPE bigint USING NULL");
  BOOST_TEST(rejected_of(*sink, {R"({"id":3,"v":1764000101})"}).empty());
  BOOST_TEST(number("SELECT v FROM t WHERE id = 3") == 1764000101);
}

BOOST_AUTO_TEST_CASE(what_an_altered_table_took_by_mistake_shows_nothing) {
  run("CREATE TABLE t (v bigint)");
  const auto sink = mapped({{"v", "/v"}});
  BOOST_TEST(rejected_of(*sink, {R"({"v":7})"}).empty());
  const auto before = sink->evidence()->accepted;
  run("ALTER TABLE t ALTER v TYPE timestamptz USING NULL");  // takes the eight bytes of a bigint
  BOOST_TEST(rejected_of(*sink, {R"({"v":7})", R"({"v":8})"}) == (indices{0, 1}), boost::test_tools::per_element());
  BOOST_TEST(sink->evidence()->accepted == before);
}

BOOST_AUTO_TEST_CASE(a_type_that_changes_amid_a_transaction_is_not_misread_whatever_isolation_is_the_default) {
  for (const auto* level : {"read committed", "repeatable read", "serializable"}) {
    run("DROP TABLE IF EXISTS t");
    run("CREATE TABLE t (v int)");
    set_default("default_transaction_isolation = '" + std::string(level) + "'");
    const auto sink = mapped({{"v", "/v"}});
    BOOST_TEST(rejected_of(*sink, {R"({"v":7})"}).empty());
    test::sql_session other(url);
    other.run("BEGIN; ALTER TABLE t ALTER v TYPE real");
    auto written = std::async(std::launch::async, [&] { return rejected_of(*sink, {R"({"v":7})"}); });
    BOOST_TEST(test::eventually(10s, [&] {
      return number(
                 "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = "
                 "current_database()") == 1;
    }));
    other.run("COMMIT");
    BOOST_TEST(written.get().empty());
    BOOST_TEST(one("SELECT string_agg(v::text, ' ') FROM t") == "7 7", level);
    succeed(sink->close());  // its session has the old default
  }
}

BOOST_AUTO_TEST_CASE(a_change_of_a_partition_is_a_change_of_the_table) {
  const std::vector<std::string> changes{
      "ALTER TABLE t DETACH PARTITION p",
      "ALTER TABLE t ATTACH PARTITION p FOR VALUES FROM (0) TO (500)",
      "ALTER TABLE p ADD CHECK (i < 300)",
      "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END'; CREATE TRIGGER g BEFORE "
      "INSERT "
      "ON p FOR EACH ROW EXECUTE FUNCTION f()",
      "DROP TRIGGER g ON p",
      "CREATE UNIQUE INDEX ON p ((1)) WHERE i >= 300",
      "CREATE TABLE q PARTITION OF t FOR VALUES FROM (1000) TO (2000) PARTITION BY RANGE (i)",
      "CREATE TABLE below_q PARTITION OF q FOR VALUES FROM (1000) TO (1500)",
      "DROP TABLE p"};
  run("CREATE TABLE t (i int, z int) PARTITION BY RANGE (i); CREATE TABLE p PARTITION OF t FOR VALUES FROM (0) TO "
      "(1000)");
  const auto sink = mapped({{"i", "/i"}});
  BOOST_TEST(rejected_of(*sink, {R"({"i":1})"}).empty());
  for (const auto& change : changes) {
    const auto before = sink->evidence()->version;
    run(change);
    // Where nothing takes the record any more, it is rejected; what matters is that the table counts as another one.
    static_cast<void>(sink->write(test::memory_batch(source, next, values({R"({"i":2})"}))));
    ++next;
    BOOST_TEST((sink->evidence()->version != before), change);
  }
}

BOOST_AUTO_TEST_CASE(a_change_of_a_triggers_function_or_of_a_type_is_a_change_of_the_table) {
  const std::vector<std::string> changes{
      "CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END  '",
      "ALTER TYPE mood ADD VALUE 'fine'",
      "ALTER TYPE mood RENAME VALUE 'fine' TO 'good'",
      "ALTER DOMAIN small ADD CONSTRAINT less CHECK (VALUE < 100)",
      "ALTER DOMAIN small DROP CONSTRAINT less",
      "ALTER DOMAIN moods ADD CONSTRAINT filled CHECK (VALUE IS NOT NULL)",
      "ALTER DOMAIN inner_text ADD CHECK (VALUE <> 'x')"};
  run("CREATE TYPE mood AS ENUM ('sad'); CREATE DOMAIN small AS int; CREATE DOMAIN moods AS mood[]; CREATE DOMAIN "
      "inner_text AS text; CREATE DOMAIN outer_text AS inner_text; CREATE FUNCTION f() RETURNS trigger LANGUAGE "
      "plpgsql AS "
      "'BEGIN RETURN NEW; END'; CREATE TABLE t (i int, m mood, s small, a moods, o outer_text); CREATE TRIGGER g "
      "BEFORE "
      "INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()");
  const auto sink = mapped({{"i", "/i"}, {"a", "/a"}});
  const std::string record = R"({"i":1,"a":["sad"]})";
  const std::string bad = R"({"i":"x"})";
  BOOST_TEST(rejected_of(*sink, {record}).empty());
  for (const auto& change : changes) {
    const auto before = sink->evidence();
    run(change);
    BOOST_TEST(rejected_of(*sink, {bad}) == indices{0}, boost::test_tools::per_element());
    const auto after = sink->evidence();
    BOOST_TEST((after->version != before->version), change);
    BOOST_TEST((after->accepted == before->accepted), change);
    BOOST_TEST(rejected_of(*sink, {bad, record}) == indices{0}, boost::test_tools::per_element());
    BOOST_TEST((sink->evidence()->version == after->version), change);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::database_changes_test
