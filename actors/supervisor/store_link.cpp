#include "actors/supervisor/store_link.hpp"

#include <utility>

namespace kfs {

store_link::store_link(supervisor_front::pointer self, store_actor store, logger log, bool is_loaded, listener tell)
    : self_(self), store_(std::move(store)), log_(std::move(log)), tell_(std::move(tell)), reload_(!is_loaded) {
  if (!is_loaded) fault_ = why_unknown();
}

void store_link::ticked(clock::time_point at) {
  if (next_ping_ && at < *next_ping_) return;
  next_ping_ = at + ping_interval + timeout;
  if (reload_ && may_load_) {
    load();
  } else {
    ping();
  }
}

void store_link::known() {
  if (fault_ && fault_->code == ec::store_unavailable) answered(std::nullopt);
}

void store_link::load() {
  reload_ = false;  // a write that fails from here on may not be in the answer
  if (tell_.load) {
    tell_.load();
    return ping();
  }
  self_->request(store_, timeout, list_atom::value)
      .then(
          [this](const consumer_spec_list& stored) {
            answered(std::nullopt);
            if (may_load_) tell_.loaded(stored);
          },
          [this](const caf::error& why) {
            reload_ = true;
            answered(from_caf(why));
          });
}

void store_link::ping() {
  self_->request(store_, timeout, health_atom::value)
      .then([this](done) { answered(std::nullopt); }, [this](const caf::error& why) { answered(from_caf(why)); });
}

void store_link::answered(std::optional<error> fault) {
  next_ping_ = self_->clock().now() + ping_interval;
  if (fault && (!fault_ || fault_->message != fault->message)) {
    log_.warning("the store cannot be used",
                 {{"code", std::string(to_string(fault->code))}, {"reason", fault->message}});
  } else if (!fault && fault_) {
    log_.info("the store answers");
  }
  fault_ = std::move(fault);
  if (tell_.answers) tell_.answers(!fault_);
  if (!fault_ || fault_->code != ec::standby) return;
  reload_ = true;
  tell_.lost();
}

/// Until it is loaded again nobody knows whether the write happened; by then the store has done it or never will.
void store_link::write_failed(const caf::error& why) {
  const auto fault = from_caf(why);
  if (fault.code == ec::quota_exceeded || fault.code == ec::cannot_apply) return;  // nothing is other than known here
  reload_ = true;
  if (fault.code == ec::store_unavailable || fault.code == ec::standby) answered(fault);
}

error store_link::why_unknown() const {
  return fault_.value_or(error{ec::store_unavailable, "the consumers have not been loaded yet; ask again"});
}

}  // namespace kfs
