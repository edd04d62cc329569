#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "actors/kafka/departures.hpp"
#include "actors/kafka/rdkafka_admin_client.hpp"
#include "actors/kafka/rdkafka_clients.hpp"
#include "config/base/endpoint.hpp"

namespace kfs {
namespace {

/// A client starts one thread for each broker, so a list that comes from a request must be bounded.
constexpr std::size_t most_bootstrap_servers = 32;
/// Clients that are still ending. There are more than a few only when names do not resolve.
constexpr std::size_t most_departing_clients = 32;

class rdkafka_admin final : public kafka_admin {
 public:
  rdkafka_admin(const address_policy& policy, departures& leaving, logger log)
      : policy_(policy), departures_(leaving), log_(std::move(log)) {}

  result<std::vector<std::string>> list_groups(const std::string& bootstrap_servers) override {
    return with_client(bootstrap_servers, {}, [](admin_client& client) { return client.list_groups(); });
  }

  result<std::vector<committed_offset>> committed(const std::string& bootstrap_servers,
                                                  const std::string& group) override {
    return with_client(bootstrap_servers, group, [](admin_client& client) { return client.committed(); });
  }

  result<group_description> describe(const std::string& bootstrap_servers, const std::string& group) override {
    return with_client(bootstrap_servers, group, [&](admin_client& client) { return description_of(client, group); });
  }

  result<std::vector<partition_lag>> lag(const std::string& bootstrap_servers, const std::string& group,
                                         const std::string& topic) override {
    return with_client(bootstrap_servers, group, [&](admin_client& client) { return lag_of(client, topic); });
  }

 private:
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
    const auto ends = client.log_ends(topic, *committed);
    if (!ends) return tl::make_unexpected(ends.error());
    for (std::size_t i = 0; i < ends->size(); ++i)
      lags.push_back({(*committed)[i].partition, (*committed)[i].position, (*ends)[i]});
    return lags;
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
  auto with_client(const std::string& bootstrap_servers, const std::string& group, const Question& question)
      -> decltype(question(std::declval<admin_client&>())) {
    if (const auto allowed = check(bootstrap_servers); !allowed) return tl::make_unexpected(allowed.error());
    auto client = std::make_shared<admin_client>(policy_, log_, bootstrap_servers, group);
    const auto started = client->start();
    auto answer = started ? question(*client) : tl::make_unexpected(started.error());
    departures_.see_off([last = std::move(client)](const std::stop_token&) mutable {
      last.reset();
      return true;
    });
    return answer;
  }

  const address_policy& policy_;
  departures& departures_;
  const logger log_;
};

}  // namespace

std::unique_ptr<kafka_admin> make_rdkafka_admin(const address_policy& policy, departures& leaving, logger log) {
  return std::make_unique<rdkafka_admin>(policy, leaving, std::move(log));
}

}  // namespace kfs
