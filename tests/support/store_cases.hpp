// Test cases for every store (config/store/consumer_store.hpp). Include this file in a suite whose fixture has
// opened(), which opens the store with its earlier content. The store that was opened before must be closed.

BOOST_AUTO_TEST_CASE(a_consumer_is_loaded_as_it_was_stored) {
  const auto spec = sample();
  auto store = opened();
  succeed(store->insert(spec));
  BOOST_CHECK(all_of(*store) == std::vector{spec});
  store.reset();
  store = opened();
  const auto loaded = all_of(*store).at(0);
  BOOST_CHECK(loaded == spec);
  BOOST_TEST(loaded.options.dump() == spec.options.dump());
  BOOST_TEST(loaded.processors[0].config.dump() == R"({"z":1,"a":{"y":1.5,"b":null}})");
}

BOOST_AUTO_TEST_CASE(one_consumer_is_loaded_as_it_is_now_or_not_at_all) {
  const auto spec = sample();
  auto store = opened();
  BOOST_TEST(!one_of(*store, spec.id).wanted);
  succeed(store->insert(sample()));
  succeed(store->insert(spec));
  auto changed = next_revision(spec);
  changed.topic = "other";
  succeed(store->update(changed));
  succeed(store->set_target(spec.id, target_state::stopped));
  changed.target = target_state::stopped;
  const auto loaded = one_of(*store, spec.id).wanted;
  BOOST_TEST_REQUIRE(loaded);
  BOOST_CHECK(loaded->spec == changed);
  succeed(store->remove(spec.id));
  BOOST_TEST(!one_of(*store, spec.id).wanted);
}

BOOST_AUTO_TEST_CASE(a_large_configuration_is_stored_completely) {
  auto spec = sample();
  spec.processors[0].config["text"] = std::string(4'000'000, 'x') + std::string("\0\n", 2);
  auto store = opened();
  succeed(store->insert(spec));
  BOOST_CHECK(all_of(*store) == std::vector{spec});
}

BOOST_AUTO_TEST_CASE(consumers_are_listed_oldest_first_and_then_by_id) {
  auto store = opened();
  std::vector<consumer_spec> specs = {sample(3), sample(1), sample(2), sample(2)};
  for (const auto& spec : specs) succeed(store->insert(spec));
  std::sort(specs.begin(), specs.end(), [](const consumer_spec& a, const consumer_spec& b) {
    return std::tie(a.created_at, a.id) < std::tie(b.created_at, b.id);
  });
  BOOST_CHECK(all_of(*store) == specs);
}

BOOST_AUTO_TEST_CASE(an_id_can_be_used_once) {
  auto store = opened();
  const auto spec = sample();
  succeed(store->insert(spec));
  auto other = sample();
  other.id = spec.id;
  fail_with(store->insert(other), ec::already_exists);
  BOOST_CHECK(all_of(*store) == std::vector{spec});
}

BOOST_AUTO_TEST_CASE(a_change_replaces_everything_but_the_creation_time) {
  auto store = opened();
  const auto spec = sample();
  succeed(store->insert(spec));
  auto changed = next_revision(spec);
  changed.topic = "other";
  changed.target = target_state::stopped;
  changed.options = json::object();
  std::swap(changed.processors[0], changed.processors[1]);
  succeed(store->update(changed));
  BOOST_CHECK(all_of(*store) == std::vector{changed});
}

BOOST_AUTO_TEST_CASE(a_change_must_follow_the_stored_revision) {
  auto store = opened();
  const auto spec = sample();
  succeed(store->insert(spec));
  fail_with(store->update(spec), ec::stale_revision);
  fail_with(store->update(next_revision(next_revision(spec))), ec::stale_revision);
  succeed(store->update(next_revision(spec)));
  fail_with(store->update(next_revision(spec)), ec::stale_revision);
}

BOOST_AUTO_TEST_CASE(an_unknown_consumer_is_not_found) {
  auto store = opened();
  const auto spec = sample();
  fail_with(store->update(next_revision(spec)), ec::not_found);
  fail_with(store->set_target(spec.id, target_state::started), ec::not_found);
  fail_with(store->history(spec.id), ec::not_found);
  const auto removed = store->remove(spec.id);
  fail_with(removed, ec::not_found);
  BOOST_TEST(removed.error().message == "Consumer " + spec.id.value + " not found");
}

BOOST_AUTO_TEST_CASE(a_target_is_set_without_a_revision) {
  auto store = opened();
  auto spec = sample();
  succeed(store->insert(spec));
  succeed(store->set_target(spec.id, target_state::stopped));
  spec.target = target_state::stopped;
  BOOST_CHECK(all_of(*store) == std::vector{spec});
  BOOST_TEST(store->history(spec.id)->size() == 1U);
}

BOOST_AUTO_TEST_CASE(orders_are_stored_without_a_revision_and_stay_with_a_change) {
  auto store = opened();
  auto spec = sample();
  succeed(store->insert(spec));
  const standing_orders told{.paused = {.all = false, .some = {0, 3}}, .restarts = 2};
  succeed(store->set_orders(spec.id, told));
  spec.orders = told;
  BOOST_CHECK(all_of(*store) == std::vector{spec});
  BOOST_CHECK(one_of(*store, spec.id).wanted->spec == spec);
  BOOST_TEST(store->history(spec.id)->size() == 1U);
  auto changed = next_revision(spec);
  changed.topic = "other";
  succeed(store->update(changed));
  succeed(store->set_target(spec.id, target_state::stopped));
  changed.target = target_state::stopped;
  store.reset();
  store = opened();
  BOOST_CHECK(all_of(*store) == std::vector{changed});
  succeed(store->set_orders(spec.id, {}));
  changed.orders = {};
  BOOST_CHECK(all_of(*store) == std::vector{changed});
}

