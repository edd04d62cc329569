// Whether a record or its table is at fault.
#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <future>

#include "tests/integration/database_tables.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::database_evidence_test {

using namespace kfs::integration;
using namespace std::chrono_literals;

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
