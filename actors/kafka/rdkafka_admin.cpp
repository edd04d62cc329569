#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>
#include <variant>

#include "actors/kafka/departures.hpp"
#include "actors/kafka/rdkafka_admin_client.hpp"
#include "actors/kafka/rdkafka_clients.hpp"
#include "actors/kafka/rdkafka_conf.hpp"
#include "actors/kafka/rdkafka_lag_facts.hpp"
#include "config/base/endpoint.hpp"
#include "config/consumers/options_schema.hpp"

namespace kfs {
namespace {

/// A client starts one thread for each broker, so a list that comes from a request must be bounded.
constexpr std::size_t most_bootstrap_servers = 32;
/// Clients that are still ending. There are more than a few only when names do not resolve.
constexpr std::size_t most_departing_clients = 32;
/// Times of records that are remembered: a few megabytes.
constexpr std::size_t most_record_times = 20'000;
/// Of the clients that read records for questions about lag. They commit nothing and never join it.
constexpr const char* reading_group = "kafka-fetcher-server-lag";

class rdkafka_admin final : public kafka_admin {
 public:
  rdkafka_admin(const address_policy& policy, departures& leaving, logger log, secret_source secrets)
      : policy_(policy), departures_(leaving), log_(std::move(log)), secrets_(std::move(secrets)) {}

  result<std::vector<std::string>> list_groups(const asked_cluster& cluster) override {
    return with_client(cluster, {}, [](admin_client& client) { return client.list_groups(); });
  }

  result<std::vector<committed_offset>> committed(const asked_cluster& cluster, const std::string& group) override {
    return with_client(cluster, group, [](admin_client& client) { return client.committed(); });
  }

  result<group_description> describe(const asked_cluster& cluster, const std::string& group) override {
    return with_client(cluster, group, [&](admin_client& client) { return description_of(client, group); });
  }

  result<std::vector<partition_lag>> lag(const asked_cluster& cluster, const std::string& group,
                                         const std::string& topic) override {
    return with_client(cluster, group, [&](admin_client& client) { return lag_of(client, topic); });
  }

  result<group_facts> lag_facts(const asked_cluster& cluster, const lag_query& query) override {
    using std::chrono::milliseconds;
    const auto left = std::chrono::floor<milliseconds>(query.deadline - std::chrono::steady_clock::now());
    if (left <= milliseconds::zero())
      return failure(ec::overloaded, fmt::format("cannot ask Kafka at {} in time; try again in a few seconds",
                                                 cluster.bootstrap_servers));
    const auto bound = std::min(left, admin_client::longest_bound);
    const auto client = open_client(cluster, query.group, bound);
    if (!client) return tl::make_unexpected(client.error());
    const auto make_reader = [&](admin_purpose purpose) { return open_client(cluster, reading_group, bound, purpose); };
    return find_lag_facts({**client, make_reader, record_times_, cluster.bootstrap_servers}, query);
  }

  /// One change of a group at a time: two of them would count from the same offsets.
  result<std::vector<offset_step>> change_offsets(const asked_cluster& cluster, const offset_order& order) override {
    const auto ask = [&] {
      return with_client(cluster, order.group, [&](admin_client& client) { return changed(client, order); });
    };
    if (order.dry_run) return ask();
    const auto changing = std::pair(cluster.bootstrap_servers, order.group);
    if (!begin_change(changing))
      return failure(ec::cannot_apply,
                     fmt::format("The offsets of group \"{}\" are being changed by another request; try "
                                 "again when it is answered",
                                 order.group));
    auto steps = ask();
    end_change(changing);
    return steps;
  }

 private:
  using group_of_cluster = std::pair<std::string, std::string>;

  bool begin_change(const group_of_cluster& group) {
    const std::lock_guard lock(changes_mutex_);
    return changes_.insert(group).second;
  }

  void end_change(const group_of_cluster& group) {
    const std::lock_guard lock(changes_mutex_);
    changes_.erase(group);
  }

