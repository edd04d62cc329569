#include "tests/contract/contract_server.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/eventually.hpp"

namespace kfs::contract {
namespace {

std::map<std::string, std::string> with_kafka(std::map<std::string, std::string> environment,
                                              const std::string& kafka) {
  environment.emplace("KAFKA_BOOTSTRAP_SERVERS", kafka);
  return environment;
}

}  // namespace

json answer::content() const {
  auto parsed = json::parse(body, nullptr, false);
  BOOST_TEST_REQUIRE(!parsed.is_discarded(), "the body is not JSON: " << body);
  return parsed;
}

std::string answer::detail() const {
  const auto parsed = content();
  BOOST_TEST_REQUIRE((parsed.is_object() && parsed.contains("detail") && parsed["detail"].is_string()),
                     "no detail in " << body);
  return parsed["detail"].get<std::string>();
}

contract_server::contract_server(const std::string& kafka, std::map<std::string, std::string> environment)
    : process_(with_kafka(std::move(environment), kafka)),
      client_(process_.client()),
      document_(client_.get("/openapi.json").body) {}

answer contract_server::get(const std::string& path, header_list headers) {
  return send("GET", path, std::nullopt, std::move(headers));
}

answer contract_server::post(const std::string& path, const json& body, header_list headers) {
  return send("POST", path, body.dump(), std::move(headers));
}

answer contract_server::post(const std::string& path) {
  return send("POST", path, std::nullopt, {"Content-Type:"});
}

answer contract_server::put(const std::string& path, const json& body, header_list headers) {
  return send("PUT", path, body.dump(), std::move(headers));
}

answer contract_server::remove(const std::string& path, header_list headers) {
  return send("DELETE", path, std::nullopt, std::move(headers));
}

answer contract_server::send(const std::string& method, const std::string& path, const std::optional<std::string>& body,
                             header_list headers) {
  answer received{client_.send({.method = method, .path = path, .body = body, .headers = std::move(headers)})};
  BOOST_TEST(!received.header("x-request-id").empty(), method << ' ' << path << " was answered without X-Request-Id");
  const auto mismatch = document_.mismatch({.method = method,
                                            .path = path.substr(0, path.find('?')),
                                            .status = static_cast<int>(received.status),
                                            .content_type = received.header("content-type"),
                                            .body = received.body});
  BOOST_TEST(!mismatch, method << ' ' << path << " → " << received.status << ": " << mismatch.value_or("")
                               << "\nbody: " << received.body.substr(0, 2'000));
  return received;
}

json contract_server::created(const json& body) {
  const auto received = post("/consumers/", body);
  BOOST_TEST_REQUIRE(received.status == 201);
  return received.content();
}

json mission_consumer(const std::filesystem::path& file_path) {
  json processor{{"processor_type", "file_sink"}, {"config", {{"file_path", file_path.string()}}}};
  return {{"broker_ip", "127.0.0.10"}, {"broker_port", 9092},
          {"topic", "payments"},       {"consumer_group", "payment_group"},
          {"auto_start", true},        {"processor_configs", json::array({std::move(processor)})}};
}

json local_consumer(const std::filesystem::path& file_path, const std::string& bootstrap_server,
                    const std::string& topic) {
  auto body = mission_consumer(file_path);
  const auto colon = bootstrap_server.rfind(':');
  body["broker_ip"] = bootstrap_server.substr(0, colon);
  body["broker_port"] = std::stoi(bootstrap_server.substr(colon + 1));
  body["topic"] = topic;
  body["consumer_group"] = test::unique_name("group");
  return body;
}

std::vector<std::string> keys_of(const json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

const std::vector<std::string>& consumer_keys() {
  static const std::vector<std::string> keys{
      "consumer_id",       "broker_ip",  "broker_port",       "topic",    "consumer_group", "status",
      "processor_configs", "created_at", "updated_at",        "revision", "replica",        "last_error",
      "recovery",          "paused",     "paused_partitions", "options",  "tenant"};
  return keys;
}

std::string path_of(const json& consumer) {
  return "/consumers/" + consumer.at("consumer_id").get<std::string>();
}

}  // namespace kfs::contract
