#include "actors/supervisor/sharing.hpp"

#include <utility>

namespace kfs {

std::vector<entry_ptr> consumer_sharing::told(const std::vector<instance_report>& reports) {
  std::vector<entry_ptr> changed;
  for (const auto& report : reports) {
    const auto entry = entries_.find_any(report.consumer);
    if (!entry) continue;
    const auto instance = entry->instance(report.instance);
    if (instance->told && instance->told->epoch > report.epoch) continue;
    instance->told = report;
    if (!instance->is_elsewhere()) continue;
    entry->changed(*instance);
    if (changed.empty() || changed.back() != entry) changed.push_back(entry);
  }
  return changed;
}

void consumer_sharing::report_what_changed(clock::time_point at) {
  if (!environment_.report) return;
  std::vector<instance_report> reports;
  for (const auto& entry : entries_.all()) {
    if (entry->removed) continue;
    for (const auto& [number, instance] : entry->instances) {
      if (!instance->owned || (!instance->to_report && at - instance->reported_at < longest_silence)) continue;
      const auto held = owned_.tenure(entry->id(), number);
      if (!held) continue;
      instance->to_report = false;
      instance->reported_at = at;
      reports.push_back({.consumer = entry->id(),
                         .instance = number,
                         .epoch = held->epoch,
                         .change = instance->made_so,
                         .view = std::make_shared<const consumer_view>(entry->view_of(*instance, at))});
    }
  }
  if (!reports.empty()) environment_.report(std::move(reports));
}

bool consumer_sharing::is_made_so(const consumer_entry& entry, const consumer_instance& instance) const {
  if (!instance.is_elsewhere()) return true;
  const auto owner = owned_.owner(entry.id(), instance.number);
  if (!owner) return owned_.seen_at() > entry.changed_at;
  return !owner->lost && instance.told && instance.told->epoch == owner->epoch && instance.told->change >= entry.change;
}

departure consumer_sharing::departure_of(const consumer_entry& entry, const consumer_instance& instance,
                                         bool shutting_down, clock::time_point at) const {
  const bool ends_everywhere =
      entry.removed || entry.wanted->target == target_state::stopped || !entry.is_wanted(instance);
  if (!entry.shared || ends_everywhere) return departure::leave;
  const auto held = owned_.tenure(entry.id(), instance.number);
  if (!held || (held->until && at >= *held->until)) return departure::lost;
  return held->ending || shutting_down ? departure::hand_on : departure::leave;
}

void consumer_sharing::note_absence(consumer_entry& entry, consumer_instance& instance, clock::time_point at) const {
  if (!entry.shared) return;
  const bool lost = instance.owner && instance.owner->lost;
  const bool runs = instance.child || (instance.owner && !lost);
  const bool wanted = !entry.removed && entry.wanted->target == target_state::started && entry.is_wanted(instance);
  if (runs || !wanted) {
    instance.unowned_since = {};
    if (std::exchange(instance.absence, std::nullopt)) entry.changed(instance);
    return;
  }
  if (instance.unowned_since == clock::time_point{}) instance.unowned_since = at;
  const bool blind = !owned_.is_renewed(at);
  const auto reason = blind ? std::string() : owned_.why_nobody(entry.id(), instance.number);
  if (instance.absence || (!lost && !blind && reason.empty() && at - instance.unowned_since < longest_move)) return;
  const auto message =
      blind  ? "this replica could not renew its lease in the database: it runs no consumer, and does not know which "
               "ones others run; it goes on when it reaches the database"
      : lost ? "the replica \"" + instance.owner->replica +
                   "\" that ran it is not heard of any more; another one takes it over"
             : "no replica runs it: " + (reason.empty() ? "none has taken it; GET /cluster says more" : reason);
  instance.absence = fault_report{.code = blind ? ec::lease_lost : ec::replica_lost,
                                  .message = entry.about(instance, message),
                                  .source = fault_source::of_supervisor(),
                                  .at = now()};
  entry.changed(instance);
}

void consumer_sharing::give_back(const consumer_id& consumer, int instance) const {
  const auto held = owned_.tenure(consumer, instance);
  if (held && held->ending) owned_.vacated(consumer, instance, held->epoch);
}

}  // namespace kfs
