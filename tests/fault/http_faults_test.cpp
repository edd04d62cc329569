// Faults of an HTTP endpoint. Every record is accepted, none is skipped, and each partition keeps its order.

#include <fmt/format.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "tests/fault/consuming.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/http_endpoint.hpp"
#include "tests/support/kafka_broker.hpp"

namespace kfs::http_faults_test {

using namespace kfs::fault;
using namespace std::chrono_literals;
using test::endpoint_answer;
using test::endpoint_request;
using way = test::endpoint_answer::way;

namespace {

constexpr int records = 8'000;
constexpr int kills = 5;
constexpr auto long_patience = 120s;

/// The partition and number of a value such as "p3:0000123".
struct numbered_record {
  std::size_t partition = 0;
  int number = 0;
};

numbered_record parsed(const std::string& value) {
  return {.partition = std::stoul(value.substr(1)), .number = std::stoi(value.substr(value.find(':') + 1))};
}

/// The values in a request with one value or with an array.
std::vector<numbered_record> records_of(const endpoint_request& request) {
  if (!request.body.starts_with('[')) return {parsed(request.body)};
  std::vector<numbered_record> all;
  for (const auto& value : json::parse(request.body)) all.push_back(parsed(value.get<std::string>()));
  return all;
}

/// The difference between the produced records and those that the endpoint accepted.
struct acceptance {
  int lost = 0;
  int again = 0;      ///< accepted more than once
  int unordered = 0;  ///< first accepted after a later record of the same partition
};

acceptance measure(const std::vector<endpoint_request>& accepted, int a_partition) {
  acceptance all;
  std::vector<std::vector<bool>> there(partitions, std::vector<bool>(static_cast<std::size_t>(a_partition)));
  std::vector<int> last(partitions, -1);
  for (const auto& request : accepted) {
    for (const auto& [partition, number] : records_of(request)) {
      auto seen = there.at(partition).at(static_cast<std::size_t>(number));
      if (seen) {
        ++all.again;
        continue;
      }
      there[partition][static_cast<std::size_t>(number)] = true;
      if (number < last[partition]) ++all.unordered;
      last[partition] = number;
    }
  }
  for (const auto& partition : there)
    all.lost += static_cast<int>(std::count(partition.begin(), partition.end(), false));
  return all;
}

struct forwarding_under_faults {
  record_flow flow{test::shared_bootstrap_servers(), partitions};
  test::http_endpoint endpoint;
  test::server_process server;
  test::http_client client = server.client();
  std::string group = test::unique_name("group");
  std::string path;
  int produced = 0;

  void produce(int count) {
    flow.produce(count);
    produced += count;
  }

  void create(json config = json::object(), const json& batch = json::object()) {
    config["endpoint_url"] = endpoint.url("/in");
    const auto servers = flow.bootstrap_servers();
    const auto colon = servers.rfind(':');
    const json body{
        {"broker_ip", servers.substr(0, colon)},
        {"broker_port", std::stoi(servers.substr(colon + 1))},
        {"topic", flow.topic()},
        {"consumer_group", group},
        {"auto_start", true},
        {"processor_configs", json::array({{{"processor_type", "streaming_forwarder"}, {"config", config}}})},
        {"options", {{"batch", batch}, {"recovery", {{"initial_backoff_ms", 50}, {"max_backoff_ms", 300}}}}}};
    const auto answered = client.post("/consumers", body);
    BOOST_TEST_REQUIRE(answered.status == 201, answered.body);
    path = "/consumers/" + answered.parsed().at("consumer_id").get<std::string>();
  }

  [[nodiscard]] bool becomes(const std::string& status) {
    return test::eventually(
        patience, [&] { return client.get(path).parsed().at("status") == status; }, 100ms);
  }

  /// Waits until the group has committed every record, and returns what was accepted.
  void check(const std::string& what) {
    const bool through = test::eventually(long_patience, [this] {
      for (int partition = 0; partition < partitions; ++partition) {
        if (flow.kafka().committed(group, flow.topic(), partition).value_or(0) < produced / partitions) return false;
      }
      return true;
    });
    BOOST_TEST(through, what << ": not everything is committed: " << client.get(path).body);
    const auto all = measure(endpoint.accepted(), produced / partitions);
    say(fmt::format("{}: {} records, {} requests, {} accepted, {} lost, {} accepted again, {} out of order", what,
                    produced, endpoint.requests().size(), endpoint.accepted_count(), all.lost, all.again,
                    all.unordered));
    BOOST_TEST(all.lost == 0);
    BOOST_TEST(all.unordered == 0);
  }

  /// Gives this answer repeatedly to several requests in a row.
  void now_and_then(const endpoint_answer& fault, int in_a_row) {
    constexpr int period = 2'000;
    endpoint.answer_with([=, count = 0](const endpoint_request&) mutable {
      const auto at = count++ % period;
      return at >= period / 2 && at < period / 2 + in_a_row ? fault : endpoint_answer{};
    });
  }