  /// A coordinator says of a group that does not exist, and of one of the new protocol, that it is dead.
  static result<group_description> description_of(admin_client& client, const std::string& group) {
    auto described = client.describe();
    if (!described || described->state != "Dead") return described;
    const auto groups = client.list_groups();
    if (!groups) return tl::make_unexpected(groups.error());
    if (!std::ranges::binary_search(*groups, group)) return failure(ec::not_found, "the group does not exist");
    return failure(ec::kafka_failure,
                   fmt::format("group \"{}\" uses Kafka's new group protocol (KIP-848), which the linked librdkafka {} "
                               "cannot describe; use kafka-consumer-groups.sh --describe --members",
                               group, rd_kafka_version_str()));
  }

  static result<std::vector<partition_lag>> lag_of(admin_client& client, const std::string& topic) {
    auto committed = client.committed();
    if (!committed) return tl::make_unexpected(committed.error());
    std::erase_if(*committed, [&](const committed_offset& entry) { return entry.topic != topic; });
    std::vector<partition_lag> lags;
    if (committed->empty()) return lags;
    std::vector<partition_number> partitions;
    for (const auto& entry : *committed) partitions.push_back(entry.partition);
    const auto ends = client.log_ends(topic, partitions);
    if (!ends) return tl::make_unexpected(ends.error());
    for (std::size_t i = 0; i < ends->size(); ++i)
      lags.push_back({(*committed)[i].partition, (*committed)[i].position, (*ends)[i]});
    return lags;
  }

  static result<std::vector<offset_step>> changed(admin_client& client, const offset_order& order) {
    const auto committed = client.committed();
    if (!committed) return tl::make_unexpected(committed.error());
    const auto count = client.partition_count(order.topic);
    if (!count) return tl::make_unexpected(count.error());
    const auto partitions = partitions_of(order.change, *count, order.allowed);
    if (!partitions) return tl::make_unexpected(partitions.error());
    const auto extents = extents_of(client, order, *partitions, *committed);
    if (!extents) return tl::make_unexpected(extents.error());
    auto steps = planned(order.change, *extents, order.begins_at_end);
    if (!steps) return steps;
    if (const auto free = has_no_members(client, order); !free) return tl::make_unexpected(free.error());
    if (order.dry_run) return steps;
    // A sink may be ahead of what is committed, and would write again what lies between: so what stays is not
    // committed.
    auto changes = *steps;
    std::erase_if(changes, [](const offset_step& step) { return step.before == step.after; });
    if (changes.empty()) return steps;
    // The coordinator refuses the commit when a member has joined meanwhile.
    if (const auto done = client.commit(order.topic, changes); !done) return tl::make_unexpected(done.error());
    return steps;
  }

  static result<std::vector<partition_extent>> extents_of(admin_client& client, const offset_order& order,
                                                          const std::vector<partition_number>& partitions,
                                                          const std::vector<committed_offset>& committed) {
    const auto starts = client.log_starts(order.topic, partitions);
    if (!starts) return tl::make_unexpected(starts.error());
    const auto ends = client.log_ends(order.topic, partitions);
    if (!ends) return tl::make_unexpected(ends.error());
    std::vector<partition_extent> extents;
    for (std::size_t i = 0; i < partitions.size(); ++i)
      extents.push_back({.partition = partitions[i],
                         .committed = {},
                         .log_start = (*starts)[i],
                         .log_end = (*ends)[i],
                         .at_time = {}});
    for (const auto& entry : committed) {
      const auto found = std::ranges::find(extents, entry.partition, &partition_extent::partition);
      if (entry.topic == order.topic && found != extents.end()) found->committed = entry.position;
    }
    const auto* time = std::get_if<offset_change::at_time>(&order.change.to);
    if (time == nullptr) return extents;
    const auto found = client.first_since(order.topic, partitions, time->at);
    if (!found) return tl::make_unexpected(found.error());
    for (std::size_t i = 0; i < extents.size(); ++i) extents[i].at_time = (*found)[i];
    return extents;
  }

