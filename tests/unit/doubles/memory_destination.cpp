#include "tests/unit/doubles/memory_destination.hpp"

#include <algorithm>

namespace kfs::test {

void memory_destination::may_repeat(partition_number of, std::int64_t from) {
  auto& repeats = places_[of].repeats;
  repeats = std::min(repeats.value_or(from), from);
}

void memory_destination::excuse(partition_number of, std::int64_t below) {
  auto& excused = places_[of].excused;
  excused = std::max(excused, below);
}

std::optional<offset> memory_destination::stands(partition_number at) const {
  const auto found = places_.find(at);
  return found == places_.end() ? std::nullopt : found->second.stands;
}

/// A restart before the first commit in a log that began anew takes what was written of it for the old one's, and what
/// was committed in that for an offset of the new one once it is as long.
void memory_destination::begin(partition_number of) {
  const auto& log = cluster_.log(of);
  if (log.life == 1) return;
  may_repeat(of, 0);
  excuse(of, log.before);
}

void memory_destination::start_at(partition_number of, offset there) {
  auto& at = places_[of];
  if (!at.stands) begin(of);
  const auto life = cluster_.log(of).life;
  const bool backward = at.stands && there < *at.stands;
  // Where it stands beyond the log's end, as an order may have it, the log is another one.
  const bool same_log = at.life == life && at.stands && at.stands->value <= cluster_.log(of).end;
  if (backward && same_log && !(at.repeats && there.value >= *at.repeats))
    complain_(name_ + " was told to stand at " + std::to_string(there.value) + " of partition " + std::to_string(of) +
              " although it has everything below " + std::to_string(at.stands->value));
  if (!at.began || at.life != life) at.began = there.value;
  at.began = backward ? std::min(*at.began, there.value) : *at.began;
  // What lies between is left out by order.
  if (at.stands && there > *at.stands && at.life == life) at.excused = std::max(at.excused, there.value);
  at.stands = there;
  at.life = life;
}

std::set<std::int64_t> memory_destination::offsets_of(const batch& records, partition_number partition, int& life) {
  std::set<std::int64_t> offsets;
  for (const auto& one : records.records()) {
    if (one.partition != partition) continue;
    offsets.insert(one.position.value);
    life = record_name::of(one.value).life;
  }
  return offsets;
}

/// Where one that knows of nothing begins.
std::int64_t memory_destination::beginning(partition_number of) const {
  const auto& committed = cluster_.committed(group_);
  const auto found = committed.find(of);
  return found == committed.end() ? cluster_.log(of).start : found->second.position;
}

/// Dead letters are counted by the cluster; skipped records by nobody.
bool memory_destination::dealt_with(const record_name& one) const {
  if (!refused_.contains(one)) return false;
  return policies_.contains(refusal_policy::skip) ||
         (policies_.contains(refusal_policy::dead_letter) && cluster_.letters.contains(one));
}

/// Every record between where it stands and the range's end is in the batch, or dealt with, or gone.
void memory_destination::check_whole(const batch& records, const batch_range& range, place& at) {
  const auto& log = cluster_.log(range.partition);
  int life = log.life;
  const auto offered = offsets_of(records, range.partition, life);
  if (life != log.life) return;  // a log that is gone meanwhile
  auto from = beginning(range.partition);
  if (at.stands) from = at.life == life ? at.stands->value : range.first.value;
  for (auto position = std::max({from, log.start, at.excused}); position < std::min(range.next.value, log.end);
       ++position) {
    if (!log.holds(position) || offered.contains(position) || dealt_with({range.partition, life, position})) continue;
    // A log that was cut and has grown again holds other records behind offsets that were read before.
    if (offered.empty() && life > 1) continue;
    complain_(name_ + " was never offered record " + record_name{range.partition, life, position}.text() +
              ": it stood at " + (at.stands ? std::to_string(at.stands->value) : std::string("nothing")) +
              " and was offered " + std::to_string(range.first.value) + " to " + std::to_string(range.next.value));
    at.excused = position + 1;
  }
}

void memory_destination::write(const batch& records) {
  for (const auto& range : records.ranges()) check_whole(records, range, places_[range.partition]);
  for (const auto& one : records.records()) {
    auto& at = places_[one.partition];
    if (!at.stands) begin(one.partition);
    if (at.stands && one.position < *at.stands) {
      ++skipped_;
      continue;
    }
    const auto name = record_name::of(one.value);
    const auto position = one.position.value;
    if (const auto had = at.has.find(position); had != at.has.end() && had->second == name.life) {
      if (!at.repeats || position < *at.repeats) complain_(name_ + " was given record " + name.text() + " twice");
    }
    if (name.life != at.life || !at.began) at.began = position;
    at.life = name.life;
    at.has[position] = name.life;
    at.stands = offset{position + 1};
    ++records_;
  }
  for (const auto& range : records.ranges()) {
    auto& at = places_[range.partition];
    if (!at.stands) {
      begin(range.partition);
      at.life = cluster_.log(range.partition).life;
      at.began = range.first.value;
    }
    at.stands = std::max(at.stands.value_or(range.next), range.next);
  }
}

std::string memory_destination::missing() const {
  for (std::size_t index = 0; index < cluster_.partitions(); ++index) {
    const auto partition = static_cast<partition_number>(index);
    const auto& log = cluster_.log(partition);
    const auto found = places_.find(partition);
    // One that came later begins where its group was, and hears of nothing before the next record.
    if (found == places_.end() || !found->second.stands) continue;
    const auto& at = found->second;
    if (std::max(at.stands->value, at.excused) < log.end)
      return name_ + " stands at " + std::to_string(at.stands->value) + " of partition " + std::to_string(partition) +
             ", whose end is " + std::to_string(log.end);
    for (auto position = std::max({log.start, at.excused, at.began.value_or(0)}); position < log.end; ++position) {
      if (!log.holds(position) || dealt_with({partition, log.life, position})) continue;
      const auto had = at.has.find(position);
      if (had == at.has.end() || had->second != log.life)
        return name_ + " has not record " + record_name{partition, log.life, position}.text();
    }
  }
  return {};
}

}  // namespace kfs::test
