// Consumers whose secrets are files of the server: a Kafka and a PostgreSQL that demand passwords.

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "config/base/json.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/consumer_status.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/http_endpoint.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/kafka_cluster.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/server_process.hpp"

namespace kfs::secret_references_test {

using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds patience{60};

struct secrets_fixture {
  test::temp_directory secrets;
  test::certificate_authority authority;
  test::server_process server{{{"SECRETS_DIRECTORIES", secrets.path().string()},
                               {"KFS_SECRET_TOKEN", "s3cret-token"},
                               {"RECOVERY_MAX_BACKOFF_MS", "2000"},
                               {"PGSSLROOTCERT", authority.path("ca.pem")}}};
  test::http_client client = server.client();

  [[nodiscard]] std::string reference(const std::string& name) const {
    return "${file:" + (secrets.path() / name).string() + "}";
  }
  void set(const std::string& name, const std::string& value) const {
    const auto partial = secrets.path() / (name + ".new");
    std::ofstream(partial) << value << '\n';
    fs::rename(partial, secrets.path() / name);
  }
  void remove(const std::string& name) const { fs::remove(secrets.path() / name); }

  std::string created(const std::string& broker, const std::string& topic, const json& processors,
                      const json& options = json::object()) {
    const auto made = client.post("/consumers/", {{"broker_ip", "127.0.0.1"},
                                                  {"broker_port", std::stoi(broker.substr(broker.find(':') + 1))},
                                                  {"topic", topic},
                                                  {"consumer_group", test::unique_name("group")},
                                                  {"auto_start", true},
                                                  {"options", options},
                                                  {"processor_configs", processors}});
    BOOST_TEST_REQUIRE(made.status == 201, made.body);
    return "/consumers/" + made.parsed().at("consumer_id").get<std::string>();
  }

  [[nodiscard]] bool becomes(const std::string& path, const std::string& status, const std::string& code = {}) {
    return test::becomes(client, path, status, code);
  }

  [[nodiscard]] std::string error_of(const std::string& path) {
    return client.get(path).parsed().at("last_error").dump();
  }

  /// Everything that the server shows of a consumer, and its log.
  [[nodiscard]] bool shows(const std::string& path, const std::string& secret) {
    for (const auto* part : {"", "/status", "/events", "/revisions", "/history"}) {
      if (client.get(path + part).body.find(secret) != std::string::npos) return true;
    }
    return client.get("/consumers/").body.find(secret) != std::string::npos ||
           client.get("/metrics").body.find(secret) != std::string::npos ||
           client.get("/health").body.find(secret) != std::string::npos ||
           server.log().find(secret) != std::string::npos;
  }
};

struct postgres_fixture : secrets_fixture {
  std::string url = test::new_database();
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  std::string topic = kafka.new_topic();
  std::string user = test::unique_name("writer");