  /// A group that does not exist has none. Errors: also kafka_failure where librdkafka cannot tell.
  static result<void> has_no_members(admin_client& client, const offset_order& order) {
    const auto& group = order.group;
    const auto described = description_of(client, group);
    if (!described && described.error().code == ec::not_found) return {};
    // The coordinator can tell, and does when it is asked to commit.
    if (!described && described.error().code == ec::kafka_failure && !order.dry_run) return {};
    if (!described) return tl::make_unexpected(described.error());
    if (described->members.empty()) return {};
    const auto& first = described->members.front();
    return failure(
        ec::cannot_apply,
        fmt::format("Group \"{}\" has {} member{} (the first one is \"{}\" at {}), and only the offsets of a "
                    "group without members can be changed: stop them. Kafka forgets a member that was "
                    "killed after its session.timeout.ms",
                    group, described->members.size(), described->members.size() == 1 ? "" : "s",
                    first.group_instance_id.value_or(first.member_id), first.host));
  }

  result<void> check(const std::string& bootstrap_servers) const {
    const auto endpoints = parse_endpoints(bootstrap_servers);
    if (!endpoints) return failure(ec::invalid_request, "bootstrap servers: " + endpoints.error().message);
    if (endpoints->size() > most_bootstrap_servers)
      return failure(ec::invalid_request, fmt::format("bootstrap servers: {} are named, at most {} are allowed",
                                                      endpoints->size(), most_bootstrap_servers));
    for (const auto& endpoint : *endpoints)
      if (const auto allowed = policy_.check_host(endpoint.host); !allowed) return allowed;
    if (departures_.under_way() >= most_departing_clients)
      return failure(ec::overloaded,
                     fmt::format("cannot ask Kafka at {}: {} clients of earlier questions are still closing their "
                                 "connections; try again in a few seconds",
                                 bootstrap_servers, departures_.under_way()));
    return {};
  }

  template <class Question>
  auto with_client(const asked_cluster& cluster, const std::string& group, const Question& question)
      -> decltype(question(std::declval<admin_client&>())) {
    const auto client = open_client(cluster, group, admin_client::longest_bound);
    if (!client) return tl::make_unexpected(client.error());
    return question(**client);
  }

  /// A client that ends, in a thread of its own, when it is no longer used.
  result<std::shared_ptr<admin_client>> open_client(const asked_cluster& cluster, const std::string& group,
                                                    std::chrono::milliseconds bound,
                                                    admin_purpose purpose = admin_purpose::questions) {
    if (const auto allowed = check(cluster.bootstrap_servers); !allowed) return tl::make_unexpected(allowed.error());
    const auto properties = properties_of(cluster);
    if (!properties) return tl::make_unexpected(properties.error());
    auto made = std::make_unique<admin_client>(policy_, log_, cluster.bootstrap_servers, group, bound);
    const auto started = made->start(*properties, purpose);
    std::shared_ptr<admin_client> client(made.release(), [&leaving = departures_](admin_client* used) {
      leaving.see_off([last = std::shared_ptr<admin_client>(used)](const std::stop_token&) mutable {
        last.reset();
        return true;
      });
    });
    if (!started) return tl::make_unexpected(started.error());
    return client;
  }

  /// What the user has set for the client of the consumer as which the cluster is asked.
  [[nodiscard]] result<client_properties> properties_of(const asked_cluster& cluster) const {
    if (!cluster.as) return client_properties{};
    return options_with_secrets(*cluster.as, typed_options(cluster.as->options), secrets_)
        .map([](const consumer_options& options) { return options.kafka.properties; });
  }

  const address_policy& policy_;
  departures& departures_;
  const logger log_;
  const secret_source secrets_;
  shared_record_times record_times_{most_record_times};
  std::mutex changes_mutex_;
  std::set<group_of_cluster> changes_;  ///< groups whose offsets are being changed
};

}  // namespace

std::unique_ptr<kafka_admin> make_rdkafka_admin(const address_policy& policy, departures& leaving, logger log,
                                                secret_source secrets) {
  return std::make_unique<rdkafka_admin>(policy, leaving, std::move(log), std::move(secrets));
}

}  // namespace kfs
