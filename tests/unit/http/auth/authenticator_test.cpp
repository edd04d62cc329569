// Who calls: keys, tokens and the admin, and what is known of them now.
#include "http/auth/authenticator.hpp"

#include <boost/test/unit_test.hpp>

#include "config/access/decision.hpp"
#include "http/auth/bearer.hpp"

namespace kfs::authenticator_test {

namespace {

using namespace std::chrono_literals;

const std::string secret(64, 'a');
const std::string admin_key = "the-admin-key";

api_key key_of(const std::string& id, const std::string& role, std::optional<timestamp> expires_at = {}) {
  return {.id = id,
          .name = "name of " + id,
          .role = role,
          .tenants = {"*"},
          .secret_sha256 = sha256_hex(secret),
          .created_at = {},
          .expires_at = expires_at,
          .last_used_at = {}};
}

struct fixture {
  std::shared_ptr<access_book> book = std::make_shared<access_book>();
  std::vector<std::string> used;
  std::map<std::string, jwt_identity_ptr> identities;  ///< of tokens, as a verifier remembers them
  int refreshed = 0;
  bool trusted = true;
  std::function<void()> on_refresh = [] {};
  kfs::authenticator authentication{{.asks_nobody = false,
                                     .takes_api_keys = true,
                                     .admin_key = admin_key,
                                     .grace = 60s,
                                     .book = book,
                                     .verify_token =
                                         [this](const std::string& token, const auto& done) {
                                           const auto known = identities.find(token);
                                           if (known == identities.end()) return done(failure(ec::unauthenticated, ""));
                                           done(known->second);
                                         },
                                     .still_trusts = [this](const jwt_identity&) { return trusted; },
                                     .refresh =
                                         [this](std::function<void()> done) {
                                           ++refreshed;
                                           on_refresh();
                                           done();
                                         },
                                     .used = [this](const std::string& id) { used.push_back(id); }}};

  fixture() { store({key_of("k1", "viewer")}); }

  void store(std::vector<api_key> keys) { book->set_stored(std::move(keys), {}, access_book::clock::now()); }

  result<signed_in_ptr> caller_of(const std::optional<std::string>& authorization) const {
    result<signed_in_ptr> found = failure(ec::internal, "no answer");
    authentication.authenticate(authorization, [&](result<signed_in_ptr> who) { found = std::move(who); });
    return found;
  }
  result<signed_in_ptr> bearer(const std::string& token) const { return caller_of("Bearer " + token); }

