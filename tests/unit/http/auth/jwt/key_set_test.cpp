#include "http/auth/jwt/key_set.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/token_fixture.hpp"

namespace kfs::key_set_test {
namespace {

std::string set_of(const std::vector<json>& keys) {
  return json{{"keys", keys}}.dump();
}

std::string mistake(const std::string& text) {
  const auto read = read_key_set(text);
  return read ? "" : read.error();
}

json named(json jwk, const std::string& id) {
  jwk["kid"] = id;
  return jwk;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(key_set)

BOOST_AUTO_TEST_CASE(keys_are_found_by_algorithm_and_id) {
  const auto read = read_key_set(test::key_set_of({test::rsa_key(), test::ec_key(), test::ed_key()}));
  BOOST_TEST_REQUIRE(read.has_value());
  BOOST_TEST(read->keys.size() == 3U);
  BOOST_TEST(read->left_out.empty());
  BOOST_TEST(read->keys.has("ec-1"));
  BOOST_TEST(!read->keys.has("EC-1"));
  BOOST_TEST(read->keys.fitting(jwt_algorithm::ps256, "rsa-1").size() == 1U);
  BOOST_TEST(read->keys.fitting(jwt_algorithm::ps256, "ec-1").empty());
  BOOST_TEST(read->keys.fitting(jwt_algorithm::eddsa, std::nullopt).size() == 1U);
}

BOOST_AUTO_TEST_CASE(keys_that_are_of_no_use_are_left_out_and_named) {
  auto encrypts = named(test::rsa_key().jwk(), "enc-1");
  encrypts["use"] = "enc";
  const auto read = read_key_set(set_of({encrypts, test::ec_key().jwk(), json(7), json{{"kty", "new"}, {"kid", "n"}}}));
  BOOST_TEST_REQUIRE(read.has_value());
  BOOST_TEST(read->keys.size() == 1U);
  BOOST_TEST_REQUIRE(read->left_out.size() == 3U);
  BOOST_TEST(read->left_out[0] == "key 1 (kid enc-1): its use is not sig");
  BOOST_TEST(read->left_out[1] == "key 3: it is no JSON object");
  BOOST_TEST(read->left_out[2] == "key 4 (kid n): its kty or crv is not supported");
}

BOOST_AUTO_TEST_CASE(a_set_without_a_usable_key_is_rejected_as_a_whole) {
  for (const std::string text : {"", "null", "[]", "{}", R"({"keys":{}})", R"({"keys":null})", "<html>", "{\"keys\":[]",
                                 R"({"keys":[],"keys":[]})"})
    BOOST_TEST(mistake(text) != "", text);
  BOOST_TEST(mistake(R"({"keys":[]})") == "none of its 0 keys is of use");
  const auto weak = set_of({json{{"kid", "a"}, {"kty", "oct"}, {"k", "AAAA"}}});
  BOOST_TEST(mistake(weak).starts_with("none of its 1 keys is of use: key 1 (kid a): "), mistake(weak));
  BOOST_TEST(mistake(weak).find("AAAA") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_set_has_at_most_100_keys) {
  std::vector<json> many;
  for (int i = 0; i < 100; ++i) many.push_back(named(test::ec_key().jwk(), "k" + std::to_string(i)));
  BOOST_TEST(mistake(set_of(many)) == "");
  many.push_back(named(test::ec_key().jwk(), "one more"));
  BOOST_TEST(mistake(set_of(many)).starts_with("it has 101 keys"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::key_set_test
