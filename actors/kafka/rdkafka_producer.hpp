#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/kafka/connection_guard.hpp"
#include "actors/kafka/ports.hpp"
#include "actors/kafka/rdkafka_errors.hpp"
#include "actors/kafka/rdkafka_owned.hpp"

namespace kfs {

/// kafka_producer with librdkafka: an idempotent producer. Every connection is checked against the policy.
///
/// Ownership: `policy` outlives the producer. Destroying the producer may wait for the resolver: do it in a thread of
///            its own (kafka_clients::see_off).
/// Threading: one thread at a time.
class rdkafka_producer final : public kafka_producer {
 public:
  static result<std::unique_ptr<rdkafka_producer>> make(const address_policy& policy, const logger& log,
                                                        const consumer_spec& spec, const consumer_options& options);
  ~rdkafka_producer() override;
  rdkafka_producer(const rdkafka_producer&) = delete;
  rdkafka_producer& operator=(const rdkafka_producer&) = delete;

  void start(std::function<void()> waker) override;
  result<void> produce(std::uint64_t number, const outgoing_record& record) override;
  std::vector<produced_record> poll() override;

 private:
  rdkafka_producer(const address_policy& policy, const logger& log, std::string bootstrap_servers)
      : guard_(policy, log), log_(log), bootstrap_servers_(std::move(bootstrap_servers)) {}

  static void delivered(rd_kafka_t* client, const rd_kafka_message_t* message, void* opaque);
  static void failed(rd_kafka_t* client, int code, const char* reason, void* opaque);
  static void logged(const rd_kafka_t* client, int level, const char* facility, const char* message);
  static void ring(rd_kafka_t* client, void* opaque);
  [[nodiscard]] error explain(rd_kafka_resp_err_t code, const std::string& topic) const;

  connection_guard guard_;
  logger log_;
  std::string bootstrap_servers_;
  client_opaque opaque_;
  rd_kafka_t* client_ = nullptr;
  queue_ptr queue_;
  std::function<void()> wake_;
  std::atomic<bool> rung_ = false;
  std::vector<produced_record> produced_;   ///< for the current or next poll to return
  std::optional<client_fault> last_fault_;  ///< of a connection or the credentials, since the last acknowledgement
};

}  // namespace kfs
