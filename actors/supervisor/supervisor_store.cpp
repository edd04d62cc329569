#include <set>
#include <utility>

#include "actors/supervisor/supervisor.hpp"

namespace kfs {

/// Asks whether the store answers; where what it holds has to be loaded, loading it tells that too.
void supervisor::ask_store() {
  next_ping_ = self_->clock().now() + store_ping_interval + store_timeout;
  const auto failed = [this](const caf::error& why) { store_answered(from_caf(why)); };
  if (reload_ && !shutting_down_) {
    reload_ = false;  // what fails from here on is not in the answer
    self_->request(environment_.store, store_timeout, list_atom::value)
        .then(
            [this](const consumer_spec_list& stored) {
              store_answered(std::nullopt);
              loaded(stored);
            },
            [this, failed](const caf::error& why) {
              reload_ = true;
              failed(why);
            });
  } else {
    self_->request(environment_.store, store_timeout, health_atom::value)
        .then([this](done) { store_answered(std::nullopt); }, failed);
  }
}

void supervisor::store_answered(std::optional<error> fault) {
  next_ping_ = self_->clock().now() + store_ping_interval;
  if (fault && (!store_fault_ || store_fault_->message != fault->message)) {
    environment_.log.warning("the store cannot be used",
                             {{"code", std::string(to_string(fault->code))}, {"reason", fault->message}});
  } else if (!fault && store_fault_) {
    environment_.log.info("the store answers");
  }
  store_fault_ = std::move(fault);
  if (store_fault_ && store_fault_->code == ec::standby) stand_by();
}

/// Whether the write happened cannot be told; by the next question the store has either done it or never will.
void supervisor::store_refused(const caf::error& why) {
  reload_ = true;
  const auto fault = from_caf(why);
  if (fault.code == ec::store_unavailable || fault.code == ec::standby) store_answered(fault);
}

void supervisor::loaded(const consumer_spec_list& stored) {
  if (shutting_down_) return;
  const bool takes_charge = !std::exchange(in_charge_, true);
  forget_unstored(stored);
  for (const auto& spec : *stored) load_one(spec);
  if (!takes_charge) return;
  environment_.log.info("consumers loaded", {{"consumers", std::to_string(stored->size())}});
  for (auto& [id, which] : entries_) {
    changed(which);
    if (!which.removed) reconcile(which);
  }
}

void supervisor::load_one(const consumer_spec& stored) {
  if (turns_.contains(stored.id)) {  // a command of it is under way, and may change what is stored
    reload_ = true;
    return;
  }
  const auto wanted = std::make_shared<const consumer_spec>(stored);
  auto* known = find(stored.id);
  if (known == nullptr) {
    reconcile(adopt(wanted, event_kind::loaded));
  } else if (*known->wanted != stored) {
    oldest_first_.erase({known->wanted->created_at, stored.id.value});
    oldest_first_.emplace(std::pair(stored.created_at, stored.id.value), stored.id);
    if (known->wanted->rev == stored.rev && known->running) known->restart = true;
    replace_wanted(*known, wanted);
    known->events->add(event_kind::loaded, "the consumer was loaded from the store again, where it had changed");
    forget_faults(*known);
    reconcile(*known);
  }
}

/// Ends consumers that the store does not have.
void supervisor::forget_unstored(const consumer_spec_list& stored) {
  std::set<std::string> ids;
  for (const auto& spec : *stored) ids.insert(spec.id.value);
  std::vector<consumer_id> gone;
  for (const auto& [id, which] : entries_) {
    if (!ids.contains(id.value) && !which.removed) gone.push_back(id);
  }
  for (const auto& id : gone) {
    if (!turns_.try_emplace(id).second) {  // a command of it is under way
      reload_ = true;
      continue;
    }
    // The turn goes on until the consumer has ended.
    auto& which = entries_.at(id);
    which.removed = true;
    reconcile(which);
  }
}

/// Another replica runs the consumers, or is about to.
void supervisor::stand_by() {
  reload_ = true;
  if (!std::exchange(in_charge_, false)) return;
  environment_.log.warning("another replica runs the consumers; those of this one are stopped");
  for (auto& [id, which] : entries_) {
    if (which.removed) continue;
    forget_faults(which);
    reconcile(which);
  }
}

error supervisor::why_not_in_charge() const {
  return store_fault_.value_or(error{ec::store_unavailable, "the consumers have not been loaded yet; ask again"});
}

}  // namespace kfs
