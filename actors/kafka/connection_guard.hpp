#pragma once

#include <librdkafka/rdkafka.h>
#include <sys/socket.h>

#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "config/base/address_policy.hpp"
#include "config/base/logger.hpp"

namespace kfs {

/// Checks every connection that one Kafka client makes, whether the address comes from the user, DNS or a broker.
///
/// A refused connection fails with EACCES, and the client tries again as after any failed connection. A warning names
/// the address; it is repeated only after another address was refused.
///
/// Ownership: belongs to the owner of the client and outlives the client. `policy` outlives the guard.
/// Threading: safe from the client's own threads.
class connection_guard {
 public:
  connection_guard(const address_policy& policy, logger log) : policy_(policy), log_(std::move(log)) {}

  /// Connects without waiting if the policy allows `address`. `node` is "host:port".
  /// Returns 0, or the errno of the failure.
  int connect(int socket, const sockaddr* address, socklen_t length, std::string_view node);

  /// The latest refusal and its reason, as a sentence for the user; nullopt when no connection was refused.
  [[nodiscard]] std::optional<std::string> last_refusal() const;

 private:
  const address_policy& policy_;
  const logger log_;
  mutable std::mutex mutex_;
  std::optional<std::string> last_refusal_;
};

/// The target of every client's opaque pointer. librdkafka passes the same pointer to all callbacks of a client.
struct client_opaque {
  connection_guard* guard = nullptr;
  void* owner = nullptr;  ///< for the other callbacks of this client
};

/// Sets `opaque` as the configuration's opaque pointer, and lets its guard check every connection. `opaque` and its
/// guard outlive the client that is created with `conf`.
void guard_connections(rd_kafka_conf_t* conf, client_opaque& opaque);

/// "kafka.example" of "kafka.example:9092", "::1" of "[::1]:9092".
std::string_view host_of_node(std::string_view node) noexcept;

}  // namespace kfs
