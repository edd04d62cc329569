// The sink with a scripted HTTP endpoint.

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <thread>

#include "tests/integration/forwarder_fixture.hpp"

namespace kfs::forwarder_sink_test {

using namespace kfs::forwarder;
using namespace std::chrono_literals;
using way = test::endpoint_answer::way;

BOOST_FIXTURE_TEST_SUITE(forwarder_sink, forwarding)

BOOST_AUTO_TEST_CASE(the_records_of_a_partition_are_sent_one_after_the_other_over_one_connection) {
  accepts(*make(), memory_batch(numbered(50)));
  const auto got = endpoint.requests();
  BOOST_TEST(bodies_of(got).size() == 50u);
  for (std::size_t i = 0; i < got.size(); ++i) {
    BOOST_TEST(got[i].body == std::to_string(i));
    BOOST_TEST(got[i].connection == 1u);
    BOOST_TEST(got[i].method == "POST");
    BOOST_TEST(got[i].target == "/in?key=s3cr3t");
    BOOST_TEST(got[i].header("idempotency-key") == "orders/0/" + std::to_string(i));
    BOOST_TEST(got[i].header("content-type") == "application/json");
  }
  BOOST_TEST(endpoint.most_at_once() == 1u);
}

BOOST_AUTO_TEST_CASE(without_an_order_several_requests_are_in_flight) {
  accepts(*make({{"ordering", "none"}, {"max_in_flight", 8}}), memory_batch(numbered(1'000)));
  BOOST_TEST(endpoint.accepted_count() == 1'000u);
  std::size_t connections = 0;
  for (const auto& one : endpoint.requests()) connections = std::max(connections, one.connection);
  BOOST_TEST(connections == 8u);
}

BOOST_AUTO_TEST_CASE(several_records_are_one_request) {
  accepts(*make({{"batch_max_messages", 4}, {"method", "PUT"}}), memory_batch(numbered(10)));
  BOOST_TEST(accepted() == (texts{"[0,1,2,3]", "[4,5,6,7]", "[8,9]"}), boost::test_tools::per_element());
  BOOST_TEST(endpoint.requests().front().method == "PUT");
}

BOOST_AUTO_TEST_CASE(after_a_failed_record_nothing_is_sent_and_accepted_records_are_not_sent_again) {
  endpoint.answer_with(when("2", {.status = 503, .body = "busy"}));
  const auto to = make();
  const memory_batch records(numbered(5));
  const auto fault = fault_of(*to, records);
  BOOST_TEST((fault.code == ec::sink_unavailable));
  BOOST_TEST(mentions(fault.message, "POST " + endpoint.url("/in") + " answered 503 (Service Unavailable)"),
             fault.message);
  BOOST_TEST(!mentions(fault.message, "busy"), fault.message);
  BOOST_TEST(!mentions(fault.message, "s3cr3t"));
  endpoint.answer_with(nullptr);
  accepts_soon(*to, records);
  auto sent = bodies_of(endpoint.requests());
  sent.erase(std::unique(sent.begin(), sent.end()), sent.end());
  BOOST_TEST(sent == (texts{"0", "1", "2", "3", "4"}), boost::test_tools::per_element());
  BOOST_TEST(accepted() == sent, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(after_the_partition_starts_at_another_offset_the_same_offsets_are_sent_again) {
  endpoint.answer_with(when("1", {.status = 503}));
  const auto to = make();
  const memory_batch records(numbered(2));
  fault_of(*to, records);
  BOOST_TEST(to->start_at(records.source(), {}).has_value());
  endpoint.answer_with(nullptr);
  accepts_soon(*to, records);
  BOOST_TEST(accepted() == (texts{"0", "0", "1"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_fault_of_one_partition_does_not_block_another) {
  endpoint.answer_with(when("0", {.status = 500}));
  auto some = numbered(2);
  for (auto& more : numbered(3, 1, 10)) some.push_back(std::move(more));
  fault_of(*make(), memory_batch(some));
  BOOST_TEST(accepted() == (texts{"10", "11", "12"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_pause_that_the_endpoint_asks_for_is_kept) {
  endpoint.answer_with(always({.status = 429, .headers = {"Retry-After: 7"}}));
  const auto to = make();
  const memory_batch records(numbered(3));
  BOOST_TEST((fault_of(*to, records).retry_after >= 6s));
  BOOST_TEST((fault_of(*to, records).retry_after >= 6s));
  BOOST_TEST(endpoint.requests().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_pause_can_be_a_date) {
  const auto then = std::time(nullptr) + 60;
  std::string date(64, '\0');
  std::tm parts{};
  ::gmtime_r(&then, &parts);
  date.resize(std::strftime(date.data(), date.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts));
  endpoint.answer_with(always({.status = 503, .headers = {"Retry-After: " + date}}));
  const auto pause = fault_of(*make(), memory_batch(numbered(1))).retry_after;
  BOOST_TEST((pause > 50s));
  BOOST_TEST((pause <= 60s));
}

BOOST_AUTO_TEST_CASE(a_rejected_record_is_named_and_the_records_after_it_wait) {
  endpoint.answer_with(when("1", {.status = 422, .body = "no such\nfield"}));
  const auto to = make();
  const auto whole = std::make_shared<memory_batch>(numbered(3));
  const auto outcome = to->write(*whole);
  BOOST_TEST_REQUIRE(outcome.has_value());
  BOOST_TEST_REQUIRE(outcome->size() == 1u);
  BOOST_TEST(outcome->front().position.value == 1);
  BOOST_TEST((outcome->front().why.code == ec::record_rejected));
  BOOST_TEST(mentions(outcome->front().why.message, "orders/0/1"), outcome->front().why.message);
  BOOST_TEST(mentions(outcome->front().why.message, "422 (Unprocessable Content)"), outcome->front().why.message);
  BOOST_TEST(!mentions(outcome->front().why.message, "no such"), outcome->front().why.message);
  accepts(*to, remaining_batch(whole, {{0, offset{1}}}));
  BOOST_TEST(accepted() == (texts{"0", "2"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_rejected_request_is_halved_until_only_the_bad_record_is_left) {
  endpoint.answer_with([](const endpoint_request& got) {
    return mentions(got.body, "13") ? endpoint_answer{.status = 400} : endpoint_answer{};
  });
  const auto to = make({{"batch_max_messages", 10}});
  const auto whole = std::make_shared<memory_batch>(numbered(30));
  const auto outcome = to->write(*whole);
  BOOST_TEST_REQUIRE(outcome.has_value());
  BOOST_TEST_REQUIRE(outcome->size() == 1u);
  BOOST_TEST(outcome->front().position.value == 13);
  accepts(*to, remaining_batch(whole, {{0, offset{13}}}));
  std::vector<int> values;
  for (const auto& body : accepted()) {
    for (const auto& value : json::parse(body)) values.push_back(value.get<int>());
  }
  std::vector<int> expected;
  for (int i = 0; i < 30; ++i) {
    if (i != 13) expected.push_back(i);
  }
  BOOST_TEST(values == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_incomplete_answer_is_a_fault_of_the_endpoint_and_the_sink_continues) {
  const auto to = make({{"timeout_ms", 300}});
  std::int64_t at = 0;
  for (const auto how : {way::none, way::half, way::garbage, way::closed}) {
    const memory_batch records(numbered(2, 0, at));
    endpoint.answer_with(always({.how = how}));
    const auto fault = fault_of(*to, records);
    BOOST_TEST((fault.code == ec::sink_unavailable));
    BOOST_TEST(mentions(fault.message, endpoint.url("/in") + " failed: "), fault.message);
    endpoint.answer_with(nullptr);
    accepts_soon(*to, records);
    at += 2;
  }
  BOOST_TEST(endpoint.accepted_count() == static_cast<std::size_t>(at));
}

BOOST_AUTO_TEST_CASE(an_endless_body_is_read_up_to_a_limit) {
  endpoint.answer_with(always({.status = 200, .how = way::endless}));
  accepts(*make({{"timeout_ms", 20'000}}), memory_batch(numbered(1)));
  endpoint.answer_with(always({.status = 500, .how = way::endless}));
  BOOST_TEST(mentions(fault_of(*make(), memory_batch(numbered(1))).message, "answered 500"));
}

BOOST_AUTO_TEST_CASE(a_cancelled_write_ends_soon) {
  endpoint.answer_with(always({.how = way::none}));
  const auto to = make({{"timeout_ms", 300'000}});
  bool asked = false;
  std::jthread canceller([&] {
    asked = test::eventually(20s, [&] { return !endpoint.requests().empty(); });
    cancel.request_stop();
  });
  const auto begun = std::chrono::steady_clock::now();
  BOOST_TEST((fault_of(*to, memory_batch(numbered(3))).code == ec::shutting_down));
  canceller.join();
  BOOST_TEST(asked);
  BOOST_TEST((std::chrono::steady_clock::now() - begun < 20s));
}

BOOST_AUTO_TEST_CASE(a_redirect_is_not_followed_unless_asked) {
  endpoint.answer_with([&](const endpoint_request& got) {
    if (got.target == "/there") return endpoint_answer{};
    return endpoint_answer{.status = 307, .headers = {"Location: /there"}};
  });
  const memory_batch records(numbered(2));
  const auto fault = fault_of(*make(), records);
  BOOST_TEST((fault.code == ec::sink_denied));
  BOOST_TEST(mentions(fault.message, "follow_redirects"), fault.message);
  accepts(*make({{"follow_redirects", true}, {"method", "PATCH"}}), records);
  BOOST_TEST(accepted() == (texts{"0", "1"}), boost::test_tools::per_element());
  BOOST_TEST(endpoint.accepted().front().method == "PATCH");
}

BOOST_AUTO_TEST_CASE(another_host_receives_no_credentials_and_must_be_allowed) {
  test::http_endpoint other;
  std::string target = other.url("/there");
  endpoint.answer_with(
      [&](const endpoint_request&) { return endpoint_answer{.status = 308, .headers = {"Location: " + target}}; });
  const json config{{"follow_redirects", true}, {"bearer_token", "t0ken"}, {"headers", {{"X-Api-Key", "k3y"}}}};
  accepts(*make(config), memory_batch(numbered(1)));
  const auto got = other.accepted();
  BOOST_TEST_REQUIRE(got.size() == 1u);
  BOOST_TEST(got.front().header("authorization").empty());
  BOOST_TEST(got.front().header("x-api-key").empty());
  BOOST_TEST(got.front().header("idempotency-key") == "orders/0/0");
  BOOST_TEST(endpoint.requests().front().header("authorization") == "Bearer t0ken");

  for (const auto* forbidden : {"http://169.254.169.254/latest", "file:///etc/passwd", "http://10.0.0.1/"}) {
    target = forbidden;
    const auto fault = fault_of(*make(config), memory_batch(numbered(1)));
    BOOST_TEST((fault.code == ec::sink_denied), fault.message);
  }
}

BOOST_AUTO_TEST_CASE(another_host_has_to_be_allowed_by_the_list_of_the_tenant_and_gets_no_signature) {
  test::http_endpoint other;
  auto target = other.url("/there");
  target.replace(target.find("127.0.0.1"), 9, "localhost");
  endpoint.answer_with(
      [&](const endpoint_request&) { return endpoint_answer{.status = 307, .headers = {"Location: " + target}}; });
  const json config{{"follow_redirects", true}, {"hmac_secret", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}};
  environment.redirects_of = [](const std::string&) { return *address_policy::exactly({"127.0.0.2"}, "the list"); };
  const auto fault = fault_of(*make(config), memory_batch(numbered(1)));
  BOOST_TEST((fault.code == ec::sink_denied), fault.message);
  BOOST_TEST(mentions(fault.message, "the list"), fault.message);
  BOOST_TEST(other.requests().empty());
  environment.redirects_of = [](const std::string&) { return *address_policy::exactly({"127.0.0.1"}, "the list"); };
  accepts(*make(config), memory_batch(numbered(1)));
  BOOST_TEST_REQUIRE(other.accepted().size() == 1u);
  BOOST_TEST(other.accepted().front().header("webhook-signature").empty());
  BOOST_TEST(!endpoint.requests().back().header("webhook-signature").empty());
}

BOOST_AUTO_TEST_CASE(circular_redirects_end) {
  endpoint.answer_with(always({.status = 302, .headers = {"Location: /in"}}));
  BOOST_TEST((fault_of(*make({{"follow_redirects", true}}), memory_batch(numbered(1))).code == ec::sink_denied));
  BOOST_TEST(endpoint.requests().size() == 4u);
}

BOOST_AUTO_TEST_CASE(a_host_name_is_checked_by_its_address) {
  allow({"10.0.0.0/8"});
  const auto url = "http://localhost:" + std::to_string(endpoint.port()) + "/";
  const auto fault = fault_of(*make({{"endpoint_url", url}}), memory_batch(numbered(1)));
  BOOST_TEST((fault.code == ec::sink_denied));
  BOOST_TEST(mentions(fault.message, "FORWARDER_ALLOWED_HOSTS"), fault.message);
  BOOST_TEST(endpoint.requests().empty());
}

BOOST_AUTO_TEST_CASE(a_proxy_of_the_environment_is_not_used) {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  ::setenv("all_proxy", "http://127.0.0.1:1", 1);
  const auto outcome = make()->write(memory_batch(numbered(1)));
  ::unsetenv("http_proxy");
  ::unsetenv("all_proxy");
  BOOST_TEST(outcome.has_value());
}

BOOST_AUTO_TEST_CASE(no_message_shows_a_secret_that_the_endpoint_repeats) {
  endpoint.answer_with([](const endpoint_request& got) {
    return endpoint_answer{.status = 500, .body = got.header("authorization") + got.header("x-api-key")};
  });
  const auto fault = fault_of(*make({{"bearer_token", "t0ken-t0ken"}, {"headers", {{"X-Api-Key", "k3yk3y"}}}}),
                              memory_batch(numbered(1)));
  BOOST_TEST(!mentions(fault.message, "t0ken"), fault.message);
  BOOST_TEST(!mentions(fault.message, "k3y"), fault.message);
}

BOOST_AUTO_TEST_CASE(after_many_failures_every_sink_waits_until_a_probe_of_the_endpoint_succeeds) {
  endpoint.answer_with(always({.status = 500}));
  const auto one = make();
  const auto other = make();
  const memory_batch records(numbered(3));
  fault_of(*one, records);
  const auto asked = endpoint.requests().size();
  const auto fault = fault_of(*other, records);
  BOOST_TEST(endpoint.requests().size() == asked);
  BOOST_TEST(mentions(fault.message, "circuit breaker is open"), fault.message);
  BOOST_TEST((fault.retry_after > 0ms));
  endpoint.answer_with(nullptr);
  BOOST_TEST(test::eventually(10s, [&] { return other->write(records).has_value(); }));
  accepts(*one, records);
}

BOOST_AUTO_TEST_CASE(an_endpoint_that_returns_on_its_port_is_used_again) {
  const auto to = make();
  accepts(*to, memory_batch(numbered(2)));
  endpoint.vanish();
  const memory_batch records(numbered(2, 0, 2));
  BOOST_TEST(mentions(fault_of(*to, records).message, "failed: "));
  endpoint.come_back();
  accepts_soon(*to, records);
  BOOST_TEST(accepted() == (texts{"0", "1", "2", "3"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::forwarder_sink_test
