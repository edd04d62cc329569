#include "tests/unit/doubles/simulated_kafka.hpp"

#include <algorithm>
#include <utility>

#include "tests/support/memory_batch.hpp"

namespace kfs::test {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view our_mark = "ours:";

std::string mark_of(const consumer_spec& spec, int instance) {
  auto mark = std::string(our_mark) + spec.id.value + "/" + std::to_string(instance);
  for (const auto& processor : spec.processors) mark += ":" + processor.id.value;
  return mark;
}

}  // namespace

simulated_client::simulated_client(simulated_cluster& cluster, const consumer_spec& spec, int instance,
                                   commit_witness witness)
    : cluster_(cluster),
      spec_(spec),
      mark_(mark_of(spec, instance)),
      witness_(std::move(witness)),
      source_(std::make_shared<const record_source>(record_source{"cluster", spec.consumer_group, spec.topic})) {
  cluster_.clients.insert(this);
}

simulated_client::~simulated_client() {
  cluster_.clients.erase(this);
  cluster_.leave(spec_.consumer_group, *this);
}

void simulated_client::tell(kafka_event event) {
  if (closed_) return;
  events_.push_back(std::move(event));
  ring();
}

void simulated_client::later(std::chrono::milliseconds delay, void (simulated_client::*action)()) {
  cluster_.after(delay, [this, action, alive = std::weak_ptr<int>(alive_)] {
    if (!alive.expired()) (this->*action)();
  });
}

void simulated_client::ring() {
  if (waker_ && !std::exchange(rung_, true)) waker_();
}

result<void> simulated_client::start(std::function<void()> waker) {
  if (cluster_.faults.start_error) return tl::make_unexpected(*cluster_.faults.start_error);
  waker_ = std::move(waker);
  later(50ms, &simulated_client::try_to_join);
  later(3s, &simulated_client::sample);
  return {};
}

void simulated_client::try_to_join() {
  if (joined_ || leaving_ || closed_ || broken_) return;
  const auto& faults = cluster_.faults;
  if (faults.can_join()) {
    joined_ = true;
    last_answer_ = cluster_.now();
    cluster_.join(spec_.consumer_group, *this);
    return;
  }
  later(1s, &simulated_client::try_to_join);
  if (faults.unreachable) {
    tell(kafka_fault{{ec::broker_unreachable, "connection refused"}, false});
  } else if (faults.refuses) {
    tell(kafka_fault{*faults.refuses, false});
  } else if (faults.topic_missing && !faults.silent) {
    last_answer_ = cluster_.now();
    tell(kafka_fault{{ec::topic_missing, "no such topic"}, false});
  }
}

void simulated_client::sample() {
  if (closed_) return;
  later(3s, &simulated_client::sample);
  const auto& faults = cluster_.faults;
  if (faults.answers() && !faults.refuses) last_answer_ = cluster_.now();
  if (faults.refuses) tell(kafka_fault{*faults.refuses, false});
  if (faults.topic_missing && faults.answers()) tell(kafka_fault{{ec::topic_missing, "no such topic"}, false});
  if (faults.no_samples) return;
  const auto since = last_answer_
                         ? std::chrono::duration_cast<std::chrono::milliseconds>(cluster_.now() - *last_answer_)
                         : std::chrono::milliseconds{0};
  tell(kafka_sample{.broker_up = !faults.unreachable && !faults.refuses,
                    .since_answer = since,
                    .ever_answered = last_answer_.has_value(),
                    .joined = joined_ && !broken_});
}

// Reading ------------------------------------------------------------------------------------------------------------

bool simulated_client::fetches() const {
  return cluster_.faults.answers() && !cluster_.faults.topic_missing && !cluster_.faults.refuses && !broken_ &&
         !closed_;
}

bool simulated_client::wants_place(partition_number partition, const reading& state) const {
  return !state.muted && !state.placed && paused_.holds(partition);
}

bool simulated_client::has_news(partition_number partition, const reading& state) const {
  if (wants_place(partition, state)) return true;
  const auto& log = cluster_.log(partition);
  return !state.muted && !paused_.holds(partition) &&
         (state.next != log.end || state.end_told != log.end || state.life != log.life);
}

void simulated_client::ring_if_ready() {
  if (!fetches()) return;
  if (std::ranges::any_of(reads_, [this](const auto& entry) { return has_news(entry.first, entry.second); })) ring();
}

