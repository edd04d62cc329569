#pragma once

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <fstream>
#include <future>
#include <memory>
#include <string>

#include "config/settings/jwt_settings.hpp"
#include "http/auth/jwt/verifier.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temp_directory.hpp"
#include "tests/support/token_maker.hpp"

namespace kfs::test {

/// Keys that the tests of a program share, because making RSA keys takes long.
inline const token_key& rsa_key() {
  static const auto key = token_key::rsa("rsa-1");
  return key;
}
inline const token_key& ec_key() {
  static const auto key = token_key::ec("ec-1");
  return key;
}
inline const token_key& ed_key() {
  static const auto key = token_key::ed25519("ed-1");
  return key;
}

inline jwt_settings accepted_tokens() {
  jwt_settings accepted;
  accepted.issuer = "https://idp.example/realm";
  accepted.audience = "kfs";
  accepted.algorithms = {jwt_algorithm::rs256, jwt_algorithm::ps256, jwt_algorithm::es256, jwt_algorithm::eddsa};
  accepted.subject_claim = {"sub"};
  accepted.groups_claim = {"groups"};
  accepted.tenants_claim = {"tenants"};
  return accepted;
}

inline std::int64_t seconds_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(now().time_since_epoch()).count();
}

/// The claims of a token that is accepted.
inline json good_claims() {
  return {{"iss", "https://idp.example/realm"},
          {"aud", "kfs"},
          {"sub", "alice"},
          {"exp", seconds_now() + 300},
          {"iat", seconds_now()},
          {"groups", {"payments-oncall", "staff"}},
          {"tenants", {"payments"}},
          {"jti", "token-7"}};
}

inline json header_for(const token_key& key, const std::string& algorithm) {
  return {{"alg", algorithm}, {"typ", "JWT"}, {"kid", key.id()}};
}

inline std::string good_token(const token_key& key = ec_key(), const std::string& algorithm = "ES256") {
  return token_of(header_for(key, algorithm), good_claims(), key);
}

/// What the verifier says of a token, at the latest after 10 s.
inline jwt_outcome outcome_of(jwt_verifier& verifier, const std::string& token) {
  auto said = std::make_shared<std::promise<jwt_outcome>>();
  auto outcome = said->get_future();
  verifier.verify(token, [said](const jwt_outcome& told) { said->set_value(told); });
  BOOST_TEST_REQUIRE((outcome.wait_for(std::chrono::seconds{10}) == std::future_status::ready));
  return outcome.get();
}

/// A verifier with the keys of a file.
struct with_key_file {
  temp_directory directory;
  jwt_settings accepted = accepted_tokens();
  std::unique_ptr<jwt_verifier> verifier;

  with_key_file() { accepted.jwks = (directory.path() / "keys.json").string(); }

  void publish(const std::string& text) const {
    const auto next = directory.path() / "next.json";
    std::ofstream(next) << text;
    std::filesystem::rename(next, accepted.jwks);
  }

  /// Starts it and waits until it has keys.
  void start() {
    verifier = std::make_unique<jwt_verifier>(accepted, logger::silent());
    BOOST_TEST_REQUIRE(eventually(std::chrono::seconds{5}, [&] { return verifier->has_keys(); }));
  }

  jwt_outcome verify(const std::string& token) const { return outcome_of(*verifier, token); }

  /// Why a token is rejected; empty when it is not.
  std::string reason(const std::string& token) const {
    const auto outcome = verify(token);
    if (outcome) return {};
    BOOST_TEST((outcome.error().what == jwt_failure::kind::rejected), outcome.error().reason);
    return outcome.error().reason;
  }
};

}  // namespace kfs::test
