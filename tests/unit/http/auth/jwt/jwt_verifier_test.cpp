// Whole tokens, with the keys of a file.

#include <boost/test/unit_test.hpp>
#include <thread>

#include "tests/support/token_fixture.hpp"

namespace kfs::jwt_verifier_test {

using namespace std::chrono_literals;
using test::ec_key;
using test::ed_key;
using test::good_claims;
using test::good_token;
using test::header_for;
using test::rsa_key;
using test::token_key;
using test::token_of;

namespace {

struct running : test::with_key_file {
  running() {
    publish(test::key_set_of({rsa_key(), ec_key(), ed_key()}));
    start();
  }

  /// Why a token with these claims changed is rejected; empty when it is not.
  std::string reason_with(const json& changed) const {
    auto claims = good_claims();
    claims.update(changed);
    return reason(token_of(header_for(ec_key(), "ES256"), claims, ec_key()));
  }
};

constexpr auto unknown_key = "it names a key that JWT_JWKS does not have";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(jwt_verifier, running)

BOOST_AUTO_TEST_CASE(tokens_of_every_default_algorithm_are_accepted) {
  for (const auto& [key, algorithm] : {std::pair<const token_key*, std::string>{&rsa_key(), "RS256"},
                                       {&rsa_key(), "PS256"},
                                       {&ec_key(), "ES256"},
                                       {&ed_key(), "EdDSA"}}) {
    const auto outcome = verify(good_token(*key, algorithm));
    BOOST_TEST_REQUIRE(outcome.has_value(), algorithm << ": " << (outcome ? "" : outcome.error().reason));
    BOOST_TEST((*outcome)->subject == "alice");
    BOOST_TEST((*outcome)->groups.size() == 2U);
    BOOST_TEST((*outcome)->tenants->front() == "payments");
    BOOST_TEST((*outcome)->credential_id == "token-7");
  }
}

BOOST_AUTO_TEST_CASE(a_token_is_trusted_as_long_as_its_key_is_there) {
  const auto outcome = verify(good_token(ec_key(), "ES256"));
  BOOST_TEST_REQUIRE(outcome.has_value());
  BOOST_TEST(verifier->still_trusts(**outcome));
  const auto trusts = [&](bool expected) {
    return test::eventually(10s, [&] { return verifier->still_trusts(**outcome) == expected; });
  };
  publish(test::key_set_of({rsa_key(), ed_key()}));
  BOOST_TEST(trusts(false));
  publish(test::key_set_of({ec_key()}));
  BOOST_TEST(trusts(true));
  publish(test::key_set_of({token_key::ec("ec-1")}));  // another key with the same id
  BOOST_TEST(trusts(false));
}

BOOST_AUTO_TEST_CASE(a_token_without_jti_is_named_by_its_digest) {
  auto claims = good_claims();
  claims.erase("jti");
  const auto outcome = verify(token_of(header_for(ec_key(), "ES256"), claims, ec_key()));
  BOOST_TEST_REQUIRE(outcome.has_value());
  BOOST_TEST((*outcome)->credential_id.size() == 23U);
  BOOST_TEST((*outcome)->credential_id.starts_with("sha256:"));
}

BOOST_AUTO_TEST_CASE(an_algorithm_that_is_not_in_the_list_is_rejected) {
  BOOST_TEST(reason(token_of(header_for(rsa_key(), "RS512"), good_claims(), rsa_key())) ==
             "its alg is not in JWT_ALGORITHMS");
}

BOOST_AUTO_TEST_CASE(an_unsigned_token_is_rejected) {
  const auto text = test::base64url(R"({"alg":"none"})") + '.' + test::base64url(good_claims().dump()) + '.';
  BOOST_TEST(reason(text) == "it is not signed");
  BOOST_TEST(reason(text + "AAAA") == "its alg is not in JWT_ALGORITHMS");
}

BOOST_AUTO_TEST_CASE(a_public_key_is_no_secret_for_hmac) {
  for (const auto& secret : {rsa_key().public_pem(), rsa_key().jwk().dump(), rsa_key().jwk()["n"].get<std::string>()}) {
    auto header = header_for(rsa_key(), "HS256");
    BOOST_TEST(reason(test::shared_secret_token(header, good_claims(), secret)) == "its alg is not in JWT_ALGORITHMS");
    header["alg"] = "RS256";
    BOOST_TEST(reason(test::shared_secret_token(header, good_claims(), secret)) == "its signature is wrong");
  }
}

BOOST_AUTO_TEST_CASE(the_algorithm_must_fit_the_key_that_the_token_names) {
  auto header = header_for(ec_key(), "ES256");
  header["kid"] = "rsa-1";
  BOOST_TEST(reason(token_of(header, good_claims(), ec_key())) == "no key of JWT_JWKS fits its alg and kid");
}

BOOST_AUTO_TEST_CASE(a_token_of_another_issuer_of_the_same_name_is_rejected) {
  const auto other = token_key::ec("ec-1");
  BOOST_TEST(reason(token_of(header_for(other, "ES256"), good_claims(), other)) == "its signature is wrong");
}

BOOST_AUTO_TEST_CASE(claims_decide_after_the_signature) {
  BOOST_TEST(reason_with({{"iss", "https://idp.example/realm/"}}) == "iss is not JWT_ISSUER");
  BOOST_TEST(reason_with({{"aud", "other"}}) == "aud does not hold JWT_AUDIENCE");
  BOOST_TEST(reason_with({{"exp", test::seconds_now() - 61}}) == "it has expired (exp)");
  BOOST_TEST(reason_with({{"exp", test::seconds_now() - 30}}) == "");
  BOOST_TEST(reason_with({{"nbf", test::seconds_now() + 90}}) == "it is not valid yet (nbf)");
  BOOST_TEST(reason_with({{"groups", 7}}).starts_with("groups is not"));
  const auto other = token_key::ec("ec-1");
  auto claims = good_claims();
  claims["aud"] = "other";
  BOOST_TEST(reason(token_of(header_for(other, "ES256"), claims, other)) == "its signature is wrong");
}

BOOST_AUTO_TEST_CASE(critical_headers_and_the_keys_in_a_header_do_not_help) {
  auto header = header_for(ec_key(), "ES256");
  header["crit"] = {"exp"};
  BOOST_TEST(reason(token_of(header, good_claims(), ec_key())) == "its header has crit, which is not supported");
  const auto attacker = token_key::ec("ec-1");
  header = header_for(attacker, "ES256");
  header["jwk"] = attacker.jwk();
  BOOST_TEST(reason(token_of(header, good_claims(), attacker)) == "its signature is wrong");
}

BOOST_AUTO_TEST_CASE(a_token_without_kid_is_tried_with_the_keys_that_fit) {
  auto header = header_for(ec_key(), "ES256");
  header.erase("kid");
  BOOST_TEST(reason(token_of(header, good_claims(), ec_key())) == "");
  const auto other = token_key::ec("ec-2");
  BOOST_TEST(reason(token_of(header, good_claims(), other)) == "its signature is wrong");
  header["kid"] = "ec-9";
  BOOST_TEST(reason(token_of(header, good_claims(), ec_key())) == unknown_key);
}

BOOST_AUTO_TEST_CASE(without_kid_at_most_four_keys_are_tried) {
  std::vector<token_key> keys;
  for (int i = 0; i < 5; ++i) keys.push_back(token_key::ec("many-" + std::to_string(i)));
  publish(test::key_set_of({keys.begin(), keys.begin() + 4}));
  start();
  auto header = header_for(keys[3], "ES256");
  header.erase("kid");
  BOOST_TEST(reason(token_of(header, good_claims(), keys[3])) == "");
  publish(test::key_set_of(keys));
  start();
  BOOST_TEST(reason(token_of(header, good_claims(), keys[3])) == "5 keys fit it; it must have a kid that says which");
  BOOST_TEST(reason(token_of(header_for(keys[4], "ES256"), good_claims(), keys[4])) == "");
}

BOOST_AUTO_TEST_CASE(a_new_key_is_found_by_the_first_token_that_names_it_and_the_old_one_is_rejected) {
  const auto old = good_token();
  BOOST_TEST(reason(old) == "");
  BOOST_TEST(reason(old) == "");
  const auto next = token_key::ec("ec-2");
  publish(test::key_set_of({next}));
  BOOST_TEST(reason(token_of(header_for(next, "ES256"), good_claims(), next)) == "");
  BOOST_TEST(reason(old) == unknown_key);
}

BOOST_AUTO_TEST_CASE(a_file_is_read_again_when_it_changes) {
  const auto next = token_key::ec("ec-2");
  publish(test::key_set_of({next}));
  BOOST_TEST(test::eventually(5s, [&] { return !verify(good_token()).has_value(); }));
  publish(test::key_set_of({ec_key()}));
  BOOST_TEST(test::eventually(5s, [&] { return verify(good_token()).has_value(); }));
}

BOOST_AUTO_TEST_CASE(the_last_good_keys_stay_while_the_file_is_broken_or_gone) {
  publish("{");
  BOOST_TEST(reason(token_of(header_for(token_key::ec("ec-9"), "ES256"), good_claims(), ec_key())) == unknown_key);
  BOOST_TEST(reason(good_token()) == "");
  std::filesystem::remove(accepted.jwks);
  BOOST_TEST(test::stays(1500ms, [&] { return verify(good_token()).has_value(); }));
}

BOOST_AUTO_TEST_CASE(without_keys_the_answer_is_unavailable_and_soon) {
  accepted.jwks = (directory.path() / "missing.json").string();
  kfs::jwt_verifier without(accepted, logger::silent());
  const auto outcome = test::outcome_of(without, good_token());
  BOOST_TEST_REQUIRE(!outcome.has_value());
  BOOST_TEST((outcome.error().what == jwt_failure::kind::unavailable));
  BOOST_TEST(!without.has_keys());
  const auto garbage = test::outcome_of(without, "garbage");
  BOOST_TEST((garbage.error().what == jwt_failure::kind::rejected));
}

BOOST_AUTO_TEST_CASE(no_reason_repeats_the_token) {
  auto claims = good_claims();
  claims["iss"] = "https://marker.example";
  claims["sub"] = "marker";
  claims["groups"] = {"marker\n"};
  auto header = header_for(ec_key(), "ES256");
  for (const auto* kid : {"ec-1", "marker"}) {
    header["kid"] = kid;
    for (const auto& token : {token_of(header, claims, ec_key()), token_of(header, claims, token_key::ec("x"))})
      BOOST_TEST(reason(token).find("marker") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(many_threads_verify_while_the_keys_change) {
  const auto known = good_token();
  const auto other = good_token(rsa_key(), "RS256");
  std::atomic<int> accepted_count = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 500; ++round) {
          verifier->verify(round % 2 == 0 ? known : other,
                           [&](const jwt_outcome& told) { accepted_count += told ? 1 : 0; });
        }
      });
    }
    for (int round = 0; round < 10; ++round) {
      auto keys = std::vector<token_key>{rsa_key(), ec_key()};
      if (round % 2 == 0) keys.push_back(ed_key());
      publish(test::key_set_of(keys));
      verifier->verify(good_token(token_key::ec("none")), [](const jwt_outcome&) {});
    }
  }
  BOOST_TEST(accepted_count == 2'000);
}

BOOST_AUTO_TEST_CASE(what_waits_is_answered_when_the_verifier_ends) {
  for (int i = 0; i < 20; ++i) {
    std::atomic<int> answers = 0;
    {
      kfs::jwt_verifier short_lived(accepted, logger::silent());
      for (int token = 0; token < 10; ++token) short_lived.verify(good_token(), [&](const jwt_outcome&) { ++answers; });
    }
    BOOST_TEST(answers == 10);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::jwt_verifier_test