std::size_t simulated_client::queued() const {
  auto all = static_cast<std::int64_t>(events_.size());
  if (!fetches()) return static_cast<std::size_t>(all);
  for (const auto& [partition, state] : reads_)
    if (has_news(partition, state)) all += std::max<std::int64_t>(1, cluster_.log(partition).end - state.next);
  return static_cast<std::size_t>(all);
}

/// Returns events first and without records: an earlier poll returned the records that were read before them.
poll_outcome simulated_client::poll(const batch_options& limits) {
  rung_ = false;
  poll_outcome outcome;
  if (!events_.empty()) {
    outcome.events = std::exchange(events_, {});
    outcome.more = fetches();
    return outcome;
  }
  if (!fetches()) return outcome;
  const auto batch = std::make_shared<memory_batch>(source_);
  for (auto& [partition, state] : reads_) {
    if (!has_news(partition, state)) continue;
    if (!take(partition, state, limits.max_messages, *batch, outcome)) break;
  }
  for (const auto& event : outcome.events) {
    if (const auto* restarted = std::get_if<log_restarted>(&event)) reads_.erase(restarted->partition);
  }
  if (!batch->records().empty()) outcome.records = batch;
  outcome.more = std::ranges::any_of(reads_, [this](const auto& entry) { return has_news(entry.first, entry.second); });
  return outcome;
}

bool simulated_client::take(partition_number partition, reading& state, std::int64_t limit, memory_batch& batch,
                            poll_outcome& outcome) {
  const auto& log = cluster_.log(partition);
  if (state.next < log.start || state.next > log.end) state.next = log.start;
  if (state.next < state.expected || state.reports_first) {
    outcome.events.emplace_back(log_restarted{partition, offset{state.expected}, offset{state.next}});
    if (state.next < state.expected) cluster_.report_life(spec_.consumer_group, partition);
    return false;
  }
  if (!std::exchange(state.placed, true) && paused_.holds(partition)) {
    outcome.events.emplace_back(partition_end{partition, offset{state.next}});
    state.expected = state.next;
    return true;
  }
  while (state.next < log.end && static_cast<std::int64_t>(batch.records().size()) < limit) {
    if (log.holds(state.next)) batch.add(partition, state.next, record_name{partition, log.life, state.next}.text());
    state.expected = ++state.next;
  }
  if (state.next < log.end) return false;
  if (state.end_told != log.end || state.life != log.life)
    outcome.events.emplace_back(partition_end{partition, offset{log.end}});
  state.end_told = log.end;
  state.life = log.life;
  return true;
}

void simulated_client::pause(const paused_partitions& paused) {
  paused_ = paused;
  ring_if_ready();
}

void simulated_client::locate(std::uint64_t round, const std::vector<partition_number>& partitions) {
  const bool answers = cluster_.faults.answers() && !cluster_.faults.locates_fail;
  cluster_.after(answers ? 20ms : 2000ms, [this, round, partitions, alive = std::weak_ptr<int>(alive_)] {
    if (alive.expired()) return;
    partitions_located found{
        .round = round, .source = source_, .partitions = {}, .failed = {}, .topic_id = cluster_.topic_id()};
    if (!cluster_.faults.answers() || cluster_.faults.locates_fail) {
      found.source = nullptr;
      found.failed = error{ec::kafka_failure, "the coordinator is not available"};
    }
    const auto& known = cluster_.committed(spec_.consumer_group);
    for (const auto partition : partitions) {
      located_partition located{partition, {}};
      if (const auto commit = known.find(partition); commit != known.end() && !found.failed) {
        located.group = {.committed = offset{commit->second.position},
                         .ours = commit->second.mark.starts_with(our_mark),
                         .by_other = commit->second.mark.starts_with(our_mark) && commit->second.mark != mark_,
                         .log = commit->second.log};
      }
      found.partitions.push_back(located);
    }
    tell(std::move(found));
  });
}

void simulated_client::accept(const std::vector<partition_start>& starts) {
  for (const auto& entry : starts) {
    const auto lowest = entry.start ? entry.start : entry.stale;
    reads_[entry.partition] = {.next = entry.start ? entry.start->value : cluster_.log(entry.partition).start,
                               .expected = lowest ? lowest->value : 0,
                               .reports_first = !entry.start && entry.stale,
                               .placed = entry.start.has_value(),
                               .life = 0,
                               .end_told = -1,
                               .muted = false};
  }
  ring_if_ready();
}