  void set_password(const std::string& password) const {
    test::sql(url, "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '" + user +
                       "') THEN CREATE ROLE \"" + user + "\" LOGIN SUPERUSER; END IF; END $$; ALTER ROLE \"" + user +
                       "\" PASSWORD '" + password + "'");
  }
  [[nodiscard]] std::string dsn(const std::string& password) const {
    return "postgresql://" + user + ":" + password + "@" + url.substr(url.find('@') + 1);
  }
  [[nodiscard]] bool has_rows(int count) const { return has_rows(url, count); }
  static bool has_rows(const std::string& at, int count) {
    return test::eventually(patience, [&] {
      return test::sql_number(at, "SELECT count(*) FROM pg_tables WHERE tablename = 'records'") == 1 &&
             test::sql_number(at, "SELECT count(*) FROM records") == count;
    });
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(secret_references)

BOOST_FIXTURE_TEST_CASE(the_password_of_a_database_comes_from_a_file_and_may_change, postgres_fixture) {
  set_password("s3cret/of?the@data:base 1");
  kafka.produce_numbered(topic, 5);
  const json sink{{"processor_type", "database_sync"},
                  {"config", {{"db_dsn", dsn(reference("db"))}, {"table", "records"}}}};
  const auto path = created(kafka.bootstrap_servers(), topic, json::array({sink}));
  BOOST_TEST(becomes(path, "ERROR", "secret_unavailable"));
  BOOST_TEST(error_of(path).find(reference("db")) != std::string::npos, error_of(path));
  set("db", "s3cret/of?the@data:base 1");
  BOOST_TEST(becomes(path, "ACTIVE"));
  BOOST_TEST(has_rows(5));
  BOOST_TEST(client.get(path).parsed().at("processor_configs").at(0).at("config").at("db_dsn") == dsn(reference("db")));

  // The database changes its password and ends its sessions: the old one is refused until the file changes.
  set_password("s3cret 2");
  test::sql(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '" + user + "'");
  kafka.produce_numbered(topic, 5);
  BOOST_TEST(becomes(path, "ERROR", "sink_denied"));
  set("db", "s3cret 2");
  BOOST_TEST(becomes(path, "ACTIVE"));
  BOOST_TEST(has_rows(10));
  BOOST_TEST(!shows(path, "s3cret"));
}

BOOST_FIXTURE_TEST_CASE(a_database_that_demands_tls_takes_a_password_from_a_file, postgres_fixture) {
  test::postgres_server guarded;
  authority.sign("server", "IP:127.0.0.1");
  guarded.require_tls(authority.text("server.pem"), authority.text("server.key"));
  BOOST_TEST_REQUIRE(test::eventually(patience, [&] {
    try {
      test::sql(guarded.url() + "?sslmode=disable", "SELECT 1");
    } catch (const std::runtime_error& refused) {
      return std::string(refused.what()).find("no encryption") != std::string::npos;
    }
    return false;
  }));
  test::sql(guarded.url(), "ALTER ROLE kfs PASSWORD 's3cret'");
  const auto place = guarded.url().substr(guarded.url().find('@') + 1);
  const auto at = [&](const std::string& mode) {
    return json{
        {"processor_type", "database_sync"},
        {"config",
         {{"db_dsn", "postgresql://kfs:" + reference("db") + "@" + place + "?sslmode=" + mode}, {"table", "records"}}}};
  };
  kafka.produce_numbered(topic, 5);
  set("db", "s3cret");
  const auto plain = created(kafka.bootstrap_servers(), topic, json::array({at("disable")}));
  BOOST_TEST(becomes(plain, "ERROR"));
  BOOST_TEST(client.del(plain).status == 204);
  const auto path = created(kafka.bootstrap_servers(), topic, json::array({at("verify-full")}));
  BOOST_TEST(becomes(path, "ACTIVE"));
  BOOST_TEST(has_rows("postgresql://kfs:s3cret@" + place, 5));
  BOOST_TEST(!shows(path, "s3cret"));
}

BOOST_FIXTURE_TEST_CASE(a_whole_dsn_comes_from_a_file_and_its_host_has_to_be_allowed, postgres_fixture) {
  set_password("s3cret");
  kafka.produce_numbered(topic, 5);
  set("dsn", "postgresql://u:s3cret@192.0.2.1/d");
  const json sink{{"processor_type", "database_sync"},
                  {"config", {{"db_dsn", reference("dsn")}, {"table", "records"}}}};
  const auto path = created(kafka.bootstrap_servers(), topic, json::array({sink}));
  BOOST_TEST(becomes(path, "ERROR", "secret_unavailable"));
  BOOST_TEST(error_of(path).find("DATABASE_ALLOWED_HOSTS") != std::string::npos, error_of(path));
  set("dsn", dsn("s3cret"));
  BOOST_TEST(has_rows(5));
  BOOST_TEST(becomes(path, "ACTIVE"));
  BOOST_TEST(!shows(path, "s3cret"));
}

BOOST_FIXTURE_TEST_CASE(headers_and_tokens_come_from_variables_and_files, postgres_fixture) {
  test::http_endpoint endpoint;
  set("key", "s3cret-key");
  kafka.produce_numbered(topic, 1);
  const json sink{{"processor_type", "streaming_forwarder"},
                  {"config",
                   {{"endpoint_url", endpoint.url()},
                    {"bearer_token", "${env:KFS_SECRET_TOKEN}"},
                    {"headers", {{"X-Key", reference("key")}}}}}};
  const auto path = created(kafka.bootstrap_servers(), topic, json::array({sink}));
  BOOST_TEST_REQUIRE(test::eventually(patience, [&] { return endpoint.accepted_count() == 1; }));
  const auto request = endpoint.accepted().at(0);
  BOOST_TEST(request.header("authorization") == "Bearer s3cret-token");
  BOOST_TEST(request.header("x-key") == "s3cret-key");
  BOOST_TEST(!shows(path, "s3cret"));
}

BOOST_FIXTURE_TEST_CASE(the_password_of_kafka_comes_from_a_file_and_may_change, secrets_fixture) {
  test::kafka_broker broker;
  const auto guarded = broker.require_passwords();
  broker.stop();
  broker.start();
  broker.set_password("fetcher", "s3cret-1");
  test::kafka_cluster kafka{broker.bootstrap_servers()};
  const auto topic = kafka.new_topic();
  kafka.produce_numbered(topic, 5);
  const auto out = server.files() / "out.log";
  const auto lines = [&](int count) {
    return test::eventually(patience, [&] {
      const auto text = test::file_text(out);
      return std::count(text.begin(), text.end(), '\n') == count;
    });
  };
  const json sink{{"processor_type", "file_sink"}, {"config", {{"file_path", out.string()}}}};
  const auto path = created(guarded, topic, json::array({sink}),
                            {{"kafka",
                              {{"security_protocol", "SASL_PLAINTEXT"},
                               {"sasl_mechanism", test::kafka_broker::password_mechanism()},
                               {"sasl_username", "fetcher"},
                               {"sasl_password", reference("kafka")}}}});
  BOOST_TEST(becomes(path, "ERROR", "secret_unavailable"));
  BOOST_TEST(error_of(path).find(reference("kafka")) != std::string::npos, error_of(path));
  set("kafka", "wrong");
  BOOST_TEST(becomes(path, "ERROR", "authentication_failed"));
  set("kafka", "s3cret-1");
  BOOST_TEST(becomes(path, "ACTIVE"));
  BOOST_TEST(lines(5));
  BOOST_TEST(!shows(path, "s3cret"));
}

BOOST_FIXTURE_TEST_CASE(a_file_outside_of_the_directories_and_a_variable_of_the_server_cannot_be_named,
                        postgres_fixture) {
  for (const char* named : {"${file:/etc/passwd}", "${env:PATH}", "${file:relative}"}) {
    const auto refused = client.post(
        "/consumers/", {{"broker_ip", "127.0.0.1"},
                        {"broker_port", 9092},
                        {"topic", topic},
                        {"consumer_group", "g"},
                        {"auto_start", true},
                        {"processor_configs",
                         {{{"processor_type", "streaming_forwarder"},
                           {"config", {{"endpoint_url", "http://127.0.0.1:1/"}, {"bearer_token", named}}}}}}});
    BOOST_TEST(refused.status == 422, refused.body);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::secret_references_test
