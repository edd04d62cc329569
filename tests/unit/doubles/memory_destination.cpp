#include "tests/unit/doubles/memory_destination.hpp"

#include <algorithm>

namespace kfs::test {

void memory_destination::may_repeat(partition_number partition, std::int64_t from) {
  auto& state = states_[partition];
  const auto life = cluster_.log(partition).life;
  state.repeats = std::min(state.repeats_life == life ? state.repeats.value_or(from) : from, from);
  state.repeats_life = life;
}

void memory_destination::may_miss(partition_number partition, std::int64_t below) {
  states_[partition].miss(cluster_.log(partition).life, below);
}

void memory_destination::partition_state::miss(int of_life, std::int64_t below) {
  missed_below = std::max(missed_life == of_life ? missed_below : 0, below);
  missed_life = of_life;
}

bool memory_destination::partition_state::may_repeat(int of_life, std::int64_t position) const {
  return lied || (repeats && repeats_life == of_life && position >= *repeats);
}

std::optional<stored_position> memory_destination::position(partition_number partition) const {
  const auto found = states_.find(partition);
  if (found == states_.end() || !found->second.next) return std::nullopt;
  return stored_position{*found->second.next, found->second.log};
}

std::optional<offset> memory_destination::next_offset(partition_number partition) const {
  const auto known = position(partition);
  return known ? std::optional(known->next) : std::nullopt;
}

void memory_destination::start_at(const sink_start& told) {
  const auto start = told.position;
  auto& state = states_[told.partition];
  const auto& log = cluster_.log(told.partition);
  const bool backward = state.next && start < *state.next;
  // An offset beyond the log's end, which another program may have committed, belongs to another log.
  const bool same_log = state.life == log.life && state.next && state.next->value <= log.end;
  if (backward && same_log && !state.may_repeat(log.life, start.value))
    complain_(name_ + " was told to start at offset " + std::to_string(start.value) + " of partition " +
              std::to_string(told.partition) + " although it has every record below " +
              std::to_string(state.next->value));
  const auto reported = cluster_.reported_life(group_, told.partition);
  if (state.life < reported) cluster_.store_life(group_, told.partition, reported, name_);
  if (!state.began || state.life != log.life) state.began = start.value;
  state.began = backward ? std::min(*state.began, start.value) : *state.began;
  // A start further on skips the records in between on purpose.
  if (state.next && start > *state.next && state.life == log.life) state.miss(log.life, start.value);
  state.next = start;
  state.log = told.log;
  state.life = log.life;
  state.topic = log.topic;
}

/// Nobody can notice that a log has begun anew when the known offset lies within the new log again: offsets alone do
/// not tell a new log from an old one. Ids of topics tell whether the topic was made again, and not whether its log was
/// cut.
void memory_destination::notice_life(partition_number partition, partition_state& state, int life) {
  const auto& log = cluster_.log(partition);
  if (life != log.life || state.life == life) return;  // records of an earlier log, or of the same
  if (state.next) {
    if (cluster_.tells_topic_ids && state.topic != 0 && state.topic != log.topic)
      complain_(name_ + " was not told that the topic of partition " + std::to_string(partition) + " was made again");
    for (const auto& [other, stored] : cluster_.stored_lives(group_, partition)) {
      if (stored == life && is_used_(other))
        complain_(name_ + " was not told that the log of partition " + std::to_string(partition) +
                  " has begun anew, although " + other + " was");
    }
    state.miss(life, state.next->value);
    state.began = state.next->value;
  }
  state.life = life;
  state.topic = log.topic;
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
  auto from = first_offset(range.partition);
  if (state.next) from = state.life == life ? state.next->value : range.first.value;
  for (auto position = std::max({from, log.start, state.missed(life)}); position < std::min(range.next.value, log.end);
       ++position) {
    if (!log.holds(position) || offered.contains(position) || policy_applied({range.partition, life, position}))
      continue;
    complain_(name_ + " was never offered record " + record_name{range.partition, life, position}.text() +
              ": its next offset was " + (state.next ? std::to_string(state.next->value) : std::string("unknown")) +
              " and it was offered " + std::to_string(range.first.value) + " to " + std::to_string(range.next.value));
    state.miss(life, position + 1);
  }
}

void memory_destination::write(const batch& records) {
  for (const auto& range : records.ranges()) {
    auto& state = states_[range.partition];
    const auto present = cluster_.log(range.partition).life;
    auto life = state.life;
    if (!offsets_of(records, range.partition, life).empty()) notice_life(range.partition, state, life);
    // A range without records may have been read in an earlier life.
    if (life == present && state.life == present) check_complete(records, range, state);
  }
  for (const auto& record : records.records()) {
    auto& state = states_[record.partition];
    if (state.next && record.position < *state.next) {
      ++skipped_;
      continue;
    }
    const auto name = record_name::of(record.value);
    const auto position = record.position.value;
    if (const auto found = state.written.find(position); found != state.written.end() && found->second == name.life) {
      if (!state.may_repeat(name.life, position)) complain_(name_ + " was given record " + name.text() + " twice");
    }
    if (name.life != state.life || !state.began) state.began = position;
    state.life = name.life;
    state.written[position] = name.life;
    state.next = offset{position + 1};
    ++records_;
  }
  for (const auto& range : records.ranges()) {
    auto& state = states_[range.partition];
    if (!state.began) state.began = range.first.value;
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
    if (std::max(state.next->value, state.missed(log.life)) < log.end)
      return name_ + " has the next offset " + std::to_string(state.next->value) + " in partition " +
             std::to_string(partition) + ", which ends at " + std::to_string(log.end);
    if (state.life != log.life) continue;  // the new log has nothing beyond what it knows
    for (auto position = std::max({log.start, state.missed(log.life), state.began.value_or(0)}); position < log.end;
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
