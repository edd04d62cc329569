#pragma once

#include <algorithm>
#include <string>

#include "config/store/access_store.hpp"
#include "tests/support/store_samples.hpp"

/// Sample keys, tenants and audit entries, for the tests of all stores.
namespace kfs::test {

inline api_key some_key(const std::string& id = "k1") {
  return {.id = id,
          .name = "gr\xC3\xBC\xC3\x9F \xF0\x9F\x90\x98 ' \" ;--",
          .role = "editor",
          .tenants = {"payments", "*"},
          .secret_sha256 = std::string(64, 'a'),
          .created_at = at_ms(1'000),
          .expires_at = at_ms(9'000),
          .last_used_at = {}};
}

inline tenant some_tenant(const std::string& name = "payments", tenant_quotas quotas = {}) {
  tenant made;
  made.name = name;
  made.quotas = quotas;
  made.allowed.topics = {"payments.*"};
  made.allowed.consumer_groups = std::vector<std::string>{};
  made.created_at = at_ms(1'000);
  made.updated_at = at_ms(2'000);
  return made;
}

inline audit_entry some_entry(const std::string& action = "consumers.create") {
  audit_entry entry;
  entry.at = at_ms(1'767'268'800'123);
  entry.request_id = "r-1";
  entry.actor = {.kind = "api_key", .name = "gr\xC3\xBC\xC3\x9F ' \" ;--", .credential_id = "k1"};
  entry.source = "192.0.2.1";
  entry.tenant = "payments";
  entry.action = action;
  entry.method = "POST";
  entry.path = "/consumers/";
  entry.rule = "role editor of API key k1";
  entry.status = 201;
  entry.reason = "ticket 7\n";
  return entry;
}

/// A consumer of that tenant with a group of its own.
inline consumer_spec consumer_of(const std::string& tenant_name, int instances = 1) {
  auto spec = sample();
  spec.tenant = tenant_name;
  spec.consumer_group = make_uuid();
  spec.options["instances"] = instances;
  return spec;
}

inline std::vector<audit_entry> audit_of(consumer_store& store, const audit_filter& filter = {.limit = 1'000}) {
  auto page = store.access().read_audit(filter);
  BOOST_TEST_REQUIRE(test::holds_value(page));
  return page->entries;
}

inline stored_access access_of(consumer_store& store) {
  auto loaded = store.access().load_access(0);
  BOOST_TEST_REQUIRE(test::holds_value(loaded));
  BOOST_TEST_REQUIRE(loaded->has_value());
  return **loaded;
}

}  // namespace kfs::test
