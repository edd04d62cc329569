#include "actors/consumer/settlement.hpp"

#include "config/base/fault_point.hpp"

namespace kfs {

void consumer_settlement::durable(std::size_t records) {
  uncommitted_records_ += records;
  if (uncommitted_records_ >= commit_after_records) commit();
}

void consumer_settlement::commit() {
  uncommitted_records_ = 0;
  const auto offsets = assigned_.take_commit();
  if (offsets.empty()) return;
  fault_point("commit.before");
  client_.commit(offsets);
  fault_point("commit.begun");
}

void consumer_settlement::asked_back(const std::vector<partition_number>& partitions, clock::time_point at) {
  client_.mute(partitions);
  revocation_.asked_back(partitions, at, bound_);
}

bool consumer_settlement::settle(clock::time_point at) {
  if (!revocation_.under_way()) return false;
  if (!revocation_.overdue(at)) {
    if (!assigned_.idle(revocation_.partitions())) return false;
    commit();
    if (!assigned_.settled(revocation_.partitions())) return false;
  }
  give_up();
  return true;
}

void consumer_settlement::give_up() {
  if (revocation_.under_way()) give_back(revocation_.take());
}

void consumer_settlement::give_back(const std::vector<partition_number>& partitions) {
  client_.release(partitions);
  assigned_.drop(partitions);
  for (const auto partition : partitions) {
    revocation_.forget(partition);
    given_back_(partition);
  }
}

}  // namespace kfs
