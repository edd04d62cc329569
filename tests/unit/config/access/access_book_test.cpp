#include "config/access/access_book.hpp"

#include <boost/test/unit_test.hpp>

#include "config/access/decision.hpp"

namespace kfs::access_book_test {
namespace {

tenant tenant_named(std::string name) {
  tenant made;
  made.name = std::move(name);
  return made;
}

api_key key_of(std::string role, std::vector<std::string> tenants) {
  api_key key;
  key.id = "k1";
  key.name = "ci";
  key.role = std::move(role);
  key.tenants = std::move(tenants);
  return key;
}

kfs::access_rules on_call_rules() {
  kfs::access_rules rules;
  rules.roles["on_call"] = {permission::consumers_operate};
  rules.bindings.push_back({.group = "ops",
                            .subject = std::nullopt,
                            .role = "on_call",
                            .tenants = tenant_scope({"a", "gone"}),
                            .consumers = std::nullopt});
  return rules;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(access_book)

BOOST_AUTO_TEST_CASE(a_key_gives_its_role_in_its_tenants_that_exist) {
  const access_snapshot known({}, {key_of("viewer", {"a", "gone"})}, {tenant_named("a")});
  const auto& holder = *known.holder_of("k1")->who;
  BOOST_TEST(decide(holder, permission::consumers_view, access_object::of_tenant("a")).allowed());
  BOOST_TEST((decide(holder, permission::consumers_view, access_object::of_tenant("gone")).outcome ==
              access_decision::verdict::hidden));
  BOOST_TEST(decide(holder, permission::consumers_view, access_object::of_tenant("a")).rule ==
             "role viewer of API key k1");
}

BOOST_AUTO_TEST_CASE(a_key_of_a_role_that_is_gone_may_do_nothing) {
  const access_snapshot known({}, {key_of("on_call", {"*"})}, {});
  const auto& holder = *known.holder_of("k1")->who;
  for (std::size_t each = 0; each < permission_names.size(); ++each)
    BOOST_TEST(!allowed_somewhere(holder, static_cast<permission>(each)));
}

BOOST_AUTO_TEST_CASE(a_token_gives_what_its_bindings_say_in_tenants_that_exist) {
  const access_snapshot known(on_call_rules(), {}, {tenant_named("a")});
  const auto bearer = known.bearer_of({"bob", {"ops"}, std::nullopt, "jti"});
  BOOST_TEST((visible_tenants(bearer) == tenant_scope({"a"})));
  BOOST_TEST(decide(bearer, permission::consumers_operate, access_object::of_tenant("a")).allowed());
  BOOST_TEST(known.bearer_of({"bob", {"devs"}, std::nullopt, "jti"}).grants.empty());
}

BOOST_AUTO_TEST_CASE(the_default_tenant_always_exists) {
  BOOST_TEST(access_snapshot({}, {}, {}).find_tenant("default") != nullptr);
  BOOST_TEST(access_snapshot({}, {}, {}).find_tenant("other") == nullptr);
}

BOOST_AUTO_TEST_CASE(a_snapshot_stays_as_it_was_while_the_book_changes) {
  kfs::access_book book;
  BOOST_TEST(!book.confirmed_at());
  book.set_stored({key_of("viewer", {"*"})}, {}, kfs::access_book::clock::time_point(std::chrono::seconds(1)));
  const auto before = book.snapshot();
  book.set_rules(on_call_rules());
  book.set_stored({}, {tenant_named("a")}, kfs::access_book::clock::time_point(std::chrono::seconds(2)));
  BOOST_TEST(before->key("k1") != nullptr);
  BOOST_TEST(book.snapshot()->key("k1") == nullptr);
  BOOST_TEST(book.snapshot()->rules().bindings.size() == 1U);
  book.confirm(kfs::access_book::clock::time_point(std::chrono::seconds(3)));
  BOOST_TEST((*book.confirmed_at() == kfs::access_book::clock::time_point(std::chrono::seconds(3))));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::access_book_test
