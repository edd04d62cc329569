#include <boost/test/unit_test.hpp>
#include <mutex>
#include <stdexcept>

#include "actors/services/store_actor.hpp"
#include "config/store/consumer_store.hpp"
#include "tests/support/stderr_capture.hpp"
#include "tests/unit/actors/actor_fixture.hpp"
#include "tests/unit/doubles/scripted_access.hpp"

namespace kfs::store_actor_test {

using namespace std::string_literals;

namespace {

/// Shared by a test and its store: what the store shall answer, and what it was asked. The actor owns the store.
struct store_script {
  result<void> outcome;
  bool throws = false;
  std::vector<std::string> calls;
  std::vector<revision_entry> entries;
  accepted_versions accepted;
  stored_consumer stored;
  test::scripted_access access;
  change_number number{7};
  bool closed = false;
};

class scripted_store final : public consumer_store {
 public:
  explicit scripted_store(std::shared_ptr<store_script> script) : script_(std::move(script)) {}
  ~scripted_store() override { script_->closed = true; }

  result<std::vector<consumer_spec>> load_all() override { return std::vector<consumer_spec>{}; }
  result<stored_consumer> load(const consumer_id& id) override {
    if (const auto outcome = note("load " + id.value); !outcome) return tl::make_unexpected(outcome.error());
    return script_->stored;
  }
  result<change_number> insert(const consumer_spec& spec, const audit_entry* entry) override {
    return change("insert " + spec.id.value, entry);
  }
  result<change_number> update(const consumer_spec& changed, const audit_entry* entry, change_number known) override {
    return change("update " + changed.id.value + after(known), entry);
  }
  result<change_number> set_target(const consumer_id& id, target_state target, const audit_entry* entry,
                                   change_number known) override {
    return change((target == target_state::started ? "start " : "stop ") + id.value + after(known), entry);
  }
  result<change_number> set_orders(const consumer_id& id, const standing_orders& orders, const audit_entry* entry,
                                   change_number known) override {
    return change("order " + id.value + " " + to_stored_text(orders) + after(known), entry);
  }
  result<change_number> remove(const consumer_id& id, const audit_entry* entry, change_number known) override {
    return change("remove " + id.value + after(known), entry);
  }
  result<std::vector<revision_entry>> history(const consumer_id& id) override {
    if (const auto outcome = note("history " + id.value); !outcome) return tl::make_unexpected(outcome.error());
    return script_->entries;
  }
  result<void> store_accepted(const consumer_id& id, revision rev, const processor_id& processor,
                              const std::string& version) override {
    return note("accept " + id.value + " " + std::to_string(rev.value) + " " + processor.value + " " + version);
  }
  result<accepted_versions> load_accepted(const consumer_id& id, revision rev) override {
    if (const auto outcome = note("recall " + id.value + " " + std::to_string(rev.value)); !outcome)
      return tl::make_unexpected(outcome.error());
    return script_->accepted;
  }
  result<void> ping() override { return note("ping"); }
  access_store& access() override { return script_->access; }

 private:
  static std::string after(change_number known) { return " after " + std::to_string(known.value); }

  result<change_number> change(std::string call, const audit_entry* entry) {
    if (entry != nullptr) call += " audited " + entry->action;
    if (const auto outcome = note(std::move(call)); !outcome) return tl::make_unexpected(outcome.error());
    return script_->number;
  }

  result<void> note(std::string call) {
    script_->calls.push_back(std::move(call));
    if (script_->throws) throw std::runtime_error("out of cheese");
    return script_->outcome;
  }

  std::shared_ptr<store_script> script_;
};

/// What the actor told of its operations.
struct observed_operations {
  std::mutex mutex;
  std::vector<std::string> all;  ///< guarded by the mutex
};

/// Waits for every answer, because the actor has a thread of its own.
struct fixture : test::actor_fixture {
  std::shared_ptr<store_script> script = std::make_shared<store_script>();
  std::shared_ptr<observed_operations> observed = std::make_shared<observed_operations>();
  store_actor store = spawn_store(
      system(), std::make_unique<scripted_store>(script), logger(log_level::info, log_format::text),
      [observed = observed](std::string_view operation, auto, const std::optional<error>& failed) {
        const std::lock_guard lock(observed->mutex);
        observed->all.push_back(std::string(operation) + (failed ? " " + std::string(to_string(failed->code)) : ""));
      });
  consumer_spec_ptr spec = [] {
    auto made = std::make_shared<consumer_spec>();
    made->id = {"c"};
    return made;
  }();

  const change_number known{7};
  const audit_entry_ptr no_entry;
  audit_entry entry = [] {
    audit_entry made;
    made.action = "a";
    return made;
  }();

  ~fixture() { caf::anon_send_exit(store, caf::exit_reason::kill); }

