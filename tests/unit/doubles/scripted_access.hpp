#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/store/access_store.hpp"

namespace kfs::test {

/// An access_store that notes what is asked of it, and answers as a test says.
struct scripted_access final : access_store {
  result<void> outcome;
  std::vector<std::string> calls;
  std::optional<stored_access> loaded;
  audit_page page;
  std::int64_t last_id = 0;

  result<std::optional<stored_access>> load_access(std::uint64_t known) override {
    return answer("load " + std::to_string(known), loaded);
  }
  result<void> insert_key(const api_key& key, const audit_entry& entry) override {
    return note("insert key " + key.id + " audited " + entry.action);
  }
  result<void> remove_key(const std::string& id, const audit_entry& entry) override {
    return note("remove key " + id + " audited " + entry.action);
  }
  result<void> note_key_uses(const std::vector<std::pair<std::string, timestamp>>& uses) override {
    return note("uses of " + std::to_string(uses.size()));
  }
  result<bool> put_tenant(const tenant& changed, const audit_entry& entry) override {
    return answer("put tenant " + changed.name + " audited " + entry.action, true);
  }
  result<void> remove_tenant(const std::string& name, const audit_entry& entry) override {
    return note("remove tenant " + name + " audited " + entry.action);
  }
  result<tenant_usage> usage(const std::string& tenant_name) override {
    return answer("usage of " + tenant_name, tenant_usage{.consumers = 2, .instances = 3});
  }
  result<std::int64_t> append_audit(const audit_entry& entry) override {
    return answer("append " + entry.action, ++last_id);
  }
  result<void> write_audit(const audit_batch& batch) override {
    std::string call = "write";
    for (const auto& entry : batch.entries) call += " " + entry.action;
    for (const auto& [id, how, status] : batch.finished)
      call += " finish " + std::to_string(id) + " " + std::string(to_string(how)) + " " + std::to_string(status);
    return note(call);
  }
  result<audit_page> read_audit(const audit_filter& filter) override {
    return answer("read after " + std::to_string(filter.after), page);
  }
  result<std::size_t> prune_audit(timestamp, std::size_t most) override {
    return answer("prune " + std::to_string(most), std::size_t{4});
  }
  result<std::size_t> settle_audit() override { return answer("settle", std::size_t{5}); }

 private:
  result<void> note(std::string call) {
    calls.push_back(std::move(call));
    return outcome;
  }
  template <class T>
  result<T> answer(std::string call, T value) {
    if (auto noted = note(std::move(call)); !noted) return tl::make_unexpected(noted.error());
    return value;
  }
};

}  // namespace kfs::test