void simulated_client::release(const std::vector<partition_number>& partitions) {
  for (const auto partition : partitions) {
    reads_.erase(partition);
    revoked_.erase(partition);
    if (owned_.erase(partition) > 0) cluster_.released(spec_.consumer_group, *this, partition);
  }
  finish_closing();
}

void simulated_client::mute(const std::vector<partition_number>& partitions) {
  for (const auto partition : partitions)
    if (const auto found = reads_.find(partition); found != reads_.end()) found->second.muted = true;
}

void simulated_client::ask_log_ends(const std::vector<partition_number>& partitions) {
  if (std::exchange(asking_log_ends_, true)) return;
  const bool answers = cluster_.faults.answers();
  cluster_.after(answers ? 10ms : 3000ms, [this, partitions, answers, alive = std::weak_ptr<int>(alive_)] {
    if (alive.expired()) return;
    asking_log_ends_ = false;
    if (!answers) return tell(log_ends_told{{}, error{ec::broker_silent, "no answer"}});
    log_ends_told told;
    for (const auto partition : partitions) {
      if (reads_.contains(partition)) told.ends.push_back({partition, offset{cluster_.log(partition).end}});
    }
    tell(std::move(told));
  });
}

std::optional<offset> simulated_client::log_end(partition_number partition) const {
  return reads_.contains(partition) ? std::optional(offset{cluster_.log(partition).end}) : std::nullopt;
}

// The group ----------------------------------------------------------------------------------------------------------

void simulated_client::assigned(const std::vector<partition_number>& partitions) {
  if (leaving_ || closed_) return;
  owned_.insert(partitions.begin(), partitions.end());
  tell(partitions_assigned{partitions});
}

void simulated_client::revoked(const std::vector<partition_number>& partitions) {
  std::vector<partition_number> added;
  std::ranges::copy_if(partitions, std::back_inserter(added),
                       [this](partition_number partition) { return revoked_.insert(partition).second; });
  if (!added.empty() && !leaving_) tell(partitions_revoked{added, false});
}

void simulated_client::lost(const std::vector<partition_number>& partitions) {
  for (const auto partition : partitions) owned_.erase(partition);
  tell(partitions_revoked{partitions, true});
}

void simulated_client::topic_vanished() {
  if (cluster_.faults.answers()) tell(kafka_fault{{ec::topic_missing, "no such topic"}, false});
}

void simulated_client::break_with(const error& reason) {
  if (std::exchange(broken_, true)) return;
  cluster_.leave(spec_.consumer_group, *this);
  owned_.clear();
  tell(kafka_fault{reason, true});
}

void simulated_client::commit(const std::vector<partition_offset>& offsets) {
  auto fault = cluster_.faults.commits;
  const bool received = cluster_.faults.answers() && !broken_ && cluster_.is_member(spec_.consumer_group, *this);
  // A commit that the cluster does not receive is never done later: other members may own its partitions by then.
  if (received) witness_(spec_, offsets);
  if (!received) fault = commit_fault::refused;
  const auto delay = !cluster_.faults.answers() ? 5000ms : fault == commit_fault::slow ? 3000ms : 10ms;
  // A coordinator handles the requests of one connection in their order.
  committing_until_ = std::max(committing_until_, cluster_.now() + delay);
  if (fault == commit_fault::lost) cluster_.commit(spec_.consumer_group, offsets, mark_, logs_);
  const auto finish = [this, offsets, fault, logs = logs_, alive = std::weak_ptr<int>(alive_)] {
    const bool accepted = fault == commit_fault::none || fault == commit_fault::slow;
    if (alive.expired()) return;
    const bool committed = accepted && cluster_.is_member(spec_.consumer_group, *this);
    if (committed) cluster_.commit(spec_.consumer_group, offsets, mark_, logs);
    tell(commit_finished{offsets, committed ? std::nullopt : std::optional(error{ec::kafka_failure, "not committed"})});
  };
  cluster_.after(std::chrono::ceil<simulated_cluster::duration>(committing_until_ - cluster_.now()), finish);
}

void simulated_client::leave() {
  leaving_ = true;
  const std::vector<partition_number> all(owned_.begin(), owned_.end());
  if (!all.empty()) tell(partitions_revoked{all, false});
}

void simulated_client::close() {
  closing_ = true;
  finish_closing();
}

void simulated_client::finish_closing() {
  if (!closing_ || !owned_.empty() || cluster_.faults.closes_hang) return;
  closing_ = false;
  cluster_.leave(spec_.consumer_group, *this);
  tell(client_closed{});
  closed_ = true;
}

}  // namespace kfs::test
