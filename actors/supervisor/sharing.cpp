#include "actors/supervisor/sharing.hpp"

#include <algorithm>
#include <utility>

namespace kfs {
namespace {

/// A report comes over a link and, later, through the store. An older version of the server does not number them.
bool is_newer(const instance_report& report, const instance_report& known) {
  if (report.epoch != known.epoch) return report.epoch > known.epoch;
  return report.number == 0 || report.number > known.number;
}

bool tells_the_same(const instance_report& before, const instance_report& after) {
  if (before.epoch != after.epoch || before.change != after.change) return false;
  auto repeated = *before.view;
  repeated.observed_at = after.view->observed_at;
  return repeated == *after.view;
}

/// That owner has made what it runs follow the change, and so has left the group by itself where it had to.
bool has_followed(const consumer_instance& instance, const instance_owner& owner, std::uint64_t change) {
  return instance.told && instance.told->epoch == owner.epoch && instance.told->change >= change;
}

/// No replica shall run the instance.
bool ends_everywhere(const consumer_entry& entry, const consumer_instance& instance) {
  return entry.removed || entry.wanted->target == target_state::stopped || !entry.is_wanted(instance);
}

/// The owner's client has joined as the member that is there. A client that may come late may replace it again.
bool is_gone_on_with(const consumer_instance& instance) {
  return instance.member && !instance.member->may_come_late &&
         std::ranges::any_of(instance.told->view->members, [](const auto& one) { return one.joined; });
}

}  // namespace

std::vector<entry_ptr> consumer_sharing::told(const std::vector<instance_report>& reports) {
  std::vector<entry_ptr> changed;
  for (const auto& report : reports) {
    const auto entry = entries_.find_any(report.consumer);
    if (!entry) continue;
    const auto instance = entry->instance(report.instance);
    if (instance->told && !is_newer(report, *instance->told)) continue;
    instance->told = report;
    if (!instance->is_elsewhere()) continue;
    if (is_gone_on_with(*instance)) instance->member.reset();
    entry->changed(*instance);
    if (changed.empty() || changed.back() != entry) changed.push_back(entry);
  }
  return changed;
}

void consumer_sharing::report_what_changed(const std::vector<entry_ptr>& consumers, clock::time_point at) {
  if (!environment_.report) return;
  std::vector<instance_report> reports;
  for (const auto& entry : consumers) add_reports(*entry, at, reports);
  if (!reports.empty()) environment_.report(std::move(reports));
}

void consumer_sharing::add_reports(consumer_entry& entry, clock::time_point at, std::vector<instance_report>& into) {
  if (entry.removed) return;
  for (const auto& [number, instance] : entry.instances) {
    if (!instance->owned || (!instance->to_report && at - instance->reported_at < longest_silence)) continue;
    const auto held = owned_.tenure(entry.id(), number);
    if (!held) continue;
    instance->to_report = false;
    instance_report report{.consumer = entry.id(),
                           .instance = number,
                           .epoch = held->epoch,
                           .change = instance->made_so,
                           .number = ++reports_made_,
                           .view = std::make_shared<const consumer_view>(entry.view_of(*instance, at))};
    report.is_news = !instance->reported || !tells_the_same(*instance->reported, report);
    if (!report.is_news && at - instance->reported_at < longest_silence) continue;
    instance->reported_at = at;
    instance->reported = report;
    into.push_back(std::move(report));
  }
}

bool consumer_sharing::is_made_so(const consumer_entry& entry, const consumer_instance& instance) const {
  if (!instance.is_elsewhere()) return true;
  const auto owner = owned_.owner(entry.id(), instance.number);
  if (!owner) return owned_.seen_at() > entry.changed_at;
  return !owner->lost && instance.told && instance.told->epoch == owner->epoch && instance.told->change >= entry.change;
}

void consumer_sharing::look_again(const consumer_entry& entry, const consumer_instance& instance) const {
  if (!owned_.owner(entry.id(), instance.number)) owned_.look_again(entry.id());
}

/// When a replica is gone, its member of the group is still there. If no replica goes on with an instance, because
/// there are fewer by now, or the consumer was stopped or deleted meanwhile, the others of its group would wait for it:
/// then one replica has it leave, the one that runs instance 0, or the one whose command waits for its end.
bool consumer_sharing::look_at_owner(const consumer_entry& entry, consumer_instance& instance,
                                     clock::time_point at) const {
  const auto before = std::exchange(instance.owner, owned_.owner(entry.id(), instance.number));
  // Another replica may have freed the lease before this one has noticed that its holder is lost.
  const bool is_gone = before && !instance.owner && !has_followed(instance, *before, entry.change);
  const bool sees_to_it = owned_.tenure(entry.id(), 0) || !entry.when_settled.empty();
  if (is_gone && ends_everywhere(entry, instance) && sees_to_it) instance.member = {entry.wanted, at, false};
  return instance.owner != before;
}

bool consumer_sharing::has_to_leave(const consumer_entry& entry, const consumer_instance& instance,
                                    clock::time_point at) {
  if (!instance.member || at - instance.member->since > remaining_member::longest_session) return false;
  const bool runs = instance.child || (instance.shared && (instance.owned || instance.owner));
  return !runs && ends_everywhere(entry, instance);
}

departure consumer_sharing::departure_of(const consumer_entry& entry, const consumer_instance& instance,
                                         bool shutting_down, clock::time_point at) const {
  if (!entry.shared || ends_everywhere(entry, instance)) return departure::leave;
  const auto held = owned_.tenure(entry.id(), instance.number);
  if (!held || (held->until && at >= *held->until)) return departure::lost;
  return (held->ending || shutting_down) && held->handed_on ? departure::hand_on : departure::leave;
}

void consumer_sharing::note_absence(consumer_entry& entry, consumer_instance& instance, clock::time_point at) const {
  if (!entry.shared) return;
  const bool lost = instance.owner && instance.owner->lost;
  const bool runs = instance.child || (instance.owner && !lost);
  if (runs || ends_everywhere(entry, instance)) {
    instance.unowned_since = {};
    if (std::exchange(instance.absence, std::nullopt)) entry.changed(instance);
    return;
  }
  if (instance.unowned_since == clock::time_point{}) instance.unowned_since = at;
  const bool blind = !owned_.is_renewed(at);
  const auto reason = blind ? std::string() : owned_.why_nobody(entry.id(), instance.number);
  if (instance.absence || (!lost && !blind && reason.empty() && at - instance.unowned_since < longest_move)) return;
  const auto message =
      blind  ? "this replica has no lease in the database at the moment: it runs no consumer, and does not know which "
               "ones others run; it goes on as soon as it has one"
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
