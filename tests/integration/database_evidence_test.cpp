// Whether a record or its table is at fault, and tables that change under a running sink.
#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <future>

#include "tests/integration/database_fixture.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::database_evidence_test {

using namespace kfs::integration;
using namespace std::chrono_literals;

namespace {

struct tables : database_fixture {
  std::int64_t next = 0;

  sink_ptr mapped(json columns, const json& more = json::object()) const {
    json config{{"table", "t"}, {"columns", std::move(columns)}};
    config.update(more);
    return owning(std::move(config));
  }

  static std::vector<test::memory_record> values(std::vector<std::string> all) {
    std::vector<test::memory_record> records;
    for (auto& value : all) records.push_back({.value = std::move(value)});
    return records;
  }

  /// Writes JSON values in one batch. Returns the indices of those that are rejected; the others are written then.
  std::vector<std::int64_t> rejected_of(sink& to, std::vector<std::string> all) {
    const auto whole = std::make_shared<test::memory_batch>(source, next, values(std::move(all)));
    const auto first = std::exchange(next, next + static_cast<std::int64_t>(whole->records().size()));
    const auto rejected = value_of(to.write(*whole));
    record_places places;
    std::vector<std::int64_t> indices;
    for (const auto& rejection : rejected) {
      BOOST_TEST((rejection.why.code == ec::record_rejected));
      indices.push_back(rejection.position.value - first);
      places.emplace(rejection.partition, rejection.position);
    }
    if (!rejected.empty()) BOOST_TEST(value_of(to.write(remaining_batch(whole, places))).empty());
    std::ranges::sort(indices);
    return indices;
  }

  /// The error of a batch that is not the records' fault.
  error fault_of(sink& to, std::vector<std::string> all) {
    return error_of(to.write(test::memory_batch(source, next, values(std::move(all)))));
  }

