// Records from a real Kafka through the server to an HTTP endpoint.

#include <boost/test/unit_test.hpp>
#include <map>
#include <random>
#include <set>

#include "config/base/timestamp.hpp"
#include "tests/integration/running_server.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/http_endpoint.hpp"
#include "tests/support/kafka_broker.hpp"

namespace kfs::streaming_forwarder_test {

using namespace kfs::integration;
using namespace std::chrono_literals;
using test::endpoint_answer;
using test::endpoint_request;
using test::eventually;

namespace {

struct forwarding_server : running_server {
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  test::http_endpoint endpoint;
  std::string group = test::unique_name("group");

  json body(const std::string& topic, json config = json::object()) const {
    if (!config.contains("endpoint_url")) config["endpoint_url"] = endpoint.url("/in");
    auto made = consumer_body(kafka.bootstrap_servers(), topic, group, "/unused");
    made["processor_configs"] = json::array({{{"processor_type", "streaming_forwarder"}, {"config", config}}});
    made["options"] = {{"recovery", {{"initial_backoff_ms", 100}, {"max_backoff_ms", 500}}}};
    return made;
  }

  [[nodiscard]] bool accepts(std::size_t count, std::chrono::milliseconds within = patience) const {
    return eventually(within, [&] { return endpoint.accepted_count() >= count; });
  }

  std::vector<std::string> accepted() const {
    std::vector<std::string> bodies;
    for (const auto& request : endpoint.accepted()) bodies.push_back(request.body);
    return bodies;
  }

