// The keys of an identity provider that publishes them over https.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <iostream>
#include <mutex>

#include "http/auth/jwt/https_document.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/http_endpoint.hpp"
#include "tests/support/https_endpoint.hpp"
#include "tests/support/network_namespace.hpp"
#include "tests/support/stderr_capture.hpp"
#include "tests/support/token_fixture.hpp"

namespace kfs::jwt_keys_test {

using namespace std::chrono_literals;
using test::ec_key;
using test::good_token;
using test::https_answer;
using test::outcome_of;
using test::token_key;

namespace {

using steady = std::chrono::steady_clock;

test::https_endpoint::script answer(https_answer same) {
  return [same](const std::string&) { return same; };
}

https_answer keys(const std::vector<token_key>& published) {
  return {.headers = {"Content-Type: application/json"}, .body = test::key_set_of(published)};
}

struct provider : test::certificate_authority {
  std::unique_ptr<test::https_endpoint> endpoint;
  jwt_settings accepted = test::accepted_tokens();

  provider() {
    sign("server", "IP:127.0.0.1");
    endpoint = std::make_unique<test::https_endpoint>(*this, "server", answer(keys({ec_key()})));
    accepted.jwks = endpoint->url("/realm/keys?client=secret");
    accepted.jwks_ca = path("ca.pem");
  }

