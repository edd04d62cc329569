#include "actors/kafka/rdkafka_lag_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "actors/core/lag/judgement.hpp"
#include "actors/kafka/rdkafka_first_records.hpp"

namespace kfs {
namespace {

using namespace std::chrono_literals;

/// With more topics than this the cluster is asked for all of its topics at once.
constexpr std::size_t most_topics_one_by_one = 8;
/// How long settings of topics, and records, are waited for at most.
constexpr std::chrono::milliseconds settings_bound = 1s;
constexpr std::chrono::milliseconds reading_bound = 2s;
/// What is left for the answer after records were read.
constexpr std::chrono::milliseconds reserve = 300ms;

using config_ptr = std::unique_ptr<rd_kafka_ConfigResource_t, rdkafka_destroyer<rd_kafka_ConfigResource_destroy>>;

std::optional<std::int64_t> as_number(const char* text) {
  if (text == nullptr) return std::nullopt;
  const std::string_view digits(text);
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (problem != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

partition_facts unknown_partition(partition_number number, bool exists) {
  partition_facts facts;
  facts.partition = number;
  facts.exists = exists;
  return facts;
}

class lag_inquiry {
 public:
  lag_inquiry(const lag_fact_sources& sources, const lag_query& query) : from_(sources), query_(query) {}

  result<group_facts> facts() {
    auto committed = from_.client.committed();
    if (!committed) return tl::make_unexpected(committed.error());
    if (const auto described = take_members(*committed); !described) return tl::make_unexpected(described.error());
    for (const auto& entry : *committed)
      if (is_wanted(entry.topic)) names_.insert(entry.topic);
    if (query_.topic && query_.topic_is_known) names_.insert(*query_.topic);
    if (names_.empty()) return std::move(facts_);
    if (const auto found = find_partitions(*committed); !found) return tl::make_unexpected(found.error());
    if (const auto told = take_offsets(); !told) return tl::make_unexpected(told.error());
    take_settings();
    return std::move(facts_);
  }

 private:
  [[nodiscard]] bool is_wanted(const std::string& topic) const { return !query_.topic || *query_.topic == topic; }

  /// A coordinator says of a group that does not exist, and of one of the new protocol, that it is dead. Errors: only
  /// those of a cluster that does not answer.
  result<void> take_members(const std::vector<committed_offset>& committed) {
    const auto described = from_.client.describe();
    if (!described) {
      const auto code = described.error().code;
      if (code == ec::broker_silent || code == ec::broker_unreachable) return tl::make_unexpected(described.error());
      return {};
    }
    if (described->state == "Dead") {
      if (committed.empty()) facts_.members = group_members::none;
      return {};
    }
    facts_.state = described->state;
    facts_.members = described->members.empty() ? group_members::none : group_members::some;
    for (const auto& member : described->members)
      for (const auto& [topic, partitions] : member.assignments)
        if (is_wanted(topic)) names_.insert(topic);
    return {};
  }

  result<void> find_partitions(const std::vector<committed_offset>& committed) {
    std::map<std::string, topic_facts> topics;
    for (const auto& name : names_) topics.emplace(name, topic_facts{.topic = name, .retention = {}, .partitions = {}});
    if (const auto told = take_metadata(topics); !told) return told;
    for (const auto& entry : committed) {
      const auto found = topics.find(entry.topic);
      if (found == topics.end()) continue;
      auto& partitions = found->second.partitions;
      auto place = std::ranges::lower_bound(partitions, entry.partition, {}, &partition_facts::partition);
      if (place == partitions.end() || place->partition != entry.partition)
        place = partitions.insert(place, unknown_partition(entry.partition, false));
      place->committed = entry.position;
    }
    for (auto& [name, topic] : topics) facts_.topics.push_back(std::move(topic));
    return {};
  }

  result<void> take_metadata(std::map<std::string, topic_facts>& topics) {
    if (topics.size() > most_topics_one_by_one) return take_metadata_of(nullptr, topics);
    for (const auto& name : names_) {
      const topic_ptr named(rd_kafka_topic_new(from_.client.handle(), name.c_str(), nullptr));
      if (!named) return failure(ec::internal, fmt::format("cannot ask for topic \"{}\"", name));
      if (const auto told = take_metadata_of(named.get(), topics); !told) return told;
    }
    return {};
  }

  /// `topic`: nullptr for all of the cluster.
  result<void> take_metadata_of(rd_kafka_topic_t* topic, std::map<std::string, topic_facts>& topics) {
    const auto answer = from_.client.metadata_of(topic);
    if (!answer) return tl::make_unexpected(from_.client.explain(answer.error(), "read the partitions of topics"));
    const std::span told((*answer)->topics, static_cast<std::size_t>((*answer)->topic_cnt));
    for (auto& [name, facts] : topics) {
      if (topic != nullptr && name != rd_kafka_topic_name(topic)) continue;
      const auto found = std::ranges::find_if(told, [&](const auto& each) { return name == each.topic; });
      facts.exists = found != told.end() && found->err != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART &&
                     found->err != RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
      if (!facts.exists) continue;
      if (found->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED && query_.topic)
        return tl::make_unexpected(from_.client.explain(client_fault{found->err, {}},
                                                        fmt::format("read the partitions of topic \"{}\"", name)));
      for (int i = 0; i < found->partition_cnt; ++i) {
        facts.partitions.push_back(unknown_partition(found->partitions[i].id, true));
        if (found->partitions[i].leader < 0) leaderless_.emplace(name, found->partitions[i].id);
      }
      std::ranges::sort(facts.partitions, {}, &partition_facts::partition);
    }
    return {};
  }

  // Offsets -----------------------------------------------------------------------------------------------------------

  [[nodiscard]] partitions_ptr asked_partitions(std::int64_t time) const {
    partitions_ptr list(rd_kafka_topic_partition_list_new(16));
    for (const auto& topic : facts_.topics) {
      if (!topic.exists) continue;
      for (const auto& facts : topic.partitions)
        if (facts.exists && !leaderless_.contains({topic.topic, facts.partition}))
          rd_kafka_topic_partition_list_add(list.get(), topic.topic.c_str(), facts.partition)->offset = time;
    }
    return list;
  }

  /// Stores what the brokers answer for this logical time.
  result<void> take_offsets_at(admin_client& client, std::int64_t time, std::optional<offset> partition_facts::*into) {
    const auto list = asked_partitions(time);
    if (list->cnt == 0) return {};
    if (const auto told = client.find_offsets(*list, "read the offsets of topics"); !told) return told;
    int i = 0;
    for (auto& topic : facts_.topics) {
      for (auto& facts : topic.partitions) {
        if (i == list->cnt) break;
        const auto& entry = list->elems[i];
        if (entry.partition != facts.partition || entry.topic != topic.topic) continue;
        if (entry.err == RD_KAFKA_RESP_ERR_NO_ERROR && entry.offset >= 0) facts.*into = offset{entry.offset};
        ++i;
      }
    }
    return {};
  }

  result<void> take_offsets() {
    auto& client = from_.client;
    if (const auto told = take_offsets_at(client, RD_KAFKA_OFFSET_BEGINNING, &partition_facts::log_start); !told)
      return told;
    if (const auto told = take_offsets_at(client, RD_KAFKA_OFFSET_END, &partition_facts::log_end); !told) return told;
    if (!has_lag()) return {};
    const auto reader = from_.make_reader(admin_purpose::reading);
    if (!reader) return tl::make_unexpected(reader.error());
    if (const auto told = take_offsets_at(**reader, RD_KAFKA_OFFSET_END, &partition_facts::stable_end); !told)
      return told;
    find_records(**reader);
    return find_open_records();
  }

  [[nodiscard]] static bool lags(const partition_facts& facts) {
    const auto sample = sample_of(facts, beginning::log_start, {});
    return sample && sample->lag() > 0;
  }

  [[nodiscard]] bool has_lag() const {
    return std::ranges::any_of(facts_.topics, [](const topic_facts& topic) {
      return topic.exists && std::ranges::any_of(topic.partitions, lags);
    });
  }

  // Records -----------------------------------------------------------------------------------------------------------

  struct wanted_record {
    partition_facts* facts;
    record_search search;
  };

  /// A record for each partition that `place_of` names an offset in.
  template <class PlaceOf>
  std::vector<wanted_record> wanted(const PlaceOf& place_of) {
    std::vector<wanted_record> all;
    for (auto& topic : facts_.topics) {
      if (!topic.exists) continue;
      for (auto& facts : topic.partitions)
        if (const auto place = place_of(facts); place && lags(facts))
          all.push_back({&facts, {topic.topic, facts.partition, offset{*place}}});
    }
    return all;
  }

  [[nodiscard]] std::chrono::steady_clock::time_point reading_ends() const {
    return std::min(query_.deadline - reserve, std::chrono::steady_clock::now() + reading_bound);
  }

  static std::vector<record_search> searches_of(const std::vector<wanted_record>& records) {
    std::vector<record_search> searches;
    for (const auto& record : records) searches.push_back(record.search);
    return searches;
  }

  /// The oldest records that are not processed and may be read.
  void find_records(admin_client& reader) {
    auto records = wanted([](const partition_facts& facts) -> std::optional<std::int64_t> {
      const auto from = processed_offset(facts, beginning::log_start);
      if (!from || (facts.stable_end && *from >= facts.stable_end->value)) return std::nullopt;
      return from;
    });
    std::erase_if(records, [&](const wanted_record& record) {
      record.facts->oldest = from_.times.find(place_of(record), record.facts->log_end->value);
      return record.facts->oldest.has_value();
    });
    const auto found = first_records(reader, searches_of(records), reading_ends());
    for (std::size_t i = 0; i < found.size(); ++i) {
      auto& facts = *records[i].facts;
      facts.oldest = found[i].time;
      facts.nothing_left = found[i].none && facts.stable_end == facts.log_end;
      if (found[i].time) from_.times.keep(place_of(records[i]), *found[i].time, facts.log_end->value);
    }
  }

  /// The first records of open transactions. They are not remembered: a transaction may be aborted.
  result<void> find_open_records() {
    const auto records = wanted([](const partition_facts& facts) -> std::optional<std::int64_t> {
      if (!facts.stable_end || *facts.stable_end >= *facts.log_end) return std::nullopt;
      return std::max(facts.stable_end->value, *processed_offset(facts, beginning::log_start));
    });
    if (records.empty()) return {};
    const auto reader = from_.make_reader(admin_purpose::reading_every_one);
    if (!reader) return tl::make_unexpected(reader.error());
    const auto found = first_records(**reader, searches_of(records), reading_ends());
    for (std::size_t i = 0; i < found.size(); ++i) {
      auto& facts = *records[i].facts;
      facts.open_since = found[i].time;
      // What may be read ends here, so the record of the transaction is the oldest one that waits.
      if (!facts.oldest) facts.oldest = found[i].time;
    }
    return {};
  }

  [[nodiscard]] log_place place_of(const wanted_record& record) const {
    return {from_.cluster, record.search.topic, record.search.partition, record.search.from.value};
  }

  // Settings ----------------------------------------------------------------------------------------------------------

  /// How long records are kept. Who may not know it gets an answer without it.
  void take_settings() {
    std::vector<config_ptr> resources;
    for (const auto& topic : facts_.topics)
      if (topic.exists && std::ranges::any_of(topic.partitions, lags))
        resources.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.topic.c_str()));
    if (resources.empty()) return;
    std::vector<rd_kafka_ConfigResource_t*> asked;
    for (const auto& resource : resources) asked.push_back(resource.get());
    auto& client = from_.client;
    rd_kafka_DescribeConfigs(client.handle(), asked.data(), asked.size(),
                             unbounded_options(client.handle(), RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS).get(),
                             client.queue());
    const auto until = std::min(query_.deadline - reserve / 2, std::chrono::steady_clock::now() + settings_bound);
    const auto event = client.await(RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT, until);
    if (!event) return;
    std::size_t count = 0;
    const auto* told =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event->get()), &count);
    for (std::size_t i = 0; i < count; ++i) take_settings_of(*told[i]);
  }

