#include "actors/kafka/rdkafka_conf.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace kfs {
namespace {

/// What this server's consumers set, and why where it is not plain (README of this folder).
std::vector<std::pair<std::string, std::string>> own_properties(const consumer_spec& spec,
                                                                const consumer_options& options, int instance) {
  std::vector<std::pair<std::string, std::string>> properties{
      {"bootstrap.servers", spec.bootstrap_servers()},
      {"client.id", "kafka-fetcher-server"},
      {"group.id", spec.consumer_group},
      {"partition.assignment.strategy", "cooperative-sticky"},
      {"auto.offset.reset", options.auto_offset_reset},
      // Offsets are committed by us alone, after the sinks have acknowledged.
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"enable.partition.eof", "true"},
      {"allow.auto.create.topics", "false"},
      {"statistics.interval.ms", std::to_string(statistics_interval_ms)},
      // A broker that comes back is found within a second or two.
      {"reconnect.backoff.ms", "100"},
      {"reconnect.backoff.max.ms", "1000"},
      {"socket.connection.setup.timeout.ms", "5000"},
      {"socket.keepalive.enable", "true"},
      // New partitions, and a topic made late, are found within this time.
      {"topic.metadata.refresh.interval.ms", "10000"},
      {"log.connection.close", "false"},
  };
  // A static member (KIP-345): a restarted consumer takes over at once instead of after the session time-out. With
  // explicit partitions there is no membership.
  if (options.partitions.empty())
    properties.emplace_back("group.instance.id", "kfs-" + spec.id.value + "-" + std::to_string(instance));
  return properties;
}

/// How much is fetched ahead, which bounds what a slow sink lets pile up, per consumer. A client whose queue is full
/// fetches again only after a while: a second up to 2.1, which only a deep queue outlasts; since 2.2 it can be told
/// when.
std::vector<std::pair<std::string, std::string>> queue_properties(const rd_kafka_conf_t* conf) {
  std::size_t size = 0;
  const bool adjustable = rd_kafka_conf_get(conf, "fetch.queue.backoff.ms", nullptr, &size) == RD_KAFKA_CONF_OK;
  if (adjustable) {
    return {
        {"fetch.queue.backoff.ms", "10"}, {"queued.min.messages", "50000"}, {"queued.max.messages.kbytes", "16384"}};
  }
  return {{"queued.min.messages", "300000"}, {"queued.max.messages.kbytes", "49152"}};
}

result<void> set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> reason{};
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason.data(), reason.size()) == RD_KAFKA_CONF_OK) return {};
  // The reason of a secret's refusal may repeat it; the name says enough.
  const bool secret = name.find("password") != std::string::npos || name.find(".pem") != std::string::npos;
  return failure(ec::invalid_request,
                 "the Kafka client refuses " + name + (secret ? std::string() : ": " + std::string(reason.data())));
}

}  // namespace

result<conf_ptr> make_consumer_conf(const consumer_spec& spec, const consumer_options& options, int instance) {
  conf_ptr conf(rd_kafka_conf_new());
  for (const auto& [name, value] : own_properties(spec, options, instance)) {
    if (const auto done = set(conf.get(), name, value); !done) return tl::make_unexpected(done.error());
  }
  for (const auto& [name, value] : queue_properties(conf.get())) {
    if (const auto done = set(conf.get(), name, value); !done) return tl::make_unexpected(done.error());
  }
  for (const auto& [name, value] : options.kafka.properties) {
    if (const auto done = set(conf.get(), name, value); !done) return tl::make_unexpected(done.error());
  }
  return conf;
}

}  // namespace kfs
