#include "actors/supervisor/instance.hpp"

#include <algorithm>
#include <utility>

namespace kfs {
namespace {

/// Instances that failed together do not try again together.
std::uint64_t seed_of(const consumer_id& consumer, int number) {
  return std::hash<consumer_id>{}(consumer) + static_cast<std::uint64_t>(number);
}

}  // namespace

consumer_instance::consumer_instance(const consumer_id& consumer, int instance, const recovery_options& options,
                                     bool others_may_run_it)
    : number(instance), recovery(options, seed_of(consumer, instance)), shared(others_may_run_it) {}

void consumer_instance::begin_anew(const consumer_id& consumer, const recovery_options& options) {
  recovery = recovery_course(options, seed_of(consumer, number));
}

consumer_status consumer_instance::status() const {
  if (recovery.fault()) return consumer_status::error;
  return state.now() == consumer_state::stopped ? consumer_status::inactive : consumer_status::active;
}

bool consumer_instance::outdated(const consumer_spec& wanted) const {
  return child && (child->to_be_replaced || child->spec->rev != wanted.rev ||
                   child->spec->orders.restarts != wanted.orders.restarts);
}

void consumer_instance::changed() {
  to_report = true;
  const auto present = status();
  if (std::exchange(last_status_, present) != present) status_since_ = now();
}

void consumer_instance::show(consumer_view& into, target_state target) const {
  if (is_elsewhere()) {
    show_elsewhere(into, target);
  } else {
    show_own(into);
  }
  // Its start waits: for other starts, or for a lease, which an earlier holder has to give up first.
  if ((shared || held_back) && !child && target == target_state::started && into.status == consumer_status::inactive) {
    into.status = consumer_status::active;
    into.state = consumer_state::starting;
  }
  const bool runs = child || target == target_state::started;
  into.replica = runs && owner && !owner->lost ? owner->replica : std::string();
  for (auto& each : into.members) each.replica = into.replica;
}

void consumer_instance::show_own(consumer_view& into) const {
  into.status = status();
  into.last_error = recovery.fault();
  into.recovery = recovery.report();
  into.state = state.now();
  into.status_since = status_since_;
  into.restarts = restarts;
  if (child) {
    into.observed = child->spec->rev;
    into.observed_at = child->seen_at;
  }
  if (child && child->seen) {
    into.members = child->seen->members;
    into.partitions = child->seen->partitions;
    into.processors = child->seen->processors;
  }
}

/// What its owner told holds while that one is heard of.
void consumer_instance::show_elsewhere(consumer_view& into, target_state target) const {
  const bool wanted_to_run = target == target_state::started;
  into.status = wanted_to_run ? consumer_status::active : consumer_status::inactive;
  into.state = wanted_to_run ? consumer_state::starting : consumer_state::stopped;
  into.status_since = status_since_;
  if (is_told()) {
    into.status = told->view->status;
    into.state = told->view->state;
    into.status_since = told->view->status_since;
    into.last_error = told->view->last_error;
    into.recovery = told->view->recovery;
    into.observed = told->view->observed;
    into.observed_at = told->view->observed_at;
    into.restarts = told->view->restarts;
    into.members = told->view->members;
    into.partitions = told->view->partitions;
    into.processors = told->view->processors;
  }
  if (!absence) return;
  into.status = consumer_status::error;
  into.state = consumer_state::error;
  into.last_error = absence;
  into.recovery.reset();
}

/// A child tells only what has changed; each of its beats shows that what it told last still holds. What was told in
/// the future was told before the clock was set back.
std::optional<timestamp> consumer_instance::observed_at(std::chrono::steady_clock::time_point at) const {
  if (is_elsewhere()) return is_told() ? told->view->observed_at : std::nullopt;
  if (!child || !child->seen) return child ? child->seen_at : std::nullopt;
  const auto present = now();
  const auto beat = present - std::chrono::floor<std::chrono::milliseconds>(at - child->beats->last());
  return *child->seen_at > present ? beat : std::max(*child->seen_at, beat);
}

}  // namespace kfs
