// Test cases for every store's keys and tenants (config/store/access_store.hpp). Include this file in a suite
// whose fixture has opened(), which opens the store with its earlier content. The store that was opened before must be
// closed.

BOOST_AUTO_TEST_CASE(keys_and_tenants_are_loaded_as_they_were_stored) {
  auto store = opened();
  const auto first = some_key("k1");
  auto second = some_key("k0");
  second.expires_at = {};
  second.last_used_at = at_ms(5'000);
  const auto payments = some_tenant("payments", {.consumers = 3, .bytes_per_second = 1'000'000'000'000});
  const auto billing = some_tenant("billing");
  succeed(store->access().insert_key(first, some_entry()));
  succeed(store->access().insert_key(second, some_entry()));
  BOOST_TEST(store->access().put_tenant(payments, some_entry()).value());
  BOOST_TEST(store->access().put_tenant(billing, some_entry()).value());
  store.reset();
  store = opened();
  const auto loaded = access_of(*store);
  BOOST_CHECK(loaded.keys == (std::vector{second, first}));
  BOOST_CHECK(loaded.tenants == (std::vector{billing, payments}));
}

BOOST_AUTO_TEST_CASE(keys_and_tenants_are_loaded_again_only_after_a_change) {
  auto store = opened();
  auto known = access_of(*store).number;
  BOOST_TEST(known > 0U);
  const auto moved = [&] {
    const auto loaded = store->access().load_access(known);
    BOOST_TEST_REQUIRE(test::holds_value(loaded));
    if (*loaded) known = (*loaded)->number;
    return loaded->has_value();
  };
  BOOST_TEST(!moved());
  succeed(store->access().insert_key(some_key(), some_entry()));
  BOOST_TEST(moved());
  succeed(store->access().note_key_uses({{"k1", at_ms(7'000)}}));
  succeed(store->access().append_audit(some_entry()));
  succeed(store->insert(sample()));
  BOOST_TEST(!moved());
  succeed(store->access().put_tenant(some_tenant(), some_entry()));
  BOOST_TEST(moved());
  succeed(store->access().remove_tenant("payments", some_entry()));
  BOOST_TEST(moved());
  succeed(store->access().remove_key("k1", some_entry()));
  BOOST_TEST(moved());
  BOOST_TEST(access_of(*store).keys.empty());
  BOOST_TEST(access_of(*store).tenants.empty());
}

BOOST_AUTO_TEST_CASE(a_key_is_stored_once_and_removed_once) {
  auto store = opened();
  succeed(store->access().insert_key(some_key(), some_entry()));
  fail_with(store->access().insert_key(some_key(), some_entry()), ec::already_exists);
  succeed(store->access().remove_key("k1", some_entry()));
  fail_with(store->access().remove_key("k1", some_entry()), ec::not_found);
  fail_with(store->access().remove_tenant("payments", some_entry()), ec::not_found);
  BOOST_TEST(audit_of(*store).size() == 2U);
}

BOOST_AUTO_TEST_CASE(the_last_use_of_a_key_only_grows) {
  auto store = opened();
  succeed(store->access().insert_key(some_key(), some_entry()));
  succeed(store->access().note_key_uses({{"k1", at_ms(7'000)}, {"unknown", at_ms(1)}}));
  succeed(store->access().note_key_uses({{"k1", at_ms(6'000)}}));
  succeed(store->access().note_key_uses({}));
  BOOST_CHECK(access_of(*store).keys.at(0).last_used_at == at_ms(7'000));
}

BOOST_AUTO_TEST_CASE(a_tenant_that_is_replaced_keeps_its_creation_time) {
  auto store = opened();
  BOOST_TEST(store->access().put_tenant(some_tenant(), some_entry()).value());
  auto changed = some_tenant("payments", {.instances = 7});
  changed.allowed = {};
  changed.created_at = changed.updated_at = at_ms(3'000);
  BOOST_TEST(!store->access().put_tenant(changed, some_entry()).value());
  changed.created_at = at_ms(1'000);
  BOOST_CHECK(access_of(*store).tenants == std::vector{changed});
}

BOOST_AUTO_TEST_CASE(a_tenant_with_consumers_is_not_removed) {
  auto store = opened();
  succeed(store->access().put_tenant(some_tenant(), some_entry()));
  const auto spec = consumer_of("payments", 3);
  succeed(store->insert(spec));
  const auto kept = store->access().remove_tenant("payments", some_entry());
  fail_with(kept, ec::cannot_apply);
  BOOST_TEST(kept.error().message == "the tenant \"payments\" has 1 consumer; delete them first");
  BOOST_TEST(access_of(*store).tenants.size() == 1U);
  BOOST_CHECK(store->access().usage("payments").value() == (tenant_usage{.consumers = 1, .instances = 3}));
  succeed(store->remove(spec.id));
  succeed(store->access().remove_tenant("payments", some_entry()));
  BOOST_CHECK(store->access().usage("payments").value() == tenant_usage{});
}

BOOST_AUTO_TEST_CASE(a_consumer_keeps_its_tenant) {
  auto store = opened();
  succeed(store->access().put_tenant(some_tenant(), some_entry()));
  const auto spec = consumer_of("payments");
  succeed(store->insert(spec));
  succeed(store->insert(sample()));
  succeed(store->update(next_revision(spec)));
  succeed(store->set_target(spec.id, target_state::stopped));
  store.reset();
  store = opened();
  BOOST_TEST(one_of(*store, spec.id).wanted->spec.tenant == "payments");
  BOOST_TEST(store->history(spec.id)->at(0).spec.tenant == "payments");
  const auto all = all_of(*store);
  BOOST_TEST(std::ranges::count(all, "payments", &consumer_spec::tenant) == 1);
  BOOST_TEST(std::ranges::count(all, "default", &consumer_spec::tenant) == 1);
}

BOOST_AUTO_TEST_CASE(a_change_of_a_consumer_that_was_made_anew_in_another_tenant_is_stale) {
  auto store = opened();
  for (const char* name : {"payments", "orders"}) succeed(store->access().put_tenant(some_tenant(name), some_entry()));
  const auto spec = consumer_of("payments");
  succeed(store->insert(spec));
  succeed(store->remove(spec.id));
  auto anew = spec;
  anew.tenant = "orders";
  succeed(store->insert(anew));
  fail_with(store->update(next_revision(spec)), ec::stale_revision);
  succeed(store->update(next_revision(anew)));
}

BOOST_AUTO_TEST_CASE(a_consumer_of_a_tenant_that_does_not_exist_is_rejected) {
  auto store = opened();
  fail_with(store->insert(consumer_of("payments")), ec::cannot_apply);
  BOOST_TEST(all_of(*store).empty());
}

BOOST_AUTO_TEST_CASE(above_the_quota_of_consumers_none_is_added) {
  auto store = opened();
  succeed(store->access().put_tenant(some_tenant("payments", {.consumers = 2}), some_entry()));
  const auto first = consumer_of("payments");
  succeed(store->insert(first));
  succeed(store->insert(consumer_of("payments")));
  const auto entry = some_entry();
  const auto third = store->insert(consumer_of("payments"), &entry);
  fail_with(third, ec::quota_exceeded);
  for (const auto* part : {"\"payments\"", "may have 2 consumers", "quota \"consumers\"", "has 2", "make 3"})
    BOOST_TEST(third.error().message.find(part) != std::string::npos, third.error().message);
  succeed(store->insert(consumer_of("default")));
  succeed(store->remove(first.id));
  succeed(store->insert(consumer_of("payments")));
  BOOST_TEST(audit_of(*store).size() == 1U);  // of the tenant
}

BOOST_AUTO_TEST_CASE(a_repeated_creation_at_the_quota_is_known_as_such) {
  auto store = opened();
  succeed(store->access().put_tenant(some_tenant("payments", {.consumers = 1}), some_entry()));
  const auto spec = consumer_of("payments");
  succeed(store->insert(spec));
  fail_with(store->insert(spec), ec::already_exists);
}

BOOST_AUTO_TEST_CASE(above_the_quota_of_instances_none_is_added_by_a_creation_or_a_change) {
  auto store = opened();
  succeed(store->access().put_tenant(some_tenant("payments", {.instances = 5}), some_entry()));
  const auto spec = consumer_of("payments", 3);
  succeed(store->insert(spec));
  fail_with(store->insert(consumer_of("payments", 3)), ec::quota_exceeded);
  succeed(store->insert(consumer_of("payments", 2)));
  auto more = next_revision(spec);
  more.options["instances"] = 4;
  const auto rejected = store->update(more);
  fail_with(rejected, ec::quota_exceeded);
  BOOST_TEST(rejected.error().message.find("has 5; this would make 6") != std::string::npos, rejected.error().message);
  auto fewer = next_revision(spec);
  fewer.options["instances"] = 1;
  succeed(store->update(fewer));
  succeed(store->insert(consumer_of("payments", 2)));
  BOOST_CHECK(store->access().usage("payments").value() == (tenant_usage{.consumers = 3, .instances = 5}));
}

BOOST_AUTO_TEST_CASE(a_quota_that_was_lowered_stops_nothing_and_leaves_changes_that_add_nothing) {
  auto store = opened();
  succeed(store->access().put_tenant(some_tenant(), some_entry()));
  auto spec = consumer_of("payments", 4);
  succeed(store->insert(spec));
  succeed(store->access().put_tenant(some_tenant("payments", {.consumers = 0, .instances = 1}), some_entry()));
  spec = next_revision(spec);
  spec.topic = "other";
  succeed(store->update(spec));
  spec = next_revision(spec);
  spec.options["instances"] = 3;
  succeed(store->update(spec));
  succeed(store->set_target(spec.id, target_state::started));
  spec = next_revision(spec);
  spec.options["instances"] = 4;
  fail_with(store->update(spec), ec::quota_exceeded);
}

BOOST_AUTO_TEST_CASE(two_tenants_cannot_use_one_group_of_one_cluster) {
  auto store = opened();
  succeed(store->access().put_tenant(some_tenant(), some_entry()));
  auto first = consumer_of("default");
  first.options["kafka"]["bootstrap_servers"] = "k1.example:9092,k2.example:9092";
  succeed(store->insert(first));
  auto other = consumer_of("payments");
  other.consumer_group = first.consumer_group;
  const auto taken = store->insert(other);  // the same broker_ip and broker_port
  fail_with(taken, ec::cannot_apply);
  BOOST_TEST(taken.error().message.find("default") == std::string::npos, taken.error().message);
  other.broker_ip = "elsewhere";
  other.options["kafka"]["bootstrap_servers"] = "k3.example:9092,K2.Example.:9092";
  fail_with(store->insert(other), ec::cannot_apply);
  other.options["kafka"]["bootstrap_servers"] = "k3.example:9092,k2.example:9093";
  succeed(store->insert(other));
  auto same_tenant = consumer_of("default");
  same_tenant.consumer_group = first.consumer_group;
  succeed(store->insert(same_tenant));
  auto moved = next_revision(other);
  moved.broker_ip = first.broker_ip;
  fail_with(store->update(moved), ec::cannot_apply);
  auto regrouped = next_revision(consumer_of("payments"));
  --regrouped.rev.value;
  succeed(store->insert(regrouped));
  regrouped = next_revision(regrouped);
  regrouped.consumer_group = first.consumer_group;
  fail_with(store->update(regrouped), ec::cannot_apply);
}
