// The sink with a TLS endpoint and the test's own certificate authorities.

#include <boost/test/unit_test.hpp>
#include <memory>

#include "processors/http/endpoints.hpp"
#include "processors/sink_registry.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/holds_value.hpp"
#include "tests/support/https_endpoint.hpp"
#include "tests/support/memory_batch.hpp"

namespace kfs::forwarder_tls_test {

using namespace std::chrono_literals;
using test::memory_batch;
using test::numbered;

namespace {

using authority = test::certificate_authority;

struct secured : authority {
  sink_environment environment;

  secured() {
    environment.endpoints = std::make_shared<http_endpoints>(
        *address_policy::parse({"127.0.0.0/8"}, "FORWARDER_ALLOWED_HOSTS"), http_endpoints::observer{});
    sign("server", "IP:127.0.0.1");
    sign("client", "DNS:client");
  }

  /// The result of writing one record.
  result<rejections> send(const std::string& url, json config = json::object()) const {
    config["endpoint_url"] = url;
    processor_spec processor;
    processor.config = std::move(config);
    return find_sink_type("streaming_forwarder")
        ->make({}, processor, environment, {}, 0)
        ->write(memory_batch(numbered(1)));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(forwarder_tls, secured)

BOOST_AUTO_TEST_CASE(only_a_certificate_of_the_configured_authority_is_trusted) {
  const test::https_endpoint endpoint(*this, "server");
  const auto trusted = send(endpoint.url(), {{"tls_ca_pem", text("ca.pem")}});
  BOOST_TEST(test::holds_value(trusted));
  const auto unknown = send(endpoint.url());
  BOOST_TEST_REQUIRE(!unknown.has_value());
  BOOST_TEST(unknown.error().message.find("certificate") != std::string::npos, unknown.error().message);
  BOOST_TEST(endpoint.requests() == 1U);
}

BOOST_AUTO_TEST_CASE(a_certificate_of_another_host_is_rejected) {
  const test::https_endpoint endpoint(*this, "client");
  BOOST_TEST(!send(endpoint.url(), {{"tls_ca_pem", text("ca.pem")}}).has_value());
  BOOST_TEST(endpoint.requests() == 0U);
}

BOOST_AUTO_TEST_CASE(the_client_certificate_is_sent_to_an_endpoint_that_asks_for_it) {
  const test::https_endpoint endpoint(*this, "server", nullptr, true);
  BOOST_TEST(!send(endpoint.url(), {{"tls_ca_pem", text("ca.pem")}}).has_value());
  const auto shown = send(endpoint.url(), {{"tls_ca_pem", text("ca.pem")},
                                           {"tls_certificate_pem", text("client.pem")},
                                           {"tls_key_pem", text("client.key")}});
  BOOST_TEST(test::holds_value(shown));
}

BOOST_AUTO_TEST_CASE(a_malformed_key_is_an_error) {
  const test::https_endpoint endpoint(*this, "server", nullptr, true);
  const auto outcome =
      send(endpoint.url(), {{"tls_certificate_pem", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"},
                            {"tls_key_pem", "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n"}});
  BOOST_TEST_REQUIRE(!outcome.has_value());
  BOOST_TEST(outcome.error().message.find("PRIVATE KEY") == std::string::npos, outcome.error().message);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::forwarder_tls_test