  void refused(const std::optional<std::string>& authorization) const {
    const auto who = caller_of(authorization);
    BOOST_TEST(!who.has_value(), authorization.value_or("nothing"));
    if (!who) BOOST_TEST((who.error().code == ec::unauthenticated), authorization.value_or("nothing"));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(authenticator, fixture)

BOOST_AUTO_TEST_CASE(a_key_names_its_holder_and_what_it_may_do) {
  const auto who = bearer(api_key_text("k1", secret));
  BOOST_TEST_REQUIRE(who.has_value());
  BOOST_TEST((*who)->who->credential_id == "k1");
  BOOST_TEST((*who)->who->name == "name of k1");
  BOOST_TEST(allowed_somewhere(*(*who)->who, permission::consumers_view).has_value());
  BOOST_TEST(!allowed_somewhere(*(*who)->who, permission::consumers_edit).has_value());
  BOOST_TEST(refreshed == 0);
}

BOOST_AUTO_TEST_CASE(the_admin_key_is_known_by_its_digest_alone) {
  BOOST_TEST((*bearer(admin_key))->who->credential_id == "ADMIN_API_KEY");
  refused("Bearer " + admin_key + "x");
  refused("Bearer the-admin-kez");
  refused("Bearer ");
}

BOOST_AUTO_TEST_CASE(everything_else_is_refused) {
  refused(std::nullopt);
  for (const auto& token :
       {api_key_text("k1", secret.substr(1)), api_key_text("k1", secret + "a"),
        api_key_text("k1", std::string(64, 'b')), api_key_text("k1", sha256_hex(secret)), api_key_text("k2", secret),
        api_key_text("", secret), api_key_text("k1", ""), std::string("kfs_k1"), std::string("kfs_"), secret})
    refused("Bearer " + token);
  refused("Basic " + api_key_text("k1", secret));
}

BOOST_AUTO_TEST_CASE(a_token_that_was_verified_before_gives_what_holds_now) {
  const auto until = now() + 1min;
  for (const auto* name : {"ann", "bob"})
    identities[name] = std::make_shared<const jwt_identity>(jwt_identity{{name, {"team"}, {}, name}, until});
  const auto may_edit = [this](const std::string& token) {
    const auto who = bearer(token);
    return who.has_value() && allowed_somewhere(*(*who)->who, permission::consumers_edit).has_value();
  };
  const auto bind = [this](const std::string& subject, const std::string& role) {
    access_binding one;
    one.subject = subject;
    one.role = role;
    one.tenants = tenant_scope({"default"});
    book->set_rules({{}, {one}});
  };
  BOOST_TEST(!may_edit("ann"));
  bind("ann", "editor");
  for (int again = 0; again < 3; ++again) {
    BOOST_TEST(may_edit("ann"));
    BOOST_TEST(!may_edit("bob"));
  }
  BOOST_TEST((bearer("ann").value() == bearer("ann").value()));
  const auto signed_in = bearer("ann").value();
  bind("bob", "editor");
  BOOST_TEST(!may_edit("ann"));
  BOOST_TEST(may_edit("bob"));
  BOOST_TEST(!allowed_somewhere(*authentication.renewed(*signed_in)->who, permission::consumers_edit).has_value());
}

BOOST_AUTO_TEST_CASE(a_token_whose_key_was_withdrawn_holds_no_more) {
  identities["ann"] = std::make_shared<const jwt_identity>(jwt_identity{{"ann", {}, {}, "ann"}, now() + 1min});
  const auto signed_in = bearer("ann").value();
  BOOST_TEST((authentication.renewed(*signed_in) != nullptr));
  trusted = false;
  BOOST_TEST((authentication.renewed(*signed_in) == nullptr));
}

BOOST_AUTO_TEST_CASE(as_many_tokens_as_come_are_told_apart) {
  for (int number = 0; number < 5'000; ++number) {
    const auto name = std::to_string(number);
    const auto token = std::make_shared<const jwt_identity>(jwt_identity{{name, {}, {}, name}, now() + 1min});
    identities[name] = token;
    BOOST_TEST_REQUIRE((*bearer(name))->who->name == name);
    BOOST_TEST_REQUIRE((*bearer("0"))->who->name == "0");
  }
}

BOOST_AUTO_TEST_CASE(a_key_whose_stored_digest_is_damaged_belongs_to_nobody) {
  for (const auto& stored : {std::string(), std::string(64, '0'), std::string(64, 'A'), sha256_hex(secret) + "0"}) {
    auto damaged = key_of("k1", "viewer");
    damaged.secret_sha256 = stored;
    store({damaged});
    refused("Bearer " + api_key_text("k1", secret));
    refused("Bearer " + api_key_text("k1", ""));
  }
}

BOOST_AUTO_TEST_CASE(what_is_stored_holds_from_the_next_request_on) {
  const auto token = api_key_text("k1", secret);
  const auto before = bearer(token).value();
  store({key_of("k1", "editor")});
  BOOST_TEST(allowed_somewhere(*bearer(token).value()->who, permission::consumers_edit).has_value());
  BOOST_TEST(allowed_somewhere(*authentication.renewed(*before)->who, permission::consumers_edit).has_value());
  store({});
  refused("Bearer " + token);
  BOOST_TEST((authentication.renewed(*before) == nullptr));
}

BOOST_AUTO_TEST_CASE(a_key_ends_at_its_time) {
  store({key_of("k1", "viewer", now() + 1h)});
  const auto who = bearer(api_key_text("k1", secret)).value();
  BOOST_TEST((authentication.renewed(*who) != nullptr));
  store({key_of("k1", "viewer", now() - 1ms)});
  refused("Bearer " + api_key_text("k1", secret));
  BOOST_TEST((authentication.renewed(*who) == nullptr));
}

BOOST_AUTO_TEST_CASE(an_unknown_key_is_asked_of_the_store_once) {
  on_refresh = [this] { store({key_of("k1", "viewer"), key_of("k2", "viewer")}); };
  BOOST_TEST(bearer(api_key_text("k2", secret)).has_value());
  BOOST_TEST(refreshed == 1);
  BOOST_TEST(bearer(api_key_text("k2", secret)).has_value());
  BOOST_TEST(refreshed == 1);
  refused("Bearer " + api_key_text("k3", secret));
  BOOST_TEST(refreshed == 2);
}

BOOST_AUTO_TEST_CASE(without_the_store_known_keys_serve_within_the_grace) {
  book->confirm(access_book::clock::now() - 59s);
  const auto in_time = bearer(api_key_text("k1", secret));
  BOOST_TEST_REQUIRE(in_time.has_value());
  BOOST_TEST((authentication.renewed(**in_time) != nullptr));
  book->confirm(access_book::clock::now() - 61s);
  BOOST_TEST((authentication.renewed(**in_time) == nullptr));
  const auto late = bearer(api_key_text("k1", secret));
  BOOST_TEST_REQUIRE(!late.has_value());
  BOOST_TEST((late.error().code == ec::store_unavailable));
  const auto admin = bearer(admin_key);
  BOOST_TEST_REQUIRE(admin.has_value());
  BOOST_TEST((authentication.renewed(**admin) != nullptr));
}

BOOST_AUTO_TEST_CASE(the_use_of_a_key_is_told_now_and_then) {
  for (int i = 0; i < 10; ++i) BOOST_TEST(bearer(api_key_text("k1", secret)).has_value());
  refused("Bearer " + api_key_text("k1", ""));
  BOOST_TEST(used == (std::vector<std::string>{"k1"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_bearer_token_is_one_printable_word) {
  BOOST_TEST((bearer_token("bEaReR  abc ") == "abc"));
  for (const auto* text : {"", "Bearer", "Bearer ", "Basic abc", "Bearer a b", "Bearer a\tb", "Bearer \xc3\xa9"})
    BOOST_TEST(!bearer_token(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(digests_are_read_as_they_are_written) {
  BOOST_TEST(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  BOOST_TEST((sha256_from_hex(sha256_hex("abc")) == sha256("abc")));
  BOOST_TEST(equal_in_constant_time(sha256("abc"), sha256("abc")));
  BOOST_TEST(!equal_in_constant_time(sha256("abc"), sha256("abd")));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::authenticator_test