  void take_settings_of(const rd_kafka_ConfigResource_t& told) {
    const auto* name = rd_kafka_ConfigResource_name(&told);
    const auto topic = std::ranges::find_if(facts_.topics, [&](const topic_facts& one) { return one.topic == name; });
    if (topic == facts_.topics.end() || rd_kafka_ConfigResource_error(&told) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    std::size_t count = 0;
    const auto* entries = rd_kafka_ConfigResource_configs(&told, &count);
    std::map<std::string, const char*, std::less<>> settings;
    for (std::size_t i = 0; i < count; ++i)
      settings.emplace(rd_kafka_ConfigEntry_name(entries[i]), rd_kafka_ConfigEntry_value(entries[i]));
    const auto setting = [&](std::string_view key) {
      const auto found = settings.find(key);
      return found == settings.end() ? nullptr : found->second;
    };
    const auto* policy = setting("cleanup.policy");
    if (policy == nullptr || std::string_view(policy).find("delete") == std::string_view::npos) return;
    if (const auto kept = as_number(setting("retention.ms")); kept && *kept > 0)
      topic->retention = std::chrono::milliseconds(*kept);
    const auto size = as_number(setting("retention.bytes"));
    topic->size_limited = size && *size > 0;
  }

  const lag_fact_sources& from_;
  const lag_query& query_;
  std::set<std::string> names_;  ///< of topics
  std::set<std::pair<std::string, partition_number>> leaderless_;
  group_facts facts_;
};

}  // namespace

std::optional<timestamp> shared_record_times::find(const log_place& place, std::int64_t log_end) {
  const std::lock_guard lock(mutex_);
  return times_.find(place, log_end, std::chrono::steady_clock::now());
}

void shared_record_times::keep(const log_place& place, timestamp time, std::int64_t log_end) {
  const std::lock_guard lock(mutex_);
  times_.keep(place, time, log_end, std::chrono::steady_clock::now());
}

result<group_facts> find_lag_facts(const lag_fact_sources& sources, const lag_query& query) {
  return lag_inquiry(sources, query).facts();
}

}  // namespace kfs
