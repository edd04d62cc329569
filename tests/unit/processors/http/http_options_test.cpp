#include "processors/http/options.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "processors/http/url.hpp"

#include "processors/http/endpoints.hpp"
#include "processors/sink_registry.hpp"

namespace kfs::http_options_test {

namespace {

/// Checks a valid config with some options added.
struct checking {
  sink_environment environment{};
  const sink_type& type = *find_sink_type("streaming_forwarder");

  checking() { allow({}); }

  void allow(const std::vector<std::string>& hosts) {
    environment.endpoints = std::make_shared<http_endpoints>(*address_policy::parse(hosts, "FORWARDER_ALLOWED_HOSTS"),
                                                             http_endpoints::observer{});
  }

  std::vector<violation> violations(json config) const {
    if (!config.contains("endpoint_url")) config["endpoint_url"] = "https://hooks.example/in";
    std::vector<violation> found;
    type.options->validate(config, json::array({"body"}), found);
    if (found.empty()) type.check({config, "t"}, json::array({"body"}), environment, found);
    return found;
  }

  /// The first option that is invalid; "none" when all are valid.
  std::string refused(const json& config) const {
    const auto found = violations(config);
    return found.empty() ? "none" : found.front().loc.at(1).get<std::string>();
  }
};

json with_headers(const std::string& name, const std::string& value) {
  return {{"headers", {{name, value}}}};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(http_options, checking)

BOOST_AUTO_TEST_CASE(only_an_absolute_http_url_without_credentials_is_taken) {
  for (const auto* url : {"http://127.0.0.1:8080/x?y=1", "https://hooks.example", "http://[::1]:80/"})
    BOOST_TEST(refused({{"endpoint_url", url}}) == "none", url);
  for (const auto* url : {"", "hooks.example/x", "/x", "ftp://hooks.example", "file:///etc/passwd", "http://",
                          "http://u:p@hooks.example", "http://hooks.example/\r\nX: y", "http://h\xc3\xa9.example",
                          "gopher://x", "http://[fe80::1%25eth0]/", "http://a b/"})
    BOOST_TEST(refused({{"endpoint_url", url}}) == "endpoint_url", url);
}

BOOST_AUTO_TEST_CASE(a_url_names_one_host_that_can_be_one_and_a_port_above_0) {
  for (const auto* url : {"http:///",
                          "http:///x",
                          "http:/hooks.example",
                          "http:hooks.example",
                          "http:////x",
                          "http://?x",
                          "http://#x",
                          "http://:80/",
                          "http:\\\\hooks.example",
                          "http://hooks.example:0/",
                          "http://[::1]:0",
                          "http://hooks.example:00/",
                          "http://hooks.example:65536/",
                          "http://hooks.example:x/",
                          "http://hooks.example:-1/",
                          "http://a..example/",
                          "http://-a.example/",
                          "http://.",
                          "http://1.2.3.4.5/",
                          "http://256.1.1.1/",
                          "http://a,b/",
                          "http://a%2Fb/",
                          "http://[::g]/",
                          "http://[127.0.0.1]/",
                          "https://hooks.example/x?y#z",
                          "https://hooks.example/#"})
    BOOST_TEST(refused({{"endpoint_url", url}}) == "endpoint_url", url);
  for (const auto* url : {"http://hooks.example:65535", "HTTP://a_b.example/", "https://hooks.example./x?y%23z",
                          "http://127.0.0.1:1/a//b@c:0"})
    BOOST_TEST(refused({{"endpoint_url", url}}) == "none", url);
}

BOOST_AUTO_TEST_CASE(the_host_must_be_allowed_however_it_is_written) {
  for (const auto* url : {"http://169.254.169.254/latest", "http://0xa9fea9fe/", "http://2852039166/",
                          "http://[::ffff:169.254.169.254]/", "http://0.0.0.0/"})
    BOOST_TEST(refused({{"endpoint_url", url}}) == "endpoint_url", url);
  allow({"hooks.example"});
  BOOST_TEST(refused({{"endpoint_url", "https://HOOKS.example./in"}}) == "none");
  BOOST_TEST(refused({{"endpoint_url", "https://other.example/in"}}) == "endpoint_url");
  BOOST_TEST(violations({{"endpoint_url", "http://127.0.0.1/"}}).front().msg.find("FORWARDER_ALLOWED_HOSTS") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(headers_that_would_break_the_request_or_are_the_processors_own_are_refused) {
  BOOST_TEST(refused(with_headers("X-Source", "kafka, é")) == "none");
  for (const auto* name : {"", "X Y", "X:Y", "X\r\nY", "Connection", "transfer-encoding", "Content-Length", "HOST",
                           "Idempotency-Key", "webhook-id", "ce-id", "traceparent", "TE", "Expect"})
    BOOST_TEST(refused(with_headers(name, "1")) == "headers", name);
  for (const auto* value : {"a\r\nX: y", "a\nb", "\x7f"}) BOOST_TEST(refused(with_headers("X", value)) == "headers");
  BOOST_TEST(refused({{"headers", {{"x", "1"}, {"X", "2"}}}}) == "headers");
  const auto several =
      violations({{"headers", {{"Host", "a"}, {"X-A", "a\n"}, {"Content-Length", "5"}, {"b c", "d"}}}});
  BOOST_REQUIRE(several.size() == 1u);
  for (const auto* part : {"host", "x-a", "content-length", "letters, digits"})
    BOOST_TEST(several.front().msg.find(part) != std::string::npos, part);
}

BOOST_AUTO_TEST_CASE(options_that_contradict_each_other_are_refused_by_name) {
  const std::string certificate = "-----BEGIN CERTIFICATE-----\n";
  const std::vector<std::pair<json, std::string>> cases{
      {{{"basic_user", "u"}}, "basic_user"},
      {{{"basic_password", "p"}}, "basic_password"},
      {{{"basic_user", "u"}, {"basic_password", "p"}, {"bearer_token", "t"}}, "bearer_token"},
      {{{"headers", {{"authorization", "x"}}}, {"bearer_token", "t"}}, "headers"},
      {{{"tls_certificate_pem", certificate}}, "tls_certificate_pem"},
      {{{"endpoint_url", "http://a.example"}, {"tls_ca_pem", certificate}}, "tls_ca_pem"},
      {{{"tls_key_pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"}}, "tls_key_pem"},
      {{{"cloudevents_mode", "binary"}}, "cloudevents_mode"},
      {{{"format", "cloudevents"}, {"batch_max_messages", 2}}, "batch_max_messages"},
      {{{"format", "cloudevents"}, {"headers", {{"content-type", "x"}}}}, "headers"},
      {{{"batch_format", "ndjson"}}, "batch_format"},
      {{{"batch_format", "json"}, {"batch_max_messages", 1}}, "batch_format"},
      {{{"batch_format", "json"},
        {"format", "cloudevents"},
        {"cloudevents_mode", "batched"},
        {"batch_max_messages", 5}},
       "batch_format"},
      {{{"hmac_secret", "whsec_short"}}, "hmac_secret"},
      {{{"method", "GET"}}, "method"},
      {{{"max_in_flight", 0}}, "max_in_flight"},
      {{{"timeout_ms", 0}}, "timeout_ms"},
  };
  for (const auto& [config, option] : cases) BOOST_TEST(refused(config) == option, config);
  BOOST_TEST(refused({{"batch_format", "ndjson"}, {"batch_max_messages", 2}}) == "none");
}

BOOST_AUTO_TEST_CASE(no_secret_is_repeated_or_shown) {
  const std::string secret = "s3cr3t-s3cr3t";
  const json config{{"endpoint_url", "https://hooks.example"},
                    {"headers", {{"X-Api-Key", secret}, {"X-Other", secret}}},
                    {"bearer_token", secret},
                    {"basic_user", "u"},
                    {"basic_password", secret},
                    {"hmac_secret", secret},
                    {"tls_key_pem", "-----BEGIN PRIVATE KEY-----" + secret}};
  for (const auto& one : violations(config)) BOOST_TEST((one.msg + one.input.dump()).find(secret) == std::string::npos);
  for (const auto* name : {"bearer_token", "basic_password", "hmac_secret"}) {
    const auto found =
        violations({{name, secret + "\n"}, {"tls_key_pem", secret}, {"headers", {{"X", secret + "\n"}}}});
    BOOST_TEST(!found.empty());
    for (const auto& one : found) BOOST_TEST((one.msg + one.input.dump()).find(secret) == std::string::npos, one.msg);
  }
  const auto masked = type.options->masked(config);
  BOOST_TEST(masked.dump().find(secret) == std::string::npos, masked);
  BOOST_TEST((type.options->unmasked(masked, config) == config));
}

BOOST_AUTO_TEST_CASE(the_breaker_is_that_of_the_urls_endpoint) {
  const auto shown = type.breaker({{"endpoint_url", "https://hooks.example/in?key=s3cret"}}, environment);
  BOOST_TEST_REQUIRE(shown.has_value());
  BOOST_TEST(shown->endpoint == "https://hooks.example:443");
  BOOST_TEST((shown->state == breaker_state::closed));
}

BOOST_AUTO_TEST_CASE(a_host_is_the_same_in_any_case) {
  BOOST_TEST(kfs::parse_http_url("https://Hooks.Example/In")->origin == "https://hooks.example:443");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::http_options_test
