// What can be known to fail when a consumer is made or changed is rejected then.

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "tests/contract/contract_server.hpp"

namespace kfs::early_rejections_test {

using namespace kfs::contract;

namespace {

namespace fs = std::filesystem;

const std::string secret = "correct-horse";

json file_sink(const fs::path& path) {
  return {{"processor_type", "file_sink"}, {"config", {{"file_path", path.string()}}}};
}

json database_at(const std::string& dsn, json more = json::object()) {
  more["db_dsn"] = dsn;
  return {{"processor_type", "database_sync"}, {"config", std::move(more)}};
}

json database_sync(json more) {
  return database_at("postgresql://user:" + secret + "@127.0.0.1:1/payments", std::move(more));
}

json streaming_forwarder(const std::string& url) {
  return {{"processor_type", "streaming_forwarder"}, {"config", {{"endpoint_url", url}, {"bearer_token", secret}}}};
}

json kafka_options(const json& more = json::object()) {
  json kafka{{"security_protocol", "SASL_SSL"},
             {"sasl_mechanism", "SCRAM-SHA-512"},
             {"sasl_username", "fetcher"},
             {"sasl_password", secret}};
  kafka.update(more);
  return {{"kafka", kafka}};
}

struct strict_server : contract_server {
  json body = mission_consumer(file("values.log"));

  strict_server() { body["auto_start"] = false; }

  static void check_mistake(const answer& rejected, const std::string& field, const std::string& part,
                            const std::string& what) {
    BOOST_TEST_REQUIRE(rejected.status == 422, what << " gave " << rejected.body);
    BOOST_TEST(rejected.body.find(secret) == std::string::npos, rejected.body);
    const auto mistakes = rejected.content().at("detail");
    BOOST_TEST_REQUIRE(mistakes.size() == 1U, what << " gave " << mistakes);
    BOOST_TEST(mistakes[0].at("loc").back() == field, what << " gave " << mistakes);
    BOOST_TEST(mistakes[0].at("msg").get<std::string>().find(part) != std::string::npos, what << " gave " << mistakes);
    BOOST_TEST_MESSAGE(what << "\n    " << mistakes[0].at("msg"));
  }

  /// The processors are rejected for `field` with a message that has `part`.
  void rejects(const json::array_t& processors, const std::string& field, const std::string& part,
               const std::string& topic = {}) {
    json sent = body;
    sent["processor_configs"] = processors;
    if (!topic.empty()) sent["topic"] = topic;
    check_mistake(post("/consumers/", sent), field, part, json(processors).dump() + " " + topic);
  }

