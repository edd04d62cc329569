#include "config/access/decision.hpp"

#include <boost/test/unit_test.hpp>

#include "config/access/glob.hpp"

namespace kfs::decision_test {
namespace {

using verdict = access_decision::verdict;

grant given(std::string_view role, const std::vector<std::string>& tenants,
            std::optional<std::string> consumers = std::nullopt) {
  return {*built_in_role(role), tenant_scope(tenants), std::move(consumers), "role " + std::string(role)};
}

caller with(std::vector<grant> grants) {
  return {.kind = caller_kind::jwt, .name = "ann", .credential_id = {}, .grants = std::move(grants)};
}

consumer_spec consumer(std::string tenant, std::string topic = "orders", std::string group = "billing") {
  consumer_spec spec;
  spec.tenant = std::move(tenant);
  spec.topic = std::move(topic);
  spec.consumer_group = std::move(group);
  return spec;
}

verdict outcome(const caller& who, permission wanted, const consumer_spec& spec) {
  return decide(who, wanted, access_object::of_consumer(spec)).outcome;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(decision)

BOOST_AUTO_TEST_CASE(without_a_grant_everything_is_hidden) {
  for (std::size_t each = 0; each < permission_names.size(); ++each) {
    BOOST_TEST((outcome(with({}), static_cast<permission>(each), consumer("default")) == verdict::hidden));
  }
  BOOST_TEST(!allowed_somewhere(with({}), permission::consumers_view));
}

BOOST_AUTO_TEST_CASE(every_role_in_its_own_tenant_in_another_one_and_in_none) {
  // viewer, operator, editor, admin; from section "What they may do" of the API's documentation.
  const std::vector<std::pair<permission, std::string>> expected{
      {permission::consumers_view, "voea"},    {permission::consumers_operate, " oea"},
      {permission::consumers_edit, "  ea"},    {permission::offsets_change, " oea"},
      {permission::dead_letters_view, " oea"}, {permission::dead_letters_redrive, " oea"},
      {permission::groups_view, "voea"},       {permission::cluster_view, "voea"},
      {permission::cluster_operate, "   a"},   {permission::metrics_view, "voea"},
      {permission::audit_view, "   a"},        {permission::keys_manage, "   a"},
      {permission::tenants_manage, "   a"}};
  BOOST_TEST_REQUIRE(expected.size() == permission_names.size());
  for (const auto& [wanted, roles] : expected) {
    for (std::size_t role = 0; role < built_in_roles.size(); ++role) {
      BOOST_TEST_CONTEXT(to_string(wanted) << " of " << built_in_roles[role]) {
        const bool holds = roles[role] != ' ';
        const auto who = with({given(built_in_roles[role], {"a"})});
        BOOST_TEST((outcome(who, wanted, consumer("a")) == (holds ? verdict::allowed : verdict::missing_permission)));
        BOOST_TEST((outcome(who, wanted, consumer("b")) == verdict::hidden));
        BOOST_TEST((decide(who, wanted, access_object::whole()).outcome == verdict::missing_permission));
        const auto everywhere = with({given(built_in_roles[role], {"*"})});
        BOOST_TEST(decide(everywhere, wanted, access_object::whole()).allowed() == holds);
        BOOST_TEST((outcome(everywhere, wanted, consumer("b")) == verdict::allowed) == holds);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_union_of_overlapping_grants_holds) {
  const auto who = with({given("viewer", {"a", "b"}), given("editor", {"b"})});
  BOOST_TEST((outcome(who, permission::consumers_edit, consumer("b")) == verdict::allowed));
  BOOST_TEST((outcome(who, permission::consumers_edit, consumer("a")) == verdict::missing_permission));
  BOOST_TEST(decide(who, permission::consumers_view, access_object::of_tenant("b")).rule == "role viewer");
  BOOST_TEST(decide(who, permission::consumers_edit, access_object::of_tenant("b")).rule == "role editor");
}

BOOST_AUTO_TEST_CASE(a_grant_for_some_consumers_holds_for_their_topic_or_group_and_not_for_the_tenant) {
  const auto who = with({given("editor", {"a"}, "pay-*")});
  BOOST_TEST((outcome(who, permission::consumers_edit, consumer("a", "pay-in")) == verdict::allowed));
  BOOST_TEST((outcome(who, permission::consumers_edit, consumer("a", "orders", "pay-group")) == verdict::allowed));
  BOOST_TEST((outcome(who, permission::consumers_edit, consumer("a")) == verdict::missing_permission));
  BOOST_TEST((outcome(who, permission::consumers_edit, consumer("b", "pay-in")) == verdict::hidden));
  BOOST_TEST(!decide(who, permission::consumers_edit, access_object::of_tenant("a")).allowed());
  BOOST_TEST(
      !decide(with({given("editor", {"*"}, "*")}), permission::consumers_edit, access_object::whole()).allowed());
}

BOOST_AUTO_TEST_CASE(a_role_without_permissions_shows_no_tenant) {
  const auto who = with({{permission_set(), tenant_scope({"a"}), std::nullopt, "role gone"}});
  BOOST_TEST((outcome(who, permission::consumers_view, consumer("a")) == verdict::hidden));
  BOOST_TEST(visible_tenants(who).empty());
}

BOOST_AUTO_TEST_CASE(somebody_who_is_not_asked_may_do_everything) {
  for (std::size_t each = 0; each < permission_names.size(); ++each)
    BOOST_TEST(decide(caller::anyone(), static_cast<permission>(each), access_object::whole()).allowed());
}

BOOST_AUTO_TEST_CASE(a_glob_matches_the_whole_text) {
  for (const auto& [pattern, text] : {std::pair{"", ""},
                                      {"*", ""},
                                      {"*", "any"},
                                      {"pay-*", "pay-"},
                                      {"pay-*", "pay-x"},
                                      {"*-*", "a-b"},
                                      {"a?c", "abc"},
                                      {"*a*b*", "xaxbx"},
                                      {"**", "x"},
                                      {"[a]", "[a]"},
                                      {"payments.*", "payments.eu"},
                                      {"*aab", "aaaab"}})
    BOOST_TEST(matches_glob(pattern, text), pattern << " " << text);
  for (const auto& [pattern, text] : {std::pair{"", "a"},
                                      {"pay-*", "pay"},
                                      {"pay-*", "xpay-"},
                                      {"a?c", "ac"},
                                      {"abc", "abcd"},
                                      {"*b", "ba"},
                                      {"payments.*", "paymentsXeu"},
                                      {"A", "a"}})
    BOOST_TEST(!matches_glob(pattern, text), pattern << " " << text);
}

BOOST_AUTO_TEST_CASE(a_glob_of_many_stars_takes_little_time) {
  std::string pattern;
  for (int i = 0; i < 300; ++i) pattern += "a*";
  BOOST_TEST(!matches_glob(pattern + "b", std::string(1'000, 'a')));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::decision_test
