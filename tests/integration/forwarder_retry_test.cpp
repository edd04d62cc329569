// The sink with an endpoint that fails now and then, or for good.

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <map>
#include <random>

#include "processors/http/client.hpp"
#include "tests/integration/forwarder_fixture.hpp"

namespace kfs::forwarder_retry_test {

using namespace kfs::forwarder;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

namespace {

/// Fails a third of all requests, with 503 and 429 in turn.
test::http_endpoint::script a_third_fails(const std::string& retry_after) {
  return [=, random = std::mt19937(14), turn = 0](const endpoint_request&) mutable {
    if (random() % 3 != 0) return endpoint_answer{};
    return endpoint_answer{.status = ++turn % 2 == 0 ? 429 : 503, .headers = {"Retry-After: " + retry_after}};
  };
}

/// Records of two partitions that arrived in turn.
memory_batch two_partitions(int each) {
  std::vector<test::memory_record> records;
  for (int i = 0; i < each; ++i) {
    for (const partition_number partition : {0, 1})
      records.push_back(
          {.partition = partition, .position = i, .value = std::to_string(partition) + '/' + std::to_string(i)});
  }
  return memory_batch(std::move(records));
}

struct retrying : forwarding {
  /// The accepted offsets of a partition, in order of arrival.
  [[nodiscard]] std::vector<int> accepted_of(const std::string& partition) const {
    std::vector<int> offsets;
    for (const auto& body : accepted()) {
      if (body.starts_with(partition + '/')) offsets.push_back(std::stoi(body.substr(2)));
    }
    return offsets;
  }

