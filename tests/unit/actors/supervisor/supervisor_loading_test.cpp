// What another replica has changed arrives on several ways, and one may be slower than another: what is later counts.

#include "tests/unit/actors/supervisor/sharing_fixture.hpp"

namespace kfs::supervisor_loading_test {

using namespace std::chrono_literals;
using test::sharing;

namespace {

struct loading : sharing {
  loading() {
    leases->looked(now_on_clock() + 1h);  // nobody has a lease of it, then
    begin_unloaded();
    deliver(look_at_all(true));
  }

  /// Whether GET finds the consumer, now and after everything that waits was tried again.
  bool exists() {
    const bool before = view() != nullptr;
    advance(1s);
    const bool after = view() != nullptr;
    BOOST_TEST(before == after);
    return after;
  }
  consumer_spec next(const std::string& topic) const {
    auto changed = stored->history.at(spec.id.value).back();
    ++changed.rev.value;
    changed.topic = topic;
    return changed;
  }
  /// It is deleted elsewhere, and its end here takes until settle().
  void delete_while_it_runs_here() {
    store_by_other(spec);
    deliver(look_at_all());
    give(7);
    BOOST_TEST(runs());
    delete_by_other();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(supervisor_loading, loading)

BOOST_AUTO_TEST_CASE(a_consumer_that_was_deleted_elsewhere_just_after_it_was_made_here_does_not_come_back) {
  wanted_changes_ptr made;
  wanted_changes_ptr gone;
  // The store has written the consumer, has told so, and its answer to the command has not arrived.
  stored->after_write = [&] {
    made = look_at_all();
    caf::anon_send(supervisor, wanted_atom::value, made);
  };
  BOOST_TEST(create(spec)->value.has_value());
  BOOST_TEST_REQUIRE(made);
  delete_by_other();
  deliver(look_at_all());
  BOOST_TEST(!exists());
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_older_than_the_deletion_does_not_bring_it_back) {
  store_by_other(spec);
  stored->after_look = [this] {
    delete_by_other();
    caf::anon_send(supervisor, wanted_atom::value, look_at_all());
  };
  (void)view();
  BOOST_TEST(!exists());
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_older_than_the_creation_does_not_remove_it) {
  stored->after_look = [this] {
    store_by_other(spec);
    caf::anon_send(supervisor, wanted_atom::value, look_at_all());
  };
  (void)view();
  BOOST_TEST(exists());
}

BOOST_AUTO_TEST_CASE(news_that_are_older_than_a_deletion_here_do_not_bring_it_back) {
  BOOST_TEST(create(spec)->value.has_value());
  const auto before = look_at_all();
  const auto removed = remove();
  BOOST_TEST(removed->value.has_value());
  deliver(before);
  BOOST_TEST(view() == nullptr);
  deliver(look_at_all());
  BOOST_TEST(!exists());
}

BOOST_AUTO_TEST_CASE(news_that_are_older_than_an_answer_change_nothing) {
  store_by_other(spec);
  const auto before = look_at_all();
  delete_by_other();
  BOOST_TEST(view() == nullptr);
  deliver(before);
  deliver(look_at_all());
  BOOST_TEST(!exists());
}

BOOST_AUTO_TEST_CASE(a_deletion_that_waits_for_a_command_does_not_end_what_was_made_after_it) {
  store_by_other(spec);
  deliver(look_at_all());
  delete_by_other();
  // The command creates it again; the news of the deletion arrive while it is under way.
  stored->after_look = [this] { caf::anon_send(supervisor, wanted_atom::value, look_at_all()); };
  BOOST_TEST(create(spec)->value.has_value());
  BOOST_TEST(exists());
}

BOOST_AUTO_TEST_CASE(a_change_that_waits_for_a_command_is_taken_when_the_command_is_done) {
  store_by_other(spec);
  deliver(look_at_all());
  stored->after_write = [this] {
    store_by_other(next("of another replica"));
    caf::anon_send(supervisor, wanted_atom::value, look_at_all());
  };
  (void)start();
  advance(1s);
  BOOST_TEST(view()->spec->topic == "of another replica");
}

BOOST_AUTO_TEST_CASE(what_is_made_again_elsewhere_begins_here_when_what_was_deleted_has_ended) {
  delete_while_it_runs_here();
  deliver(look_at_all());
  BOOST_TEST(view() == nullptr);
  const auto clients = kafka.made.size();
  store_by_other(spec);
  deliver(look_at_all());
  (void)view();
  BOOST_TEST(kafka.made.size() == clients);
  settle();
  advance(1s);
  BOOST_TEST(kafka.made.front()->destroyed);
  BOOST_TEST(exists());
  BOOST_TEST(kafka.made.size() == clients + 1);
}

BOOST_AUTO_TEST_CASE(
    what_is_made_again_elsewhere_is_known_at_once_although_what_was_deleted_still_ends_on_another_replica) {
  store_by_other(spec);
  deliver(look_at_all());
  leases->give_to_other(spec.id, 9);
  run();
  delete_by_other();
  deliver(look_at_all());
  BOOST_TEST(view() == nullptr);
  auto again = spec;
  again.topic = "made again";
  store_by_other(again);
  const auto answered = ask<done>(changed_atom::value, spec.id, change_number{stored->changes});
  run();
  BOOST_TEST(answered->value.has_value());
  BOOST_TEST_REQUIRE(view() != nullptr);
  BOOST_TEST(view()->spec->topic == "made again");
  BOOST_TEST(exists());
}

BOOST_AUTO_TEST_CASE(a_deletion_that_waits_for_another_replica_is_answered_when_the_consumer_is_made_again) {
  store_by_other(spec);
  deliver(look_at_all());
  leases->give_to_other(spec.id, 9);
  run();
  const auto removed = remove();
  BOOST_TEST(!removed->value.has_value());
  store_by_other(spec);
  BOOST_TEST(view() != nullptr);
  BOOST_TEST(removed->value.has_value());
  BOOST_TEST(exists());
}

BOOST_AUTO_TEST_CASE(what_is_made_again_here_begins_when_what_was_deleted_elsewhere_has_ended) {
  delete_while_it_runs_here();
  const auto clients = kafka.made.size();
  const auto created = create(spec);
  BOOST_TEST(!created->value.has_value());
  BOOST_TEST(kafka.made.size() == clients);
  settle();
  advance(1s);
  BOOST_TEST(created->value.has_value());
  BOOST_TEST(kafka.made.front()->destroyed);
  BOOST_TEST(exists());
  BOOST_TEST(kafka.made.size() == clients + 1);
}

BOOST_AUTO_TEST_CASE(after_a_restore_lower_numbers_count) {
  for (int change = 0; change < 5; ++change) store_by_other(spec);
  deliver(look_at_all());
  stored->changes = 2;
  stored->history.at(spec.id.value).back().topic = "of the backup";
  stored->change[spec.id.value] = 2;
  deliver(look_at_all(true));
  BOOST_TEST(view()->spec->topic == "of the backup");
  delete_by_other();
  deliver(look_at_all());
  BOOST_TEST(!exists());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::supervisor_loading_test
