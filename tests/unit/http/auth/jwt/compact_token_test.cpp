#include "http/auth/jwt/compact_token.hpp"

#include <boost/test/unit_test.hpp>

#include "config/base/json.hpp"
#include "tests/support/token_maker.hpp"

namespace kfs::compact_token_test {
namespace {

const std::vector<jwt_algorithm> allowed{jwt_algorithm::rs256, jwt_algorithm::es256};

std::string with_header(const std::string& header) {
  return test::base64url(header) + '.' + test::base64url("{}") + '.' + test::base64url("signature");
}

/// Why a token is rejected; empty when it is not.
std::string mistake(const std::string& token) {
  const auto read = read_compact_token(token, allowed);
  return read ? "" : read.error();
}

/// The same for a token with these members in its header, besides a good alg.
std::string mistake_with(const json& more) {
  json header{{"alg", "RS256"}};
  header.update(more);
  return mistake(with_header(header.dump()));
}

bool names(const std::string& text, const std::string& word) {
  return text.find(word) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(compact_token)

BOOST_AUTO_TEST_CASE(header_and_payload_are_read) {
  const auto text = with_header(R"({"alg":"ES256","kid":"k1","typ":"JWT","jku":"https://evil.example","x5t":"a"})");
  const auto read = read_compact_token(text, allowed);
  BOOST_TEST_REQUIRE(read.has_value());
  BOOST_TEST((read->algorithm == jwt_algorithm::es256));
  BOOST_TEST((read->key_id == "k1"));
  BOOST_TEST(read->payload == "{}");
  BOOST_TEST(read->text == text);
  BOOST_TEST(!read_compact_token(with_header(R"({"alg":"RS256"})"), allowed)->key_id);
}

BOOST_AUTO_TEST_CASE(a_token_has_three_parts_of_base64url) {
  const auto good = with_header(R"({"alg":"RS256"})");
  BOOST_TEST(mistake(good) == "");
  for (const std::string token : {"", ".", "..", "a", "a.b", "....", "a.b.c.d", "a.b.c.d.e"})
    BOOST_TEST(mistake(token) != "", token);
  BOOST_TEST(names(mistake("a.b.c.d.e"), "encrypted"));
  for (const auto* more : {"=", "+", "\n", " ", "!"}) BOOST_TEST(names(mistake(good + more), "base64url"), more);
  BOOST_TEST(names(mistake(' ' + good), "base64url"));
  BOOST_TEST(names(mistake(good.substr(0, good.rfind('.') + 1)), "not signed"));
}

BOOST_AUTO_TEST_CASE(a_token_is_at_most_16_KiB_long) {
  auto token = with_header(R"({"alg":"RS256"})");
  token.append((longest_token - token.size()) / 4 * 4, 'A');
  while (token.size() < longest_token) token += 'A';
  BOOST_TEST(!names(mistake(token), "longer"));
  BOOST_TEST(names(mistake(token + 'A'), "longer"));
  BOOST_TEST(names(mistake(std::string(10'000'000, 'A')), "longer"));
}

BOOST_AUTO_TEST_CASE(the_header_is_an_object_of_bounded_depth_without_double_names) {
  for (const std::string header :
       {"", "[]", "null", "1", "{", R"({"alg":"RS256"} x)", R"({"alg":"none","alg":"RS256"})",
        R"({"alg":"RS256","alg":"RS256"})", "{\"alg\":\"RS256\",\"x\":\"\xff\"}"})
    BOOST_TEST(names(mistake(with_header(header)), "header"), header);
  BOOST_TEST(names(mistake(with_header(R"({"alg":"RS256","x":)" + std::string(500, '[') + std::string(500, ']') + '}')),
                   "header"));
}

BOOST_AUTO_TEST_CASE(alg_is_in_the_list) {
  for (const std::string header :
       {"{}", R"({"alg":null})", R"({"alg":["RS256"]})", R"({"alg":"none"})", R"({"alg":"None"})", R"({"alg":""})",
        R"({"alg":"HS256"})", R"({"alg":"rs256"})", R"({"alg":"RS512"})", R"({"alg":"RS256 "})", R"({"alg":"ES256K"})",
        R"({"alg":"RSA-OAEP"})"})
    BOOST_TEST(names(mistake(with_header(header)), "alg"), header);
}

BOOST_AUTO_TEST_CASE(what_changes_the_meaning_of_a_token_is_rejected) {
  for (const auto* critical : {R"(["exp"])", R"(["b64"])", "[]", "null", R"("exp")"})
    BOOST_TEST(names(mistake_with({{"crit", json::parse(critical)}}), "crit"), critical);
  BOOST_TEST(names(mistake_with({{"b64", false}}), "b64"));
  BOOST_TEST(names(mistake_with({{"zip", "DEF"}}), "zip"));
  BOOST_TEST(names(mistake_with({{"enc", "A256GCM"}}), "enc"));
}

BOOST_AUTO_TEST_CASE(typ_is_that_of_a_token_and_its_content_is_none) {
  for (const auto* type : {"JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt", "application/jwt"})
    BOOST_TEST(mistake_with({{"typ", type}}) == "", type);
  for (const auto& type : {json("JOSE"), json("dpop+jwt"), json("logout+jwt"), json(""), json(nullptr), json(1)})
    BOOST_TEST(names(mistake_with({{"typ", type}}), "typ"), type);
  BOOST_TEST(names(mistake_with({{"cty", "JWT"}}), "another token"));
  BOOST_TEST(mistake_with({{"cty", "json"}}) == "");
}

BOOST_AUTO_TEST_CASE(kid_is_a_bounded_text) {
  BOOST_TEST(mistake_with({{"kid", std::string(255, 'k')}}) == "");
  for (const auto& id : {json(""), json(std::string(256, 'k')), json(1), json(nullptr), json({"k"})})
    BOOST_TEST(names(mistake_with({{"kid", id}}), "kid"), id.dump().substr(0, 20));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::compact_token_test
