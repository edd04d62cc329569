#include "tests/unit/doubles/simulated_cluster.hpp"

#include <algorithm>
#include <charconv>

#include "tests/unit/doubles/simulated_kafka.hpp"

namespace kfs::test {

std::string record_name::text() const {
  return std::to_string(partition) + ":" + std::to_string(life) + ":" + std::to_string(position);
}

record_name record_name::of(std::string_view text) {
  record_name name;
  const auto* const end = text.data() + text.size();
  auto read = std::from_chars(text.data(), end, name.partition);
  read = std::from_chars(read.ptr + 1, end, name.life);
  std::from_chars(read.ptr + 1, end, name.position);
  return name;
}

// Time ---------------------------------------------------------------------------------------------------------------

std::optional<simulated_cluster::time_point> simulated_cluster::next_event() const {
  return due_.empty() ? std::nullopt : std::optional(due_.begin()->first);
}

void simulated_cluster::advance_to(time_point then) {
  while (!due_.empty() && due_.begin()->first <= then) {
    auto next = due_.extract(due_.begin());
    now_ = std::max(now_, next.key());
    next.mapped()();
  }
  now_ = then;
}

// The topic ----------------------------------------------------------------------------------------------------------

void simulated_cluster::append(partition_number partition, std::int64_t records) {
  logs_.at(static_cast<std::size_t>(partition)).end += records;
  ring_all();
}

void simulated_cluster::append_marker(partition_number partition) {
  auto& log = logs_.at(static_cast<std::size_t>(partition));
  log.without.insert(log.end++);
  ring_all();
}

void simulated_cluster::expire(partition_number partition, std::int64_t below) {
  auto& log = logs_.at(static_cast<std::size_t>(partition));
  log.start = std::clamp(below, log.start, log.end);
}

void simulated_cluster::truncate(partition_number partition, std::int64_t from) {
  auto& log = logs_.at(static_cast<std::size_t>(partition));
  if (from >= log.end) return;
  log.end = std::max(from, log.start);
  log.without.erase(log.without.lower_bound(log.end), log.without.end());
  ++log.life;
  ring_all();
}

void simulated_cluster::delete_topic() {
  faults.topic_missing = true;
  for (auto& log : logs_) log = {.life = log.life + 1, .topic = log.topic + 1, .start = 0, .end = 0, .without = {}};
  for (auto& [name, group] : groups_) {
    group.committed.clear();
    balance(name);
  }
  for (auto* client : clients) client->topic_vanished();
}

void simulated_cluster::make_topic() {
  faults.topic_missing = false;
  for (const auto& [name, group] : groups_) balance_soon(name);
}

void simulated_cluster::ring_all() {
  for (auto* client : clients) client->ring_if_ready();
}

// Groups -------------------------------------------------------------------------------------------------------------

void simulated_cluster::commit_as_operator(const std::string& group, partition_number partition,
                                           std::int64_t position) {
  groups_[group].committed[partition] = {position, {}, {}};
}

void simulated_cluster::claim(const std::string& group, std::set<partition_number> partitions) {
  groups_[group].claimed = std::move(partitions);
  balance_soon(group);
}

void simulated_cluster::lose(const std::string& group) {
  auto& state = groups_[group];
  std::map<simulated_client*, std::vector<partition_number>> lost;
  for (const auto& [partition, owner] : std::exchange(state.owners, {})) lost[owner].push_back(partition);
  for (const auto& [owner, partitions] : lost) owner->lost(partitions);
  balance_soon(group);
}

void simulated_cluster::join(const std::string& group, simulated_client& member) {
  auto& members = groups_[group].members;
  if (std::ranges::find(members, &member) == members.end()) members.push_back(&member);
  balance_soon(group);
}

void simulated_cluster::leave(const std::string& group, simulated_client& member) {
  auto& state = groups_[group];
  std::erase(state.members, &member);
  std::erase_if(state.owners, [&](const auto& entry) { return entry.second == &member; });
  balance_soon(group);
}

void simulated_cluster::released(const std::string& group, simulated_client& owner, partition_number partition) {
  auto& owners = groups_[group].owners;
  if (const auto found = owners.find(partition); found != owners.end() && found->second == &owner) owners.erase(found);
  balance_soon(group);
}

bool simulated_cluster::is_member(const std::string& group, const simulated_client& client) {
  return std::ranges::find(groups_[group].members, &client) != groups_[group].members.end();
}

void simulated_cluster::commit(const std::string& group, const std::vector<partition_offset>& offsets,
                               const std::string& mark, const log_names& logs) {
  if (faults.topic_missing) return;
  for (const auto& [partition, position] : offsets) {
    const auto log = logs.find(partition);
    groups_[group].committed[partition] = {position.value, mark, log == logs.end() ? std::string() : log->second};
  }
}

void simulated_cluster::balance_soon(const std::string& group) {
  if (std::exchange(groups_[group].balancing, true)) return;
  after(duration{20}, [this, group] { balance(group); });
}

/// Revokes partitions that another member shall own, and assigns partitions without an owner.
void simulated_cluster::balance(const std::string& group) {
  auto& state = groups_[group];
  state.balancing = false;
  std::map<partition_number, simulated_client*> target;
  for (std::size_t index = 0; index < logs_.size() && !state.members.empty() && !faults.topic_missing; ++index) {
    const auto partition = static_cast<partition_number>(index);
    if (!state.claimed.contains(partition)) target[partition] = state.members[index % state.members.size()];
  }
  std::map<simulated_client*, std::vector<partition_number>> revoked;
  for (const auto& [partition, owner] : state.owners)
    if (const auto wanted = target.find(partition); wanted == target.end() || wanted->second != owner)
      revoked[owner].push_back(partition);
  for (const auto& [owner, partitions] : revoked) owner->revoked(partitions);
  std::map<simulated_client*, std::vector<partition_number>> assigned;
  for (auto* member : state.members) assigned[member];
  for (const auto& [partition, member] : target) {
    if (!state.owners.contains(partition)) {
      state.owners[partition] = member;
      assigned[member].push_back(partition);
    }
  }
  for (const auto& [member, partitions] : assigned) member->assigned(partitions);
}

}  // namespace kfs::test
