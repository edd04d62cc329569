#include "tests/unit/doubles/memory_destination.hpp"

#include <algorithm>

namespace kfs::test {

void memory_destination::may_repeat(partition_number partition, std::int64_t from) {
  auto& repeats = states_[partition].repeats;
  repeats = std::min(repeats.value_or(from), from);
}

void memory_destination::excuse(partition_number partition, std::int64_t below) {
  auto& excused = states_[partition].excused;
  excused = std::max(excused, below);
}

std::optional<offset> memory_destination::next_offset(partition_number partition) const {
  const auto found = states_.find(partition);
  return found == states_.end() ? std::nullopt : found->second.next;
}

/// Offsets alone do not tell a new log from an old one. When a consumer restarts before its first commit in the new
/// log, records of the new log are taken for records of the old one. Once the new log is long enough, an offset that
/// was committed in the old log is taken for an offset of the new one.
void memory_destination::begin(partition_number partition) {
  const auto& log = cluster_.log(partition);
  if (log.life == 1) return;
  may_repeat(partition, 0);
  excuse(partition, log.before);
}

void memory_destination::start_at(partition_number partition, offset start) {
  auto& state = states_[partition];
  if (!state.next) begin(partition);
  const auto& log = cluster_.log(partition);
  const bool backward = state.next && start < *state.next;
  // An offset beyond the log's end, which another program may have committed, belongs to another log.
  const bool same_log = state.life == log.life && state.next && state.next->value <= log.end;
  if (backward && same_log && !(state.repeats && start.value >= *state.repeats))
    complain_(name_ + " was told to start at offset " + std::to_string(start.value) + " of partition " +
              std::to_string(partition) + " although it has every record below " + std::to_string(state.next->value));
  if (!state.began || state.life != log.life) state.began = start.value;
  state.began = backward ? std::min(*state.began, start.value) : *state.began;
  // A start further on skips the records in between on purpose.
  if (state.next && start > *state.next && state.life == log.life) state.excused = std::max(state.excused, start.value);
  state.next = start;
  state.life = log.life;
}

std::set<std::int64_t> memory_destination::offsets_of(const batch& records, partition_number partition, int& life) {
  std::set<std::int64_t> offsets;
  for (const auto& record : records.records()) {
    if (record.partition != partition) continue;
    offsets.insert(record.position.value);
    life = record_name::of(record.value).life;
  }
  return offsets;
}

/// Where a destination without an offset begins.
std::int64_t memory_destination::first_offset(partition_number partition) const {
  const auto& committed = cluster_.committed(group_);
  const auto found = committed.find(partition);
  return found == committed.end() ? cluster_.log(partition).start : found->second.position;
}

/// The cluster knows which records are dead letters. Nothing counts skipped records.
bool memory_destination::policy_applied(const record_name& record) const {
  if (!rejected_.contains(record)) return false;
  return policies_.contains(rejection_policy::skip) ||
         (policies_.contains(rejection_policy::dead_letter) && cluster_.letters.contains(record));
}

/// Every record between the destination's offset and the end of the range must be in the batch, unless the log no
/// longer has it or the policy for rejected records has been applied to it.
void memory_destination::check_complete(const batch& records, const batch_range& range, partition_state& state) {
  const auto& log = cluster_.log(range.partition);
  int life = log.life;
  const auto offered = offsets_of(records, range.partition, life);
  if (life != log.life) return;  // records of an earlier log
  auto from = first_offset(range.partition);
  if (state.next) from = state.life == life ? state.next->value : range.first.value;
  for (auto position = std::max({from, log.start, state.excused}); position < std::min(range.next.value, log.end);
       ++position) {
    if (!log.holds(position) || offered.contains(position) || policy_applied({range.partition, life, position}))
      continue;
    // A log that was truncated and has grown again has other records at offsets that were read before.
    if (offered.empty() && life > 1) continue;
    complain_(name_ + " was never offered record " + record_name{range.partition, life, position}.text() +
              ": its next offset was " + (state.next ? std::to_string(state.next->value) : std::string("unknown")) +
              " and it was offered " + std::to_string(range.first.value) + " to " + std::to_string(range.next.value));
    state.excused = position + 1;
  }
}

void memory_destination::write(const batch& records) {
  for (const auto& range : records.ranges()) check_complete(records, range, states_[range.partition]);
  for (const auto& record : records.records()) {
    auto& state = states_[record.partition];
    if (!state.next) begin(record.partition);
    if (state.next && record.position < *state.next) {
      ++skipped_;
      continue;
    }
    const auto name = record_name::of(record.value);
    const auto position = record.position.value;
    if (const auto found = state.written.find(position); found != state.written.end() && found->second == name.life) {
      if (!state.repeats || position < *state.repeats) complain_(name_ + " was given record " + name.text() + " twice");
    }
    if (name.life != state.life || !state.began) state.began = position;
    state.life = name.life;
    state.written[position] = name.life;
    state.next = offset{position + 1};
    ++records_;
  }
  for (const auto& range : records.ranges()) {
    auto& state = states_[range.partition];
    if (!state.next) {
      begin(range.partition);
      state.life = cluster_.log(range.partition).life;
      state.began = range.first.value;
    }
    state.next = std::max(state.next.value_or(range.next), range.next);
  }
}

std::string memory_destination::missing() const {
  for (std::size_t index = 0; index < cluster_.partitions(); ++index) {
    const auto partition = static_cast<partition_number>(index);
    const auto& log = cluster_.log(partition);
    const auto found = states_.find(partition);
    // A new destination begins at the group's offset, and has none of its own before the next record.
    if (found == states_.end() || !found->second.next) continue;
    const auto& state = found->second;
    if (std::max(state.next->value, state.excused) < log.end)
      return name_ + " has the next offset " + std::to_string(state.next->value) + " in partition " +
             std::to_string(partition) + ", which ends at " + std::to_string(log.end);
    for (auto position = std::max({log.start, state.excused, state.began.value_or(0)}); position < log.end;
         ++position) {
      if (!log.holds(position) || policy_applied({partition, log.life, position})) continue;
      const auto written = state.written.find(position);
      if (written == state.written.end() || written->second != log.life)
        return name_ + " does not have record " + record_name{partition, log.life, position}.text();
    }
  }
  return {};
}

}  // namespace kfs::test
