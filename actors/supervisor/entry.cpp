#include "actors/supervisor/entry.hpp"

#include <algorithm>
#include <utility>

#include "config/consumers/change.hpp"

namespace kfs {
namespace {

/// A ledger that has the store remember which destinations accept records.
std::shared_ptr<rejection_ledger> new_ledger(const consumer_spec& spec, const supervisor_environment& environment) {
  return std::make_shared<rejection_ledger>([store = environment.store, id = spec.id, rev = spec.rev](
                                                const processor_id& processor, const std::string& version) {
    caf::anon_send(store, accept_atom::value, id, rev, processor, version);
  });
}

bool reads_the_same(const consumer_spec& before, const consumer_spec& after) {
  return !reads_elsewhere(before, after) && before.bootstrap_servers() == after.bootstrap_servers();
}

bool writes_the_same(const processor_spec& before, const processor_spec& after) {
  return before.id == after.id && before.type == after.type && before.config == after.config;
}

}  // namespace

consumer_entry::consumer_entry(consumer_spec_ptr spec, const supervisor_environment& environment)
    : wanted(std::move(spec)),
      shown(std::make_shared<const consumer_spec>(environment.masked(*wanted))),
      options(typed_options(wanted->options, environment.policies)),
      recovery(options.recovery, std::hash<consumer_id>{}(wanted->id)),
      shared(environment.report != nullptr),
      events(environment.changes->open(wanted->id)),
      measured(environment.report ? nullptr : environment.measured.of_consumer(*wanted)),
      rejections(new_ledger(*wanted, environment)) {}

consumer_status consumer_entry::status() const {
  if (recovery.fault()) return consumer_status::error;
  return state.now() == consumer_state::stopped ? consumer_status::inactive : consumer_status::active;
}

bool consumer_entry::outdated() const {
  return child && (child->to_be_replaced || child->spec->rev != wanted->rev);
}

void consumer_entry::want(consumer_spec_ptr spec, const supervisor_environment& environment) {
  if (wanted->rev != spec->rev) {
    options = typed_options(spec->options, environment.policies);
    recovery = recovery_course(options.recovery, std::hash<consumer_id>{}(spec->id));
    if (measured) measured = environment.measured.of_consumer(*spec);
    rejections = new_ledger(*spec, environment);
  }
  wanted = std::move(spec);
  shown = std::make_shared<const consumer_spec>(environment.masked(*wanted));
  changed();
}

void consumer_entry::change_to(consumer_spec_ptr spec, const supervisor_environment& environment) {
  const auto before = wanted;
  const auto ledger_before = rejections;
  want(std::move(spec), environment);
  if (rejections == ledger_before || !reads_the_same(*before, *wanted)) return;
  for (const auto& processor : wanted->processors) {
    const bool same = std::ranges::any_of(
        before->processors, [&](const processor_spec& other) { return writes_the_same(other, processor); });
    const auto version = same ? ledger_before->accepted_version(processor.id) : std::nullopt;
    if (version) rejections->accepted(processor.id, *version);
  }
}

void consumer_entry::begin_ledger(const supervisor_environment& environment) {
  rejections = new_ledger(*wanted, environment);
}

void consumer_entry::move_to(consumer_state next, const logger& log) {
  const auto before = state.now();
  if (before == next) return;
  state.become(next);
  const std::string from(to_string(before));
  const std::string to(to_string(next));
  log.debug("consumer state", {{"consumer_id", id().value}, {"from", from}, {"to", to}});
  // A slow sink would fill the log with pauses.
  if (before != consumer_state::paused && next != consumer_state::paused) events->add(state_change{before, next});
  if (measured) measured->status(static_cast<int>(status()));
  changed();
}

void consumer_entry::changed() {
  view_.reset();
  to_report = true;
  const auto present = status();
  if (std::exchange(last_status_, present) != present) status_since_ = now();
}

consumer_view_ptr consumer_entry::view() {
  if (view_) return view_;
  auto made = std::make_shared<consumer_view>();
  if (is_elsewhere()) {
    show_elsewhere(*made);
  } else {
    show_own(*made);
  }
  made->spec = shown;
  const bool runs = child || wanted->target == target_state::started;
  made->replica = runs && owner && !owner->lost ? owner->replica : std::string();
  made->policies = {options.recovery, options.on_error};
  view_ = std::move(made);
  return view_;
}

void consumer_entry::show_own(consumer_view& into) const {
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
void consumer_entry::show_elsewhere(consumer_view& into) const {
  const bool wanted_to_run = wanted->target == target_state::started;
  into.status = wanted_to_run ? consumer_status::active : consumer_status::inactive;
  into.state = wanted_to_run ? consumer_state::starting : consumer_state::stopped;
  into.status_since = status_since_;
  const bool is_told = told && owner && told->epoch == owner->epoch;
  if (is_told) {
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

}  // namespace kfs