  /// Checks that no record is accepted twice. A request that failed was not accepted.
  void survives(const std::string& what, const endpoint_answer& fault, int in_a_row,
                const json& config = json::object()) {
    now_and_then(fault, in_a_row);
    produce(records);
    create(config);
    check(what);
    BOOST_TEST(measure(endpoint.accepted(), produced / partitions).again == 0);
    BOOST_TEST(endpoint.requests().size() > endpoint.accepted_count(), "there was no fault at all");
  }

  void kill_under_load(const std::string& what, const json& config) {
    create(config, {{"max_messages", 500}});
    for (int kill = 0; kill < kills; ++kill) {
      const auto before = endpoint.accepted_count();
      produce(records);
      BOOST_TEST_REQUIRE(test::eventually(
          patience, [&] { return endpoint.accepted_count() > before + 17; }, 1ms));
      server.kill();
      server.start();
      client = server.client();
    }
    check(fmt::format("{}, {} times", what, kills));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(http_faults, forwarding_under_faults)

BOOST_AUTO_TEST_CASE(an_endpoint_that_sometimes_answers_503) {
  survives("503", {.status = 503}, 6);
}

BOOST_AUTO_TEST_CASE(an_endpoint_that_answers_429_and_asks_for_a_pause) {
  survives("429 with Retry-After", {.status = 429, .headers = {"Retry-After: 1"}}, 2);
}

BOOST_AUTO_TEST_CASE(an_endpoint_that_hangs) {
  survives("hangs", {.how = way::none}, 6, {{"timeout_ms", 300}});
}

BOOST_AUTO_TEST_CASE(an_endpoint_that_closes_within_its_answer) {
  survives("closes half-way", {.how = way::half}, 6);
}

BOOST_AUTO_TEST_CASE(an_endpoint_that_closes_without_an_answer) {
  survives("closes", {.how = way::closed}, 6);
}

BOOST_AUTO_TEST_CASE(an_endpoint_that_sends_garbage) {
  survives("garbage", {.how = way::garbage}, 6);
}

BOOST_AUTO_TEST_CASE(an_endpoint_that_fails_with_batches) {
  survives("503, batches of 7", {.status = 503}, 6, {{"batch_max_messages", 7}});
}

BOOST_AUTO_TEST_CASE(an_endpoint_that_disappears_for_a_minute_and_returns_on_its_port) {
  create();
  produce(records);
  BOOST_TEST_REQUIRE(test::eventually(
      patience, [&] { return endpoint.accepted_count() > records / 4; }, 1ms));
  endpoint.vanish();
  BOOST_TEST(becomes("ERROR"));
  const auto before = endpoint.accepted_count();
  BOOST_TEST(test::stays(60s, [&] { return endpoint.accepted_count() == before; }));
  produce(records);
  endpoint.come_back();
  check("vanished for a minute");
  BOOST_TEST(becomes("ACTIVE"));
}

BOOST_AUTO_TEST_CASE(a_silent_endpoint_is_reported_long_before_its_timeout) {
  endpoint.answer_with([](const endpoint_request&) { return endpoint_answer{.how = way::none}; });
  create({{"timeout_ms", 25'000}});
  produce(400);
  const auto begun = std::chrono::steady_clock::now();
  BOOST_TEST(becomes("ERROR"));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  const auto error = client.get(path).parsed().at("last_error");
  say(fmt::format("an endpoint says nothing, timeout_ms 25,000: ERROR after {:.1f} s: {}", took.count(),
                  error.at("message").get<std::string>()));
  BOOST_TEST(took.count() < 15);
  BOOST_TEST(error.at("code") == "sink_unavailable");
  endpoint.answer_with(nullptr);
  check("said nothing");
  BOOST_TEST(becomes("ACTIVE"));
}

BOOST_AUTO_TEST_CASE(a_recovered_endpoint_is_reported_before_the_batch_is_done) {
  constexpr int failing = 20;  // opens the breaker
  constexpr int answered = 1'000;
  endpoint.answer_with([count = 0](const endpoint_request&) mutable {
    const auto at = count++;
    if (at < failing) return endpoint_answer{.status = 503};
    return at < failing + answered ? endpoint_answer{} : endpoint_answer{.how = way::none};
  });
  produce(records);
  create({{"timeout_ms", 60'000}});
  BOOST_TEST(becomes("ERROR"));
  BOOST_TEST(becomes("ACTIVE"));
  BOOST_TEST(endpoint.accepted_count() < static_cast<std::size_t>(records));
  BOOST_TEST(flow.kafka().committed(group, flow.topic(), 0).value_or(0) == 0);
}

BOOST_AUTO_TEST_CASE(kills_under_load_lose_nothing_and_keep_the_order_of_first_acceptance) {
  kill_under_load("kill -9 under load", json::object());
}

BOOST_AUTO_TEST_CASE(kills_under_load_with_batches_lose_nothing_and_keep_the_order_of_first_acceptance) {
  kill_under_load("kill -9 under load, batches of 50", {{"batch_max_messages", 50}});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::http_faults_test
