#include "actors/consumer/start.hpp"

#include <algorithm>
#include <utility>

#include "config/base/fault_point.hpp"

namespace kfs {

void consumer_start::begin(const std::vector<partition_number>& partitions) {
  if (partitions.empty()) return;
  ++rounds_;
  for (const auto partition : partitions) {
    waiting_[partition] = rounds_;
    unlocated_.erase(partition);
    unmarked_.erase(partition);
    restarts_.erase(partition);
    first_told_.erase(partition);
  }
  client_.locate(rounds_, partitions);
}

void consumer_start::forget(const std::vector<partition_number>& partitions) {
  for (const auto partition : partitions) {
    waiting_.erase(partition);
    unlocated_.erase(partition);
    unmarked_.erase(partition);
    restarts_.erase(partition);
    first_told_.erase(partition);
  }
}

void consumer_start::forget_all() {
  waiting_.clear();
  unlocated_.clear();
  unmarked_.clear();
  restarts_.clear();
  first_told_.clear();
}

void consumer_start::topic_has(int partitions) {
  if (!first_partitions_) first_partitions_ = partitions;
}

/// A new partition is read from its beginning: `latest` would leave out the records that were produced before the
/// consumer found it.
bool consumer_start::is_added(partition_number partition) const {
  return to_latest_ && first_partitions_ && partition >= *first_partitions_;
}

std::vector<partition_number> consumer_start::waiting() const {
  std::vector<partition_number> all;
  for (const auto& [partition, round] : waiting_) all.push_back(partition);
  return all;
}

bool consumer_start::is_current(partition_number partition, round_number round) const {
  const auto found = waiting_.find(partition);
  return found != waiting_.end() && found->second == round;
}

void consumer_start::located(const partitions_located& event) {
  auto answers = std::make_shared<inquiry>();
  answers->round = event.round;
  answers->topic_id = event.topic_id;
  for (const auto& located : event.partitions) {
    if (!is_current(located.partition, event.round)) continue;
    if (event.failed) {
      unlocated_.insert(located.partition);
    } else {
      answers->partitions.push_back(located);
    }
  }
  if (event.failed || answers->partitions.empty()) return;
  source_ = event.source;
  ask_sinks(answers);
}

void consumer_start::ask_sinks(const inquiry_ptr& answers) {
  answers->sinks.resize(processors_.size());
  answers->open = processors_.size();
  if (answers->open == 0) return tell_sinks(*answers);
  auto numbers = std::make_shared<std::vector<partition_number>>();
  for (const auto& located : answers->partitions) numbers->push_back(located.partition);
  for (std::size_t i = 0; i < processors_.size(); ++i) {
    processors_[i].locate(source_, numbers, [this, answers, i](const sink_positions& positions) {
      answers->sinks[i] = positions;
      if (--answers->open == 0) tell_sinks(*answers);
    });
  }
}

void consumer_start::tell_sinks(const inquiry& answers) {
  std::vector<ready_partition> plain;
  std::vector<ready_partition> ordered;
  std::vector<std::vector<sink_start>> told(processors_.size());
  for (std::size_t index = 0; index < answers.partitions.size(); ++index) {
    const auto partition = answers.partitions[index].partition;
    if (!is_current(partition, answers.round)) continue;
    const auto known = known_of(answers, index);
    const auto plan = plan_start(known, from_beginning_ || is_added(partition));
    name_log(partition, {plan.log, plan.is_anew});
    auto ready = ready_at(partition, plan, known);
    const bool in_new_log = ready.stale.has_value();  // log_restarted follows, and all sinks are told then
    if (!in_new_log && std::ranges::find(plan.tell_first, true) != plan.tell_first.end()) {
      auto& own = first_told_[partition];
      for (std::size_t i = 0; i < known.sinks.size(); ++i)
        own.push_back(plan.tell_first[i] ? std::nullopt : std::optional(known.sinks[i]->next));
      ready.stale = offset{0};
    }
    (plan.mark_first && !ready.stale ? ordered : plain).push_back(ready);
    if (in_new_log) continue;
    for (std::size_t i = 0; i < told.size(); ++i) {
      if (plan.told[i]) told[i].push_back({partition, *plan.told[i], plan.log.text()});
    }
  }
  const auto open = std::make_shared<std::size_t>(1);
  const auto answered = [this, open, plain, ordered, round = answers.round] {
    if (--*open == 0) finish(plain, ordered, round);
  };
  for (std::size_t i = 0; i < told.size(); ++i) {
    if (told[i].empty()) continue;
    ++*open;
    processors_[i].start_at(source_, std::make_shared<const std::vector<sink_start>>(std::move(told[i])), answered);
  }
  answered();
}

known_positions consumer_start::known_of(const inquiry& answers, std::size_t index) const {
  known_positions known{.group = answers.partitions[index].group, .topic_id = answers.topic_id, .sinks = {}};
  for (const auto& positions : answers.sinks) known.sinks.push_back((*positions)[index]);
  return known;
}

void consumer_start::name_log(partition_number partition, const known_log& log) {
  logs_[partition] = log;
  client_.name_log(partition, log.identity.text());
}

/// Kafka removes a group's offsets together with the topic. If the topic was missing, what sinks have stored belongs to
/// another log.
bool consumer_start::was_made_again(partition_number partition) const {
  const auto begun = begun_.find(partition);
  return topic_was_missing_ && (begun == begun_.end() || !begun->second);
}

/// In a new log auto_offset_reset decides. librdkafka would go on at the group's offset in the old log if there were
/// one (Kafka removes it with the topic, but a commit may arrive when the topic is there again), so then the log is
/// read from its beginning.
ready_partition consumer_start::ready_at(partition_number partition, const start_plan& plan,
                                         const known_positions& known) const {
  if (plan.is_anew || (!plan.committed && was_made_again(partition))) {
    return {.partition = partition,
            .start = {},
            .committed = {},
            .stale = known.furthest().value_or(offset{0}),
            .from_beginning = known.group.committed || is_added(partition)};
  }
  if (plan.start && plan.start->value > 0 && !plan.committed && known.topic_id.empty())
    warn_of_missing_offset(partition, *plan.start);
  return {.partition = partition,
          .start = plan.start,
          .committed = plan.committed,
          .stale = {},
          .from_beginning = !plan.committed && is_added(partition),
          .by_order = plan.by_order};
}

/// Kafka removes the offsets of a group that had no members for a long time, and those of a deleted topic. It does not
/// report which of the two happened.
void consumer_start::warn_of_missing_offset(partition_number partition, offset start) const {
  environment_.log.warning(
      "the group has no committed offset for a partition of which a sink has records: reading continues at the sink's "
      "offset; if the topic has been deleted and created again, set the group's offset to its beginning",
      {{"consumer_id", environment_.spec->id.value},
       {"partition", std::to_string(partition)},
       {"offset", std::to_string(start.value)}});
}

void consumer_start::finish(const std::vector<ready_partition>& plain, const std::vector<ready_partition>& ordered,
                            round_number round) {
  std::vector<ready_partition> current;
  for (const auto& ready : plain) {
    if (is_current(ready.partition, round)) current.push_back(ready);
  }
  for (const auto& ready : current) {
    waiting_.erase(ready.partition);
    if (topic_was_missing_) begun_.emplace(ready.partition, false);
  }
  if (!current.empty()) ready_(current);
  current.clear();
  for (const auto& ready : ordered) {
    if (is_current(ready.partition, round)) current.push_back(ready);
  }
  fault_point("start.before_mark");
  mark(current);
}

void consumer_start::delivered(std::span<const batch_range> ranges) {
  if (begun_.empty()) return;
  for (const auto& range : ranges) {
    if (const auto found = begun_.find(range.partition); found != begun_.end()) found->second = true;
  }
}

/// A sink that stands below the first position would begin below the log's start.
std::vector<std::size_t> consumer_start::sinks_to_tell(const partition_offset& start) const {
  const auto first = first_told_.find(start.partition);
  std::vector<std::size_t> told;
  for (std::size_t i = 0; i < processors_.size(); ++i) {
    if (first == first_told_.end() || !first->second[i] || first->second[i] < start.position) told.push_back(i);
  }
  return told;
}

/// A topic that is found at a restart may be another one than when its id was asked for, so its id is unknown until the
/// partition begins again.
bool consumer_start::log_restarted(const partition_offset& start, const std::function<void()>& told) {
  const auto sinks = sinks_to_tell(start);
  const bool is_first = first_told_.erase(start.partition) > 0;
  const auto known = logs_[start.partition];
  if (!is_first && !known.is_anew)
    name_log(start.partition, {.identity = {.topic_id = {}, .restarts = known.identity.restarts + 1}});
  logs_[start.partition].is_anew = false;
  restarts_[start.partition] = start.position;
  const auto starts = std::make_shared<const std::vector<sink_start>>(
      std::vector<sink_start>{{start.partition, start.position, logs_.at(start.partition).identity.text()}});
  for (const auto i : sinks) processors_[i].start_at(source_, starts, told);
  return !is_first;
}

std::vector<partition_number> consumer_start::restarted(const struct commit_finished& event) {
  std::vector<partition_number> durable;
  if (event.failed) return durable;
  for (const auto& [partition, position] : event.offsets) {
    const auto found = restarts_.find(partition);
    if (found == restarts_.end() || found->second != position) continue;
    durable.push_back(partition);
    restarts_.erase(found);
  }
  return durable;
}

void consumer_start::mark(const std::vector<ready_partition>& ordered) {
  if (ordered.empty()) return;
  std::vector<partition_offset> offsets;
  for (const auto& ready : ordered) {
    if (ready.by_order)
      environment_.log.info("the group's offset was set from outside; reading continues there",
                            {{"consumer_id", environment_.spec->id.value},
                             {"partition", std::to_string(ready.partition)},
                             {"offset", std::to_string(ready.start->value)}});
    unmarked_[ready.partition] = ready;
    offsets.push_back({ready.partition, *ready.start});
  }
  client_.commit(offsets);
}

void consumer_start::commit_finished(const struct commit_finished& event) {
  std::vector<ready_partition> marked;
  for (const auto& [partition, position] : event.offsets) {
    const auto found = unmarked_.find(partition);
    if (found == unmarked_.end() || found->second.start != position) continue;
    if (event.failed) {
      unlocated_.insert(partition);
    } else {
      marked.push_back(found->second);
      waiting_.erase(partition);
    }
    unmarked_.erase(found);
  }
  if (marked.empty()) return;
  fault_point("start.after_mark");
  ready_(marked);
}

void consumer_start::ticked() {
  if (unlocated_.empty()) return;
  const std::vector<partition_number> unlocated(unlocated_.begin(), unlocated_.end());
  begin(unlocated);
}

}  // namespace kfs
