#include "cluster/core/membership.hpp"

#include <algorithm>
#include <utility>

namespace kfs {

namespace {

bool is_evicted(const replica_row& row) {
  return row.evicted == row.run;
}

}  // namespace

const char* to_string(replica_state state) noexcept {
  switch (state) {
    case replica_state::active:
      return "ACTIVE";
    case replica_state::draining:
      return "DRAINING";
    case replica_state::lost:
      return "LOST";
  }
  return "";
}

membership::membership(const lease_times& times, replica_id self, run_id run)
    : self_(std::move(self)), run_(std::move(run)), signs_(times) {}

void membership::saw(const look& present, std::span<const replica_row> rows) {
  if (!signs_.begin(present)) return;
  for (const auto& row : rows) {
    if (!row.ended) signs_.show(row.replica, {row.run, row.heartbeats});
  }
  signs_.finish();

  standing_ = standing::unknown;
  members_.clear();
  forgotten_.clear();
  note_losses(rows, present.answered);
  for (const auto& row : rows) {
    if (row.replica == self_)
      standing_ = row.run != run_ ? standing::replaced : is_evicted(row) ? standing::evicted : standing::member;
    if (!row.ended) list(row, present.answered);
  }
  settled_ = std::ranges::all_of(members_, [this](const auto& entry) {
    return entry.second.state == replica_state::lost || entry.first == self_ || signs_.heard(entry.first);
  });
}

void membership::note_losses(std::span<const replica_row> rows, clock::time_point at) {
  std::map<replica_id, clock::time_point> still_lost;
  for (const auto& row : rows) {
    if (row.ended || !(signs_.silent(row.replica) || is_evicted(row))) continue;
    const auto known = lost_since_.find(row.replica);
    still_lost.emplace(row.replica, known == lost_since_.end() ? at : known->second);
  }
  lost_since_ = std::move(still_lost);
}

void membership::list(const replica_row& row, clock::time_point at) {
  member listed{.row = row, .state = row.draining ? replica_state::draining : replica_state::active, .lost_since = {}};
  if (const auto lost = lost_since_.find(row.replica); lost != lost_since_.end()) {
    if (at - lost->second >= listed_when_lost) return forgotten_.push_back(row);
    listed.state = replica_state::lost;
    listed.lost_since = lost->second;
  }
  members_.emplace(row.replica, std::move(listed));
}

bool membership::is_gone(const replica_id& replica, const run_id& run) const {
  const auto found = members_.find(replica);
  return found == members_.end() || found->second.row.run != run || found->second.state == replica_state::lost;
}

int membership::lowest_protocol() const {
  int lowest = 0;
  for (const auto& [replica, member] : members_) {
    if (member.state == replica_state::lost) continue;
    if (lowest == 0 || member.row.protocol < lowest) lowest = member.row.protocol;
  }
  return lowest;
}

}  // namespace kfs
