#include <exception>
#include <utility>

#include "actors/services/store_actor.hpp"
#include "config/store/consumer_store.hpp"

namespace kfs {
namespace {

/// Calls the store and turns an exception into an error, because the actor must survive unexpected exceptions.
template <class Call>
auto guarded(const Call& call) -> decltype(call()) {
  try {
    return call();
  } catch (const std::exception& thrown) {
    return failure(ec::internal, std::string("the store failed unexpectedly: ") + thrown.what());
  }
}

caf::result<done> answer(const result<void>& outcome) {
  if (!outcome) return to_caf(outcome.error());
  return done{};
}

template <class T>
caf::result<T> answer(const result<T>& outcome) {
  if (!outcome) return to_caf(outcome.error());
  return *outcome;
}

class store_server final : public store_actor::base {
 public:
  store_server(caf::actor_config& config, std::unique_ptr<consumer_store> store, logger log, store_observer observe)
      : store_actor::base(config), store_(std::move(store)), log_(std::move(log)), observe_(std::move(observe)) {}

  /// Closes the store when the actor ends, even if handles to the actor remain.
  void on_exit() override { store_.reset(); }

 protected:
  behavior_type make_behavior() override {
    return {
        [this](create_atom, const consumer_spec_ptr& spec, const audit_entry_ptr& entry) {
          return answer(measured("create_consumer", [&] { return store_->insert(*spec, entry.get()); }));
        },
        [this](update_atom, const consumer_spec_ptr& spec, change_number known, const audit_entry_ptr& entry) {
          return answer(measured("update_consumer", [&] { return store_->update(*spec, entry.get(), known); }));
        },
        [this](target_atom, const consumer_id& id, target_state target, change_number known,
               const audit_entry_ptr& entry) {
          return answer(measured("set_target", [&] { return store_->set_target(id, target, entry.get(), known); }));
        },
        [this](order_atom, const consumer_id& id, const standing_orders& orders, change_number known,
               const audit_entry_ptr& entry) {
          return answer(measured("set_orders", [&] { return store_->set_orders(id, orders, entry.get(), known); }));
        },
        [this](delete_atom, const consumer_id& id, change_number known, const audit_entry_ptr& entry) {
          return answer(measured("delete_consumer", [&] { return store_->remove(id, entry.get(), known); }));
        },
        [this](get_atom, const consumer_id& id) {
          return answer(measured("load_consumer", [&] { return store_->load(id); }));
        },
        [this](history_atom, const consumer_id& id) { return history(id); },
        [this](list_atom) { return all(); },
        [this](accept_atom, const consumer_id& id, revision rev, const processor_id& processor,
               const std::string& version) { accept(id, rev, processor, version); },
        [this](recall_atom, const consumer_id& id, revision rev) { return recall(id, rev); },
        [this](health_atom) { return answer(measured("ping", [&] { return store_->ping(); })); },
        [this](access_atom, std::uint64_t known) { return access_since(known); },
        [this](create_atom, const api_key& key, const audit_entry& entry) {
          return answer(measured("create_api_key", [&] { return access().insert_key(key, entry); }));
        },
        [this](delete_atom, const api_key_id& id, const audit_entry& entry) {
          return answer(measured("delete_api_key", [&] { return access().remove_key(id.value, entry); }));
        },
        [this](update_atom, const tenant& changed, const audit_entry& entry) {
          return answer(measured("put_tenant", [&] { return access().put_tenant(changed, entry); }).map([](bool made) {
            return put_outcome{made};
          }));
        },
        [this](delete_atom, const tenant_name& name, const audit_entry& entry) {
          return answer(measured("delete_tenant", [&] { return access().remove_tenant(name.value, entry); }));
        },
        [this](used_atom, const key_uses& uses) {
          return answer(measured("note_key_uses", [&] { return access().note_key_uses(uses); }));
        },
        [this](usage_atom, const std::string& name) {
          return answer(measured("tenant_usage", [&] { return access().usage(name); }));
        },
        [this](audit_atom, const audit_entry& entry) {
          return answer(measured("append_audit", [&] { return access().append_audit(entry); }));
        },
        [this](audit_atom, const audit_batch_ptr& batch) {
          return answer(measured("write_audit", [&] { return access().write_audit(*batch); }));
        },
        [this](audit_atom, const audit_filter& filter) {
          return answer(measured("read_audit", [&] { return access().read_audit(filter); }).map([](audit_page page) {
            return audit_page_ptr(std::make_shared<const audit_page>(std::move(page)));
          }));
        },
        [this](settle_atom) { return counted(measured("settle_audit", [&] { return access().settle_audit(); })); },
        [this](prune_atom, timestamp before, std::uint64_t most) {
          return counted(measured("prune_audit", [&] { return access().prune_audit(before, most); }));
        },
    };
  }

