#include "actors/kafka/rdkafka_clients.hpp"

#include <array>
#include <string>
#include <utility>

#include "actors/kafka/blocking_calls.hpp"
#include "actors/kafka/departures.hpp"
#include "actors/kafka/rdkafka_conf.hpp"
#include "actors/kafka/rdkafka_consumer.hpp"
#include "actors/kafka/rdkafka_producer.hpp"
#include "actors/kafka/steady_waits.hpp"
#include "actors/kafka/timer_slack.hpp"

namespace kfs {
namespace {

rdkafka_handle& handle_of(void* opaque) {
  return *static_cast<rdkafka_handle*>(static_cast<client_opaque*>(opaque)->owner);
}

rdkafka_consumer& consumer_of(void* opaque) {
  return *handle_of(opaque).owner;
}

void rebalance_callback(rd_kafka_t*, rd_kafka_resp_err_t kind, rd_kafka_topic_partition_list_t* partitions,
                        void* opaque) {
  consumer_of(opaque).on_rebalance(kind, partitions);
}

void commit_callback(rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* offsets, void* opaque) {
  if (offsets != nullptr) consumer_of(opaque).on_commit(code, offsets);
}

void error_callback(rd_kafka_t*, int code, const char* reason, void* opaque) {
  consumer_of(opaque).on_error(static_cast<rd_kafka_resp_err_t>(code), reason == nullptr ? "" : reason);
}

int statistics_callback(rd_kafka_t*, char* document, std::size_t length, void* opaque) {
  consumer_of(opaque).on_statistics({document, length});
  return 0;  // librdkafka frees the document
}

/// Runs in the client's own threads. Important messages also arrive as events, so the log is for debugging only. The
/// exception is an offset that is out of range: only the log says so, and where reading goes on.
void log_callback(const rd_kafka_t* client, int level, const char* facility, const char* message) {
  const auto& log = handle_of(rd_kafka_opaque(client)).messages;
  constexpr int warning = 4;  // syslog(3)
  if (level <= warning && facility == std::string_view("OFFSET"))
    return log.warning(message, {{"librdkafka", facility}});
  log.debug(message, {{"librdkafka", facility}});
}

class rdkafka_clients final : public kafka_clients {
 public:
  rdkafka_clients(const address_policy& policy, departures& leaving, logger log, secret_source secrets)
      : policy_(policy), departures_(leaving), log_(std::move(log)), secrets_(std::move(secrets)), blocking_(leaving) {}

  result<std::unique_ptr<kafka_consumer>> make_consumer(const consumer_spec& spec, const consumer_options& options,
                                                        int instance) override {
    const auto complete = options_with_secrets(spec, options, secrets_);
    if (!complete) return tl::make_unexpected(complete.error());
    auto conf = make_consumer_conf(spec, *complete, instance);
    if (!conf) return tl::make_unexpected(conf.error());
    // Destroying a client may wait, so a thread of `departures` does it, whoever releases the last reference.
    const std::shared_ptr<rdkafka_handle> handle(new rdkafka_handle(policy_, log_, spec),
                                                 [&leaving = departures_](rdkafka_handle* last) {
                                                   leaving.see_off([last](const std::stop_token&) {
                                                     delete last;
                                                     return true;
                                                   });
                                                 });
    handle->opaque = {.guard = &handle->guard, .owner = handle.get()};
    guard_connections(conf->get(), handle->opaque);
    loosen_timers(conf->get());
    rd_kafka_conf_set_rebalance_cb(conf->get(), rebalance_callback);
    rd_kafka_conf_set_offset_commit_cb(conf->get(), commit_callback);
    rd_kafka_conf_set_error_cb(conf->get(), error_callback);
    rd_kafka_conf_set_stats_cb(conf->get(), statistics_callback);
    rd_kafka_conf_set_log_cb(conf->get(), log_callback);
    auto consumer = std::make_unique<rdkafka_consumer>(handle, spec, options, instance, blocking_);
    std::array<char, 512> reason{};
    handle->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf->get(), reason.data(), reason.size());
    if (handle->client == nullptr)
      return failure(ec::invalid_request, "cannot create a Kafka client for " + spec.bootstrap_servers() + ": " +
                                              std::string(reason.data()));
    conf->release();  // the client owns it now
    return consumer;
  }

  void see_off(std::unique_ptr<kafka_consumer> client) override {
    auto leaving = std::shared_ptr<rdkafka_consumer>(static_cast<rdkafka_consumer*>(client.release()));
    if (leaving->finished()) return;
    departures_.see_off([leaving, log = log_](const std::stop_token& hurry) {
      const bool ended = leaving->end(hurry);
      if (!ended) log.warning("left a Kafka client behind that was still joining its group");
      return ended;
    });
  }

  result<void> leave_group(const consumer_spec& spec, const consumer_options& options, int instance) override {
    auto client = make_consumer(spec, options, instance);
    if (!client) return tl::make_unexpected(std::move(client).error());
    auto joining = std::shared_ptr<rdkafka_consumer>(static_cast<rdkafka_consumer*>(client->release()));
    if (auto started = joining->start([] {}); !started) return started;
    departures_.see_off([joining, log = log_, id = spec.id](const std::stop_token& hurry) {
      if (!joining->join(hurry))
        log.warning(
            "a member that nothing runs any more could not be made to leave its group; the group waits for it "
            "until its session ends",
            {{"consumer_id", id.value}});
      return joining->end(hurry);
    });
    return {};
  }

  result<std::unique_ptr<kafka_producer>> make_producer(const consumer_spec& spec,
                                                        const consumer_options& options) override {
    const auto complete = options_with_secrets(spec, options, secrets_);
    if (!complete) return tl::make_unexpected(complete.error());
    auto made = rdkafka_producer::make(policy_, log_, spec, *complete);
    if (!made) return tl::make_unexpected(std::move(made).error());
    return std::move(*made);
  }

  void see_off(std::unique_ptr<kafka_producer> client) override {
    departures_.see_off([last = std::shared_ptr<kafka_producer>(std::move(client))](const std::stop_token&) mutable {
      last.reset();
      return true;
    });
  }

 private:
  const address_policy& policy_;
  departures& departures_;
  const logger log_;
  const secret_source secrets_;
  blocking_calls blocking_;  ///< shared by all consumers
};

}  // namespace

rdkafka_handle::~rdkafka_handle() {
  known_topic.reset();
  if (queue != nullptr) rd_kafka_queue_destroy(queue);
  // A consumer that stops has closed its client before. A crashed consumer must not leave its group: with its static
  // membership, its successor gets the same partitions back without a rebalance.
  if (client != nullptr) rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

std::unique_ptr<kafka_clients> make_rdkafka_clients(const address_policy& policy, departures& leaving, logger log,
                                                    secret_source secrets) {
  keep_waits_steady();
  return std::make_unique<rdkafka_clients>(policy, leaving, std::move(log), std::move(secrets));
}

}  // namespace kfs
