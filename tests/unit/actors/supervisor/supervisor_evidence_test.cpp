// What consumers know, over restarts of the server, of the destinations that accept records.
#include "tests/unit/actors/supervisor/supervisor_fixture.hpp"

namespace kfs::supervisor_evidence_test {

using namespace std::chrono_literals;

namespace {

const processor_id processor{"p"};

struct fixture : test::supervisor_fixture {
  std::vector<std::shared_ptr<rejection_ledger>> ledgers;  ///< of each consumer that was started

  fixture() {
    spec.processors = {with_id(processor)};
    start_consumer = [this](caf::actor_system& in, consumer_environment environment) {
      ledgers.push_back(environment.rejections);
      auto without_processors = *environment.spec;
      without_processors.processors.clear();
      environment.spec = std::make_shared<const consumer_spec>(std::move(without_processors));
      return spawn_consumer(in, std::move(environment));
    };
  }

  static processor_spec with_id(const processor_id& id) {
    return {.id = id, .type = "file_sink", .config = {{"file_path", "/tmp/a"}}, .created_at = {}, .updated_at = {}};
  }

  /// Changes the consumer, and starts it if that has stopped it.
  void restart_changed() {
    update(spec);
    settle();
    start();
    settle();
    BOOST_TEST(ledgers.size() == 2u);
  }

  /// The version that the consumer that was started last knows; "none" when it knows none.
  [[nodiscard]] std::string known() const {
    BOOST_TEST_REQUIRE(!ledgers.empty());
    return ledgers.back()->accepted_version(processor).value_or("none");
  }

  /// The destination of the running consumer has accepted a record.
  void accept(const std::string& version) {
    ledgers.back()->accepted(processor, version);
    run();
  }

