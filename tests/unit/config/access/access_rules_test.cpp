#include "config/access/access_rules.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>

namespace kfs::access_rules_test {
namespace {

result<access_rules> rules_of(const std::string& text) {
  return read_access_rules(text, "access.yaml");
}

std::string mistake_in(const std::string& text) {
  const auto rules = rules_of(text);
  return rules ? "none" : rules.error().message;
}

constexpr const char* on_call = R"yaml(
roles:
  on_call: {permissions: [consumers:view, consumers:operate]}
bindings:
  - {group: payments-oncall, role: on_call, tenants: [payments], consumers: "pay-*"}
  - {subject: ann, role: viewer, tenants: ["*"]}
  - {group: everyone, role: viewer}
)yaml";

}  // namespace

BOOST_AUTO_TEST_SUITE(access_rules)

BOOST_AUTO_TEST_CASE(roles_and_bindings_are_read) {
  const auto rules = rules_of(on_call);
  BOOST_TEST_REQUIRE(rules.has_value(), mistake_in(on_call));
  BOOST_TEST((rules->role("on_call") == permission_set{permission::consumers_view, permission::consumers_operate}));
  BOOST_TEST((rules->role("viewer") == built_in_role("viewer")));
  BOOST_TEST(!rules->role("other"));
  BOOST_TEST(rules->bindings.size() == 3U);
}

BOOST_AUTO_TEST_CASE(an_empty_file_adds_nothing) {
  for (const char* text : {"", "\n", "# only a comment\n", "roles:\nbindings:\n", "{}"})
    BOOST_TEST((rules_of(text).value() == kfs::access_rules()), text);
}

BOOST_AUTO_TEST_CASE(bindings_give_grants_to_groups_and_subjects) {
  const auto rules = *rules_of(on_call);
  const auto granted = rules.grants_of({"bob", {"payments-oncall", "other"}, std::nullopt, {}});
  BOOST_TEST_REQUIRE(granted.size() == 1U);
  BOOST_TEST((granted[0].tenants == tenant_scope({"payments"})));
  BOOST_TEST(*granted[0].consumers == "pay-*");
  BOOST_TEST(granted[0].rule == "role on_call of group payments-oncall for consumers pay-*");
  BOOST_TEST(rules.grants_of({"ann", {}, std::nullopt, {}}).size() == 1U);
  BOOST_TEST(rules.grants_of({"Ann", {"payments-Oncall"}, std::nullopt, {}}).empty());
}

BOOST_AUTO_TEST_CASE(the_tenants_of_a_token_narrow_those_of_a_binding_and_stand_in_for_missing_ones) {
  const auto rules = *rules_of(on_call);
  const auto tenants = [&](const token_identity& who) {
    std::vector<std::vector<std::string>> all;
    for (const auto& each : rules.grants_of(who)) all.push_back(each.tenants.listed());
    return all;
  };
  using lists = std::vector<std::vector<std::string>>;
  BOOST_TEST((tenants({"bob", {"everyone"}, std::nullopt, {}}) == lists{}));
  BOOST_TEST((tenants({"bob", {"everyone"}, std::vector<std::string>{"b", "a"}, {}}) == lists{{"a", "b"}}));
  BOOST_TEST((tenants({"bob", {"everyone"}, std::vector<std::string>{}, {}}) == lists{}));
  BOOST_TEST((tenants({"ann", {}, std::vector<std::string>{"a"}, {}}) == lists{{"a"}}));
  BOOST_TEST((tenants({"bob", {"payments-oncall"}, std::vector<std::string>{"orders"}, {}}) == lists{}));
}

BOOST_AUTO_TEST_CASE(each_mistake_is_named_with_its_line) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"rolse: {}", "access.yaml:1: the file has no 'rolse'; did you mean roles?"},
      {"[]", "access.yaml:1: the file must be a map of roles, bindings"},
      {"roles: {x: {permissions: [consumer:view]}}", "did you mean consumers:view?"},
      {"roles: {admin: {permissions: []}}", "the role admin is built in"},
      {"roles: {x: {}}", "the role x needs permissions"},
      {"roles: {\"a b\": {permissions: []}}", "cannot be the name of a role"},
      {"roles: {x: {permissions: [], extra: 1}}", "the role x has no 'extra'"},
      {"bindings: {}", "bindings must be a list"},
      {"bindings:\n- {role: viewer}", "access.yaml:2: a binding needs either group or subject"},
      {"bindings:\n- {group: a, subject: b, role: viewer}", "a binding needs either group or subject"},
      {"bindings:\n- {group: a}", "a binding needs a role"},
      {"bindings:\n- {group: a, role: boss}", "there is no role 'boss'"},
      {"bindings:\n- {group: a, role: viewer, tenants: []}", "tenants must be a list of names"},
      {"bindings:\n- {group: a, role: viewer, tenants: all}", "tenants must be a list of names"},
      {"bindings:\n- {group: a, role: viewer, tenants: [Payments]}", "'Payments' cannot be the name of a tenant"},
      {"bindings:\n- {group: \"\", role: viewer}", "group must be a text of 1 to"},
      {"bindings:\n- {group: [a], role: viewer}", "group must be a text of 1 to"},
      {"bindings:\n- {group: a, group: b, role: viewer}", "a binding has group twice"},
      {"bindings:\n- {gruop: a, role: viewer}", "did you mean group?"},
      {"a: [", "the file is not YAML"},
      {"roles: {}\n---\nroles: {}", "more than one document"}};
  for (const auto& [text, expected] : cases)
    BOOST_TEST(mistake_in(text).find(expected) != std::string::npos, text << "\n  gives: " << mistake_in(text));
}

BOOST_AUTO_TEST_CASE(every_mistake_is_named_at_once_within_a_bound) {
  std::string text = "bindings:\n";
  for (int i = 0; i < 100; ++i) text += "- {group: a, role: boss}\n";
  const auto told = mistake_in(text);
  BOOST_TEST(std::ranges::count(told, '\n') == 20);
  BOOST_TEST(told.ends_with("… and 80 more"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::access_rules_test
