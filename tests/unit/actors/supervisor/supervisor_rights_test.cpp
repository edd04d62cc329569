// A command is carried out only if its sender may do so on the consumer as it is when the command's turn comes.

#include <boost/test/unit_test.hpp>

#include "tests/unit/actors/supervisor/sharing_fixture.hpp"

namespace kfs::supervisor_rights_test {

using namespace kfs::test;

namespace {

/// The consumer is of the tenant "payments" and has the topic "pay-in"; the sender may do everything with the topics
/// "pay-*" of that tenant, and nothing else.
struct rights : sharing {
  rights() {
    spec.tenant = "payments";
    spec.topic = "pay-in";
    become_limited();
  }

  /// The commands that follow are sent by that caller.
  void become_limited() {
    const caller who{.kind = caller_kind::jwt,
                     .name = "ann",
                     .credential_id = "",
                     .grants = {{.permissions = permission_set::all(),
                                 .tenants = tenant_scope({"payments"}),
                                 .consumers = "pay-*",
                                 .rule = "some rule"}}};
    context.right = command_right{.sender = std::make_shared<const caller>(who)};
  }
  /// The commands that follow are sent by one who may do everything.
  void become_admin() { context.right = command_right{.sender = std::make_shared<const caller>(caller::anyone())}; }
  [[nodiscard]] std::optional<std::string> denied_in() const {
    const auto* tenant = context.right->denial->tenant();
    return tenant == nullptr ? std::nullopt : std::optional(*tenant);
  }

  [[nodiscard]] consumer_spec renamed() const {
    auto changed = spec;
    changed.topic = "orders";
    ++changed.rev.value;
    return changed;
  }
  /// Another replica has given the consumer a name with which the sender may do nothing.
  void rename_by_other() { store_by_other(renamed()); }
  /// Another replica has deleted the consumer and made another one with its id, of a tenant that is hidden from the
  /// sender.
  void make_anew_by_other() {
    delete_by_other();
    auto other = spec;
    other.tenant = "orders";
    other.created_at += std::chrono::hours(1);
    store_by_other(other);
  }

  template <class Answer>
  void is_forbidden(const Answer& answered) const {
    BOOST_TEST_REQUIRE(answered->refused.has_value());
    BOOST_TEST((answered->refused->code == ec::forbidden));
    BOOST_TEST(answered->refused->message.starts_with("Not permitted: this needs the permission consumers:"));
    BOOST_TEST(answered->refused->message.ends_with(" for this consumer."));
    BOOST_TEST(denied_in().value_or("") == "payments");
  }
  template <class Answer>
  void is_hidden(const Answer& answered) const {
    BOOST_TEST_REQUIRE(answered->refused.has_value());
    BOOST_TEST((answered->refused->code == ec::not_found));
    BOOST_TEST(answered->refused->message == "Consumer " + spec.id.value + " not found");
    BOOST_TEST(denied_in().value_or("") == "orders");
  }
  consumer_spec with_longer_stop() const {
    auto changed = spec;
    changed.options["stop_timeout_ms"] = 500;
    return changed;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(supervisor_rights, rights)

BOOST_AUTO_TEST_CASE(a_sender_with_the_right_is_served) {
  begin_sharing();
  give(7);
  const auto changed = update(with_longer_stop());
  settle();
  BOOST_TEST(changed->value.has_value());
  const auto stopped = stop();
  settle();
  BOOST_TEST(stopped->value.has_value());
  const auto removed = remove();
  settle();
  BOOST_TEST(removed->value.has_value());
  BOOST_TEST(!denied_in().has_value());
}

BOOST_AUTO_TEST_CASE(no_command_changes_a_consumer_that_was_renamed_beyond_the_right) {
  begin_sharing();
  rename_by_other();
  const auto writes = stored->writes;
  const auto is_denied = [&](const auto& answered) {
    settle();
    is_forbidden(answered);
    become_limited();
  };
  is_denied(start());
  is_denied(stop());
  is_denied(remove());
  is_denied(update(with_longer_stop()));
  is_denied(create(spec));
  BOOST_TEST(stored->writes == writes);
}

BOOST_AUTO_TEST_CASE(no_command_changes_or_shows_a_consumer_that_was_made_anew_in_a_hidden_tenant) {
  begin_sharing();
  make_anew_by_other();
  const auto writes = stored->writes;
  const auto is_denied = [&](const auto& answered) {
    settle();
    is_hidden(answered);
    become_limited();
  };
  is_denied(start());
  is_denied(stop());
  is_denied(remove());
  is_denied(update(with_longer_stop()));
  const auto repeated = create(spec);
  settle();
  BOOST_TEST((repeated->refused.value().code == ec::already_exists));
  BOOST_TEST(stored->writes == writes);
}

BOOST_AUTO_TEST_CASE(a_command_that_waits_for_a_renaming_is_denied) {
  report = nullptr;  // alone
  owned = nullptr;
  begin({spec});
  freeze(store);
  become_admin();
  const auto renaming = update(renamed());
  become_limited();
  const auto removed = remove();
  BOOST_TEST(!removed->refused.has_value());
  thaw(store);
  settle();
  BOOST_TEST(renaming->value.has_value());
  is_forbidden(removed);
  BOOST_TEST(stored->history.contains(spec.id.value));
}

BOOST_AUTO_TEST_CASE(nobody_gives_a_consumer_names_with_which_they_could_not_change_it) {
  begin_sharing();
  const auto answered = update(renamed());
  settle();
  is_forbidden(answered);
  BOOST_TEST(answered->refused->message ==
             "Not permitted: this needs the permission consumers:edit for this consumer.");
  BOOST_TEST(stored->history.at(spec.id.value).back().topic == "pay-in");
}

BOOST_AUTO_TEST_CASE(a_change_that_was_overtaken_by_a_renaming_is_denied) {
  begin_sharing();
  stored->before_change = [this] { rename_by_other(); };
  const auto answered = update(with_longer_stop());
  settle();
  is_forbidden(answered);
  BOOST_TEST(stored->history.at(spec.id.value).back().topic == "orders");
}

BOOST_AUTO_TEST_CASE(what_the_process_itself_sends_needs_no_right) {
  begin_sharing();
  give(7);
  rename_by_other();
  context.right.reset();
  const auto stopped = stop();
  settle();
  BOOST_TEST(stopped->value.has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::supervisor_rights_test
