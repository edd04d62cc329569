#include "http/auth/jwt/signature_key.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/token_fixture.hpp"

namespace kfs::signature_key_test {
namespace {

signature_key key_of(const json& jwk) {
  auto key = signature_key::read(jwk);
  BOOST_TEST_REQUIRE(key.has_value(), (key ? "" : key.error()));
  return std::move(*key);
}

/// Why a key is of no use when these members replace its own; empty when it is of use.
std::string mistake(json jwk, const json& changed) {
  jwk.update(changed);
  const auto key = signature_key::read(jwk);
  return key ? "" : key.error();
}

std::string signed_text(const test::token_key& key, const std::string& algorithm) {
  return test::token_of({{"alg", algorithm}}, {{"sub", "a"}}, key);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(signature_key)

BOOST_AUTO_TEST_CASE(the_examples_of_the_standards_are_verified) {
  const auto ed = key_of(json::parse(
      R"({"kid":"rfc8037","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})"));
  BOOST_TEST(
      ed.verifies("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3"
                  "AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
                  jwt_algorithm::eddsa));
  const auto ec = key_of(
      json::parse(R"({"kid":"rfc7515","kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                  R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})"));
  const std::string text =
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cn"
      "VlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
  BOOST_TEST(ec.verifies(text, jwt_algorithm::es256));
  const auto rsa = key_of(json::parse(
      R"({"kid":"rfc7515","kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddx)"
      R"(HmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf6)"
      R"(3kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFv)"
      R"(UK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"})"));
  BOOST_TEST(rsa.verifies(
      "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cn"
      "VlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9C"
      "UAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--"
      "xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_Ioyp"
      "GlUPQGe77Rw",
      jwt_algorithm::rs256));
  auto changed = text;
  changed[30] = changed[30] == 'a' ? 'b' : 'a';
  BOOST_TEST(!ec.verifies(changed, jwt_algorithm::es256));
}

BOOST_AUTO_TEST_CASE(every_algorithm_is_verified_with_its_own_key_only) {
  const auto p384 = test::token_key::ec("p384", "P-384");
  const auto p521 = test::token_key::ec("p521", "P-521");
  using sample = std::pair<jwt_algorithm, const test::token_key*>;
  const std::vector<sample> samples{{jwt_algorithm::rs256, &test::rsa_key()},
                                    {jwt_algorithm::rs384, &test::rsa_key()},
                                    {jwt_algorithm::rs512, &test::rsa_key()},
                                    {jwt_algorithm::ps256, &test::rsa_key()},
                                    {jwt_algorithm::ps384, &test::rsa_key()},
                                    {jwt_algorithm::ps512, &test::rsa_key()},
                                    {jwt_algorithm::es256, &test::ec_key()},
                                    {jwt_algorithm::es384, &p384},
                                    {jwt_algorithm::es512, &p521},
                                    {jwt_algorithm::eddsa, &test::ed_key()}};
  for (const auto& [algorithm, maker] : samples) {
    const auto text = signed_text(*maker, std::string(to_string(algorithm)));
    for (const auto* other : {&test::rsa_key(), &test::ec_key(), &p384, &p521, &test::ed_key()}) {
      const auto key = key_of(other->jwk());
      BOOST_TEST(key.fits(algorithm) == (other == maker), to_string(algorithm));
      BOOST_TEST(key.verifies(text, algorithm) == (other == maker), to_string(algorithm));
    }
    for (const auto& [stated, unused] : samples) {
      if (stated != algorithm) BOOST_TEST(!key_of(maker->jwk()).verifies(text, stated), to_string(stated));
    }
  }
}

BOOST_AUTO_TEST_CASE(another_key_of_the_same_type_does_not_verify) {
  const auto other = test::token_key::ec("ec-1");
  BOOST_TEST(!key_of(other.jwk()).verifies(signed_text(test::ec_key(), "ES256"), jwt_algorithm::es256));
}

BOOST_AUTO_TEST_CASE(a_key_in_the_token_itself_counts_for_nothing) {
  const auto attacker = test::token_key::ec("ec-1");
  const json place = "https://127.0.0.1:1/key";
  for (const auto& [member, value] :
       {std::pair<std::string, json>{"jwk", attacker.jwk()}, {"jku", place}, {"x5u", place}, {"x5c", {"MAAA"}}}) {
    json header{{"alg", "ES256"}, {"kid", "ec-1"}};
    header[member] = value;
    const auto text = test::token_of(header, {{"sub", "a"}}, attacker);
    BOOST_TEST(!key_of(test::ec_key().jwk()).verifies(text, jwt_algorithm::es256), member);
  }
}

BOOST_AUTO_TEST_CASE(a_key_for_another_purpose_is_of_no_use) {
  const auto jwk = test::rsa_key().jwk();
  BOOST_TEST(mistake(jwk, json::object()) == "");
  for (const auto& use : {json("enc"), json("SIG"), json(nullptr), json(1)})
    BOOST_TEST(mistake(jwk, {{"use", use}}) == "its use is not sig", use);
  BOOST_TEST(mistake(jwk, {{"key_ops", {"verify"}}}) == "");
  BOOST_TEST(mistake(jwk, {{"key_ops", {"sign", "encrypt"}}}) == "its key_ops have no verify");
  for (const auto& id : {json(""), json(nullptr), json(std::string(256, 'k'))})
    BOOST_TEST(mistake(jwk, {{"kid", id}}).starts_with("its kid"), id.dump().substr(0, 9));
  auto unnamed = jwk;
  unnamed.erase("kid");
  BOOST_TEST(mistake(unnamed, json::object()).starts_with("its kid"));
  auto no_use = jwk;
  no_use.erase("use");
  BOOST_TEST(mistake(no_use, json::object()) == "");
}

BOOST_AUTO_TEST_CASE(a_key_with_alg_serves_that_algorithm_only) {
  auto jwk = test::rsa_key().jwk();
  jwk["alg"] = "PS256";
  const auto key = key_of(jwk);
  BOOST_TEST(key.fits(jwt_algorithm::ps256));
  BOOST_TEST(!key.fits(jwt_algorithm::rs256));
  BOOST_TEST(!key.verifies(signed_text(test::rsa_key(), "RS256"), jwt_algorithm::rs256));
  for (const auto* other : {"RSA-OAEP", "HS256", "ES256", "none", ""})
    BOOST_TEST(mistake(jwk, {{"alg", other}}).starts_with("its alg"), other);
}

BOOST_AUTO_TEST_CASE(private_shared_unknown_and_weak_keys_are_of_no_use) {
  const auto rsa = test::rsa_key().jwk();
  BOOST_TEST(mistake(rsa, {{"d", "AQAB"}}).find("not a public key") != std::string::npos);
  BOOST_TEST(mistake({{"kid", "k"}, {"kty", "oct"}, {"k", "c2VjcmV0"}}, json::object()) != "");
  BOOST_TEST(mistake({{"kid", "k"}, {"kty", "oct"}}, json::object()) != "");
  BOOST_TEST(mistake(test::ec_key().jwk(), {{"crv", "secp256k1"}}) == "its kty or crv is not supported");
  BOOST_TEST(mistake(test::ed_key().jwk(), {{"crv", "X25519"}}) == "its kty or crv is not supported");
  BOOST_TEST(mistake(test::ec_key().jwk(), {{"kty", "OKP"}}) == "its kty or crv is not supported");
  BOOST_TEST(mistake(test::token_key::rsa("weak", 1'024).jwk(), json::object()).starts_with("RSA of 1024 bits"));
  const auto padded = std::string(128, '\0') + std::string(128, '\xff');
  BOOST_TEST(mistake(rsa, {{"n", test::base64url(padded)}}).starts_with("RSA of 1024 bits"));
  BOOST_TEST(mistake(rsa, {{"n", test::base64url(std::string(1'025, '\xff'))}}).starts_with("RSA of 8200 bits"));
}

BOOST_AUTO_TEST_CASE(malformed_numbers_are_rejected) {
  const auto rsa = test::rsa_key().jwk();
  for (const auto* exponent : {"AQ", "Ag", "AA", "", "A", "AAAA", "_____________w"})
    BOOST_TEST(mistake(rsa, {{"e", exponent}}) != "", exponent);
  BOOST_TEST(mistake(rsa, {{"e", "Aw"}}) == "");
  for (const auto& number : {json(""), json("!"), json(1), json(nullptr)})
    BOOST_TEST(mistake(rsa, {{"n", number}}) != "", number);
  for (const auto* coordinate : {"x", "y"}) {
    BOOST_TEST(mistake(test::ec_key().jwk(), {{coordinate, "AAAA"}}) != "", coordinate);
    BOOST_TEST(mistake(test::ec_key().jwk(), {{coordinate, nullptr}}) != "", coordinate);
  }
  BOOST_TEST(mistake(test::ed_key().jwk(), {{"x", "AAAA"}}) != "");
  for (const auto& nothing : {json(nullptr), json::array(), json("RSA"), json::object()})
    BOOST_TEST(!kfs::signature_key::read(nothing).has_value(), nothing);
}

BOOST_AUTO_TEST_CASE(a_point_beside_the_curve_is_rejected) {
  const json beside{{"y", test::base64url(std::string(32, '\x01'))}};
  BOOST_TEST(mistake(test::ec_key().jwk(), beside) == "its numbers are those of no such key");
}

BOOST_AUTO_TEST_CASE(signatures_of_another_length_or_form_are_wrong) {
  const auto key = key_of(test::ec_key().jwk());
  const auto text = signed_text(test::ec_key(), "ES256");
  BOOST_TEST(key.verifies(text, jwt_algorithm::es256));
  const auto dot = text.rfind('.') + 1;
  for (const auto& wrong : {std::string(), std::string(64, '\0'), std::string(63, '\x01'), std::string(65, '\x01'),
                            std::string(64, '\xff'), std::string("\x30\x06\x02\x01\x01\x02\x01\x01", 8)})
    BOOST_TEST(!key.verifies(text.substr(0, dot) + test::base64url(wrong), jwt_algorithm::es256));
  for (const auto* none : {"", ".", "a", "a.b", "...."}) BOOST_TEST(!key.verifies(none, jwt_algorithm::es256), none);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::signature_key_test
