// Which options of database_sync are invalid, and what the errors of PostgreSQL mean.

#include "processors/database/options.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "processors/database/columns.hpp"
#include "processors/database/errors.hpp"

namespace kfs::database_options_test {

namespace {

struct fixture {
  sink_type type = database_sync_type();
  sink_environment environment = {};

  json config(const json& more = json::object()) const {
    json made{{"db_dsn", "postgresql://user:s3cret@127.0.0.1/payments"}};
    made.update(more);
    return made;
  }

  std::vector<violation> mistakes(const json& of, const std::string& topic = "payments") const {
    std::vector<violation> found;
    type.options->validate(of, json::array({"body"}), found);
    if (found.empty()) type.check({of, topic}, json::array({"body"}), environment, found);
    return found;
  }

  bool refuses(const json& more, const std::string& option, const std::string& part) const {
    const auto found = mistakes(config(more));
    return std::ranges::any_of(found, [&](const violation& one) {
      return one.loc.dump().find('"' + option + '"') != std::string::npos && one.msg.find(part) != std::string::npos;
    });
  }

  place_names places_of(const json& more) const { return type.places_of({config(more), "payments"}, environment); }

  /// True when two processors with these options may write to one table.
  bool share(const json& more, const json& other) const {
    const auto others = places_of(other);
    return std::ranges::any_of(places_of(more),
                               [&](const auto& place) { return std::ranges::find(others, place) != others.end(); });
  }
};

sql_failure refused(std::string state, std::string text = "text") {
  return {.state = std::move(state), .text = std::move(text), .column = {}, .lost = false};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(database_options, fixture)

BOOST_AUTO_TEST_CASE(a_url_alone_is_enough_and_every_option_is_taken) {
  BOOST_TEST(mistakes(config()).empty());
  BOOST_TEST(mistakes(config({{"table", "shop.\"a.b\""},
                              {"create_table", false},
                              {"mode", "upsert"},
                              {"key_columns", {"id"}},
                              {"columns", {{"id", "/id"}, {"h", "$headers.x-id"}}},
                              {"delete_on_null", true},
                              {"timeout_ms", 500}}))
                 .empty());
  BOOST_TEST(mistakes(config({{"mode", "upsert"}, {"key_columns", {"key"}}})).empty());
}

BOOST_AUTO_TEST_CASE(what_does_not_go_together_is_refused_by_name) {
  BOOST_TEST(refuses({{"mode", "upsert"}}, "key_columns", "needs key_columns"));
  BOOST_TEST(refuses({{"key_columns", {"key"}}}, "key_columns", "for mode upsert"));
  BOOST_TEST(refuses({{"delete_on_null", true}}, "delete_on_null", "for mode upsert"));
  BOOST_TEST(refuses({{"mode", "upsert"}, {"key_columns", {"x"}}}, "key_columns", "one of the columns"));
  BOOST_TEST(
      refuses({{"mode", "upsert"}, {"key_columns", {"a", "a"}}, {"columns", {{"a", "/a"}}}}, "key_columns", "twice"));
  BOOST_TEST(refuses({{"columns", {{"a", "amount"}}}}, "columns", "JSON pointer"));
  BOOST_TEST(refuses({{"columns", {{"", "/a"}}}}, "columns", "1 to 63"));
  BOOST_TEST(refuses({{"columns", {{"a", "/x~2"}}}}, "columns", "as ~0"));
  BOOST_TEST(refuses({{"columns", {{"ctid", "/a"}}}}, "columns", "ctid"));
  BOOST_TEST(refuses({{"table", "a.b.c"}}, "table", "double quotes"));
  BOOST_TEST(refuses({{"table", std::string(64, 'x')}}, "table", "63 bytes"));
  BOOST_TEST(refuses({{"timeout_ms", 5}}, "timeout_ms", ""));
}

BOOST_AUTO_TEST_CASE(a_key_that_no_record_without_a_value_can_have_is_rejected_with_delete_on_null) {
  const auto deleting = [](const json& keys, const json& columns = nullptr) {
    json made{{"mode", "upsert"}, {"key_columns", keys}, {"delete_on_null", true}};
    if (!columns.is_null()) made["columns"] = columns;
    return made;
  };
  BOOST_TEST(refuses(deleting({"at"}, {{"at", "$offset"}}), "delete_on_null", "another offset"));
  BOOST_TEST(refuses(deleting({"id", "all"}, {{"id", "/id"}, {"all", "$value"}}), "delete_on_null", "\"all\""));
  BOOST_TEST(refuses(deleting({"all"}, {{"all", {{"from", "$value"}, {"as", "hex"}}}}), "delete_on_null", "the value"));
  for (const auto* column : {"kafka_offset", "payload", "value"})
    BOOST_TEST(refuses(deleting({column}), "delete_on_null", column), column);
  BOOST_TEST(mistakes(config(deleting({"key", "kafka_partition"}))).empty());
  BOOST_TEST(mistakes(config(deleting({"id", "from"}, {{"id", "$key"}, {"from", "$headers.from"}}))).empty());
  auto kept = deleting({"all"}, {{"all", "$value"}});
  kept["delete_on_null"] = false;
  BOOST_TEST(mistakes(config(kept)).empty());
}

BOOST_AUTO_TEST_CASE(a_dsn_of_which_a_part_would_be_ignored_is_rejected) {
  const auto says = [&](const char* dsn, const char* part) { return refuses({{"db_dsn", dsn}}, "db_dsn", part); };
  BOOST_TEST(says("postgresql://u:p@h/x#part", "%23"));
  BOOST_TEST(says("postgresql://u:p@h/x?application_name=a#part", "%23"));
  BOOST_TEST(says("postgresql://u:p@h/x?sslmode=require&sslmode=disable", "sslmode is given twice"));
  BOOST_TEST(says("postgresql://u:p@h/x?%73slmode=require&sslmode=disable", "names of its parameters as they are"));
  BOOST_TEST(says("postgresql://u:p@h/x?dbname=y", "dbname is given twice"));
  BOOST_TEST(says("postgresql://u:p@h/x?host=i", "host is given twice"));
  BOOST_TEST(says("postgresql://u:p@h/x?sslmode=disable&ssl_min_protocol_version=TLSv1.3", "sslmode=disable"));
  for (const auto* dsn : {"postgresql://u:p%23@h/x%23part", "postgresql://u:p@h/x?port=5433&sslmode=require",
                          "postgresql:///x?host=h&user=u", "postgresql://u@h"})
    BOOST_TEST(mistakes({{"db_dsn", dsn}}).empty(), dsn);
}

BOOST_AUTO_TEST_CASE(hosts_that_are_not_allowed_are_refused_without_the_password) {
  environment.database_hosts = address_policy::parse({"10.0.0.0/8"}, "DATABASE_ALLOWED_HOSTS").value();
  BOOST_TEST(refuses(json::object(), "db_dsn", "DATABASE_ALLOWED_HOSTS"));
  environment.database_hosts = {};
  BOOST_TEST(refuses({{"db_dsn", "postgresql://u:s3cret@127.0.0.1,169.254.169.254/x"}}, "db_dsn", "169.254.169.254"));
  for (const auto& bad : {"postgresql://u:s3cret@h/x?service=a", "postgresql://u:s3cret@h:0/x"}) {
    for (const auto& one : mistakes({{"db_dsn", bad}})) {
      BOOST_TEST(one.msg.find("s3cret") == std::string::npos);
      BOOST_TEST(one.input.dump().find("s3cret") == std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_password_is_masked_and_its_mask_means_unchanged) {
  const auto masked = type.options->masked(config());
  BOOST_TEST(masked.at("db_dsn") == "postgresql://user:********@127.0.0.1/payments");
  BOOST_TEST(type.options->unmasked(masked, config()) == config());
}

BOOST_AUTO_TEST_CASE(one_table_is_one_place_however_it_is_reached) {
  const auto dsn = [](const std::string& authority) {
    return json{{"db_dsn", "postgres://" + authority + "/payments"}};
  };
  BOOST_TEST(share({{"table", "t"}}, {{"db_dsn", "postgres://other:pw@127.0.0.1:5432/payments"}, {"table", "t"}}));
  BOOST_TEST(share({{"table", "t"}}, {{"table", "public.t"}}));
  BOOST_TEST(share({{"table", "t"}}, {{"table", "\"user\".t"}}));  // the schema with the user's name
  BOOST_TEST(share(json::object(), {{"table", "payments"}}));
  BOOST_TEST(share(json::object(), {{"table", "public.payments"}}));
  BOOST_TEST(share(dsn("u@localhost"), dsn("u@127.0.0.1")));
  BOOST_TEST(share(dsn("u@[::1]"), dsn("u@LOCALHOST:5432")));
  BOOST_TEST(share(dsn("u@a,b"), dsn("u@b,c")));
  BOOST_TEST(!share({{"table", "t"}}, {{"table", "u"}}));
  BOOST_TEST(!share({{"table", "t"}}, {{"table", "T"}}));
  BOOST_TEST(!share({{"table", "a.t"}}, {{"table", "b.t"}}));
  BOOST_TEST(!share({{"table", "t"}}, {{"table", "archive.t"}}));
  BOOST_TEST(!share(dsn("u@a:1"), dsn("u@a:2")));
}

BOOST_AUTO_TEST_CASE(a_topic_that_is_too_long_for_a_table_needs_one) {
  BOOST_TEST(mistakes(config(), std::string(63, 'a')).empty());
  const auto found = mistakes(config(), std::string(64, 'a'));
  BOOST_TEST_REQUIRE(found.size() == 1U);
  BOOST_TEST(found[0].loc == json({"body", "table"}));
  BOOST_TEST(found[0].msg.find("set table") != std::string::npos, found[0].msg);
  BOOST_TEST(mistakes(config({{"table", "t"}}), std::string(249, 'a')).empty());
}

BOOST_AUTO_TEST_CASE(tables_of_the_sink_and_of_postgresql_are_rejected) {
  for (const auto* table : {"kafka_fetcher_offsets", "s.kafka_fetcher_offsets", "kafka_fetcher_staging", "pg_catalog.t",
                            "kafka_fetcher.api_keys", "pg_temp.t", "information_schema.t"})
    BOOST_TEST(!mistakes(config({{"table", table}})).empty(), table);
  BOOST_TEST(!mistakes(config(), "kafka_fetcher_offsets").empty());
}

BOOST_AUTO_TEST_CASE(a_column_may_be_an_object_that_says_more) {
  const auto with = [](json column) { return json{{"columns", {{"at", std::move(column)}}}}; };
  BOOST_TEST(mistakes(config(with({{"from", "/at"}}))).empty());
  BOOST_TEST(mistakes(config(with({{"from", "/at"}, {"as", "epoch_ms"}, {"on_missing", "default"}}))).empty());
  BOOST_TEST(mistakes(config(with({{"from", "$key"}, {"as", "base64"}, {"on_missing", "null"}}))).empty());
  BOOST_TEST(refuses(with({{"as", "text"}}), "from", "Field required"));
  BOOST_TEST(refuses(with({{"from", "at"}}), "from", "JSON pointer"));
  BOOST_TEST(refuses(with({{"from", "/at"}, {"as", "epoch"}}), "as", "'epoch_s'"));
  BOOST_TEST(refuses(with({{"from", "/at"}, {"on_missing", "0"}}), "on_missing", "'default'"));
  BOOST_TEST(refuses(with({{"from", "/at"}, {"type", "int"}}), "type", "not permitted"));
  BOOST_TEST(refuses(with({{"from", "$offset"}, {"as", "text"}}), "at", "leave it out"));
  BOOST_TEST(refuses(with({{"from", "$key"}, {"on_missing", "default"}}), "at", "leave it out"));
  BOOST_TEST(refuses(with(5), "at", "string or object"));
  BOOST_TEST(refuses({{"mode", "upsert"},
                      {"key_columns", {"id"}},
                      {"columns", {{"id", {{"from", "/id"}, {"on_missing", "default"}}}}}},
                     "key_columns", "cannot be missing"));
  const auto read = read_database_sink_options(config(with({{"from", "/at"}, {"as", "epoch_ms"}})), "t");
  BOOST_TEST(
      (read.table.columns.front().second == column_wish{{column_source::pointer, "/at"}, value_form::epoch_ms, false}));
}

BOOST_AUTO_TEST_CASE(sources_of_columns_are_read) {
  BOOST_TEST((parse_source("/a/b") == source_expression{column_source::pointer, "/a/b"}));
  BOOST_TEST((parse_source("$headers.a.b") == source_expression{column_source::header, "a.b"}));
  BOOST_TEST((parse_source("$offset") == source_expression{column_source::position, {}}));
  for (const auto* wrong : {"", "a", "$", "$headers.", "$Key", "$.a"})
    BOOST_TEST(!parse_source(wrong).has_value(), wrong);
}

BOOST_AUTO_TEST_CASE(names_of_tables_are_taken_as_they_are_written) {
  BOOST_TEST((*parse_table_name("Orders") == table_name{"", "Orders"}));
  BOOST_TEST((*parse_table_name("s.t") == table_name{"s", "t"}));
  BOOST_TEST((*parse_table_name("\"a.b\".\"c\"\"d\"") == table_name{"a.b", "c\"d"}));
  for (const auto* wrong : {"", ".t", "s.", "\"a", "\"a\"b", "a.b.c", "a\nb"})
    BOOST_TEST(!parse_table_name(wrong).has_value(), wrong);
}

BOOST_AUTO_TEST_CASE(a_code_that_may_come_of_a_record_or_of_the_table_is_unclear) {
  for (const auto* state : {"22P02", "22003", "23505", "23503", "44000", "54000", "P0001", "42601", "42501", "42P01",
                            "42703", "42804", "3F000", "XX000", "UE001", "45000", "0A000", "21000"})
    BOOST_TEST((fault_of(refused(state)) == database_fault::unclear), state);
  for (const auto* state :
       {"08006", "53100", "53300", "57P01", "25006", "40001", "40P01", "55P03", "58030", "XX001", ""})
    BOOST_TEST((fault_of(refused(state)) == database_fault::server), state);
  for (const auto* state : {"28P01", "28000", "3D000"}) {
    auto connecting = refused(state);
    connecting.lost = true;
    BOOST_TEST((fault_of(connecting) == database_fault::setting), state);
    BOOST_TEST((fault_of(refused(state)) == database_fault::unclear), state);
  }
  for (const auto* state : {"XX001", "F0000"}) {
    auto by_trigger = refused(state);
    by_trigger.raised = true;
    BOOST_TEST((fault_of(by_trigger) == database_fault::unclear), state);
  }
  BOOST_TEST((fault_of(refused("57014")) == database_fault::too_slow));
}

BOOST_AUTO_TEST_CASE(a_message_says_what_to_do_and_repeats_no_value) {
  const auto record =
      rejected_record("\"public.t\"", "amount", refused("22P02", "invalid input syntax for type integer: \"s3cret\""));
  BOOST_TEST((record.code == ec::record_rejected));
  BOOST_TEST(record.message.find("\"amount\"") != std::string::npos);
  BOOST_TEST(record.message.find("22P02") != std::string::npos);
  BOOST_TEST(record.message.find("s3cret") == std::string::npos);
  const auto trigger = rejected_record("\"public.t\"", "", refused("UE001", "bad card 4111"));
  BOOST_TEST(trigger.message.find("4111") == std::string::npos, trigger.message);
  BOOST_TEST((database_error("write", refused("53100", "could not extend file")).code == ec::sink_unavailable));
  const auto denied = database_error("write", refused("42501", "permission denied for table t"));
  BOOST_TEST((denied.code == ec::sink_denied));
  BOOST_TEST(denied.message.find("grant") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::database_options_test