  void accepts(const json::array_t& processors, const std::string& topic = {}) {
    json sent = body;
    sent["processor_configs"] = processors;
    if (!topic.empty()) sent["topic"] = topic;
    const auto given = post("/consumers/", sent);
    BOOST_TEST(given.status == 201, json(processors) << " gave " << given.body);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(early_rejections, strict_server)

BOOST_AUTO_TEST_CASE(names_of_files_that_become_too_long_or_are_kept) {
  for (const std::size_t size : {216, 244, 250, 255, 256})
    rejects({file_sink(file(std::string(size, 'a')))}, "file_path", "shorter");
  rejects({file_sink(file("{topic}"))}, "file_path", "shorter", std::string(216, 't'));
  rejects({file_sink(file("{topic}{topic}/out.log"))}, "file_path", "shorter", std::string(128, 't'));
  rejects({file_sink(file("{partition}" + std::string(206, 'a')))}, "file_path", "shorter");
  std::string deep;
  while (deep.size() < 3'900) deep += std::string(200, 'd') + '/';
  rejects({file_sink(file(deep + std::string(200, 'a')))}, "file_path", "");
  for (const auto* const name : {"a.kfs-journal", "a.kfs-journal.new", "a.log.20261124T093000.123Z.gz"}) {
    rejects({file_sink(file(name))}, "file_path", "kept");
    rejects({file_sink(file("{topic}"))}, "file_path", "kept", name);
  }
  accepts({file_sink(file(std::string(215, 'a')))});
}

BOOST_AUTO_TEST_CASE(what_is_in_the_way_of_a_file) {
  fs::create_symlink(file("gone"), file("dangling"));
  fs::create_symlink(file("loop"), file("loop"));
  std::ofstream(file("plain")) << "x";
  fs::create_directory(file("a.log.kfs-journal"));
  rejects({file_sink(file("dangling"))}, "file_path", "symbolic link that leads nowhere");
  rejects({file_sink(file("dangling/out.log"))}, "file_path", "symbolic link that leads nowhere");
  rejects({file_sink(file("loop"))}, "file_path", "");
  rejects({file_sink(file("plain/out.log"))}, "file_path", "no directory");
  rejects({file_sink(file("a.log"))}, "file_path", "no regular file");
  accepts({file_sink(file("plain"))});
}

BOOST_AUTO_TEST_CASE(files_that_two_processors_would_share) {
  const auto clash = [&](const char* a, const char* b) {
    rejects({file_sink(file(a)), file_sink(file(b))}, "config", "file_path");
  };
  clash("{topic}.log", "payments.log");
  clash("a-{partition}.log", "a-0.log");
  clash("a-{date}.log", "a-2026-11-24.log");
  clash("a-{date}.log", "a-2026-11-24.log.gz");
}

BOOST_AUTO_TEST_CASE(files_in_the_way_of_another_consumer) {
  accepts({file_sink(file("a-{date}.log"))});
  rejects({file_sink(file("a-2026-11-24.log"))}, "config", "another consumer");
  rejects({file_sink(file("./a-2026-11-24.log.zst"))}, "config", "another consumer");
  accepts({file_sink(file("a-{date}.log"))});
  accepts({file_sink(file("b-2026-11-24.log"))});
  rejects({file_sink(file("b-{date}.log"))}, "config", "another consumer");
  body["consumer_id"] = "123e4567-e89b-42d3-a456-426614174000";
  accepts({file_sink(file("c-{date}.log"))});
  body["processor_configs"] = json::array_t{file_sink(file("c-{date}.log"))};
  BOOST_TEST(post("/consumers/", body).status == 200);  // the same request again
}

BOOST_AUTO_TEST_CASE(tables_that_are_cut_or_shared) {
  rejects({database_sync(json::object())}, "table", "set table", std::string(64, 't'));
  accepts({database_sync(json::object())}, std::string(63, 't'));
  accepts({database_sync({{"table", "t"}})}, std::string(249, 't'));
  rejects({database_sync({{"table", "t"}}), database_sync({{"table", "public.t"}})}, "config", "schema");
  rejects({database_sync(json::object()), database_sync({{"table", "payments"}})}, "config", "to the same place");
  rejects({database_sync({{"table", "t"}}),
           database_at("postgresql://user:" + secret + "@localhost:1/payments", {{"table", "t"}})},
          "config", "to the same place");
  rejects({database_sync({{"table", "t"}}),
           database_at("postgresql://me:" + secret + "@[::1]:1/payments", {{"table", "t"}})},
          "config", "to the same place");
  rejects({database_sync({{"table", "kafka_fetcher_offsets"}})}, "table", "another table");
  rejects({database_sync({{"table", "pg_catalog.t"}})}, "table", "another schema");
  rejects({database_sync({{"columns", {{"x", "/x~2"}}}})}, "x", "~0");
  rejects({database_sync({{"columns", {{"ctid", "/x"}}}})}, "columns", "ctid");
}

BOOST_AUTO_TEST_CASE(urls_of_databases_that_libpq_would_refuse_or_misread) {
  const auto of = [](const std::string& rest) {
    return json::array_t{database_at("postgresql://user:" + secret + rest)};
  };
  rejects(of("@127.0.0.1/x?sslmode=bogus"), "db_dsn", "verify-full");
  rejects(of("@127.0.0.1/x?channel_binding=x&ssl_min_protocol_version=TLSv9"), "db_dsn", "TLSv1.3");
  rejects(of("@127.0.0.1/x?target_session_attrs=master"), "db_dsn", "primary");
  rejects(of("@127.0.0.1/x?keepalives_idle=soon"), "db_dsn", "keepalives_idle");
  rejects(of("@127.0.0.1/x?ssl_max_protocol_version=TLSv1"), "db_dsn", "at least");
  rejects(of("@127.0.0.1:0/x"), "db_dsn", "1 to 65535");
  rejects(of("@127.0.0.1:0/x?sslmode=bogus"), "db_dsn", "1 to 65535; sslmode");
  for (const auto* const rest :
       {"/w@127.0.0.1/x", "@w@127.0.0.1/x", "?w@127.0.0.1/x", "@w/v@127.0.0.1/x", "@127.0.0.1/x/y"})
    rejects(of(rest), "db_dsn", "%2F");
  rejects(of(" w@127.0.0.1/x"), "db_dsn", "%20");
  const auto digits = post("/consumers/", [&] {
    body["processor_configs"] = json::array_t{database_at("postgresql://user:4711/0815@127.0.0.1/x")};
    return body;
  }());
  check_mistake(digits, "db_dsn", "%2F", "a password of digits");
  BOOST_TEST(digits.body.find("0815") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_password_of_a_database_is_masked_however_it_looks) {
  for (const auto* const dsn : {"postgresql://user:4711#0815@127.0.0.1/x", "postgresql://[user:0815@127.0.0.1/x"}) {
    body["processor_configs"] = json::array_t{database_at(dsn)};
    const auto given = post("/consumers/", body);
    BOOST_TEST(given.body.find("0815") == std::string::npos, given.body);
  }
}

BOOST_AUTO_TEST_CASE(urls_of_endpoints_without_a_possible_host_or_port) {
  for (const auto* const url : {"http:///", "http:///x", "http:/127.0.0.1", "http://:80/", "http://?x", "http://a..b/",
                                "http://256.1.1.1/", "http://a,b/"})
    rejects({streaming_forwarder(url)}, "endpoint_url", "");
  for (const auto* const url : {"http://127.0.0.1:0/", "http://127.0.0.1:65536/", "http://127.0.0.1:-1/"})
    rejects({streaming_forwarder(url)}, "endpoint_url", "65535");
}

BOOST_AUTO_TEST_CASE(numbers_beyond_64_bits_and_empty_lists) {
  const auto with = [&](const std::string& number) {
    auto text = body.dump();
    text.replace(text.find("\"broker_port\":") + 14, 4, number);
    return send("POST", "/consumers/", text);
  };
  for (const auto* const number : {"9223372036854775808", "99999999999999999999999999", "1e30"})
    check_mistake(with(number), "broker_port", "too large: it should be less than or equal to 65535", number);
  for (const auto& number : {std::string("1e400"), std::string(400, '9')})
    check_mistake(with(number), "broker_port", "too large", number);
  check_mistake(with("-9223372036854775809"), "broker_port", "too small", "a negative number");
  body["options"] = {{"partitions", json::array()}};
  check_mistake(post("/consumers/", body), "partitions", "at least 1", "partitions: []");
}

BOOST_AUTO_TEST_CASE(all_of_it_is_named_at_once_and_nothing_is_made) {
  body["options"] = {{"partitions", json::array()}, {"stop_timeout_ms", json::parse("9223372036854775808")}};
  body["topic"] = std::string(240, 't');
  body["processor_configs"] =
      json::array_t{file_sink(file("{topic}.log")), database_sync(json::object()),
                    database_at("postgresql://user:" + secret + "@127.0.0.1/x?sslmode=bogus"),
                    database_sync({{"table", "t"}, {"columns", {{"x", "/x~2"}}}}), streaming_forwarder("http:///")};
  const auto rejected = post("/consumers/", body);
  BOOST_TEST(rejected.status == 422);
  BOOST_TEST(rejected.content().at("detail").size() == 7U, rejected.body);
  BOOST_TEST(rejected.body.find(secret) == std::string::npos);
  BOOST_TEST(get("/consumers/").content().empty());
}

BOOST_AUTO_TEST_CASE(a_change_is_checked_with_what_is_stored_and_changes_nothing) {
  body["processor_configs"] = json::array_t{file_sink(file("{topic}.log")), database_sync(json::object()),
                                            database_sync({{"table", "public.orders"}})};
  const auto made = created(body);
  const auto path = path_of(made);
  check_mistake(put(path, {{"topic", std::string(64, 't')}}), "topic", "set table", "a long topic");
  check_mistake(put(path, {{"topic", "orders"}}), "topic", "same place", "the topic of another table");
  const auto both = put(path, {{"topic", std::string(240, 't')}});
  BOOST_TEST(both.status == 422);
  BOOST_TEST(both.content().at("detail").size() == 2U, both.body);
  BOOST_TEST(get(path).content() == made);
  BOOST_TEST(put(path, {{"topic", "shipments"}}).status == 200);
}

BOOST_AUTO_TEST_CASE(a_masked_kafka_secret_stays_with_its_protection) {
  body["options"] = kafka_options();
  const auto made = created(body);
  const auto path = path_of(made);
  const std::vector<json> weaker{{{"security_protocol", "SASL_PLAINTEXT"}},
                                 {{"sasl_mechanism", "PLAIN"}},
                                 {{"ssl_endpoint_identification_algorithm", "none"}},
                                 {{"ssl_ca_pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}}};
  for (const auto& change : weaker) {
    auto kafka = made.at("options").at("kafka");
    kafka.update(change);
    check_mistake(put(path, {{"options", {{"kafka", kafka}}}}), "sasl_password", "send the secret itself",
                  change.dump());
  }
  BOOST_TEST(get(path).content() == made);
  BOOST_TEST(put(path, {{"options", made.at("options")}}).status == 200);
  BOOST_TEST(put(path, {{"options", kafka_options({{"security_protocol", "SASL_PLAINTEXT"}})}}).status == 200);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::early_rejections_test
