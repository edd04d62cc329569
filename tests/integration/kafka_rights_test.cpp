// Consumers of a Kafka that demands passwords and gives its users only the rights that they were granted: what is
// missing is told, and the consumer goes on by itself when it is there, with every record once.

#include <boost/test/unit_test.hpp>
#include <set>
#include <sstream>

#include "config/base/json.hpp"
#include "tests/support/consumer_status.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/http_endpoint.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/kafka_cluster.hpp"
#include "tests/support/server_process.hpp"

namespace kfs::kafka_rights_test {

using namespace std::chrono_literals;

namespace {

constexpr std::chrono::seconds patience{60};

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::istringstream text(test::file_text(file));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

/// One broker for all cases, with users and topics of their own.
struct guarded_kafka {
  test::kafka_broker broker;
  std::string guarded = broker.require_passwords();

  guarded_kafka() {
    broker.require_rights();
    broker.stop();
    broker.start();
  }
};

guarded_kafka& shared_kafka() {
  static guarded_kafka kafka;
  return kafka;
}

struct rights_fixture {
  test::kafka_broker& broker = shared_kafka().broker;
  test::kafka_cluster kafka{broker.bootstrap_servers()};
  std::string user = test::unique_name("fetcher");
  std::string topic = kafka.new_topic();
  std::string group = test::unique_name("group");
  test::server_process server{{{"RECOVERY_MAX_BACKOFF_MS", "2000"}}};
  test::http_client client = server.client();
  std::filesystem::path out = server.files() / "out.log";
  std::string path;
  int produced = 0;

  rights_fixture() { broker.set_password(user, "s3cret-1"); }

  void produce(int count) {
    kafka.produce_numbered(topic, count, std::to_string(produced) + "-");
    produced += count;
  }

  [[nodiscard]] json kafka_options(const std::string& password) const {
    return {{"security_protocol", "SASL_PLAINTEXT"},
            {"sasl_mechanism", test::kafka_broker::password_mechanism()},
            {"sasl_username", user},
            {"sasl_password", password}};
  }

  [[nodiscard]] json to_file() const {
    return {{"processor_type", "file_sink"}, {"config", {{"file_path", out.string()}}}};
  }

  void create(const json& processor, json options = json::object()) {
    const auto& guarded = shared_kafka().guarded;
    options["kafka"] = kafka_options("s3cret-1");
    const auto made = client.post("/consumers/", {{"broker_ip", "127.0.0.1"},
                                                  {"broker_port", std::stoi(guarded.substr(guarded.find(':') + 1))},
                                                  {"topic", topic},
                                                  {"consumer_group", group},
                                                  {"auto_start", true},
                                                  {"options", options},
                                                  {"processor_configs", json::array({processor})}});
    BOOST_TEST_REQUIRE(made.status == 201, made.body);
    path = "/consumers/" + made.parsed().at("consumer_id").get<std::string>();
  }

  [[nodiscard]] bool becomes(const std::string& status, const std::string& code = {}) {
    return test::becomes(client, path, status, code);
  }

  /// The message of last_error names this.
  [[nodiscard]] bool error_names(const std::string& name) {
    const auto message = client.get(path).parsed().at("last_error").at("message").get<std::string>();
    BOOST_TEST_MESSAGE(message);
    return message.find(name) != std::string::npos;
  }