  std::string metric(const std::string& name) {
    const auto text = get("/metrics").body;
    const auto at = text.find('\n' + name);
    return at == std::string::npos ? "" : text.substr(at + 1, text.find('\n', at + 1) - at - 1);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(streaming_forwarder, forwarding_server)

BOOST_AUTO_TEST_CASE(every_record_is_accepted_once_in_the_order_of_its_partition_and_leaves_no_lag) {
  constexpr int partitions = 4;
  const auto topic = kafka.new_topic(partitions);
  endless_producer producer{kafka.bootstrap_servers(), topic, partitions};
  created(body(topic));
  BOOST_TEST(accepts(5'000));
  const auto records = producer.finish();
  BOOST_TEST(accepts(static_cast<std::size_t>(records)));
  BOOST_TEST(eventually(patience, [&] { return committed_in_all(kafka, group, topic, partitions) == records; }));
  BOOST_TEST(!not_once_each(accepted(), records, partitions), *not_once_each(accepted(), records, partitions));
  std::set<std::string> keys;
  for (const auto& request : endpoint.accepted()) keys.insert(request.header("idempotency-key"));
  BOOST_TEST(keys.size() == static_cast<std::size_t>(records));
}

BOOST_AUTO_TEST_CASE(a_request_has_the_bytes_the_headers_and_the_trace_of_its_record) {
  using namespace std::string_literals;
  const auto trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"s;
  const auto topic = kafka.new_topic();
  kafka.produce(topic, {{.value = "a\0\xff"s, .key = "k", .partition = 0, .headers = {{"traceparent", trace}}},
                        {.value = std::nullopt, .key = "k", .partition = 0, .headers = {}}});
  created(body(topic, {{"headers", {{"X-Source", "kafka"}}}, {"bearer_token", "t0ken"}, {"hmac_secret", "hush"}}));
  BOOST_TEST_REQUIRE(accepts(2));
  const auto got = endpoint.accepted();
  BOOST_TEST(got[0].body == "a\0\xff"s);
  BOOST_TEST(got[0].header("traceparent") == trace);
  BOOST_TEST(got[0].header("idempotency-key") == topic + "/0/0");
  BOOST_TEST(got[0].header("webhook-id") == topic + "/0/0");
  BOOST_TEST(got[0].header("webhook-signature").starts_with("v1,"));
  BOOST_TEST(got[0].header("x-source") == "kafka");
  BOOST_TEST(got[0].header("authorization") == "Bearer t0ken");
  BOOST_TEST(got[1].body.empty());
  BOOST_TEST(got[1].header("kafka-tombstone") == "true");
}

BOOST_AUTO_TEST_CASE(secrets_are_masked_and_survive_a_put_of_the_answer_of_a_get) {
  const auto topic = kafka.new_topic();
  const auto consumer = created(
      body(topic, {{"headers", {{"X-Api-Key", "s3cr3t"}}}, {"bearer_token", "s3cr3t"}, {"hmac_secret", "s3cr3t"}}));
  const auto answered = now(consumer);
  BOOST_TEST(answered.dump().find("s3cr3t") == std::string::npos, answered);
  changed(consumer, {{"processor_configs", answered.at("processor_configs")}});
  kafka.produce_numbered(topic, 1);
  BOOST_TEST_REQUIRE(accepts(1));
  BOOST_TEST(endpoint.accepted().front().header("x-api-key") == "s3cr3t");
  BOOST_TEST(endpoint.accepted().front().header("authorization") == "Bearer s3cr3t");
}

BOOST_AUTO_TEST_CASE(an_unreachable_endpoint_is_an_error_and_shows_in_the_metrics_until_it_returns) {
  const auto topic = kafka.new_topic();
  kafka.produce_numbered(topic, 100);
  endpoint.answer_with([](const endpoint_request&) { return endpoint_answer{.status = 503, .body = "down"}; });
  const auto consumer = created(body(topic));
  BOOST_TEST_REQUIRE(becomes(consumer, "ERROR"));
  const auto failed = now(consumer).at("last_error");
  BOOST_TEST(failed.at("code") == "sink_unavailable");
  BOOST_TEST(failed.at("message").get<std::string>().find(endpoint.url("/in")) != std::string::npos, failed);
  const auto series =
      "kafka_fetcher_endpoint_breaker_state{endpoint=\"http://127.0.0.1:" + std::to_string(endpoint.port()) + "\"} ";
  BOOST_TEST(eventually(patience, [&] { return metric(series) == series + "2"; }));
  BOOST_TEST(kafka.committed(group, topic, 0).value_or(0) == 0);  // the start is committed where topics have ids
  endpoint.answer_with(nullptr);
  BOOST_TEST(becomes(consumer, "ACTIVE"));
  BOOST_TEST(accepts(100));
  BOOST_TEST(metric(series) == series + "0");
  BOOST_TEST(accepted().size() == 100u);
  deleted(consumer);
  BOOST_TEST(metric(series).empty());
}

BOOST_AUTO_TEST_CASE(an_endpoint_of_which_a_third_of_all_answers_fails_takes_300_records_a_second_and_is_no_error) {
  constexpr int records = 2'000;
  const auto topic = kafka.new_topic(2);
  kafka.produce_numbered(topic, records, "", 2);
  endpoint.answer_with([random = std::mt19937(14), turn = 0](const endpoint_request&) mutable {
    if (random() % 3 != 0) return endpoint_answer{};
    return endpoint_answer{.status = ++turn % 2 == 0 ? 429 : 503, .headers = {"Retry-After: 0"}};
  });
  const auto consumer = created(body(topic));
  BOOST_TEST_REQUIRE(accepts(1));
  const auto begun = std::chrono::steady_clock::now();
  BOOST_TEST_REQUIRE(accepts(records));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  BOOST_TEST_MESSAGE(records / took.count() << " records/s");
  BOOST_TEST(records / took.count() >= 300);
  BOOST_TEST(accepted().size() == static_cast<std::size_t>(records));
  BOOST_TEST(now(consumer).at("last_error").is_null(), now(consumer));
}

BOOST_AUTO_TEST_CASE(the_next_attempt_is_at_the_time_that_the_endpoint_asks_for) {
  const auto topic = kafka.new_topic();
  kafka.produce_numbered(topic, 1);
  endpoint.answer_with(
      [](const endpoint_request&) { return endpoint_answer{.status = 429, .headers = {"Retry-After: 600"}}; });
  const auto consumer = created(body(topic));
  BOOST_TEST_REQUIRE(becomes(consumer, "ERROR"));
  const auto seen = now(consumer);
  const auto at = parse_rfc3339(seen.at("recovery").at("next_attempt_at").get<std::string>());
  BOOST_TEST_REQUIRE(at.has_value());
  BOOST_TEST(((*at - kfs::now()) > 500s));
  BOOST_TEST(endpoint.requests().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_stop_does_not_wait_for_a_hanging_endpoint) {
  const auto topic = kafka.new_topic();
  kafka.produce_numbered(topic, 10);
  endpoint.answer_with([](const endpoint_request&) { return endpoint_answer{.how = endpoint_answer::way::none}; });
  auto hanging = body(topic, {{"timeout_ms", 300'000}});
  hanging["options"]["stop_timeout_ms"] = 500;
  const auto consumer = created(hanging);
  BOOST_TEST_REQUIRE(eventually(patience, [&] { return !endpoint.requests().empty(); }));
  const auto begun = std::chrono::steady_clock::now();
  stopped(consumer);
  BOOST_TEST((std::chrono::steady_clock::now() - begun < 10s));
  endpoint.answer_with(nullptr);
  started(consumer);
  BOOST_TEST(accepts(10));
}

BOOST_AUTO_TEST_CASE(a_forbidden_host_is_rejected_by_name) {
  const auto answered =
      process().client().post("/consumers", body("t", {{"endpoint_url", "http://169.254.169.254/latest"}}));
  BOOST_TEST(answered.status == 422);
  const auto mistake = answered.parsed().at("detail").at(0);
  BOOST_TEST(mistake.at("loc") == json::array({"body", "processor_configs", 0, "config", "endpoint_url"}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::streaming_forwarder_test