  /// Failed requests whose repetition came over the same connection.
  [[nodiscard]] int repeated_over_the_same_connection() const {
    std::map<std::string, std::size_t> failed;
    int same = 0;
    for (const auto& request : endpoint.requests()) {
      const auto key = request.header("idempotency-key");
      if (failed.contains(key) && failed.at(key) == request.connection) ++same;
      failed[key] = request.connection;
    }
    return same;
  }
};

std::vector<int> up_to(int count) {
  std::vector<int> numbers(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) numbers[static_cast<std::size_t>(i)] = i;
  return numbers;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(forwarder_retry, retrying)

BOOST_AUTO_TEST_CASE(an_endpoint_of_which_a_third_of_all_answers_fails_takes_300_records_a_second_without_a_fault) {
  constexpr int each = 1'000;
  endpoint.answer_with(a_third_fails("0"));
  const auto begun = clock::now();
  accepts(*make(), two_partitions(each));
  const std::chrono::duration<double> took = clock::now() - begun;
  BOOST_TEST_MESSAGE(2 * each / took.count() << " records/s");
  BOOST_TEST(2 * each / took.count() >= 300);
  BOOST_TEST(accepted_of("0") == up_to(each), boost::test_tools::per_element());
  BOOST_TEST(accepted_of("1") == up_to(each), boost::test_tools::per_element());
  BOOST_TEST(repeated_over_the_same_connection() == 0);
}

BOOST_AUTO_TEST_CASE(a_pause_that_one_answer_asks_for_does_not_hold_up_an_endpoint_that_answers_others) {
  endpoint.answer_with(when("0/0", {.status = 503, .headers = {"Retry-After: 600"}}));
  const auto to = make();
  accepts(*to, memory_batch(numbered(1, 2)));
  const auto records = two_partitions(20);
  std::jthread recovery([&] {
    BOOST_TEST(test::eventually(10s, [&] { return accepted_of("1").size() == 20; }));
    endpoint.answer_with(nullptr);
  });
  accepts_soon(*to, records);
}

BOOST_AUTO_TEST_CASE(a_short_pause_that_a_third_of_all_answers_ask_for_is_no_fault) {
  endpoint.answer_with([count = 0](const endpoint_request&) mutable {
    return ++count % 3 != 0 ? endpoint_answer{} : endpoint_answer{.status = 503, .headers = {"Retry-After: 1"}};
  });
  accepts(*make(), two_partitions(10));
}

BOOST_AUTO_TEST_CASE(the_connections_to_the_one_bad_server_of_three_are_left) {
  endpoint.answer_with([](const endpoint_request& got) {
    if (got.connection % 3 != 1) return endpoint_answer{};
    return endpoint_answer{.status = got.connection % 2 == 0 ? 404 : 500};
  });
  accepts(*make({{"ordering", "none"}, {"max_in_flight", 8}}), memory_batch(numbered(1'000)));
  BOOST_TEST(endpoint.requests().size() < 1'050u);
}

BOOST_AUTO_TEST_CASE(an_endpoint_that_goes_down_with_many_requests_in_flight_receives_one_at_a_time_soon) {
  std::atomic<bool> down = false;
  endpoint.answer_with([&](const endpoint_request&) { return endpoint_answer{.status = down ? 503 : 200}; });
  const auto to = make({{"ordering", "none"}, {"max_in_flight", 32}});
  accepts(*to, memory_batch(numbered(1'000)));
  down = true;
  const auto before = endpoint.requests().size();
  const memory_batch records(numbered(1'000, 0, 1'000));
  const auto begun = clock::now();
  BOOST_TEST((fault_of(*to, records).retry_after > 0ms));
  BOOST_TEST((clock::now() - begun < 2s));
  const auto at_once = endpoint.requests().size() - before;
  BOOST_TEST(at_once < 64u);
  const auto other = make();
  BOOST_TEST(test::stays(3s, [&] { return !to->write(records) && !other->write(records); }));
  BOOST_TEST(endpoint.requests().size() - before <= at_once + 3);
  down = false;
  accepts_soon(*to, records);
}

BOOST_AUTO_TEST_CASE(a_persistent_fault_is_returned_within_a_few_seconds) {
  for (const auto how : {endpoint_answer::way::whole, endpoint_answer::way::closed}) {
    endpoint.answer_with(always({.status = 503, .how = how}));
    const auto to = make();
    const auto begun = clock::now();
    fault_of(*to, memory_batch(numbered(2)));
    BOOST_TEST((clock::now() - begun < 8s));
    endpoint.answer_with(nullptr);
    accepts_soon(*to, memory_batch(numbered(1)));
  }
}

BOOST_AUTO_TEST_CASE(a_record_that_always_fails_is_a_fault_although_others_are_accepted) {
  endpoint.answer_with(when("7", {.status = 500, .body = "seven"}));
  const auto begun = clock::now();
  const auto fault = fault_of(*make({{"ordering", "none"}}), memory_batch(numbered(100)));
  BOOST_TEST(mentions(fault.message, "answered 500 (Internal Server Error)"), fault.message);
  BOOST_TEST(!mentions(fault.message, "seven"), fault.message);
  BOOST_TEST((clock::now() - begun < 10s));
  BOOST_TEST(endpoint.accepted_count() == 99u);
}

BOOST_AUTO_TEST_CASE(an_endpoint_that_denies_every_request_rejects_no_record) {
  for (const int status : {401, 404}) {
    endpoint.answer_with(always({.status = status}));
    const auto to = make({{"batch_max_messages", 10}});
    BOOST_TEST((fault_of(*to, memory_batch(numbered(100))).code == ec::sink_denied));
    endpoint.answer_with(nullptr);
    accepts_soon(*to, memory_batch(numbered(1)));
  }
}

BOOST_AUTO_TEST_CASE(records_that_were_accepted_are_not_sent_again_when_their_batch_is_joined_with_the_next_one) {
  endpoint.answer_with(when("2", {.status = 422}));
  const auto to = make({{"ordering", "none"}});
  BOOST_TEST_REQUIRE(to->write(memory_batch(numbered(5))).has_value());
  endpoint.answer_with(nullptr);
  accepts(*to, memory_batch(numbered(10)));
  auto bodies = accepted();
  std::ranges::sort(bodies);
  BOOST_TEST(bodies == (texts{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_connection_is_replaced_after_its_lifetime) {
  http_client client({.connection_lifetime = 1s, .allowed = *address_policy::parse({"127.0.0.0/8"}, "hosts")});
  const auto to = *parse_http_url(endpoint.url("/in"));
  const auto connection = [&] {
    client.begin(0, {.to = &to});
    std::vector<http_answer> answers;
    while (answers.empty()) client.wait(1s, answers);
    return endpoint.requests().back().connection;
  };
  BOOST_TEST(connection() == 1u);
  BOOST_TEST(connection() == 1u);
  BOOST_TEST(test::eventually(10s, [&] { return connection() > 1; }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::forwarder_retry_test
