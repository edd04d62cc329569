// Whether records come as they should: partitions of which nothing is heard, and logs that go on while nothing comes.
#include <algorithm>
#include <utility>

#include "actors/consumer/runner.hpp"

namespace kfs {
namespace {

/// The wall-clock time of a moment of the past.
timestamp time_of(std::chrono::steady_clock::time_point when, std::chrono::steady_clock::time_point at) {
  return now() - std::chrono::floor<std::chrono::milliseconds>(at - when);
}

}  // namespace

/// Whatever Kafka has is taken.
bool consumer_runner::reads() const {
  return !paused_ && !starved_since_ && has_room() && !revoke_ && ending_ == ending::no;
}

bool consumer_runner::sinks_work() const {
  return std::ranges::none_of(processors_, [](const auto& one) { return one.fault().has_value(); });
}

/// Of what is not polled, nothing can come; nor of what waits for a sink that cannot tell where it stands.
void consumer_runner::judge_partitions() {
  health_.awaiting_partitions(reads() && sinks_work() && !unheard_.empty(), self_->clock().now());
  watch_positions();
}

void consumer_runner::watch_positions() {
  std::vector<partition_standing> owned;
  for (const auto partition : assigned_.partitions()) owned.push_back({partition, assigned_.position(partition)});
  stalls_.looked(owned, reads(), self_->clock().now());
  judge_stalls();
}

void consumer_runner::handle(const kafka_sample& event) {
  connected_ = event.broker_up && event.ever_answered && event.since_answer < kafka_health::patience;
  joined_ = event.joined;
  if (event.partitions) start_.topic_has(*event.partitions);
  judge_partitions();
  health_.sampled(event, self_->clock().now());
  observe();
}

/// The client learns of a log's end with what it fetches; so it is asked for where nothing is fetched, and where it
/// would be the client itself that has stopped. What comes costs no question.
void consumer_runner::ask_log_ends() {
  if (!client_ || !connected_ || ending_ != ending::no || assigned_.partitions().empty()) return;
  const auto at = self_->clock().now();
  const bool held = paused_ || !sinks_work();
  if (!held && !stalls_.quiet(at)) return;
  if (!questions_.due(held ? ask_while_held : stalls_.behind() ? ask_while_behind : ask_at_rest, at)) return;
  questions_.asked(at);
  client_->ask_log_ends(assigned_.partitions());
}

void consumer_runner::handle(const log_ends_told& event) {
  if (event.failed) {
    environment_.log.debug("where logs end was not told",
                           {{"consumer_id", environment_.spec->id.value}, {"reason", event.failed->message}});
  }
  watch_positions();
  stalls_.told(event.ends, emptied_, self_->clock().now());
  judge_stalls();
  observe();
}

/// The client's own knowledge is as old as what it fetched last, and what was told as old as the last question; logs
/// grow, so the greater one is the later one.
std::optional<offset> consumer_runner::log_end(partition_number partition) const {
  return std::max(client_ ? client_->log_end(partition) : std::nullopt, stalls_.log_end(partition));
}

/// Said anew only when it has changed, so that what is observed stays the same while nothing changes.
void consumer_runner::judge_stalls() {
  auto stalls = stalls_.stalled();
  if (stalls == known_stalls_) return;
  known_stalls_ = std::move(stalls);
  stall_.reset();
  if (known_stalls_.empty()) return;
  const auto& first = known_stalls_.front();
  const auto others = known_stalls_.size() - 1;
  stall_ = error{ec::consumption_stalled,
                 "partition " + std::to_string(first.partition) + " of topic \"" + environment_.spec->topic +
                     "\" has stood at offset " + std::to_string(first.position.value) + " since " +
                     to_rfc3339(time_of(first.since, self_->clock().now())) + " although its log ends at " +
                     std::to_string(first.log_end.value) + " and nothing holds it up" +
                     (others == 0 ? std::string() : "; so do " + std::to_string(others) + " others") +
                     "; the consumer is started again with a new client"};
}

std::optional<error> consumer_runner::kafka_is_wrong(clock::time_point at) const {
  auto wrong = health_.fault(at);
  return wrong ? wrong : stall_;
}

}  // namespace kfs
