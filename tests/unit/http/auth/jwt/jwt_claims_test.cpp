#include <boost/test/unit_test.hpp>

#include "http/auth/jwt/claims.hpp"
#include "tests/support/token_fixture.hpp"

namespace kfs::jwt_claims_test {

using namespace std::chrono_literals;

namespace {

const timestamp at{std::chrono::seconds{1'800'000'000}};

json claims() {
  return {{"iss", "https://idp.example/realm"}, {"aud", "kfs"}, {"sub", "alice"}, {"exp", 1'800'000'300}};
}

tl::expected<jwt_identity, std::string> read(const json& payload,
                                             const jwt_settings& accepted = test::accepted_tokens(),
                                             timestamp when = at) {
  return read_identity(payload.dump(), accepted, when, "sha256:0011");
}

/// Why good claims are rejected when these replace theirs; empty when they are not.
std::string mistake(const json& changed) {
  auto payload = claims();
  payload.update(changed);
  const auto identity = read(payload);
  return identity ? "" : identity.error();
}

std::string mistake_without(const char* name) {
  auto payload = claims();
  payload.erase(name);
  const auto identity = read(payload);
  return identity ? "" : identity.error();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(jwt_claims)

BOOST_AUTO_TEST_CASE(the_claims_become_an_identity) {
  auto payload = claims();
  payload.update({{"groups", {"a", "b"}}, {"tenants", "payments"}, {"jti", "id-1"}});
  const auto identity = read(payload);
  BOOST_TEST_REQUIRE(identity.has_value());
  BOOST_TEST(identity->subject == "alice");
  BOOST_TEST((identity->groups == std::vector<std::string>{"a", "b"}));
  BOOST_TEST((*identity->tenants == std::vector<std::string>{"payments"}));
  BOOST_TEST(identity->credential_id == "id-1");
  BOOST_TEST((identity->expires_at == timestamp{1'800'000'360s}));
}

BOOST_AUTO_TEST_CASE(groups_tenants_and_jti_may_be_missing) {
  const auto identity = read(claims());
  BOOST_TEST_REQUIRE(identity.has_value());
  BOOST_TEST(identity->groups.empty());
  BOOST_TEST(!identity->tenants.has_value());
  BOOST_TEST(identity->credential_id == "sha256:0011");
}

BOOST_AUTO_TEST_CASE(the_issuer_is_compared_exactly) {
  for (const auto& issuer : {json("https://idp.example/realm/"), json("https://idp.example/REALM"), json(""),
                             json(nullptr), json({"https://idp.example/realm"}), json(1)})
    BOOST_TEST(mistake({{"iss", issuer}}) == "iss is not JWT_ISSUER", issuer);
  BOOST_TEST(mistake_without("iss") == "iss is not JWT_ISSUER");
}

BOOST_AUTO_TEST_CASE(the_audience_is_the_text_or_in_the_array) {
  BOOST_TEST(mistake({{"aud", {"other", "kfs"}}}) == "");
  for (const auto& audience : {json("KFS"), json("kfs "), json(""), json(nullptr), json::array(), json({"other"}),
                               json({"kfs", 1}), json({{"kfs", true}}), json(json::array({json::array({"kfs"})}))})
    BOOST_TEST(mistake({{"aud", audience}}) == "aud does not hold JWT_AUDIENCE", audience);
  BOOST_TEST(mistake_without("aud") == "aud does not hold JWT_AUDIENCE");
}

BOOST_AUTO_TEST_CASE(exp_is_required_and_counts_with_the_leeway) {
  BOOST_TEST(mistake_without("exp") == "it has no exp");
  BOOST_TEST(mistake({{"exp", 1'800'000'000 - 59}}) == "");
  BOOST_TEST(mistake({{"exp", 1'800'000'000 - 60}}) == "it has expired (exp)");
  BOOST_TEST(mistake({{"exp", 0}}) == "it has expired (exp)");
  BOOST_TEST(mistake({{"exp", -1}}) == "it has expired (exp)");
  for (const auto& time : {json("1800000300"), json(nullptr), json(true), json::array(), json::object()})
    BOOST_TEST(mistake({{"exp", time}}) == "exp is not a number", time);
}

BOOST_AUTO_TEST_CASE(nbf_and_iat_may_lie_ahead_by_the_leeway) {
  for (const auto* name : {"nbf", "iat"}) {
    BOOST_TEST(mistake({{name, 1'800'000'060}}) == "", name);
    BOOST_TEST(mistake({{name, 1'800'000'061}}) != "", name);
    BOOST_TEST(mistake({{name, 1'800'000'060.5}}) != "", name);
    BOOST_TEST(mistake({{name, -1e300}}) == "", name);
    BOOST_TEST(mistake({{name, "0"}}) == std::string(name) + " is not a number");
  }
}

BOOST_AUTO_TEST_CASE(the_leeway_is_a_setting) {
  auto accepted = test::accepted_tokens();
  accepted.leeway = 0s;
  BOOST_TEST(read(claims(), accepted, timestamp{1'800'000'300s} - 1ms).has_value());
  BOOST_TEST(!read(claims(), accepted, timestamp{1'800'000'300s}).has_value());
}

BOOST_AUTO_TEST_CASE(a_time_may_have_a_fraction_and_be_huge) {
  BOOST_TEST(mistake({{"exp", 1'800'000'000.5}}) == "");
  for (const auto* huge : {"9223372036854775807", "18446744073709551615", "99999999999999999999999999", "1e308"}) {
    auto payload = claims();
    payload.erase("exp");
    auto text = payload.dump();
    text.insert(1, std::string(R"("exp":)") + huge + ',');
    const auto identity = read_identity(text, test::accepted_tokens(), at, "");
    BOOST_TEST_REQUIRE(identity.has_value(), huge);
    BOOST_TEST(to_rfc3339(identity->expires_at - 60s).substr(0, 10) == "9999-12-31", huge);
    for (const auto* sign : {"", "-"}) {
      auto early = claims().dump();
      early.insert(1, std::string(R"("nbf":)") + sign + huge + ',');
      BOOST_TEST(read_identity(early, test::accepted_tokens(), at, "").has_value() == (*sign == '-'), huge);
    }
  }
  BOOST_TEST(!read_identity(R"({"exp":1e999})", test::accepted_tokens(), at, "").has_value());
}

BOOST_AUTO_TEST_CASE(the_subject_is_a_printable_text) {
  BOOST_TEST(mistake({{"sub", std::string(255, 's')}}) == "");
  BOOST_TEST(mistake({{"sub", "Jörg Müller"}}) == "");
  for (const auto& subject : {json(""), json(std::string(256, 's')), json(nullptr), json(7), json({"a"}), json("a\nb"),
                              json(std::string("a\0b", 3)), json("\u202e"), json("\x7f")})
    BOOST_TEST(mistake({{"sub", subject}}).starts_with("sub is not"), subject.dump().substr(0, 20));
  BOOST_TEST(mistake_without("sub").starts_with("sub is not"));
}

BOOST_AUTO_TEST_CASE(groups_and_tenants_are_texts) {
  for (const auto* name : {"groups", "tenants"}) {
    BOOST_TEST(mistake({{name, json::array()}}) == "", name);
    BOOST_TEST(mistake({{name, "one"}}) == "", name);
    BOOST_TEST(mistake({{name, json::array_t(1'000, "g")}}) == "", name);
    for (const auto& wrong : {json(nullptr), json(1), json::object(), json({"a", 1}), json({"a", nullptr}), json({""}),
                              json(""), json({std::string(256, 'g')}), json({"a\r"}), json(json::array_t(1'001, "g")),
                              json(json::array({json::array({"a"})}))})
      BOOST_TEST(mistake({{name, wrong}}).starts_with(name), name << wrong.dump().substr(0, 20));
  }
}

BOOST_AUTO_TEST_CASE(a_claim_may_be_named_by_a_pointer) {
  auto accepted = test::accepted_tokens();
  accepted.subject_claim = {"who", "1", "name"};
  accepted.groups_claim = {"realm_access", "roles"};
  accepted.tenants_claim = {"https://kfs.example/tenants"};
  auto payload = claims();
  payload.update({{"who", {{{"name", "bob"}}, {{"name", "eve"}}}},
                  {"realm_access", {{"roles", {"ops"}}}},
                  {"https://kfs.example/tenants", {"t1"}}});
  const auto identity = read(payload, accepted);
  BOOST_TEST_REQUIRE(identity.has_value());
  BOOST_TEST(identity->subject == "eve");
  BOOST_TEST((identity->groups == std::vector<std::string>{"ops"}));
  BOOST_TEST((*identity->tenants == std::vector<std::string>{"t1"}));
  payload["realm_access"] = "roles";
  BOOST_TEST(read(payload, accepted)->groups.empty());
  payload["who"] = json::array();
  BOOST_TEST(!read(payload, accepted).has_value());
}

BOOST_AUTO_TEST_CASE(a_jti_that_cannot_be_shown_is_replaced) {
  for (const auto& id : {std::string(65, 'j'), std::string(), std::string("a\tb")}) {
    auto payload = claims();
    payload["jti"] = id;
    BOOST_TEST(read(payload)->credential_id == "sha256:0011");
  }
  BOOST_TEST(mistake({{"jti", 1}}) == "jti is not a text");
}

BOOST_AUTO_TEST_CASE(the_payload_is_an_object_without_double_names) {
  for (const std::string payload : {"", "[]", "null", "\"a\"", "{", R"({"sub":"a","sub":"b"})"})
    BOOST_TEST(!read_identity(payload, test::accepted_tokens(), at, "").has_value(), payload);
  auto doubled = claims().dump();
  doubled.insert(1, R"("sub":"root",)");
  BOOST_TEST(read_identity(doubled, test::accepted_tokens(), at, "").error().find("twice") != std::string::npos);
  const auto deep = R"({"x":)" + std::string(5'000, '[') + std::string(5'000, ']') + '}';
  BOOST_TEST(!read_identity(deep, test::accepted_tokens(), at, "").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::jwt_claims_test