BOOST_AUTO_TEST_CASE(orders_for_nobody_are_not_found) {
  auto store = opened();
  fail_with(store->set_orders(sample().id, {.restarts = 1}), ec::not_found);
}

BOOST_AUTO_TEST_CASE(the_history_starts_with_the_creation) {
  auto store = opened();
  const auto spec = sample();
  auto changed = next_revision(spec);
  changed.topic = "other";
  succeed(store->insert(spec));
  succeed(store->set_target(spec.id, target_state::stopped));
  succeed(store->update(changed));
  const auto history = store->history(spec.id);
  BOOST_REQUIRE(history.has_value());
  BOOST_REQUIRE_EQUAL(history->size(), 2U);
  BOOST_CHECK((*history)[0].spec == spec);
  BOOST_TEST((*history)[0].rev.value == 1);
  BOOST_CHECK((*history)[0].at == spec.created_at);
  BOOST_CHECK((*history)[1].spec == changed);
  BOOST_CHECK((*history)[1].at == changed.updated_at);
}

BOOST_AUTO_TEST_CASE(a_removed_consumer_leaves_nothing_behind) {
  auto store = opened();
  const auto spec = sample();
  succeed(store->insert(spec));
  succeed(store->remove(spec.id));
  BOOST_TEST(all_of(*store).empty());
  succeed(store->insert(spec));
  BOOST_TEST(store->history(spec.id)->size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_version_that_accepts_records_is_remembered_for_its_processor_until_a_later_one_does) {
  const auto spec = sample();
  const auto& [first, second] = std::tie(spec.processors[0].id, spec.processors[1].id);
  auto store = opened();
  succeed(store->insert(spec));
  BOOST_TEST(accepted_of(*store, spec).empty());
  succeed(store->store_accepted(spec.id, spec.rev, first, "1"));
  succeed(store->store_accepted(spec.id, spec.rev, second, ""));
  succeed(store->store_accepted(spec.id, spec.rev, first, "2 ' \xC3\xBC"));
  store.reset();
  store = opened();
  BOOST_CHECK(accepted_of(*store, spec) == (accepted_versions{{first, "2 ' \xC3\xBC"}, {second, ""}}));
}

BOOST_AUTO_TEST_CASE(a_start_or_stop_keeps_accepted_versions_and_a_change_begins_without_them) {
  const auto spec = sample();
  const auto changed = next_revision(spec);
  const auto& [first, second] = std::tie(spec.processors[0].id, spec.processors[1].id);
  auto store = opened();
  succeed(store->insert(spec));
  succeed(store->store_accepted(spec.id, spec.rev, first, "1"));
  succeed(store->store_accepted(spec.id, spec.rev, second, "1"));
  succeed(store->set_target(spec.id, target_state::stopped));
  BOOST_TEST(accepted_of(*store, spec).size() == 2U);
  succeed(store->update(changed));
  BOOST_TEST(accepted_of(*store, changed).empty());
  succeed(store->store_accepted(spec.id, changed.rev, first, "2"));
  BOOST_CHECK(accepted_of(*store, changed) == (accepted_versions{{first, "2"}}));
  BOOST_TEST(accepted_of(*store, spec).empty());
}

BOOST_AUTO_TEST_CASE(an_accepted_version_of_a_revision_that_is_not_current_is_no_error_and_not_stored) {
  const auto spec = sample();
  const auto changed = next_revision(spec);
  const auto processor = spec.processors[0].id;
  auto store = opened();
  succeed(store->store_accepted(spec.id, spec.rev, processor, "1"));
  succeed(store->insert(spec));
  BOOST_TEST(accepted_of(*store, spec).empty());
  succeed(store->store_accepted(spec.id, changed.rev, processor, "1"));
  BOOST_TEST(accepted_of(*store, changed).empty());
  succeed(store->update(changed));
  succeed(store->store_accepted(spec.id, changed.rev, processor, "2"));
  succeed(store->store_accepted(spec.id, spec.rev, processor, "1"));
  BOOST_CHECK(accepted_of(*store, changed) == (accepted_versions{{processor, "2"}}));
}

BOOST_AUTO_TEST_CASE(accepted_versions_are_those_of_one_consumer_and_removed_with_it) {
  const auto spec = sample();
  auto other = sample();
  other.processors = spec.processors;
  const auto processor = spec.processors[0].id;
  auto store = opened();
  succeed(store->insert(spec));
  succeed(store->insert(other));
  succeed(store->store_accepted(spec.id, spec.rev, processor, "1"));
  succeed(store->store_accepted(other.id, other.rev, processor, "2"));
  succeed(store->remove(spec.id));
  succeed(store->insert(spec));
  BOOST_TEST(accepted_of(*store, spec).empty());
  BOOST_CHECK(accepted_of(*store, other) == (accepted_versions{{processor, "2"}}));
}

BOOST_AUTO_TEST_CASE(a_call_that_fails_leaves_nothing_behind) {
  auto store = opened();
  auto twins = sample();
  twins.processors[1].id = twins.processors[0].id;
  fail_with(store->insert(twins), ec::internal);
  auto no_text = sample();
  no_text.topic = "\xFF";
  fail_with(store->insert(no_text), ec::internal);
  BOOST_TEST(all_of(*store).empty());
  succeed(store->ping());
}