  /// Why the document cannot be read; empty when it can.
  std::string problem() const {
    const auto read = read_https({.url = accepted.jwks, .ca = accepted.jwks_ca}, [] { return true; });
    return read ? "" : read.error();
  }
};

bool is_unavailable(const jwt_outcome& outcome) {
  return !outcome && outcome.error().what == jwt_failure::kind::unavailable;
}

bool is_rejected(const jwt_outcome& outcome) {
  return !outcome && outcome.error().what == jwt_failure::kind::rejected;
}

bool has_line(test::stderr_capture& log, const std::string& text) {
  const auto lines = log.lines();
  return std::any_of(lines.begin(), lines.end(),
                     [&](const auto& line) { return line.find(text) != std::string::npos; });
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(jwt_keys, provider)

BOOST_AUTO_TEST_CASE(the_first_token_waits_for_the_first_keys) {
  jwt_verifier verifier(accepted, logger::silent());
  const auto outcome = outcome_of(verifier, good_token());
  BOOST_TEST(outcome.has_value(), (outcome ? "" : outcome.error().reason));
  BOOST_TEST(endpoint->requests() == 1U);
}

BOOST_AUTO_TEST_CASE(the_certificate_is_checked) {
  BOOST_TEST(problem() == "");
  const test::certificate_authority other;
  accepted.jwks_ca = other.path("ca.pem");
  BOOST_TEST(problem().find("certificate") != std::string::npos, problem());
  accepted.jwks_ca.clear();
  BOOST_TEST(problem().find("certificate") != std::string::npos, problem());
  accepted.jwks_ca = "/missing.pem";
  BOOST_TEST(problem().find("/missing.pem") != std::string::npos, problem());
  sign("elsewhere", "DNS:idp.example");
  endpoint = std::make_unique<test::https_endpoint>(*this, "elsewhere", answer(keys({ec_key()})));
  accepted.jwks = endpoint->url();
  accepted.jwks_ca = path("ca.pem");
  BOOST_TEST(problem() != "");
  BOOST_TEST(endpoint->requests() == 0U);
}

BOOST_AUTO_TEST_CASE(a_provider_that_is_away_at_the_start_is_found_when_it_comes) {
  endpoint->vanish();
  test::stderr_capture log;
  jwt_verifier verifier(accepted, logger(log_level::info, log_format::text));
  BOOST_TEST(is_unavailable(outcome_of(verifier, good_token())));
  BOOST_TEST(is_rejected(outcome_of(verifier, "garbage")));
  endpoint->come_back();
  BOOST_TEST(test::eventually(10s, [&] { return outcome_of(verifier, good_token()).has_value(); }));
  BOOST_TEST(has_line(log, "no token can be verified until it can"));
  BOOST_TEST(!has_line(log, "secret"));
}

BOOST_AUTO_TEST_CASE(the_last_good_keys_serve_while_the_provider_is_away_and_the_log_says_it_once) {
  test::stderr_capture log;
  jwt_verifier verifier(accepted, logger(log_level::info, log_format::text));
  BOOST_TEST(outcome_of(verifier, good_token()).has_value());
  endpoint->vanish();
  const auto unknown = token_key::ec("ec-9");
  BOOST_TEST(is_rejected(outcome_of(verifier, good_token(unknown))));
  BOOST_TEST(outcome_of(verifier, good_token()).has_value());
  endpoint->answer_with(answer(keys({ec_key(), unknown})));
  endpoint->come_back();
  BOOST_TEST(test::eventually(10s, [&] { return outcome_of(verifier, good_token(unknown)).has_value(); }));
  const auto lines = log.lines();
  BOOST_TEST(std::count_if(lines.begin(), lines.end(),
                           [](const auto& line) { return line.find("stay in use") != std::string::npos; }) == 1);
}

BOOST_AUTO_TEST_CASE(a_rotation_is_followed_by_the_first_token_with_the_new_key) {
  jwt_verifier verifier(accepted, logger::silent());
  const auto old = good_token();
  BOOST_TEST(outcome_of(verifier, old).has_value());
  const auto next = token_key::ec("ec-2");
  endpoint->answer_with(answer(keys({next})));
  BOOST_TEST(outcome_of(verifier, good_token(next)).has_value());
  BOOST_TEST(is_rejected(outcome_of(verifier, old)));
  BOOST_TEST(endpoint->requests() == 2U);
}

BOOST_AUTO_TEST_CASE(unknown_keys_ask_the_provider_once_in_30_seconds_and_share_the_attempt) {
  jwt_verifier verifier(accepted, logger::silent());
  BOOST_TEST(outcome_of(verifier, good_token()).has_value());
  std::atomic<int> rejected = 0;
  for (int i = 0; i < 200; ++i) {
    const auto unknown =
        test::token_of({{"alg", "ES256"}, {"kid", "made-up-" + std::to_string(i)}}, test::good_claims(), ec_key());
    verifier.verify(unknown, [&](const jwt_outcome& outcome) { rejected += is_rejected(outcome) ? 1 : 0; });
  }
  BOOST_TEST(test::eventually(5s, [&] { return rejected == 200; }));
  BOOST_TEST(is_rejected(outcome_of(verifier, good_token(token_key::ec("ec-9")))));
  BOOST_TEST(endpoint->requests() == 2U);
}

BOOST_AUTO_TEST_CASE(no_more_than_256_wait_and_they_wait_3_seconds) {
  endpoint->answer_with(answer({.how = https_answer::way::none}));
  jwt_verifier verifier(accepted, logger::silent());
  std::atomic<int> answers = 0;
  std::atomic<int> unavailable = 0;
  const auto start = steady::now();
  const auto token = good_token();
  for (int i = 0; i < 300; ++i) {
    verifier.verify(token, [&](const jwt_outcome& outcome) {
      ++answers;
      unavailable += is_unavailable(outcome) ? 1 : 0;
    });
  }
  BOOST_TEST(answers == 300 - static_cast<int>(key_source::most_waiting));
  BOOST_TEST(test::eventually(10s, [&] { return answers == 300; }));
  const auto took = steady::now() - start;
  BOOST_TEST((took >= 2900ms && took < 4500ms), std::chrono::duration<double>(took).count() << " s");
  BOOST_TEST(unavailable == 300);
}

BOOST_AUTO_TEST_CASE(an_answer_that_does_not_come_is_given_up_after_5_seconds) {
  for (const auto how : {https_answer::way::none, https_answer::way::slow}) {
    endpoint->answer_with(answer({.body = std::string(1'000, ' '), .how = how}));
    const auto start = steady::now();
    BOOST_TEST(problem().find("timed out") != std::string::npos);
    const auto took = steady::now() - start;
    BOOST_TEST((took >= 4900ms && took < 7s), std::chrono::duration<double>(took).count() << " s");
  }
}

BOOST_AUTO_TEST_CASE(the_end_of_the_verifier_does_not_wait_for_the_provider) {
  endpoint->answer_with(answer({.how = https_answer::way::none}));
  bool answered = false;
  auto start = steady::now();
  test::stderr_capture log;
  {
    jwt_verifier verifier(accepted, logger(log_level::info, log_format::text));
    verifier.verify(good_token(), [&](const jwt_outcome& outcome) { answered = is_unavailable(outcome); });
    BOOST_TEST(test::eventually(5s, [&] { return endpoint->requests() == 1U; }));
    start = steady::now();
  }
  BOOST_TEST(answered);
  BOOST_TEST((steady::now() - start < 500ms));
  BOOST_TEST(log.lines().empty());  // ending is no fault of the provider
}

BOOST_AUTO_TEST_CASE(an_answer_of_10_MB_is_rejected_while_it_is_read) {
  endpoint->answer_with(answer({.body = std::string(10'000'000, ' ')}));
  BOOST_TEST(problem() == "its answer is longer than 1048576 bytes");
  const auto stated = endpoint->sent_bytes();
  endpoint->answer_with(answer({.how = https_answer::way::endless}));
  BOOST_TEST(problem() == "its answer is longer than 1048576 bytes");
  const auto unstated = endpoint->sent_bytes() - stated;
  std::cout << "sent of 10 MB: " << stated << " bytes; of an endless answer: " << unstated << " bytes\n";
  BOOST_TEST(stated < 9'000'000U);
  BOOST_TEST(unstated < 9'000'000U);
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_no_set_of_usable_keys_changes_nothing) {
  jwt_verifier verifier(accepted, logger::silent());
  BOOST_TEST(outcome_of(verifier, good_token()).has_value());
  auto encrypts = ec_key().jwk();
  encrypts["use"] = "enc";
  const auto only_encrypts = json{{"keys", {encrypts}}}.dump();
  endpoint->answer_with(answer({.body = only_encrypts}));
  BOOST_TEST(is_rejected(outcome_of(verifier, good_token(token_key::ec("ec-9")))));
  BOOST_TEST(endpoint->requests() == 2U);
  BOOST_TEST(outcome_of(verifier, good_token()).has_value());
}

BOOST_AUTO_TEST_CASE(only_200_counts) {
  for (const int status : {201, 204, 206, 304, 401, 404, 500, 503}) {
    auto published = keys({ec_key()});
    published.status = status;
    if (status == 204 || status == 304) published.body.clear();
    endpoint->answer_with(answer(published));
    BOOST_TEST(problem().find(std::to_string(status)) != std::string::npos, status << ": " << problem());
  }
}

BOOST_AUTO_TEST_CASE(no_redirect_is_followed) {
  test::http_endpoint plain;
  const auto before = endpoint->requests();
  for (const int status : {301, 302, 303, 307, 308}) {
    for (const auto& target :
         {endpoint->url("/other?token=hidden"), plain.url("/metadata"), std::string("/other"),
          std::string("http://169.254.169.254/latest/meta-data"), std::string("file:///etc/passwd")}) {
      endpoint->answer_with(answer({.status = status, .headers = {"Location: " + target}}));
      const auto why = problem();
      BOOST_TEST(why.find("redirect") != std::string::npos, why);
      BOOST_TEST(why.find("hidden") == std::string::npos, why);
    }
  }
  BOOST_TEST(plain.requests().empty());
  BOOST_TEST(endpoint->requests() - before == 25U);
}

BOOST_AUTO_TEST_CASE(a_metadata_address_is_never_connected_to) {
  if (const auto why = test::network_namespace::why_none(); !why.empty()) {
    BOOST_TEST_MESSAGE("skipped: " << why);
    return;
  }
  // In a network in which the metadata address exists, so that a connection would be seen.
  const test::network_namespace network;
  network.ip("addr add 169.254.169.254/32 dev lo");
  network.within([&] {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in metadata{};
    metadata.sin_family = AF_INET;
    metadata.sin_port = htons(80);
    ::inet_pton(AF_INET, "169.254.169.254", &metadata.sin_addr);
    BOOST_TEST_REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&metadata), sizeof metadata) == 0);
    BOOST_TEST_REQUIRE(::listen(listener, 8) == 0);
    test::https_endpoint here(
        *this, "server", answer({.status = 302, .headers = {"Location: http://169.254.169.254/latest/meta-data"}}));
    accepted.jwks = here.url();
    test::stderr_capture log;
    jwt_verifier verifier(accepted, logger(log_level::info, log_format::text));
    BOOST_TEST(is_unavailable(outcome_of(verifier, good_token())));
    BOOST_TEST(has_line(log, "a redirect to http://169.254.169.254/latest/meta-data"));
    BOOST_TEST(here.requests() >= 1U);
    accepted.jwks = "https://169.254.169.254:80/keys";
    BOOST_TEST(problem().find("may not be connected to") != std::string::npos, problem());
    BOOST_TEST(::accept(listener, nullptr, nullptr) == -1);  // nobody has connected
    const int witness = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    BOOST_TEST(::connect(witness, reinterpret_cast<sockaddr*>(&metadata), sizeof metadata) == 0);
    BOOST_TEST(::accept(listener, nullptr, nullptr) != -1);  // a connection would be seen
    ::close(witness);
    ::close(listener);
  });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::jwt_keys_test
