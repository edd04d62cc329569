#include "actors/consumer/core/start_plan.hpp"

#include <algorithm>

namespace kfs {
namespace {

/// The latest of the logs that the group and the sinks know. One of them that has the present topic id shows that those
/// with another id are earlier.
log_identity latest_log(const known_positions& known) {
  std::vector<log_identity> logs;
  if (known.group.ours) logs.push_back(log_identity::of(known.group.log));
  for (const auto& stored : known.sinks) {
    if (stored) logs.push_back(log_identity::of(stored->log));
  }
  const bool knows_topic =
      !known.topic_id.empty() && std::ranges::find(logs, known.topic_id, &log_identity::topic_id) != logs.end();
  log_identity latest;
  for (auto& log : logs) {
    if (knows_topic && log.is_other_topic(known.topic_id)) continue;
    const bool tells_more = log.restarts == latest.restarts && latest.topic_id.empty();
    if (log.restarts > latest.restarts || tells_more) latest = std::move(log);
  }
  return latest;
}

bool counts(std::string_view log, const log_identity& present) {
  const auto of = log_identity::of(log);
  return of.restarts >= present.restarts && !of.is_other_topic(present.topic_id);
}

/// Each sink gets the start that it needs, and the identity of the log if it has not stored it yet.
void tell_sinks(start_plan& plan, const known_positions& known) {
  const auto log = plan.log.text();
  for (std::size_t i = 0; i < known.sinks.size(); ++i) {
    const auto& stored = known.sinks[i];
    if (stored && counts(stored->log, plan.log)) {
      if (stored->log != log) plan.told[i] = stored->next;
    } else if (const auto target = plan.committed ? plan.committed : plan.start) {
      if (!log.empty() || plan.start < plan.committed) plan.told[i] = target;
    } else {
      plan.tell_first[i] = !log.empty();
    }
  }
}

void obey_order(start_plan& plan, const known_positions& known) {
  plan.start = plan.committed = known.group.committed;
  const auto log = plan.log.text();
  std::ranges::transform(known.sinks, plan.told.begin(), [&](const auto& stored) {
    const bool stands_there = stored && stored->next == *known.group.committed && stored->log == log;
    return stands_there ? std::nullopt : known.group.committed;
  });
}

/// The lowest offset that a sink needs; nullopt when auto_offset_reset decides.
std::optional<offset> lowest_needed(const start_plan& plan, const known_positions& known, bool from_beginning) {
  if (known.sinks.empty()) return plan.committed;
  std::optional<offset> lowest;
  for (const auto& stored : known.sinks) {
    const auto own = stored && counts(stored->log, plan.log) ? std::optional(stored->next) : std::nullopt;
    if (!own && !plan.committed && from_beginning) return std::nullopt;
    const auto needed = !own || (known.group.by_other && own < plan.committed) ? plan.committed : own;
    if (needed && (!lowest || *needed < *lowest)) lowest = needed;
  }
  return lowest;
}

}  // namespace

std::optional<offset> known_positions::furthest() const {
  auto furthest = group.committed;
  for (const auto& stored : sinks) {
    if (stored) furthest = std::max(furthest, std::optional(stored->next));
  }
  return furthest;
}

start_plan plan_start(const known_positions& known, bool from_beginning) {
  start_plan plan;
  plan.told.resize(known.sinks.size());
  plan.tell_first.resize(known.sinks.size());
  plan.log = latest_log(known);
  plan.by_order = plan.mark_first = known.group.committed && !known.group.ours;
  const bool is_other = plan.log.is_other_topic(known.topic_id);
  if (is_other) ++plan.log.restarts;
  if (!known.topic_id.empty()) plan.log.topic_id = known.topic_id;
  if (plan.by_order) {
    obey_order(plan, known);
    return plan;
  }
  plan.is_anew = is_other;
  if (is_other) return plan;
  if (known.group.committed && counts(known.group.log, plan.log)) plan.committed = known.group.committed;
  plan.start = lowest_needed(plan, known, from_beginning);
  plan.mark_first = plan.start && !plan.committed && !plan.log.text().empty();
  tell_sinks(plan, known);
  return plan;
}

}  // namespace kfs
