// The settings of tokens, alone and together.

#include <boost/test/unit_test.hpp>

#include "config/settings/jwt.hpp"
#include "tests/support/temp_directory.hpp"

namespace kfs::jwt_settings_test {

using namespace std::chrono_literals;

namespace {

using variables = std::map<std::string, std::string>;

loaded_settings loaded(const variables& environment) {
  const test::temp_directory here;
  return load_settings(environment, here.path(), std::nullopt);
}

const variables complete{
    {"JWT_ISSUER", "https://idp.example/"}, {"JWT_AUDIENCE", "kfs"}, {"JWT_JWKS", "https://idp.example/keys"}};

/// The settings of a server that takes tokens.
variables with(variables more) {
  more.insert(complete.begin(), complete.end());
  more.emplace("AUTH_MODE", "jwt");
  return more;
}

/// What is wrong with the value of a setting; empty when it is accepted.
std::string mistake(const std::string& name, const std::string& value) {
  const auto found = loaded(with({{name, value}}));
  BOOST_TEST(found.mistakes.size() <= 1U);
  return found.mistakes.empty() ? "" : found.mistakes.front().message;
}

/// The setting that is wrong because of the others; empty when there is none.
std::string blamed(variables environment, bool used) {
  if (used) environment["AUTH_MODE"] = "jwt";
  if (!used) environment.erase("AUTH_MODE");
  const auto found = loaded(environment);
  return found.mistakes.empty() ? "" : found.mistakes.front().setting;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(jwt_settings)

BOOST_AUTO_TEST_CASE(the_defaults_are_those_of_the_contract) {
  const auto jwt = loaded({}).values.jwt;
  using enum jwt_algorithm;
  BOOST_TEST((jwt.algorithms == std::vector<jwt_algorithm>{rs256, ps256, es256, eddsa}));
  BOOST_TEST((jwt.leeway == 60s));
  BOOST_TEST((jwt.subject_claim == claim_path{"sub"}));
  BOOST_TEST((jwt.groups_claim == claim_path{"groups"}));
  BOOST_TEST((jwt.tenants_claim == claim_path{"tenants"}));
  BOOST_TEST(jwt.issuer.empty());
  BOOST_TEST(jwt.jwks.empty());
}

BOOST_AUTO_TEST_CASE(every_value_is_kept) {
  const auto found = loaded(with({{"JWT_JWKS_CA", "/ca.pem"},
                                  {"JWT_ALGORITHMS", "ES384, EdDSA,ES384"},
                                  {"JWT_LEEWAY_SECONDS", "0"},
                                  {"JWT_SUBJECT_CLAIM", "https://kfs.example/subject"},
                                  {"JWT_GROUPS_CLAIM", "/realm_access/roles"},
                                  {"JWT_TENANTS_CLAIM", "/a~1b"}}));
  BOOST_TEST(found.mistakes.empty());
  const auto& jwt = found.values.jwt;
  BOOST_TEST(jwt.issuer == "https://idp.example/");
  BOOST_TEST(jwt.audience == "kfs");
  BOOST_TEST(jwt.jwks == "https://idp.example/keys");
  BOOST_TEST(jwt.has_url());
  BOOST_TEST(jwt.jwks_ca == "/ca.pem");
  BOOST_TEST((jwt.algorithms == std::vector<jwt_algorithm>{jwt_algorithm::es384, jwt_algorithm::eddsa}));
  BOOST_TEST((jwt.leeway == 0s));
  BOOST_TEST((jwt.subject_claim == claim_path{"https://kfs.example/subject"}));
  BOOST_TEST((jwt.groups_claim == claim_path{"realm_access", "roles"}));
  BOOST_TEST((jwt.tenants_claim == claim_path{"a/b"}));
}

BOOST_AUTO_TEST_CASE(keys_come_over_https_or_from_a_file) {
  for (const auto* good :
       {"/etc/kfs/keys.json", "keys.json", "https://idp.example", "HTTPS://idp.example/keys?tenant=a",
        "https://127.0.0.1:8443/keys", "https://[::1]:8443/keys", "https://[::1]/keys"})
    BOOST_TEST(mistake("JWT_JWKS", good) == "", good);
  BOOST_TEST(loaded({{"JWT_JWKS", "HTTPS://idp.example/K"}}).values.jwt.jwks == "https://idp.example/K");
  for (const auto* bad : {"http://idp.example/keys", "http://127.0.0.1/keys", "HTTP://localhost/keys", "ftp://a/keys",
                          "file:///etc/keys.json", "https://", "https:///keys", "https://user:secret@idp.example/keys",
                          "https://idp.example/keys#a", "https://idp.example:0/keys", "https://idp.example:99999/",
                          "https://idp example/", "https://127.1/keys", "https://idp.example\\@evil/"})
    BOOST_TEST(mistake("JWT_JWKS", bad) != "", bad);
}

BOOST_AUTO_TEST_CASE(algorithms_with_a_shared_secret_or_none_are_rejected) {
  for (const auto* bad : {"none", "HS256", "RS256,HS512", "rs256", "ES256K", "RS256,", "RSA-OAEP"})
    BOOST_TEST(mistake("JWT_ALGORITHMS", bad).find("must list some of RS256, RS384") != std::string::npos, bad);
}

BOOST_AUTO_TEST_CASE(the_leeway_is_0_to_600_seconds) {
  BOOST_TEST(mistake("JWT_LEEWAY_SECONDS", "600") == "");
  for (const auto* bad : {"-1", "601", "1m", "60.5", "99999999999"})
    BOOST_TEST(mistake("JWT_LEEWAY_SECONDS", bad) != "", bad);
}

BOOST_AUTO_TEST_CASE(a_claim_with_a_slash_in_front_is_a_json_pointer) {
  BOOST_TEST(mistake("JWT_GROUPS_CLAIM", "/a~2") != "");
  BOOST_TEST(mistake("JWT_GROUPS_CLAIM", "a~2") == "");
}

BOOST_AUTO_TEST_CASE(jwt_needs_issuer_audience_and_keys) {
  BOOST_TEST(blamed(complete, true) == "");
  for (const auto& [name, unused] : complete) {
    auto some = complete;
    some.erase(name);
    BOOST_TEST(blamed(some, true) == name);
  }
  BOOST_TEST(blamed({}, true) == "JWT_ISSUER");
  BOOST_TEST(blamed({}, false) == "");
  for (const auto& one : complete) BOOST_TEST(blamed({one}, false) == one.first);
}

BOOST_AUTO_TEST_CASE(authorities_are_for_a_url) {
  BOOST_TEST(blamed(with({{"JWT_JWKS_CA", "/ca.pem"}}), true) == "");
  auto file = with({{"JWT_JWKS_CA", "/ca.pem"}});
  file["JWT_JWKS"] = "/keys.json";
  BOOST_TEST(blamed(file, true) == "JWT_JWKS_CA");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::jwt_settings_test
