#include "actors/kafka/rdkafka_conf.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "config/consumers/options_schema.hpp"
#include "config/secrets/resolution.hpp"

namespace kfs {
namespace {

using property_list = std::vector<std::pair<std::string, std::string>>;

/// Properties of every client, consumer or producer.
property_list connection_properties(const consumer_spec& spec) {
  return {
      {"bootstrap.servers", spec.bootstrap_servers()},
      {"client.id", "kafka-fetcher-server"},
      // The client reconnects to a broker within a second or two after the broker is back.
      {"reconnect.backoff.ms", "100"},
      {"reconnect.backoff.max.ms", "1000"},
      {"socket.connection.setup.timeout.ms", "5000"},
      {"socket.keepalive.enable", "true"},
      {"log.connection.close", "false"},
  };
}

/// Properties of consumers. The folder's README explains the ones of queue_properties().
property_list consumer_properties(const consumer_spec& spec, const consumer_options& options, int instance) {
  property_list properties{
      {"group.id", spec.consumer_group},
      {"partition.assignment.strategy", "cooperative-sticky"},
      {"auto.offset.reset", options.auto_offset_reset},
      // Only the consumer actor commits offsets, after the sinks have acknowledged the records.
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"enable.partition.eof", "true"},
      {"allow.auto.create.topics", "false"},
      {"statistics.interval.ms", std::to_string(statistics_interval_ms)},
      // The client finds new partitions, and a topic that is created later, within this time.
      {"topic.metadata.refresh.interval.ms", "10000"},
  };
  // Static membership (KIP-345): a restarted consumer takes over at once instead of after the session time-out.
  // A consumer with explicit partitions is not a member of a group.
  if (options.partitions.empty()) properties.emplace_back("group.instance.id", spec.member_id(instance));
  return properties;
}

property_list producer_properties(std::chrono::milliseconds delivery_bound) {
  return {
      {"enable.idempotence", "true"},  // implies acks=all
      {"message.timeout.ms", std::to_string(delivery_bound.count())},
      // Long enough for a new topic to become known to all brokers, and short enough to report a missing topic soon.
      {"topic.metadata.propagation.max.ms", std::to_string(delivery_bound.count() / 2)},
      // No limit in the client: the topic's max.message.bytes decides.
      {"message.max.bytes", "1000000000"},
  };
}

/// How many records a consumer fetches ahead, and so how much memory they take when the sink is slow. A client whose
/// queue is full pauses its fetches: up to librdkafka 2.1 for a second, so the queue must be deep enough to last that
/// long; since 2.2 the pause can be set.
property_list queue_properties(const rd_kafka_conf_t* conf) {
  std::size_t size = 0;
  const bool adjustable = rd_kafka_conf_get(conf, "fetch.queue.backoff.ms", nullptr, &size) == RD_KAFKA_CONF_OK;
  if (adjustable) {
    return {
        {"fetch.queue.backoff.ms", "10"}, {"queued.min.messages", "50000"}, {"queued.max.messages.kbytes", "16384"}};
  }
  return {{"queued.min.messages", "300000"}, {"queued.max.messages.kbytes", "49152"}};
}

result<conf_ptr> make_conf(std::initializer_list<property_list> properties) {
  conf_ptr conf(rd_kafka_conf_new());
  for (const auto& list : properties) {
    for (const auto& [name, value] : list) {
      if (const auto done = set_property(conf.get(), name, value); !done) return tl::make_unexpected(done.error());
    }
  }
  return conf;
}

}  // namespace

result<void> set_property(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  // librdkafka drops blanks at the beginning, and with a group of blanks there is no group, which this program would
  // not survive. Stored consumers may be older than the rule against it.
  if (value.starts_with(' ') && name != "bootstrap.servers" && !name.ends_with(".pem"))
    return failure(ec::invalid_request,
                   "the Kafka client drops the blanks with which its property " + name + " begins: take them off");
  std::array<char, 512> reason{};
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason.data(), reason.size()) == RD_KAFKA_CONF_OK) return {};
  // librdkafka's reason may repeat the value, which must not be shown when it is a secret.
  const bool secret = name.find("password") != std::string::npos || name.find(".pem") != std::string::npos;
  return failure(ec::invalid_request, "the Kafka client rejects the property " + name +
                                          (secret ? "; check its value" : ": " + std::string(reason.data())));
}

result<consumer_options> options_with_secrets(const consumer_spec& spec, consumer_options options,
                                              const secret_source& secrets) {
  if (!needs_resolution(consumer_options_schema(), spec.options)) return options;
  const auto complete = resolved(consumer_options_schema(), spec.options, secrets);
  if (!complete) return tl::make_unexpected(complete.error());
  options.kafka = typed_options(*complete).kafka;
  return options;
}

result<conf_ptr> make_consumer_conf(const consumer_spec& spec, const consumer_options& options, int instance) {
  const conf_ptr known(rd_kafka_conf_new());
  return make_conf({connection_properties(spec), consumer_properties(spec, options, instance),
                    queue_properties(known.get()), options.kafka.properties});
}

/// The user's properties may include properties for consumers only; a producer ignores them.
result<conf_ptr> make_producer_conf(const consumer_spec& spec, const consumer_options& options,
                                    std::chrono::milliseconds delivery_bound) {
  return make_conf({connection_properties(spec), options.kafka.properties, producer_properties(delivery_bound)});
}

}  // namespace kfs
