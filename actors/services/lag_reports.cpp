#include "actors/services/lag_reports.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "config/consumers/spec.hpp"

namespace kfs {
namespace {

const consumer_view* reader_of(const std::string& topic, const std::vector<consumer_view_ptr>& consumers) {
  const auto found = std::ranges::find_if(consumers, [&](const auto& view) { return view->spec->topic == topic; });
  return found == consumers.end() ? nullptr : found->get();
}

template <class Partitions>
auto* find_partition(Partitions& partitions, partition_number number) {
  const auto found = std::ranges::find_if(partitions, [&](const auto& each) { return each.partition == number; });
  return found == partitions.end() ? nullptr : &*found;
}

beginning beginning_of(const consumer_options& options) {
  if (options.auto_offset_reset == "earliest") return beginning::log_start;
  return options.auto_offset_reset == "latest" ? beginning::log_end : beginning::unknown;
}

bool is_read_by(const member_report& member, partition_number partition) {
  return std::ranges::find(member.partitions, partition) != member.partitions.end();
}

/// What holds a consumer up in a partition, as it observes itself.
std::optional<lag_reason> hold_of(const consumer_view& consumer, const consumer_options& options,
                                  partition_number partition) {
  if (consumer.last_error)
    return consumer.last_error->source.is_kafka()       ? lag_reason::broker
           : consumer.last_error->source.is_processor() ? lag_reason::sink_failing
                                                        : lag_reason::rebalancing;
  if (consumer.spec->orders.paused.holds(partition)) return lag_reason::paused;
  const auto reader =
      std::ranges::find_if(consumer.members, [&](const auto& member) { return is_read_by(member, partition); });
  if (reader == consumer.members.end() || !reader->joined) return lag_reason::rebalancing;
  // A consumer with a limit pauses to keep it.
  if (reader->waiting && options.limits == rate_limits{}) return lag_reason::sink_slow;
  return std::nullopt;
}

std::optional<lag_reason> hold_of(const group_facts& facts) {
  if (facts.state == "PreparingRebalance" || facts.state == "CompletingRebalance") return lag_reason::rebalancing;
  return std::nullopt;
}

/// Kafka tells what is committed after the consumer has observed it, so it is the later word.
void add_observed(topic_facts& topic, const consumer_view& consumer) {
  for (const auto& observed : consumer.partitions) {
    auto* facts = find_partition(topic.partitions, observed.partition);
    if (facts == nullptr) continue;
    facts->position = observed.position;
    facts->begun = observed.start;
    if (!facts->committed) facts->committed = observed.committed;
  }
}

/// Where the options of the consumers name the partitions, leaves out what they do not read, unless the group has
/// committed there and the question is about the whole group; and adds what is named and does not exist.
void keep_named(topic_facts& topic, const lag_question& question) {
  std::set<partition_number> named;
  for (const auto& view : question.consumers) {
    if (view->spec->topic != topic.topic) continue;
    const auto partitions = typed_options(view->spec->options).partitions;
    if (partitions.empty()) return;
    named.insert(partitions.begin(), partitions.end());
  }
  if (named.empty()) return;
  std::erase_if(topic.partitions, [&](const partition_facts& facts) {
    const bool is_kept = facts.committed && !question.query.topic_is_known;
    return !is_kept && !named.contains(facts.partition);
  });
  for (const auto partition : named) {
    if (find_partition(topic.partitions, partition) != nullptr) continue;
    auto& missing = topic.partitions.emplace_back();
    missing.partition = partition;
    missing.exists = false;
  }
  std::ranges::sort(topic.partitions, {}, &partition_facts::partition);
}

/// Makes the contexts in which the partitions of one topic are judged.
class topic_context {
 public:
  topic_context(const group_facts& facts, const consumer_view* reader, const report_time& now)
      : reader_(reader), options_(reader == nullptr ? consumer_options{} : typed_options(reader->spec->options)) {
    const bool runs = reader != nullptr && reader->status != consumer_status::inactive;
    context_ = {.wall_clock = now.wall_clock,
                .at = now.at,
                .allowed = options_.lag,
                .begins = reader == nullptr ? beginning::unknown : beginning_of(options_),
                .members = runs ? group_members::some : facts.members,
                .hold = hold_of(facts)};
    observed_ = runs;
  }