  template <class Answer, class... Question>
  result<Answer> ask_for(const Question&... question) {
    result<Answer> outcome = Answer{};
    self()
        ->request(store, caf::infinite, question...)
        .receive([&](const Answer& answer) { outcome = answer; },
                 [&](const caf::error& failure) { outcome = tl::make_unexpected(from_caf(failure)); });
    return outcome;
  }

  /// A change of what is wanted.
  template <class... Question>
  result<change_number> ask(const Question&... question) {
    return ask_for<change_number>(question...);
  }

  result<done> ping() { return ask_for<done>(health_atom::value); }
  result<stored_consumer> load() { return ask_for<stored_consumer>(get_atom::value, consumer_id{"c"}); }
  result<consumer_spec_list> ask_history() {
    return ask_for<consumer_spec_list>(history_atom::value, consumer_id{"c"});
  }
  result<accepted_versions_ptr> recall() {
    return ask_for<accepted_versions_ptr>(recall_atom::value, consumer_id{"c"}, revision{2});
  }
  void accept() { self()->send(store, accept_atom::value, consumer_id{"c"}, revision{2}, processor_id{"p"}, "v7"s); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(store_actor, fixture)

BOOST_AUTO_TEST_CASE(messages_become_calls_in_the_order_of_their_arrival) {
  BOOST_TEST(ask(create_atom::value, spec, no_entry).has_value());
  BOOST_TEST(ask(target_atom::value, spec->id, target_state::started, known, no_entry).has_value());
  BOOST_TEST(ask(update_atom::value, spec, known, no_entry).has_value());
  BOOST_TEST(ask(target_atom::value, spec->id, target_state::stopped, known, no_entry).has_value());
  BOOST_TEST(ping().has_value());
  BOOST_TEST(ask(delete_atom::value, spec->id, known, no_entry).has_value());
  const std::vector<std::string> expected{"insert c", "start c after 7", "update c after 7", "stop c after 7",
                                          "ping",     "remove c after 7"};
  BOOST_TEST(script->calls == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(each_operation_is_observed_with_its_failure_before_it_is_answered) {
  BOOST_TEST(ask(create_atom::value, spec, no_entry).has_value());
  script->outcome = failure(ec::store_unavailable, "no answer");
  BOOST_TEST(!ping().has_value());
  BOOST_TEST(!recall().has_value());
  const std::lock_guard lock(observed->mutex);
  const std::vector<std::string> expected{"create_consumer", "ping store_unavailable",
                                          "load_accepted store_unavailable"};
  BOOST_TEST(observed->all == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_entry_of_a_change_is_written_with_it) {
  const auto written = std::make_shared<const audit_entry>(entry);
  BOOST_TEST(ask(create_atom::value, spec, written).has_value());
  BOOST_TEST(ask(update_atom::value, spec, known, written).has_value());
  BOOST_TEST(ask(target_atom::value, spec->id, target_state::started, known, written).has_value());
  BOOST_TEST(ask(delete_atom::value, spec->id, known, written).has_value());
  const std::vector<std::string> expected{"insert c audited a", "update c after 7 audited a",
                                          "start c after 7 audited a", "remove c after 7 audited a"};
  BOOST_TEST(script->calls == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(messages_about_keys_tenants_and_the_audit_become_calls) {
  script->access.page.more = true;
  api_key key;
  key.id = "k";
  tenant changed;
  changed.name = "t";
  BOOST_TEST(ask_for<done>(create_atom::value, key, entry).has_value());
  BOOST_TEST(ask_for<done>(used_atom::value, key_uses{{"k", timestamp{}}}).has_value());
  BOOST_TEST(ask_for<done>(delete_atom::value, api_key_id{"k"}, entry).has_value());
  BOOST_TEST(ask_for<put_outcome>(update_atom::value, changed, entry).value().created);
  BOOST_TEST(ask_for<tenant_usage>(usage_atom::value, "t"s).value().instances == 3);
  BOOST_TEST(ask_for<done>(delete_atom::value, tenant_name{"t"}, entry).has_value());
  BOOST_TEST(ask_for<std::int64_t>(audit_atom::value, entry).value() == 1);
  const auto batch = std::make_shared<const audit_batch>(
      audit_batch{.entries = {entry, entry}, .finished = {{1, audit_outcome::failed, 409}}});
  BOOST_TEST(ask_for<done>(audit_atom::value, audit_batch_ptr(batch)).has_value());
  BOOST_TEST(ask_for<audit_page_ptr>(audit_atom::value, audit_filter{.after = 8}).value()->more);
  BOOST_TEST(ask_for<std::uint64_t>(prune_atom::value, timestamp{}, std::uint64_t{9}).value() == 4U);
  BOOST_TEST(ask_for<std::uint64_t>(settle_atom::value).value() == 5U);
  const std::vector<std::string> expected{"insert key k audited a",
                                          "uses of 1",
                                          "remove key k audited a",
                                          "put tenant t audited a",
                                          "usage of t",
                                          "remove tenant t audited a",
                                          "append a",
                                          "write a a finish 1 failed 409",
                                          "read after 8",
                                          "prune 9",
                                          "settle"};
  BOOST_TEST(script->access.calls == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(keys_and_tenants_are_answered_when_they_have_changed) {
  BOOST_TEST(ask_for<stored_access_ptr>(access_atom::value, std::uint64_t{6}).value() == nullptr);
  script->access.loaded = stored_access{.number = 7, .keys = {}, .tenants = {}};
  BOOST_TEST(ask_for<stored_access_ptr>(access_atom::value, std::uint64_t{6}).value()->number == 7U);
  script->access.outcome = failure(ec::store_unavailable, "away");
  BOOST_TEST((ask_for<stored_access_ptr>(access_atom::value, std::uint64_t{6}).error().code == ec::store_unavailable));
}

BOOST_AUTO_TEST_CASE(each_change_is_answered_with_its_number) {
  script->number = {0xFFFFFFFFFFFF};
  BOOST_TEST((ask(create_atom::value, spec, no_entry) == script->number));
  BOOST_TEST((ask(update_atom::value, spec, known, no_entry) == script->number));
  BOOST_TEST((ask(target_atom::value, spec->id, target_state::stopped, known, no_entry) == script->number));
  BOOST_TEST((ask(delete_atom::value, spec->id, known, no_entry) == script->number));
}

BOOST_AUTO_TEST_CASE(
    one_consumer_is_answered_with_its_change_and_a_missing_one_with_the_change_after_which_it_was_missing) {
  script->stored = {.wanted = nullptr, .as_of = {8}};
  const auto missing = load();
  BOOST_TEST_REQUIRE(missing.has_value());
  BOOST_TEST(missing->wanted == nullptr);
  BOOST_TEST(missing->as_of.value == 8U);
  script->stored = {.wanted = std::make_shared<const wanted_consumer>(wanted_consumer{*spec, 9}), .as_of = {10}};
  const auto loaded = load();
  BOOST_TEST_REQUIRE((loaded && loaded->wanted));
  BOOST_TEST((loaded->wanted->spec == *spec));
  BOOST_TEST(loaded->wanted->change == 9U);
}

BOOST_AUTO_TEST_CASE(errors_of_the_store_arrive_unchanged) {
  const error unavailable{ec::store_unavailable, "the disk is full; free space on /data"};
  script->outcome = tl::make_unexpected(unavailable);
  BOOST_TEST((ask(create_atom::value, spec, no_entry).error() == unavailable));
  BOOST_TEST((ask_history().error() == unavailable));
}

BOOST_AUTO_TEST_CASE(the_first_error_code_is_not_taken_for_success) {
  const error first{ec::invalid_request, "no"};
  script->outcome = tl::make_unexpected(first);
  BOOST_TEST((ping().error() == first));
}

BOOST_AUTO_TEST_CASE(history_is_answered_oldest_first) {
  script->entries = {{revision{1}, {}, *spec}, {revision{2}, {}, *spec}};
  script->entries[1].spec.topic = "later";
  const auto answer = ask_history();
  BOOST_REQUIRE((*answer)->size() == 2u);
  BOOST_TEST((*answer)->at(1).topic == "later");
}

BOOST_AUTO_TEST_CASE(accepted_versions_are_stored_and_recalled_for_one_revision) {
  script->accepted = {{processor_id{"p"}, "v7"}};
  accept();
  const auto recalled = recall();
  BOOST_TEST_REQUIRE(recalled.has_value());
  BOOST_TEST((**recalled == script->accepted));
  const std::vector<std::string> expected{"accept c 2 p v7", "recall c 2"};
  BOOST_TEST(script->calls == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_accepted_version_that_cannot_be_stored_is_logged_and_the_actor_goes_on) {
  const error unavailable{ec::store_unavailable, "the disk is full"};
  script->outcome = tl::make_unexpected(unavailable);
  test::stderr_capture capture;
  accept();
  BOOST_TEST((recall().error() == unavailable));
  const auto lines = capture.lines();
  BOOST_REQUIRE(lines.size() == 1u);
  for (const auto* part : {"WARNING", "consumer_id=c", "processor_id=p", "store_unavailable", "the disk is full"})
    BOOST_TEST(lines[0].find(part) != std::string::npos, lines[0]);
  script->outcome = {};
  BOOST_TEST(ping().has_value());
}

BOOST_AUTO_TEST_CASE(an_exception_of_the_store_is_an_error_and_the_actor_goes_on) {
  script->throws = true;
  const auto failed = ping().error();
  BOOST_TEST((failed.code == ec::internal));
  BOOST_TEST(failed.message.find("out of cheese") != std::string::npos, failed.message);
  script->throws = false;
  BOOST_TEST(ping().has_value());
}

BOOST_AUTO_TEST_CASE(the_store_is_closed_when_the_actor_ends_although_handles_to_it_remain) {
  self()->send_exit(store, caf::exit_reason::user_shutdown);
  self()->wait_for(store);
  BOOST_TEST(script->closed);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::store_actor_test