  std::string one(const std::string& statement) const { return rows(statement).at(0).at(0).value_or("NULL"); }
};

using indices = std::vector<std::int64_t>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(database_evidence, tables)

BOOST_AUTO_TEST_CASE(a_type_that_reports_a_syntax_error_rejects_only_its_record) {
  run("CREATE EXTENSION hstore; CREATE TABLE t (id int, v tsvector, h hstore)");
  const auto sink = mapped({{"id", "/id"}, {"v", "/v"}, {"h", "/h"}});
  const auto bad = rejected_of(*sink, {R"({"id":1,"v":"a b"})", R"({"id":2,"v":"'open"})", R"({"id":3,"h":"a=>1"})",
                                       R"({"id":4,"h":"oops"})", R"({"id":5})"});
  BOOST_TEST(bad == (indices{1, 3}), boost::test_tools::per_element());
  BOOST_TEST(one("SELECT string_agg(id::text, ',' ORDER BY id) FROM t") == "1,3,5");
}

BOOST_AUTO_TEST_CASE(a_trigger_rejects_with_any_code_and_its_words_are_not_repeated) {
  run("CREATE TABLE t (id int, card text); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id "
      "= 2 "
      "THEN RAISE 'bad card %', NEW.card USING ERRCODE = 'UE001'; END IF; IF NEW.id = 3 THEN RAISE 'bad card %', "
      "NEW.card "
      "USING ERRCODE = '45000'; END IF; RETURN NEW; END $$; CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE "
      "FUNCTION f()");
  const auto sink = mapped({{"id", "/id"}, {"card", "/card"}});
  const auto rejected = value_of(sink->write(test::memory_batch(
      source, 0, values({R"({"id":1})", R"({"id":2,"card":"4111"})", R"({"id":3,"card":"4111"})", R"({"id":4})"}))));
  BOOST_TEST_REQUIRE(rejected.size() == 2u);
  for (const auto& rejection : rejected)
    BOOST_TEST(rejection.why.message.find("4111") == std::string::npos, rejection.why.message);
  BOOST_TEST(sink->evidence()->accepted == 2u);
}

BOOST_AUTO_TEST_CASE(deferred_constraints_reject_the_record_and_not_the_commit) {
  run("CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1); CREATE TABLE t (id int UNIQUE DEFERRABLE "
      "INITIALLY "
      "DEFERRED, p int REFERENCES p DEFERRABLE INITIALLY DEFERRED)");
  const auto sink = mapped({{"id", "/id"}, {"p", "/p"}});
  const auto bad = rejected_of(*sink, {R"({"id":1,"p":1})", R"({"id":2,"p":9})", R"({"id":1,"p":1})", R"({"id":3})"});
  BOOST_TEST(bad == (indices{1, 2}), boost::test_tools::per_element());
  BOOST_TEST(number("SELECT count(*) FROM t") == 2);
}

BOOST_AUTO_TEST_CASE(a_row_may_refer_to_a_later_row_of_its_batch) {
  run("CREATE TABLE t (id int PRIMARY KEY, parent int REFERENCES t, v int CHECK (v < 10))");
  const auto sink = mapped({{"id", "/id"}, {"parent", "/parent"}, {"v", "/v"}});
  const auto bad = rejected_of(*sink, {R"({"id":1,"parent":2})", R"({"id":5,"v":99})", R"({"id":2,"parent":3})",
                                       R"({"id":3})", R"({"id":4,"parent":77})"});
  BOOST_TEST(bad == (indices{1, 4}), boost::test_tools::per_element());
  BOOST_TEST(number("SELECT count(*) FROM t") == 3);
}

BOOST_AUTO_TEST_CASE(row_level_security_rejects_records_and_missing_rights_are_the_tables_fault) {
  run("CREATE TABLE t (id int); ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY; "
      "CREATE "
      "POLICY c ON t USING (id < 10) WITH CHECK (id < 10)");
  const auto user = "u" + url.substr(url.rfind('/') + 1);
  run("CREATE ROLE \"" + user + "\" LOGIN PASSWORD 'x'; GRANT ALL ON SCHEMA public TO \"" + user +
      "\"; GRANT SELECT, INSERT, UPDATE ON t TO \"" + user + "\"");
  auto dsn = url;
  dsn.replace(dsn.find("//") + 2, dsn.find('@') - dsn.find("//") - 2, user + ":x");
  const auto sink = mapped({{"id", "/id"}}, {{"db_dsn", dsn}});
  BOOST_TEST(rejected_of(*sink, {R"({"id":1})", R"({"id":50})"}) == indices{1}, boost::test_tools::per_element());
  run("REVOKE INSERT ON t FROM \"" + user + "\"");
  const auto denied = fault_of(*sink, {R"({"id":2})"});
  BOOST_TEST((denied.code == ec::sink_denied), denied.message);
  run("GRANT INSERT ON t TO \"" + user + "\"");
  BOOST_TEST(rejected_of(*sink, {R"({"id":2})"}).empty());
  run("DROP OWNED BY \"" + user + "\"; DROP ROLE \"" + user + "\"");
}

BOOST_AUTO_TEST_CASE(a_column_that_becomes_not_null_is_the_tables_fault) {
  run("CREATE TABLE t (id int, extra int)");
  const auto sink = mapped({{"id", "/id"}});
  BOOST_TEST(rejected_of(*sink, {R"({"id":1})"}).empty());
  run("UPDATE t SET extra = 0; ALTER TABLE t ALTER extra SET NOT NULL");
  const auto fault = fault_of(*sink, {R"({"id":2})", R"({"id":3})"});
  BOOST_TEST((fault.code == ec::sink_denied));
  BOOST_TEST(fault.message.find("\"extra\"") != std::string::npos, fault.message);
  run("ALTER TABLE t ALTER extra SET DEFAULT 5");
  BOOST_TEST(rejected_of(*sink, {R"({"id":2})", R"({"id":3})"}).empty());
  BOOST_TEST(number("SELECT sum(extra) FROM t") == 10);
}

BOOST_AUTO_TEST_CASE(a_table_that_takes_nothing_shows_no_accepted_record) {
  run("CREATE TABLE t (id int CHECK (id < 0))");
  const auto sink = mapped({{"id", "/id"}});
  std::vector<std::string> all;
  for (int i = 0; i < 1'000; ++i) all.push_back(R"({"id":)" + std::to_string(i) + "}");
  BOOST_TEST(value_of(sink->write(test::memory_batch(source, 0, values(all)))).size() == 1'000u);
  BOOST_TEST(sink->evidence()->accepted == 0u);
}

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

BOOST_AUTO_TEST_CASE(what_all_later_records_may_miss_ends_the_trust_in_earlier_ones) {
  const auto user = "u" + url.substr(url.rfind('/') + 1);
  run("CREATE TABLE log (i int); CREATE TABLE other (y int NOT NULL); GRANT INSERT ON other TO public; CREATE FUNCTION "
      "f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.v = ''log'' "
      "THEN "
      "INSERT INTO log VALUES (NEW.i); END IF; IF NEW.v = ''null'' THEN INSERT INTO other VALUES (NULL); END IF; IF "
      "NEW.v = ''call'' THEN PERFORM missing(NEW.i); END IF; IF NEW.v = "
      "''column'' THEN PERFORM nothing FROM log; END IF; RETURN NEW; END'; CREATE TABLE t (i int, v text) PARTITION BY "
      "RANGE (i); CREATE TABLE p PARTITION OF t FOR VALUES FROM (0) TO (10); CREATE TRIGGER g BEFORE INSERT ON t FOR "
      "EACH "
      "ROW EXECUTE FUNCTION f(); CREATE ROLE \"" +
      user + "\" LOGIN PASSWORD 'x'; GRANT ALL ON SCHEMA public TO \"" + user +
      "\"; GRANT SELECT, INSERT, UPDATE ON t TO \"" + user + "\"");
  auto dsn = url;
  dsn.replace(dsn.find("//") + 2, dsn.find('@') - dsn.find("//") - 2, user + ":x");
  const std::string good = R"({"i":1})";
  // A missing right of a trigger, a constraint of what it writes to, a missing partition, a missing function, a missing
  // column.
  for (const std::string doubtful : {R"({"i":1,"v":"log"})", R"({"i":1,"v":"null"})", R"({"i":10})",
                                     R"({"i":1,"v":"call"})", R"({"i":1,"v":"column"})"}) {
    const auto sink = mapped({{"i", "/i"}, {"v", "/v"}}, {{"db_dsn", dsn}});
    BOOST_TEST(rejected_of(*sink, {good}).empty());
    const auto before = sink->evidence();
    BOOST_TEST(rejected_of(*sink, {doubtful}) == indices{0}, boost::test_tools::per_element());
    const auto after = sink->evidence();
    BOOST_TEST((after->version != before->version), doubtful);
    BOOST_TEST(after->accepted == before->accepted);
    // Once the table has taken a record beside it, the record is at fault, and so are its like.
    BOOST_TEST(rejected_of(*sink, {doubtful, good}) == indices{0}, boost::test_tools::per_element());
    BOOST_TEST((sink->evidence()->version == after->version), doubtful);
    BOOST_TEST((sink->evidence()->accepted > after->accepted));
    succeed(sink->close());
  }
  // What a record alone can be the cause of ends no trust.
  run("ALTER TABLE t ADD CHECK (v <> 'bad'); CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN "
      "IF "
      "NEW.v = ''raise'' THEN RAISE ''no'' USING ERRCODE = ''42P01''; END IF; RETURN NEW; END'");
  const auto sink = mapped({{"i", "/i"}, {"v", "/v"}}, {{"db_dsn", dsn}});
  BOOST_TEST(rejected_of(*sink, {good}).empty());
  const auto before = sink->evidence()->version;
  for (const std::string bad :
       {R"({"i":1,"v":"bad"})", R"({"i":1,"v":"raise"})", R"({"i":"x"})", R"({"i":99999999999})"})
    BOOST_TEST(rejected_of(*sink, {bad}) == indices{0}, boost::test_tools::per_element());
  BOOST_TEST((sink->evidence()->version == before));
  run("DROP OWNED BY \"" + user + "\"; DROP ROLE \"" + user + "\"");
}

BOOST_AUTO_TEST_CASE(a_trigger_that_sets_the_search_path_is_named_as_a_possible_cause) {
  run("CREATE SCHEMA other; CREATE TABLE other.log (i int); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS "
      "'BEGIN "
      "SET search_path = other; INSERT INTO log VALUES (NEW.i); RETURN NEW; END'; CREATE TABLE t (i int); CREATE "
      "TRIGGER g "
      "BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()");
  const auto fault = fault_of(*mapped({{"i", "/i"}}), {R"({"i":1})"});
  BOOST_TEST(fault.message.find("name the schema in table") != std::string::npos, fault.message);
  BOOST_TEST(rejected_of(*mapped({{"i", "/i"}}, {{"table", "public.t"}}), {R"({"i":1})"}).empty());
  BOOST_TEST(number("SELECT count(*) FROM other.log") == 1);
}

BOOST_AUTO_TEST_CASE(a_sequence_that_is_used_up_is_not_the_records_fault) {
  run("CREATE TABLE t (i int, id smallint GENERATED BY DEFAULT AS IDENTITY (START WITH 32766))");
  const auto sink = mapped({{"i", "/i"}});
  BOOST_TEST(rejected_of(*sink, {R"({"i":1})", R"({"i":2})"}).empty());
  for (int tries = 0; tries < 3; ++tries) {
    const auto fault = fault_of(*sink, {R"({"i":3})"});
    BOOST_TEST((fault.code == ec::sink_unavailable), fault.message);
  }
  run("ALTER TABLE t ALTER id TYPE int, ALTER id SET MAXVALUE 100000");
  BOOST_TEST(test::eventually(
      5s, [&] { return sink->write(test::memory_batch(source, next, values({R"({"i":3})"}))).has_value(); }));
}

BOOST_AUTO_TEST_CASE(a_role_that_may_write_again_is_noticed_although_its_session_lives_on) {
  run("CREATE TABLE t (i int)");
  set_default("default_transaction_read_only TO on");
  const auto sink = make({{"table", "t"}, {"columns", {{"i", "/i"}}}});
  BOOST_TEST((error_of(sink->open()).code == ec::sink_unavailable));
  run("BEGIN READ WRITE; ALTER DATABASE \"" + url.substr(url.rfind('/') + 1) +
      "\" RESET default_transaction_read_only; COMMIT");
  succeed(sink->open());
}

BOOST_AUTO_TEST_CASE(a_column_that_a_trigger_fills_needs_no_source) {
  run("CREATE TABLE t (i int, z timestamptz NOT NULL); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN "
      "NEW.z = now(); RETURN NEW; END'; CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()");
  const auto sink = mapped({{"i", "/i"}});
  BOOST_TEST(rejected_of(*sink, {R"({"i":1})"}).empty());
  BOOST_TEST(number("SELECT count(z) FROM t") == 1);
  run("ALTER TABLE t DISABLE TRIGGER g");
  BOOST_TEST((fault_of(*sink, {R"({"i":2})"}).code == ec::sink_denied));
}

BOOST_AUTO_TEST_CASE(a_column_whose_domain_takes_no_null_needs_a_source) {
  run("CREATE DOMAIN d AS int NOT NULL; CREATE TABLE t (i int, z d)");
  const auto fault = error_of(make({{"table", "t"}, {"columns", {{"i", "/i"}}}})->open());
  BOOST_TEST((fault.code == ec::sink_denied));
  BOOST_TEST(fault.message.find("\"z\"") != std::string::npos, fault.message);
  run("ALTER TABLE t ALTER z SET DEFAULT 7");
  BOOST_TEST(rejected_of(*mapped({{"i", "/i"}}), {R"({"i":1})"}).empty());
  BOOST_TEST(number("SELECT z FROM t") == 7);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::database_evidence_test