  [[nodiscard]] lag_context of(partition_number partition) const {
    auto context = context_;
    if (observed_)
      if (const auto hold = hold_of(*reader_, options_, partition)) context.hold = hold;
    return context;
  }
  [[nodiscard]] const lag_context& common() const noexcept { return context_; }

 private:
  const consumer_view* reader_;
  const consumer_options options_;
  lag_context context_;
  bool observed_ = false;
};

}  // namespace

std::string window_name(const std::string& bootstrap_servers, const std::string& group) {
  return bootstrap_servers + '\n' + group;
}

void add_samples(lag_windows& windows, const consumer_view& consumer, std::chrono::steady_clock::time_point at) {
  if (consumer.partitions.empty()) return;
  const auto& spec = *consumer.spec;
  const auto name = window_name(spec.bootstrap_servers(), spec.consumer_group);
  const auto span = kept_span(typed_options(spec.options).lag);
  for (const auto& observed : consumer.partitions) {
    const auto done = observed.committed ? observed.committed : observed.start;
    if (!done || !observed.log_end) continue;
    const auto end = std::max(*done, *observed.log_end).value;
    windows.add(name, {spec.topic, observed.partition},
                {.at = at, .done = done->value, .stable_end = end, .log_end = end}, span);
  }
}

lag_report report_of(group_facts facts, const lag_question& question, lag_windows& windows, const report_time& now) {
  const auto name = window_name(question.cluster.bootstrap_servers, question.query.group);
  lag_report report{.state = facts.state, .topics = {}, .whole = {}};
  std::vector<lag_judgement> wholes;
  for (auto& topic : facts.topics) {
    const auto* reader = reader_of(topic.topic, question.consumers);
    if (reader != nullptr) add_observed(topic, *reader);
    keep_named(topic, question);
    const topic_context contexts(facts, reader, now);
    const auto& common = contexts.common();
    lag_report::judged_topic judged_one{.facts = std::move(topic), .judgements = {}, .whole = {}};
    for (const auto& partition : judged_one.facts.partitions) {
      const lag_windows::partition_key key{judged_one.facts.topic, partition.partition};
      judged_one.judgements.push_back(
          judged(judged_one.facts, partition, windows.window(name, key), contexts.of(partition.partition)));
      if (const auto sample = sample_of(partition, common.begins, now.at); sample && judged_one.facts.exists)
        windows.add(name, key, *sample, kept_span(common.allowed));
    }
    judged_one.whole = worst_of(judged_one.judgements);
    if (!judged_one.facts.exists && judged_one.judgements.empty())
      judged_one.whole = {.lag = {}, .lag_seconds = {}, .reason = lag_reason::topic_missing, .catch_up_seconds = {}};
    wholes.push_back(judged_one.whole);
    report.topics.push_back(std::move(judged_one));
  }
  report.whole = worst_of(wholes);
  return report;
}

lag_report report_without_cluster(const consumer_view& consumer) {
  lag_report::judged_topic topic{
      .facts = {.topic = consumer.spec->topic, .retention = {}, .partitions = {}}, .judgements = {}, .whole = {}};
  for (const auto& observed : consumer.partitions) {
    topic.facts.partitions.push_back({.partition = observed.partition,
                                      .committed = observed.committed,
                                      .position = observed.position,
                                      .begun = observed.start,
                                      .log_start = {},
                                      .log_end = observed.log_end,
                                      .stable_end = {},
                                      .oldest = {}});
    topic.judgements.push_back({.lag = observed.lag(),
                                .lag_seconds = {},
                                .verdict = lag_verdict::unknown,
                                .reason = lag_reason::broker,
                                .catch_up_seconds = {}});
  }
  topic.whole = worst_of(topic.judgements);
  lag_report report{.state = {}, .topics = {}, .whole = topic.whole};
  report.topics.push_back(std::move(topic));
  return report;
}

}  // namespace kfs
