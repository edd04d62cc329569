#include "actors/supervisor/entry.hpp"

#include <algorithm>
#include <utility>

#include "actors/supervisor/core/joint_view.hpp"
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
      shared(environment.report != nullptr),
      events(environment.changes->open(wanted->id)),
      measured(environment.report ? nullptr : environment.measured.of_consumer(*wanted)),
      rejections(new_ledger(*wanted, environment)),
      kept_(environment.kept) {
  events->describe(shown);
  add_wanted_instances();
}

// Instances ----------------------------------------------------------------------------------------------------------

std::vector<instance_ptr> consumer_entry::all() const {
  std::vector<instance_ptr> found;
  found.reserve(instances.size());
  for (const auto& [number, one] : instances) found.push_back(one);
  return found;
}

instance_ptr consumer_entry::instance(int number) {
  auto& one = instances[number];
  if (!one) one = std::make_shared<consumer_instance>(id(), number, options.recovery, shared);
  return one;
}

instance_ptr consumer_entry::running(std::uint64_t incarnation) const {
  for (const auto& [number, one] : instances)
    if (one->child && one->child->incarnation == incarnation) return one;
  return nullptr;
}

bool consumer_entry::runs_here() const {
  return std::ranges::any_of(instances, [](const auto& one) { return one.second->child.has_value(); });
}

bool consumer_entry::is_elsewhere() const {
  return std::ranges::all_of(instances, [](const auto& one) { return one.second->is_elsewhere(); });
}

bool consumer_entry::is_partly_elsewhere() const {
  return std::ranges::any_of(instances, [](const auto& one) { return one.second->is_elsewhere(); });
}

void consumer_entry::drop_surplus() {
  const auto dropped = std::erase_if(instances, [&](const auto& known) {
    const auto& one = *known.second;
    return !is_wanted(one) && !one.child && !one.owned && !one.owner;
  });
  if (dropped > 0) forget_view();
}

void consumer_entry::add_wanted_instances() {
  for (int number = 0; number < options.instances; ++number) (void)instance(number);
}

// What is wanted -----------------------------------------------------------------------------------------------------

void consumer_entry::want(consumer_spec_ptr spec, const supervisor_environment& environment) {
  if (wanted->rev != spec->rev) {
    options = typed_options(spec->options, environment.policies);
    for (const auto& [number, one] : instances) one->begin_anew(spec->id, options.recovery);
    if (measured) measured = environment.measured.of_consumer(*spec);
    rejections = new_ledger(*spec, environment);
  }
  wanted = std::move(spec);
  if (measured) measured->paused(wanted->orders.paused);
  shown = std::make_shared<const consumer_spec>(environment.masked(*wanted));
  events->describe(shown);
  add_wanted_instances();
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

// What is told -------------------------------------------------------------------------------------------------------

void consumer_entry::move_to(consumer_instance& one, consumer_state next, const logger& log) {
  const auto before = one.state.now();
  if (before == next) return;
  one.state.become(next);
  log.debug("consumer state", {{"consumer_id", id().value},
                               {"instance", std::to_string(one.number)},
                               {"from", std::string(to_string(before))},
                               {"to", std::string(to_string(next))}});
  changed(one);
  std::vector<consumer_state> states;
  auto worst = consumer_status::inactive;
  for (const auto& [number, other] : instances) {
    states.push_back(other->state.now());
    worst = std::max(worst, other->status());
  }
  if (measured) measured->status(static_cast<int>(worst));
  const auto joint = worst_state(states);
  const auto joint_before = std::exchange(last_state_, joint);
  // A slow sink would fill the log with pauses.
  if (joint != joint_before && joint_before != consumer_state::waiting && joint != consumer_state::waiting)
    events->add(state_change{joint_before, joint});
}

void consumer_entry::changed(consumer_instance& one) {
  forget_view();
  one.changed();
}

void consumer_entry::changed() {
  forget_view();
  for (const auto& [number, one] : instances) one->changed();
}

void consumer_entry::remove() {
  removed = true;
  forget_view();
}

void consumer_entry::forget_view() {
  view_.reset();
  kept_->forget(id());
}

/// One that has to end is shown until it has, by every replica.
bool consumer_entry::is_shown(const consumer_instance& one) const {
  return is_wanted(one) || one.child || (one.is_elsewhere() && one.owner && one.told);
}

consumer_view consumer_entry::view_of(const consumer_instance& one) const {
  consumer_view made;
  made.spec = shown;
  made.policies = {options.recovery, options.on_error};
  one.show(made, wanted->target);
  return made;
}

consumer_view consumer_entry::view_of(const consumer_instance& one, std::chrono::steady_clock::time_point at) const {
  auto made = view_of(one);
  made.observed_at = one.observed_at(at);
  return made;
}

consumer_view_ptr consumer_entry::view() {
  if (view_) return view_;
  std::vector<consumer_view> views;
  for (const auto& [number, one] : instances)
    if (is_shown(*one)) views.push_back(view_of(*one));
  view_ = std::make_shared<const consumer_view>(joint_view(views));
  return view_;
}

std::optional<timestamp> consumer_entry::observed_at(std::chrono::steady_clock::time_point at) const {
  std::optional<timestamp> earliest;
  for (const auto& [number, one] : instances) {
    const auto seen = is_shown(*one) ? one->observed_at(at) : std::nullopt;
    if (seen && (!earliest || *seen < *earliest)) earliest = seen;
  }
  return earliest;
}

std::string consumer_entry::about(const consumer_instance& one, std::string sentence) const {
  if (instances.size() == 1) return sentence;
  return "instance " + std::to_string(one.number) + ": " + sentence;
}

}  // namespace kfs