  void remembers(revision rev, const std::string& version) {
    stored->accepted[{spec.id, rev}] = {{processor, version}};
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(supervisor_evidence, fixture)

BOOST_AUTO_TEST_CASE(a_consumer_from_the_store_knows_what_an_earlier_server_has_stored) {
  remembers(spec.rev, "1");
  begin({spec});
  BOOST_TEST(known() == "1");
}

BOOST_AUTO_TEST_CASE(a_consumer_that_is_loaded_later_knows_it_too) {
  stored->history[spec.id.value] = {spec};
  remembers(spec.rev, "1");
  begin_unloaded();
  advance(3s);
  BOOST_TEST(known() == "1");
}

BOOST_AUTO_TEST_CASE(each_of_many_consumers_knows_its_own) {
  std::vector<consumer_spec> specs;
  for (int i = 1; i <= 9; ++i) {
    specs.push_back(test::example_spec(std::to_string(i)));
    stored->accepted[{specs.back().id, specs.back().rev}] = {{processor, std::to_string(i)}};
  }
  begin(specs);
  BOOST_TEST_REQUIRE(ledgers.size() == 9u);
  std::set<std::string> all;
  for (const auto& ledger : ledgers) all.insert(ledger->accepted_version(processor).value_or("none"));
  BOOST_TEST(all.size() == 9u);
  BOOST_TEST(!all.contains("none"));
}

BOOST_AUTO_TEST_CASE(what_a_consumer_learns_is_stored_for_its_revision) {
  begin();
  create(spec);
  BOOST_TEST(known() == "none");
  accept("1");
  accept("2");
  BOOST_TEST((stored->accepted[{spec.id, spec.rev}] == accepted_versions{{processor, "2"}}));
  BOOST_TEST(known() == "2");
}

BOOST_AUTO_TEST_CASE(a_late_answer_of_the_store_still_counts_unless_the_consumer_knows_better) {
  auto better = test::example_spec("2");
  remembers(spec.rev, "1");
  stored->accepted[{better.id, better.rev}] = {{processor, "1"}};
  freeze(store);
  begin({spec, better});
  BOOST_TEST_REQUIRE(ledgers.size() == 2u);
  BOOST_TEST(!ledgers[0]->accepted_version(processor).has_value());
  ledgers[1]->accepted(processor, "2");
  thaw(store);
  BOOST_TEST(ledgers[0]->accepted_version(processor).value() == "1");
  BOOST_TEST(ledgers[1]->accepted_version(processor).value() == "2");
}

BOOST_AUTO_TEST_CASE(a_store_that_is_away_is_asked_again) {
  remembers(spec.rev, "1");
  stored->fails = error{ec::store_unavailable, "away"};
  begin({spec});
  advance(20s);
  BOOST_TEST(known() == "none");
  stored->fails.reset();
  for (int second = 0; second < 20; ++second) advance(1s);
  BOOST_TEST(known() == "1");
}

BOOST_AUTO_TEST_CASE(an_unexpected_failure_for_one_consumer_does_not_keep_the_others_from_what_is_stored) {
  stored->fails = error{ec::internal, "strange"};
  begin({spec});
  stored->fails.reset();
  const auto other = test::example_spec("2");
  stored->accepted[{other.id, other.rev}] = {{processor, "1"}};
  stored->history[other.id.value] = {other};
  stored->fails = error{ec::store_unavailable, "away"};
  stop();
  stored->fails.reset();
  for (int second = 0; second < 20; ++second) advance(1s);
  BOOST_TEST_REQUIRE(ledgers.size() == 2u);
  BOOST_TEST(known() == "1");
}

BOOST_AUTO_TEST_CASE(a_stop_a_start_and_a_change_of_options_keep_it) {
  begin({spec});
  accept("1");
  stop();
  settle();
  start();
  settle();
  BOOST_TEST(ledgers.size() == 2u);
  BOOST_TEST(known() == "1");
  spec.options = json{{"stop_timeout_ms", 5'000}};
  update(spec);
  settle();
  BOOST_TEST(ledgers.size() == 3u);
  BOOST_TEST(known() == "1");
  BOOST_TEST((stored->accepted[{spec.id, revision{2}}] == accepted_versions{{processor, "1"}}));
}

BOOST_AUTO_TEST_CASE(a_change_of_a_processor_ends_what_is_known_of_its_own_destination) {
  const processor_id other{"q"};
  spec.processors.push_back(with_id(other));
  begin({spec});
  accept("1");
  ledgers.back()->accepted(other, "5");
  run();
  spec.processors.front().config["file_path"] = "/tmp/elsewhere.log";
  update(spec);
  settle();
  BOOST_TEST(ledgers.size() == 2u);
  BOOST_TEST(known() == "none");
  BOOST_TEST(ledgers.back()->accepted_version(other).value_or("none") == "5");
  BOOST_TEST((stored->accepted[{spec.id, revision{2}}] == accepted_versions{{other, "5"}}));
}

BOOST_AUTO_TEST_CASE(another_topic_begins_with_nothing) {
  begin({spec});
  accept("1");
  spec.topic = "another";
  restart_changed();
  BOOST_TEST(known() == "none");
}

BOOST_AUTO_TEST_CASE(other_brokers_begin_with_nothing) {
  begin({spec});
  accept("1");
  spec.options = json{{"kafka", {{"bootstrap_servers", "another:9092"}}}};
  restart_changed();
  BOOST_TEST(known() == "none");
}

BOOST_AUTO_TEST_CASE(what_the_processors_of_an_earlier_revision_still_learn_is_not_stored) {
  begin({spec});
  const auto earlier = ledgers.back();
  spec.options = json{{"stop_timeout_ms", 5'000}};
  update(spec);
  settle();
  earlier->accepted(processor, "1");
  run();
  BOOST_TEST(known() == "none");
  BOOST_TEST((stored->accepted[{spec.id, revision{2}}].empty()));
}

BOOST_AUTO_TEST_CASE(a_revision_that_another_replica_has_stored_comes_with_what_it_has_learnt) {
  begin({spec});
  accept("1");
  auto changed = spec;
  ++changed.rev.value;
  changed.options = json{{"stop_timeout_ms", 5'000}};
  stored->history[spec.id.value].push_back(changed);
  remembers(changed.rev, "2");
  stored->fails = error{ec::store_unavailable, "away"};
  stop();
  stored->fails.reset();
  for (int second = 0; second < 20; ++second) advance(1s);
  BOOST_TEST(ledgers.size() == 2u);
  BOOST_TEST(known() == "2");
}

BOOST_AUTO_TEST_CASE(a_replica_that_takes_over_again_knows_what_the_other_one_has_learnt) {
  begin({spec});
  accept("1");
  stored->fails = error{ec::standby, "replica r2 runs the consumers"};
  for (int second = 0; second < 10; ++second) advance(1s);
  BOOST_TEST_REQUIRE(latest().destroyed);
  remembers(spec.rev, "2");
  stored->fails.reset();
  for (int second = 0; second < 10; ++second) advance(1s);
  BOOST_TEST(ledgers.size() == 2u);
  BOOST_TEST(known() == "2");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::supervisor_evidence_test
