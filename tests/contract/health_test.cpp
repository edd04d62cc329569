// Health, metrics, processor types, the index and the documentation.

#include <boost/test/unit_test.hpp>
#include <regex>

#include "tests/contract/contract_server.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::health_test {

using namespace kfs::contract;
using namespace std::chrono_literals;

BOOST_FIXTURE_TEST_SUITE(health, contract_server)

BOOST_AUTO_TEST_CASE(a_listening_server_is_alive_and_ready) {
  for (const auto* const path : {"/health/live", "/livez", "/health/ready", "/readyz", "/healthz"}) {
    const auto answered = get(path);
    BOOST_TEST(answered.status == 200, path);
    BOOST_TEST(answered.content().at("status") == "UP", path);
  }
  BOOST_TEST(get("/health").content().at("status") == "UP");
}

BOOST_AUTO_TEST_CASE(health_lists_each_consumer_and_each_of_its_processors) {
  const auto made = created(mission_consumer(file("values.log")));
  const auto content = get("/health").content();
  BOOST_TEST_REQUIRE(content.at("consumers").size() == 1U);
  BOOST_TEST(content.at("consumers").at(0).at("consumer_id") == made.at("consumer_id"));
  BOOST_TEST(content.at("parts").at("store").at("status") == "UP");
}

BOOST_AUTO_TEST_CASE(a_failed_consumer_is_in_error_and_the_server_stays_ready) {
  const auto path = path_of(created(mission_consumer(file("values.log"))));
  const bool failed = test::eventually(30s, [&] { return get(path).content().at("status") == "ERROR"; });
  BOOST_TEST_REQUIRE(failed, "a consumer without a broker is not in ERROR: " << get(path).body);

  const auto last_error = get(path).content().at("last_error");
  const std::vector<std::string> keys{"code", "message", "source", "at", "attempts"};
  BOOST_TEST(keys_of(last_error) == keys, boost::test_tools::per_element());
  BOOST_TEST(last_error.at("source") == "kafka");
  BOOST_TEST(last_error.at("message").get<std::string>().find("127.0.0.10:9092") != std::string::npos);

  BOOST_TEST(get("/health/ready").status == 200);
  const auto health = get("/health");
  BOOST_TEST(health.status == 200);
  BOOST_TEST(health.content().at("status") == "DEGRADED");
  BOOST_TEST(health.content().at("consumers").at(0).at("status") == "ERROR");

  const auto stopped = post(path + "/stop").content();
  BOOST_TEST(stopped.at("status") == "INACTIVE");
}

BOOST_AUTO_TEST_CASE(the_name_of_every_metric_has_the_prefix_of_the_server_or_of_the_process) {
  created(mission_consumer(file("values.log")));
  const auto exposed = get("/metrics");
  BOOST_TEST(exposed.status == 200);
  BOOST_TEST(exposed.header("content-type").starts_with("text/plain; version=0.0.4"));
  static const std::regex sample{"(^|\n)([a-z_]+)(\\{| )"};
  int samples = 0;
  for (std::sregex_iterator at{exposed.body.begin(), exposed.body.end(), sample}, end; at != end; ++at, ++samples) {
    const auto name = (*at)[2].str();
    BOOST_TEST((name.starts_with("kafka_fetcher_") || name.starts_with("process_")), name);
  }
  BOOST_TEST(samples > 0);
  BOOST_TEST(exposed.body.find("kafka_fetcher_consumer_status") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(metrics_are_answered_in_open_metrics_to_a_client_that_asks_for_it) {
  created(mission_consumer(file("values.log")));
  // As Prometheus asks.
  const auto exposed = get("/metrics", {"Accept: application/openmetrics-text;version=1.0.0,"
                                        "application/openmetrics-text;version=0.0.1;q=0.75,"
                                        "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"});
  BOOST_TEST(exposed.status == 200);
  BOOST_TEST(exposed.header("content-type") == "application/openmetrics-text; version=1.0.0; charset=utf-8");
  BOOST_TEST(exposed.body.ends_with("\n# EOF\n"));
  BOOST_TEST(exposed.body.find("# TYPE kafka_fetcher_consumer_messages counter\n") != std::string::npos);
  BOOST_TEST(exposed.body.find("\nkafka_fetcher_consumer_messages_total{") != std::string::npos);
  const auto plain = get("/metrics", {"Accept: text/plain"});
  BOOST_TEST(plain.header("content-type") == "text/plain; version=0.0.4; charset=utf-8");
  BOOST_TEST(plain.body.find("# EOF") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(processor_types_have_name_summary_and_schema) {
  const auto types = get("/processor-types").content();
  BOOST_TEST_REQUIRE(!types.empty());
  BOOST_TEST(types.at(0).at("name") == "file_sink");
  BOOST_TEST(!types.at(0).at("summary").get<std::string>().empty());
  BOOST_TEST(types.at(0).at("schema").at("properties").contains("file_path"));
  BOOST_TEST(types.at(0).at("schema").at("required") == json::array({"file_path"}));
}

BOOST_AUTO_TEST_CASE(the_links_of_the_index_work) {
  const auto index = get("/").content();
  BOOST_TEST(index.at("name") == "kafka-fetcher-server");
  for (const auto& [name, path] : index.at("links").items()) {
    BOOST_TEST(get(path.get<std::string>()).status == 200, name << ": " << path);
  }
}

BOOST_AUTO_TEST_CASE(the_documentation_page_loads_only_from_this_server) {
  const auto page = get("/docs");
  BOOST_TEST(page.status == 200);
  BOOST_TEST(page.header("content-type") == "text/html; charset=utf-8");
  BOOST_TEST(get("/docs/").body == page.body);
  BOOST_TEST(page.body.find("http://") == std::string::npos);
  BOOST_TEST(page.body.find("https://") == std::string::npos);

  static const std::regex reference{R"re((?:src|href)="([^"]+)")re"};
  int files = 0;
  for (std::sregex_iterator at{page.body.begin(), page.body.end(), reference}, end; at != end; ++at, ++files) {
    const auto loaded = get("/docs/" + (*at)[1].str());
    BOOST_TEST(loaded.status == 200, (*at)[1].str());
    BOOST_TEST(!loaded.body.empty(), (*at)[1].str());
  }
  BOOST_TEST(files == 4);
  const auto initializer = get("/docs/swagger-initializer.js").body;
  BOOST_TEST(initializer.find("openapi.json") != std::string::npos);
  BOOST_TEST(initializer.find("validatorUrl: null") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::health_test
