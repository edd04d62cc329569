// Test cases for every store's audit (config/store/access_store.hpp). Include this file in a suite as access_cases.hpp.

BOOST_AUTO_TEST_CASE(each_change_of_a_consumer_is_audited_with_its_tenant_and_revisions) {
  auto store = opened();
  succeed(store->access().put_tenant(some_tenant(), some_entry("tenants.put")));
  const auto spec = consumer_of("payments");
  const auto asked = [](const char* action) {
    auto entry = some_entry(action);
    entry.tenant.clear();
    entry.outcome = audit_outcome::pending;
    return entry;
  };
  const auto created = asked("create");
  const auto updated = asked("update");
  const auto stopped = asked("stop");
  const auto deleted = asked("delete");
  succeed(store->insert(spec, &created));
  succeed(store->update(next_revision(spec), &updated));
  succeed(store->set_target(spec.id, target_state::stopped, &stopped));
  succeed(store->set_target(spec.id, target_state::stopped));
  succeed(store->remove(spec.id, &deleted));
  const auto entries = audit_of(*store, {.limit = 1'000, .consumer = spec.id.value});
  BOOST_REQUIRE(entries.size() == 4U);
  const std::vector<std::pair<std::optional<revision>, std::optional<revision>>> revisions{
      {std::nullopt, revision{1}}, {revision{1}, revision{2}}, {revision{2}, revision{2}}, {revision{2}, std::nullopt}};
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& entry = entries[i];
    BOOST_TEST(entry.consumer == spec.id.value);
    BOOST_TEST(entry.tenant == "payments");
    BOOST_CHECK(entry.outcome == audit_outcome::done);
    BOOST_CHECK(entry.revision_before == revisions[i].first);
    BOOST_CHECK(entry.revision_after == revisions[i].second);
  }
  auto expected = asked("create");
  expected.id = entries[0].id;
  expected.consumer = spec.id.value;
  expected.tenant = "payments";
  expected.revision_after = revision{1};
  expected.outcome = audit_outcome::done;
  BOOST_CHECK(entries[0] == expected);
}

BOOST_AUTO_TEST_CASE(a_change_that_fails_leaves_no_entry) {
  auto store = opened();
  const auto spec = sample();
  const auto entry = some_entry();
  fail_with(store->update(next_revision(spec), &entry), ec::not_found);
  fail_with(store->set_target(spec.id, target_state::started, &entry), ec::not_found);
  fail_with(store->remove(spec.id, &entry), ec::not_found);
  succeed(store->insert(spec, &entry));
  fail_with(store->insert(spec, &entry), ec::already_exists);
  fail_with(store->update(spec, &entry), ec::stale_revision);
  BOOST_TEST(audit_of(*store).size() == 1U);
}

BOOST_AUTO_TEST_CASE(an_entry_is_read_as_it_was_written_and_its_texts_are_bounded) {
  auto store = opened();
  auto entry = some_entry();
  entry.decision = audit_decision::deny;
  entry.consumer = "c";
  entry.revision_before = revision{3};
  entry.id = store->access().append_audit(entry).value();
  BOOST_CHECK(audit_of(*store) == std::vector{entry});
  for (auto* text :
       {&entry.actor.name, &entry.tenant, &entry.action, &entry.consumer, &entry.request_id, &entry.reason})
    *text = std::string(100'000, '\x01') + "\xFF";
  succeed(store->access().append_audit(entry));
  const auto cut = audit_of(*store).at(1);
  BOOST_TEST(cut.actor.name.size() <= longest_audit_name + 3);
  BOOST_TEST(cut.reason.size() <= longest_audit_text + 3);
}

BOOST_AUTO_TEST_CASE(a_pending_entry_is_finished_once) {
  auto store = opened();
  auto entry = some_entry();
  entry.outcome = audit_outcome::pending;
  entry.status = 0;
  const auto id = store->access().append_audit(entry).value();
  succeed(store->access().write_audit({.finished = {{id, audit_outcome::failed, 409}}}));
  succeed(store->access().write_audit({.finished = {{id, audit_outcome::done, 200}}}));
  succeed(store->access().write_audit({.finished = {{id + 1, audit_outcome::done, 200}}}));
  const auto finished = audit_of(*store).at(0);
  BOOST_CHECK(finished.outcome == audit_outcome::failed);
  BOOST_TEST(finished.status == 409);
}

BOOST_AUTO_TEST_CASE(a_batch_of_the_audit_is_written_in_its_order) {
  auto store = opened();
  auto pending = some_entry("pending");
  pending.outcome = audit_outcome::pending;
  const auto id = store->access().append_audit(pending).value();
  succeed(store->access().write_audit(
      {.entries = {some_entry("a"), some_entry("b"), some_entry("b")}, .finished = {{id, audit_outcome::done, 202}}}));
  succeed(store->access().append_audit(some_entry("c")));
  const auto all = audit_of(*store);
  std::vector<std::string> actions;
  for (const auto& entry : all) actions.push_back(entry.action);
  BOOST_TEST(actions == (std::vector<std::string>{"pending", "a", "b", "b", "c"}), boost::test_tools::per_element());
  BOOST_TEST(std::ranges::is_sorted(all, std::ranges::less(), &audit_entry::id));
  BOOST_CHECK(all[0].outcome == audit_outcome::done);
  BOOST_TEST(all[0].status == 202);
  succeed(store->access().write_audit({}));
}

/// A batch that was written although nobody said so is written again; of another one, some entries are new.
BOOST_AUTO_TEST_CASE(a_batch_that_is_written_again_adds_only_what_is_missing) {
  auto store = opened();
  auto long_reason = some_entry("long");
  long_reason.reason = std::string(10'000, 'x') + "\xFF";
  auto later = some_entry("a");
  later.at += std::chrono::milliseconds(1);
  const audit_batch first{.entries = {some_entry("a"), some_entry("b"), some_entry("b"), long_reason}};
  succeed(store->access().write_audit(first));
  auto again = first;
  again.again = true;
  succeed(store->access().write_audit(again));
  BOOST_TEST(audit_of(*store).size() == 4U);
  again.entries.push_back(some_entry("b"));
  again.entries.push_back(later);
  succeed(store->access().write_audit(again));
  const auto all = audit_of(*store);
  BOOST_TEST(all.size() == 6U);
  BOOST_TEST(std::ranges::count(all, "b", &audit_entry::action) == 3);
  BOOST_CHECK(all.back().at == later.at);
  BOOST_TEST(audit_of(*store, {.limit = 1'000, .action = "long"}).size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_a_process_left_pending_is_unknown_when_the_store_is_opened_again) {
  auto store = opened();
  auto entry = some_entry();
  entry.outcome = audit_outcome::pending;
  const auto left = store->access().append_audit(entry).value();
  const auto finished = store->access().append_audit(entry).value();
  succeed(store->access().write_audit({.finished = {{finished, audit_outcome::done, 200}}}));
  BOOST_TEST(store->access().settle_audit().value() == 0U);  // this process lives
  store.reset();
  store = opened();
  const auto settled = [&] {
    succeed(store->access().settle_audit());
    return audit_of(*store).at(0).outcome == audit_outcome::unknown;
  };
  BOOST_TEST(eventually(std::chrono::seconds(5), settled));  // PostgreSQL needs a moment to end a session
  BOOST_TEST(audit_of(*store).at(0).id == left);
  BOOST_CHECK(audit_of(*store).at(1).outcome == audit_outcome::done);
}

BOOST_AUTO_TEST_CASE(the_audit_is_read_by_pages_and_filters) {
  auto store = opened();
  const auto add = [&](const std::string& actor, const std::string& tenant_name, const std::string& action,
                       std::int64_t at) {
    auto entry = some_entry(action);
    entry.actor.name = actor;
    entry.tenant = tenant_name;
    entry.consumer = actor + "-" + action;
    entry.at = at_ms(at);
    return store->access().append_audit(entry).value();
  };
  std::vector<std::int64_t> ids;
  for (int i = 0; i < 12; ++i)
    ids.push_back(add(i % 2 == 0 ? "ann"
                                 : "b\xC3\xB6"
                                   "b",
                      "t" + std::to_string(i % 3), i % 4 == 0 ? "start" : "stop", 1'000 * (i == 5 ? 50 : i)));
  BOOST_TEST(std::ranges::is_sorted(ids));
  const auto found = [&](audit_filter filter) {
    std::vector<int> numbers;
    for (const auto& entry : audit_of(*store, filter))
      numbers.push_back(static_cast<int>(std::ranges::find(ids, entry.id) - ids.begin()));
    return numbers;
  };
  const auto is = [&](audit_filter filter, const std::vector<int>& expected) {
    BOOST_TEST(found(std::move(filter)) == expected, boost::test_tools::per_element());
  };
  is({.limit = 3}, {0, 1, 2});
  is({.after = ids[8], .limit = 3}, {9, 10, 11});
  is({.limit = 100,
      .actor = "b\xC3\xB6"
               "b"},
     {1, 3, 5, 7, 9, 11});
  is({.limit = 100, .tenants = std::vector<std::string>{"t1"}}, {1, 4, 7, 10});
  is({.limit = 3, .tenants = std::vector<std::string>{"t2", "t1", "t2", "none"}}, {1, 2, 4});
  is({.limit = 100, .tenants = std::vector<std::string>{}}, {});
  is({.limit = 100, .action = "start"}, {0, 4, 8});
  is({.limit = 100, .consumer = "ann-start"}, {0, 4, 8});
  is({.limit = 100, .from = at_ms(9'000)}, {5, 9, 10, 11});
  is({.limit = 100, .to = at_ms(3'000)}, {0, 1, 2});
  is({.limit = 2, .from = at_ms(3'000), .to = at_ms(7'000)}, {3, 4});
  is({.after = ids[4], .limit = 100, .from = at_ms(3'000), .to = at_ms(7'000)}, {6});
  is({.limit = 100, .from = at_ms(90'000)}, {});
  is({.limit = 100, .actor = "ann", .tenants = std::vector<std::string>{"t0", "t1"}, .action = "stop"}, {6, 10});
  BOOST_TEST(store->access().read_audit({.limit = 11})->more);
  BOOST_TEST(!store->access().read_audit({.limit = 12})->more);
}

BOOST_AUTO_TEST_CASE(old_entries_are_removed_a_few_at_a_time_and_ids_are_not_used_again) {
  auto store = opened();
  auto entry = some_entry();
  std::int64_t last = 0;
  for (int i = 0; i < 5; ++i) {
    entry.at = at_ms(1'000 * i);
    last = store->access().append_audit(entry).value();
  }
  BOOST_TEST(store->access().prune_audit(at_ms(3'000), 2).value() == 2U);
  BOOST_TEST(store->access().prune_audit(at_ms(3'000), 2).value() == 1U);
  BOOST_TEST(store->access().prune_audit(at_ms(3'000), 2).value() == 0U);
  BOOST_CHECK(audit_of(*store).at(0).at == at_ms(3'000));
  BOOST_TEST(store->access().prune_audit(at_ms(9'000), 100).value() == 2U);
  store.reset();
  store = opened();
  BOOST_TEST(store->access().append_audit(entry).value() > last);
}