  /// Waits until every record is in the file, and checks that each is there once.
  [[nodiscard]] bool all_arrive_once() const {
    std::vector<std::string> lines;
    const bool all = test::eventually(patience, [&] {
      lines = lines_of(out);
      return static_cast<int>(lines.size()) >= produced;
    });
    return all && static_cast<int>(std::set(lines.begin(), lines.end()).size()) == produced &&
           static_cast<int>(lines.size()) == produced;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(kafka_rights)

BOOST_FIXTURE_TEST_CASE(missing_rights_are_named_one_after_the_other_and_granted_while_the_consumer_waits,
                        rights_fixture) {
  produce(5);
  create(to_file());
  BOOST_TEST(becomes("ERROR", "authorization_failed"));
  BOOST_TEST((error_names(topic) || error_names(group)));
  broker.grant(user, "Read", "topic", topic);
  BOOST_TEST(test::eventually(patience, [&] {
    const auto seen = client.get(path).parsed().at("last_error");
    return seen.is_object() && seen.at("code") == "authorization_failed" &&
           seen.at("message").get<std::string>().find(group) != std::string::npos;
  }));
  broker.grant(user, "Read", "group", group);
  BOOST_TEST(becomes("ACTIVE"));
  BOOST_TEST(all_arrive_once());
}

BOOST_FIXTURE_TEST_CASE(rights_that_are_taken_from_a_running_consumer_stop_it_until_they_are_back, rights_fixture) {
  broker.grant(user, "Read", "topic", topic);
  broker.grant(user, "Read", "group", group);
  create(to_file());
  produce(5);
  BOOST_TEST(all_arrive_once());
  for (const auto& [type, name] : {std::pair{"topic", topic}, std::pair{"group", group}}) {
    broker.revoke(user, "Read", type, name);
    produce(5);
    BOOST_TEST(becomes("ERROR", "authorization_failed"));
    BOOST_TEST(error_names(name));
    broker.grant(user, "Read", type, name);
    BOOST_TEST(becomes("ACTIVE"));
    BOOST_TEST(all_arrive_once());
  }
}

BOOST_FIXTURE_TEST_CASE(a_password_that_changes_is_told_when_it_is_asked_for_again_and_mended_by_a_put,
                        rights_fixture) {
  broker.grant(user, "Read", "topic", topic);
  broker.grant(user, "Read", "group", group);
  create(to_file());
  produce(5);
  BOOST_TEST(all_arrive_once());
  broker.set_password(user, "s3cret-2");
  broker.stop();  // sessions end with their connections
  broker.start();
  produce(5);
  BOOST_TEST(becomes("ERROR", "authentication_failed"));
  const auto put = client.put(path, {{"options", {{"kafka", kafka_options("s3cret-2")}}}});
  BOOST_TEST(put.status == 200, put.body);
  BOOST_TEST(becomes("ACTIVE"));
  BOOST_TEST(all_arrive_once());
  BOOST_TEST(server.log().find("s3cret") == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_dead_letter_waits_until_the_topic_for_it_may_be_written, rights_fixture) {
  const auto letters = kafka.new_topic();
  broker.grant(user, "Read", "topic", topic);
  broker.grant(user, "Read", "group", group);
  test::http_endpoint endpoint;
  endpoint.answer_with([](const test::endpoint_request& request) {
    return test::endpoint_answer{.status = request.body == "0-3" ? 422 : 200};
  });
  produce(10);
  create({{"processor_type", "streaming_forwarder"}, {"config", {{"endpoint_url", endpoint.url()}}}},
         {{"on_error", {{"policy", "dead_letter"}, {"dead_letter_topic", letters}}}});
  BOOST_TEST(becomes("ERROR", "authorization_failed"));
  BOOST_TEST(error_names(letters));
  BOOST_TEST(kafka.committed(group, topic, 0).value_or(0) <= 3);
  broker.grant(user, "Write", "topic", letters);
  BOOST_TEST(becomes("ACTIVE"));
  BOOST_TEST(test::eventually(patience, [&] { return kafka.committed(group, topic, 0) == 10; }));
  BOOST_TEST(kafka.log_end(letters, 0) == 1);
  std::set<std::string> accepted;
  for (const auto& request : endpoint.accepted()) accepted.insert(request.body);
  BOOST_TEST(accepted.size() == 9U);
  BOOST_TEST(!accepted.contains("0-3"));
}

BOOST_FIXTURE_TEST_CASE(questions_about_the_group_of_a_consumer_are_asked_with_its_credentials, rights_fixture) {
  broker.grant(user, "Read", "topic", topic);
  broker.grant(user, "Read", "group", group);
  produce(5);
  create(to_file());
  BOOST_TEST_REQUIRE(all_arrive_once());
  const auto offsets = "/consumergroups/" + group + "/offsets";
  const auto committed = [&] {
    const auto answered = client.get(offsets);
    return answered.status == 200 ? answered.parsed().at("offsets").at(0).at("current_offset").get<int>() : -1;
  };
  BOOST_TEST(test::eventually(patience, [&] { return committed() == produced; }), client.get(offsets).body);
  const auto id = path.substr(path.rfind('/') + 1);
  for (const auto& asked : {"/consumergroups/" + group + "?consumer_id=" + id, offsets + "?consumer_id=" + id,
                            "/monitor/consumer-group-lag?group_id=" + group + "&topic=" + topic + "&consumer_id=" + id})
    BOOST_TEST(client.get(asked).status == 200, client.get(asked).body);
  // Without credentials the port answers nothing.
  BOOST_TEST(client.get(offsets + "?bootstrap_servers=" + shared_kafka().guarded).status >= 502);
  const auto both = client.get(offsets + "?bootstrap_servers=127.0.0.1:1&consumer_id=" + id);
  BOOST_TEST(both.status == 422, both.body);

  BOOST_TEST_REQUIRE(client.post(path + "/stop").status == 200);
  const auto changed = client.put(path + "/offsets", {{"to", "earliest"}});
  BOOST_TEST(changed.status == 200, changed.body);
  BOOST_TEST(changed.body.find("s3cret") == std::string::npos);
  BOOST_TEST(committed() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::kafka_rights_test
