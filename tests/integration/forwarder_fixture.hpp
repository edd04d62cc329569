#pragma once

#include <boost/test/unit_test.hpp>

#include "processors/http/endpoints.hpp"
#include "processors/sink_registry.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/holds_value.hpp"
#include "tests/support/http_endpoint.hpp"
#include "tests/support/memory_batch.hpp"

namespace kfs::forwarder {

using namespace std::chrono_literals;
using test::endpoint_answer;
using test::endpoint_request;
using test::memory_batch;
using test::numbered;
using texts = std::vector<std::string>;

inline texts bodies_of(const std::vector<endpoint_request>& requests) {
  texts bodies;
  for (const auto& one : requests) bodies.push_back(one.body);
  return bodies;
}

/// A script that gives `answer` to one body and accepts all others.
inline test::http_endpoint::script when(const std::string& body, endpoint_answer answer) {
  return [=](const endpoint_request& got) { return got.body == body ? answer : endpoint_answer{}; };
}

inline test::http_endpoint::script always(endpoint_answer answer) {
  return [=](const endpoint_request&) { return answer; };
}

/// Sinks, and a scripted endpoint that they send to.
struct forwarding {
  test::http_endpoint endpoint;
  sink_environment environment;
  std::stop_source cancel;

  forwarding() { allow({"127.0.0.0/8"}); }

  void allow(const std::vector<std::string>& hosts) {
    environment.endpoints = std::make_shared<http_endpoints>(*address_policy::parse(hosts, "FORWARDER_ALLOWED_HOSTS"),
                                                             http_endpoints::observer{});
  }

  sink_ptr make(json config = json::object()) {
    if (!config.contains("endpoint_url")) config["endpoint_url"] = endpoint.url("/in?key=s3cr3t");
    const auto& type = *find_sink_type("streaming_forwarder");
    std::vector<violation> found;
    type.options->validate(config, json::array({"body"}), found);
    BOOST_TEST_REQUIRE(found.empty(), (found.empty() ? "" : found.front().msg));
    processor_spec processor;
    processor.config = std::move(config);
    return type.make({}, processor, environment, {.cancelled = cancel.get_token()}, 0);
  }

  texts accepted() const { return bodies_of(endpoint.accepted()); }
};

/// The error of a write that must fail.
inline error fault_of(sink& to, const batch& records) {
  const auto outcome = to.write(records);
  BOOST_TEST_REQUIRE(!outcome.has_value());
  return outcome.error();
}

inline void accepts(sink& to, const batch& records) {
  const auto outcome = to.write(records);
  BOOST_TEST_REQUIRE(test::holds_value(outcome));
  BOOST_TEST(outcome->empty());
}

/// As soon as the circuit breaker lets it.
inline void accepts_soon(sink& to, const batch& records) {
  BOOST_TEST(test::eventually(10s, [&] {
    const auto outcome = to.write(records);
    return outcome && outcome->empty();
  }));
}

inline bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace kfs::forwarder
