#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace kfs {

/// What went wrong. Callers decide by it; users see its name as `last_error.code`.
enum class ec : std::uint8_t {
  // Requests.
  invalid_request,  ///< a request or a setting holds something that is not allowed
  not_found,        ///< the consumer, group or topic of a request does not exist
  already_exists,   ///< a consumer with this id and another configuration exists
  stale_revision,   ///< the named revision is no longer the current one
  cannot_apply,     ///< the request is right, but its consumer, group or replica is in a state that does not allow it
  quota_exceeded,   ///< the tenant would have more than its quota allows
  overloaded,       ///< a bounded queue is full; the same request may succeed later
  timed_out,        ///< no answer came within the time limit
  shutting_down,    ///< the server is ending
  // The store.
  store_unavailable,  ///< the store did not answer or rejected the write
  standby,            ///< an older version of this server runs the consumers of this store
  // Kafka.
  broker_unreachable,     ///< connection refused, reset, or the name does not resolve
  broker_silent,          ///< connected or connecting, but no answer within the time limit
  authentication_failed,  ///< the SASL or TLS handshake failed
  authorization_failed,   ///< an ACL denies the topic or the group
  topic_missing,          ///< the topic does not exist
  group_unavailable,      ///< the group cannot be joined; its coordinator or other members delay it
  member_fenced,          ///< another member with the same group.instance.id took over
  consumption_stalled,    ///< the log grows and the consumer reads nothing, although nothing blocks it
  kafka_failure,          ///< any other error of Kafka or librdkafka
  // Sinks.
  sink_unavailable,  ///< the sink's endpoint is unreachable, full or overloaded; a retry may succeed
  sink_denied,       ///< the sink's endpoint denies access; a human must act (permissions, forbidden path)
  record_rejected,   ///< the sink can never take this record
  record_unproven,   ///< a record was rejected, but the destination has not shown yet that it takes others
  // Supervision.
  actor_died,   ///< a consumer or processor ended without being asked to
  actor_stuck,  ///< a consumer or processor does not respond
  // Replicas.
  lease_lost,    ///< this replica could not renew its right to run the consumer
  replica_lost,  ///< the replica that ran the consumer is not heard of, and nobody runs it yet
  internal,      ///< a bug in this server
  // Below the others, whose numbers travel between replicas.
  unauthenticated,     ///< the caller has not shown who it is
  forbidden,           ///< the caller may not do this
  secret_unavailable,  ///< a secret that a configuration refers to, or the key that opens a stored one, is missing
};
inline constexpr ec last_ec = ec::secret_unavailable;

/// An error as a value. `message` says what failed, on what, what came back, and what to do; it holds no secret.
struct error {
  ec code = ec::internal;
  std::string message;
  /// The shortest wait before a retry that the failed endpoint asks for (Retry-After); 0 when it asks for none.
  std::chrono::milliseconds retry_after{0};
  bool operator==(const error&) const = default;
};

/// A T, or the error that prevented it. Adapters turn the exceptions of libraries into this.
template <class T>
using result = tl::expected<T, error>;

/// Makes a result that holds an error.
inline tl::unexpected<error> failure(ec code, std::string message) {
  return tl::make_unexpected(error{code, std::move(message)});
}

/// The stable, lower-case name of a code: "broker_unreachable".
std::string_view to_string(ec code) noexcept;

/// The code of that name; `internal` for a name that this version does not know.
ec code_named(std::string_view name) noexcept;

/// The codes that a consumer's last_error can have.
std::span<const ec> consumer_fault_codes() noexcept;

}  // namespace kfs
