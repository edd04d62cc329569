#include "actors/consumer/reporter.hpp"

#include <algorithm>
#include <utility>

#include "actors/consumer/core/observing.hpp"
#include "config/base/text.hpp"

namespace kfs {
namespace {

std::string named(const std::vector<partition_number>& partitions) {
  constexpr std::size_t most_named = 50;
  return "partitions " +
         listed(partitions, most_named, [](partition_number partition) { return std::to_string(partition); });
}

}  // namespace

// What is observed ---------------------------------------------------------------------------------------------------

void consumer_reporter::observe(std::chrono::steady_clock::time_point at) {
  auto seen = look(at);
  const bool of_kafka = seen.fault && seen.fault->source.is_kafka();
  kafka_fault_.observed(of_kafka ? seen.fault : std::nullopt);
  for (const auto& partition : seen.partitions) {
    if (const auto lag = partition.lag()) environment_.measured->lag(partition.partition, *lag);
  }
  if (last_ == seen) return;
  last_ = seen;
  environment_.observe(std::make_shared<const observation>(std::move(seen)));
}

observation consumer_reporter::look(std::chrono::steady_clock::time_point at) const {
  return observed({.member = member(),
                   .partitions = partitions(),
                   .processors = from_.processors.standings(),
                   .kafka_fault = kafka_fault(at),
                   .kafka_healthy = from_.watch.healthy(at)});
}

/// Its partitions include those whose first offset is not known yet.
member_report consumer_reporter::member() const {
  auto owned = from_.assigned.partitions();
  const auto waiting = from_.start.waiting();
  owned.insert(owned.end(), waiting.begin(), waiting.end());
  std::ranges::sort(owned);
  const bool in_group = environment_.options.partitions.empty();
  return {.instance = environment_.instance,
          .member = in_group ? environment_.spec->member_id(environment_.instance) : std::string(),
          .connected = from_.watch.connected(),
          .joined = from_.watch.joined(),
          .waiting = from_.reader.waiting(),
          .partitions = std::move(owned)};
}

/// The client knows the end of a log as of its last fetch, and the cluster told it as of the last question. Logs grow,
/// so the greater offset is the later one.
std::vector<partition_report> consumer_reporter::partitions() const {
  std::vector<partition_report> all;
  for (const auto partition : from_.assigned.partitions()) {
    all.push_back({.partition = partition,
                   .position = from_.assigned.position(partition),
                   .committed = from_.assigned.committed(partition),
                   .log_end = std::max(from_.client.log_end(partition), from_.watch.log_end(partition)),
                   .start = from_.assigned.start(partition),
                   .instance = environment_.instance});
  }
  return all;
}

std::optional<fault_report> consumer_reporter::kafka_fault(std::chrono::steady_clock::time_point at) const {
  const auto fault = from_.watch.fault(at);
  if (!fault) return std::nullopt;
  return fault_report{.code = fault->code,
                      .message = fault->message,
                      .source = fault_source::of_kafka(),
                      .at = kafka_fault_.began(fault->code, now()),
                      .attempts = 0};
}

// What happens -------------------------------------------------------------------------------------------------------

void consumer_reporter::partitions_assigned(const std::vector<partition_number>& partitions) const {
  if (!partitions.empty()) tell(event_kind::partitions_assigned, named(partitions) + " were assigned");
}

void consumer_reporter::partitions_revoked(const std::vector<partition_number>& partitions) const {
  if (!partitions.empty()) tell(event_kind::partitions_revoked, named(partitions) + " are given back");
}

void consumer_reporter::partitions_lost(const std::vector<partition_number>& partitions) const {
  environment_.log.warning("partitions were lost to another member; what is in hand is not committed",
                           {{"consumer_id", environment_.spec->id.value}});
  tell(event_kind::partitions_lost, named(partitions) + " were lost; what is in hand of them is not committed");
}

void consumer_reporter::log_restarted(const struct log_restarted& event) const {
  const auto partition = std::to_string(event.partition);
  const auto expected = std::to_string(event.expected.value);
  const auto start = std::to_string(event.start.value);
  environment_.log.warning("the log begins anew: the topic was made again, or records were removed from it",
                           {{"consumer_id", environment_.spec->id.value},
                            {"partition", partition},
                            {"expected_offset", expected},
                            {"offset", start}});
  tell(event_kind::log_restarted,
       "the log of partition " + partition + " begins anew: offset " + expected + " was expected, " + start + " came");
}

void consumer_reporter::batches_given_up(std::size_t records) const {
  tell(event_kind::batches_given_up,
       "the stop gave up " + std::to_string(records) + " records in hand; the next start reads them again");
}

void consumer_reporter::tell(event_kind kind, std::string message) const {
  const bool several = environment_.options.instances > 1;
  environment_.events->add(
      kind, several ? "instance " + std::to_string(environment_.instance) + ": " + message : std::move(message));
}

void consumer_reporter::commit_finished(const std::optional<error>& failed) {
  const auto code = failed ? std::optional(failed->code) : std::nullopt;
  if (std::exchange(commit_failure_, code) == code || !failed) return;
  environment_.log.warning("offsets could not be committed; they are committed again with the next ones",
                           {{"consumer_id", environment_.spec->id.value}, {"reason", failed->message}});
}

void consumer_reporter::client_faulted(const error& reason) const {
  environment_.log.debug("the Kafka client reports a fault", {{"consumer_id", environment_.spec->id.value},
                                                              {"code", std::string(to_string(reason.code))},
                                                              {"reason", reason.message}});
}

void consumer_reporter::log_ends_not_told(const error& reason) const {
  environment_.log.debug("where logs end was not told",
                         {{"consumer_id", environment_.spec->id.value}, {"reason", reason.message}});
}

}  // namespace kfs