 private:
  /// Calls the store, and tells the observer of it.
  template <class Call>
  auto measured(std::string_view operation, const Call& call) -> decltype(call()) {
    const auto begun = std::chrono::steady_clock::now();
    auto outcome = guarded(call);
    if (observe_) {
      observe_(operation, std::chrono::steady_clock::now() - begun,
               outcome ? std::nullopt : std::optional(outcome.error()));
    }
    return outcome;
  }

  access_store& access() { return store_->access(); }

  caf::result<stored_access_ptr> access_since(std::uint64_t known) {
    auto changed = measured("load_access", [&] { return access().load_access(known); });
    if (!changed) return to_caf(changed.error());
    if (!*changed) return stored_access_ptr();
    return stored_access_ptr(std::make_shared<const stored_access>(std::move(**changed)));
  }

  static caf::result<std::uint64_t> counted(const result<std::size_t>& count) {
    return answer(count.map([](std::size_t number) { return static_cast<std::uint64_t>(number); }));
  }

  caf::result<consumer_spec_list> history(const consumer_id& id) {
    auto entries = measured("history", [&] { return store_->history(id); });
    if (!entries) return to_caf(entries.error());
    auto specs = std::make_shared<std::vector<consumer_spec>>();
    specs->reserve(entries->size());
    for (auto& entry : *entries) specs->push_back(std::move(entry.spec));
    return consumer_spec_list(std::move(specs));
  }

  caf::result<consumer_spec_list> all() {
    auto specs = measured("load_all_consumers", [&] { return store_->load_all(); });
    if (!specs) return to_caf(specs.error());
    return consumer_spec_list(std::make_shared<const std::vector<consumer_spec>>(std::move(*specs)));
  }

  void accept(const consumer_id& id, revision rev, const processor_id& processor, const std::string& version) {
    const auto stored = measured("store_accepted", [&] { return store_->store_accepted(id, rev, processor, version); });
    if (stored) return;
    log_.warning(
        "not stored that the destination of a processor accepts records; after a restart of the server, rejected "
        "records wait until it has accepted one again",
        {{"consumer_id", id.value},
         {"processor_id", processor.value},
         {"code", std::string(to_string(stored.error().code))},
         {"reason", stored.error().message}});
  }

  caf::result<accepted_versions_ptr> recall(const consumer_id& id, revision rev) {
    auto versions = measured("load_accepted", [&] { return store_->load_accepted(id, rev); });
    if (!versions) return to_caf(versions.error());
    return accepted_versions_ptr(std::make_shared<const accepted_versions>(std::move(*versions)));
  }

  std::unique_ptr<consumer_store> store_;
  logger log_;
  store_observer observe_;
};

}  // namespace

store_actor spawn_store(caf::actor_system& system, std::unique_ptr<consumer_store> store, logger log,
                        store_observer observe) {
  return system.spawn<store_server, caf::detached>(std::move(store), std::move(log), std::move(observe));
}

}  // namespace kfs
