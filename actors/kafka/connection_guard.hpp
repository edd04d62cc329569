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

/// Checks every connection that one Kafka client makes, whoever named the address: the user, DNS or a broker.
///
/// A refused connection fails with EACCES and a warning that names the address (once until another one is refused);
/// the client itself goes on and tries again like after any failed connection.
///
/// Ownership: of whoever owns the client; outlives it. `policy` outlives the guard.
/// Threading: safe from the client's own threads.
class connection_guard {
 public:
  connection_guard(const address_policy& policy, logger log) : policy_(policy), log_(std::move(log)) {}

  /// Connects without waiting, if the policy allows `address`. 0, or the errno of what failed. `node` is "host:port".
  int connect(int socket, const sockaddr* address, socklen_t length, std::string_view node);

  /// What was last refused and why, in a sentence for the user; none: nothing yet.
  [[nodiscard]] std::optional<std::string> last_refusal() const;

 private:
  const address_policy& policy_;
  const logger log_;
  mutable std::mutex mutex_;
  std::optional<std::string> last_refusal_;
};

/// What the opaque pointer of every Kafka client of ours points to: librdkafka has one for all of its callbacks.
struct client_opaque {
  connection_guard* guard = nullptr;
  void* owner = nullptr;  ///< whatever the other callbacks of this client need
};

/// Sets `opaque` as the configuration's opaque pointer and has every connection checked by its guard. Both outlive the
/// client that is made of `conf`.
void guard_connections(rd_kafka_conf_t* conf, client_opaque& opaque);

/// "kafka.example" of "kafka.example:9092", "::1" of "[::1]:9092".
std::string_view host_of_node(std::string_view node) noexcept;

}  // namespace kfs
