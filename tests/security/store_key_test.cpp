// The built server with STORE_KEY: what its store holds, keys that are changed under three replicas, a key that is
// lost.

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "config/base/json.hpp"
#include "tests/cluster/replicas.hpp"
#include "tests/support/consumer_status.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/kafka_cluster.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/server_process.hpp"

namespace kfs::store_key_test {

using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds patience{60};
constexpr const char* first_key = "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=";
constexpr const char* second_key = "YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=";

/// A consumer with a secret for Kafka, which is not reached, and others for its processors.
json body(const std::string& id, bool started = false) {
  return {{"consumer_id", id},
          {"broker_ip", "127.0.0.1"},
          {"broker_port", 1},
          {"topic", "t"},
          {"consumer_group", "g"},
          {"auto_start", started},
          {"options",
           {{"kafka",
             {{"security_protocol", "SASL_PLAINTEXT"},
              {"sasl_mechanism", "PLAIN"},
              {"sasl_username", "fetcher"},
              {"sasl_password", "s3cret-of-kafka"}}}}},
          {"processor_configs",
           {{{"processor_type", "database_sync"},
             {"config", {{"db_dsn", "postgresql://user:s3cret-of-database@127.0.0.1:1/d"}, {"table", "t"}}}},
            {{"processor_type", "streaming_forwarder"},
             {"config", {{"endpoint_url", "http://127.0.0.1:1/"}, {"headers", {{"X-Key", "s3cret-of-header"}}}}}}}}};
}

const std::string id = "11111111-1111-4111-8111-111111111111";
const std::string path = "/consumers/" + id;

bool files_hold(const fs::path& directory, const std::string& text) {
  bool any = false;
  for (const auto& entry : fs::recursive_directory_iterator(directory))
    any |= entry.is_regular_file() && test::file_text(entry.path()).find(text) != std::string::npos;
  return any;
}

std::string dump_of(const std::string& url, const fs::path& directory) {
  const auto output = directory / test::unique_name("dump");
  test::child_process dumping{{.arguments = {"pg_dump", "--dbname=" + url},
                               .environment = test::inherited_environment(),
                               .working_directory = {},
                               .output = output}};
  BOOST_TEST_REQUIRE((dumping.wait(60s) == 0));
  return test::file_text(output);
}

/// The server with these files again, with other keys.
std::unique_ptr<test::server_process> server_with(const fs::path& data,
                                                  const std::map<std::string, std::string>& keys) {
  auto environment = keys;
  environment["DATA_DIR"] = data.string();
  return std::make_unique<test::server_process>(environment);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(store_key)

BOOST_AUTO_TEST_CASE(a_store_in_plain_text_is_encrypted_at_the_first_start_and_answers_are_the_same) {
  const test::temp_directory files;
  const auto data = files.path() / "data";
  auto server = server_with(data, {});
  BOOST_TEST_REQUIRE(server->client().post("/consumers/", body(id)).status == 201);
  const auto shown = server->client().get(path).parsed();
  BOOST_TEST(files_hold(data, "s3cret"));
  server->stop();

  server = server_with(data, {{"STORE_KEY", first_key}});
  BOOST_TEST(!files_hold(data, "s3cret"));
  auto again = server->client().get(path).parsed();
  again["replica"] = shown.at("replica");
  BOOST_TEST(again == shown);
  // What is stored is compared after it was decrypted.
  BOOST_TEST(server->client().post("/consumers/", body(id)).status == 200);
  auto other = body(id);
  other["options"]["kafka"]["sasl_password"] = "s3cret-2";
  BOOST_TEST(server->client().post("/consumers/", other).status == 409);
  const auto put = server->client().put(path, {{"options", body(id)["options"]}});
  BOOST_TEST(put.status == 200);
  BOOST_TEST(put.parsed().at("revision") == 1);
  BOOST_TEST(server->client().put(path, {{"options", other["options"]}}).parsed().at("revision") == 2);
  server->stop();
  BOOST_TEST(!files_hold(data, "s3cret"));
  BOOST_TEST(server->log().find("s3cret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_lost_key_is_named_stops_what_needs_it_and_destroys_nothing) {
  const test::temp_directory files;
  const auto data = files.path() / "data";
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  const auto topic = kafka.new_topic();
  auto server = server_with(data, {{"STORE_KEY", first_key}});
  BOOST_TEST_REQUIRE(server->client().post("/consumers/", body(id, true)).status == 201);
  json plain = body("22222222-2222-4222-8222-222222222222", true);
  plain["broker_port"] = std::stoi(kafka.bootstrap_servers().substr(kafka.bootstrap_servers().find(':') + 1));
  plain["topic"] = topic;
  plain["consumer_group"] = test::unique_name("group");
  plain["options"] = json::object();
  plain["processor_configs"] = json::array();
  BOOST_TEST_REQUIRE(server->client().post("/consumers/", plain).status == 201);
  server->stop();

  server = server_with(data, {{"STORE_KEY", second_key}});
  auto client = server->client();
  BOOST_TEST(test::becomes(client, path, "ERROR", "secret_unavailable"));
  BOOST_TEST(test::becomes(client, "/consumers/22222222-2222-4222-8222-222222222222", "ACTIVE"));
  auto shown = server->client().get(path);
  BOOST_TEST(shown.body.find("kfs-sealed") == std::string::npos);
  BOOST_TEST(shown.parsed().at("options").at("kafka").at("sasl_password") == "********");
  BOOST_TEST(shown.parsed().at("processor_configs").at(0).at("config").at("db_dsn") == "********");
  BOOST_TEST(server->log().find("secrets in the store cannot be read") != std::string::npos);
  BOOST_TEST(server->log().find(first_key) == std::string::npos);
  BOOST_TEST(server->log().find(second_key) == std::string::npos);
  // Changes that have nothing to do with the secrets are possible, and do not touch them.
  BOOST_TEST(server->client().put(path, {{"topic", "other"}}).status == 200);
  server->stop();

  // The key is found again.
  server = server_with(data, {{"STORE_KEY", second_key}, {"STORE_KEYS_PREVIOUS", first_key}});
  BOOST_TEST(server->client().get(path).parsed().at("processor_configs").at(0).at("config").at("db_dsn") ==
             "postgresql://user:********@127.0.0.1:1/d");
  server->stop();
  BOOST_TEST(!files_hold(data, "s3cret"));
}

BOOST_AUTO_TEST_CASE(secrets_that_are_sent_again_replace_those_whose_key_is_lost) {
  const test::temp_directory files;
  const auto data = files.path() / "data";
  auto server = server_with(data, {{"STORE_KEY", first_key}});
  BOOST_TEST_REQUIRE(server->client().post("/consumers/", body(id, true)).status == 201);
  server->stop();
  server = server_with(data, {{"STORE_KEY", second_key}});
  const auto code = [&] {
    const auto seen = server->client().get(path).parsed();
    return seen.at("last_error").is_object() ? seen.at("last_error").at("code").get<std::string>() : std::string();
  };
  BOOST_TEST(test::eventually(patience, [&] { return code() == "secret_unavailable"; }));
  const auto put = server->client().put(
      path, {{"options", body(id)["options"]}, {"processor_configs", body(id)["processor_configs"]}});
  BOOST_TEST_REQUIRE(put.status == 200, put.body);
  // Nothing listens where it leads, which shows that it was tried.
  BOOST_TEST(test::eventually(patience, [&] { return code() == "broker_unreachable"; }));
  server->stop();
  BOOST_TEST(!files_hold(data, "s3cret"));
}

BOOST_AUTO_TEST_CASE(a_key_is_changed_under_three_replicas_while_they_run) {
  cluster_test::replicas all(3, {{"STORE_KEY", first_key}});
  BOOST_TEST_REQUIRE(all.client(0).post("/consumers/", body(id)).status == 201);
  const auto url = all.postgres().url();
  const auto key_of_store = [&] {
    return test::sql(url, "SELECT key_id FROM kafka_fetcher.sealing").at(0).at(0).value();
  };
  const auto first = key_of_store();
  BOOST_TEST(dump_of(url, all.files()).find("s3cret") == std::string::npos);
  BOOST_TEST(!first.empty());
  for (std::size_t number = 0; number < 3; ++number) {
    all.process(number).stop();
    BOOST_TEST(key_of_store() == first);
    all.add({{"STORE_KEY", second_key}, {"STORE_KEYS_PREVIOUS", first_key}});
  }
  BOOST_TEST(test::eventually(patience, [&] {
    return key_of_store() != first && dump_of(url, all.files()).find("\"" + first + "\"") == std::string::npos &&
           dump_of(url, all.files()).find(":" + first + ":") == std::string::npos;
  }));
  BOOST_TEST(dump_of(url, all.files()).find("s3cret") == std::string::npos);
  for (std::size_t number = 3; number < 6; ++number)
    BOOST_TEST(all.client(number).get(path).parsed().at("processor_configs").at(0).at("config").at("db_dsn") ==
               "postgresql://user:********@127.0.0.1:1/d");
  all.add({{"STORE_KEY", second_key}});
  BOOST_TEST(all.client(6).post("/consumers/", body(id)).status == 200);
}

BOOST_AUTO_TEST_CASE(settings_with_a_wrong_key_end_the_start_and_never_show_it) {
  const test::temp_directory files;
  for (const auto& [name, value] : {std::pair{"STORE_KEY", "c2hvcnQ="}, {"STORE_KEY", "no base64 at all"}}) {
    const auto run = test::run_server({"--check-config"}, {{name, value}}, files.path());
    BOOST_TEST(run.exit_code == 2, run.output);
    BOOST_TEST(run.output.find(value) == std::string::npos, run.output);
    BOOST_TEST(run.output.find("STORE_KEY") != std::string::npos, run.output);
  }
  const auto alone = test::run_server({"--check-config"}, {{"STORE_KEYS_PREVIOUS", first_key}}, files.path());
  BOOST_TEST(alone.exit_code == 2, alone.output);
  BOOST_TEST(alone.output.find(first_key) == std::string::npos);
  const auto right = test::run_server({"--print-config"}, {{"STORE_KEY", first_key}}, files.path());
  BOOST_TEST(right.exit_code == 0, right.output);
  BOOST_TEST(right.output.find(first_key) == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::store_key_test
