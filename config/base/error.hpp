#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace kfs {

/// What went wrong, in the terms that callers decide by. The names are what users see as `last_error.code`.
enum class ec : std::uint8_t {
  // The request.
  invalid_request,  ///< something in a request or a setting is not allowed
  not_found,        ///< no such consumer, or group, or topic in a request
  already_exists,   ///< the client-chosen consumer id is taken by another configuration
  stale_revision,   ///< If-Match named a revision that is no longer current
  overloaded,       ///< a bounded queue is full; the same request may succeed later
  timed_out,        ///< an answer did not come within its bound
  shutting_down,    ///< the server is ending
  // The store.
  store_unavailable,  ///< the store did not answer or refused the write
  standby,            ///< another replica has the store and runs the consumers
  // Kafka.
  broker_unreachable,     ///< connection refused, reset, or the name does not resolve
  broker_silent,          ///< connected or connecting, but no answer within the bound
  authentication_failed,  ///< SASL or TLS handshake refused
  authorization_failed,   ///< an ACL denies the topic or the group
  topic_missing,          ///< the topic does not exist
  group_unavailable,      ///< the group cannot be joined: its coordinator or its other members hold it up
  member_fenced,          ///< another member with the same group.instance.id took over
  consumption_stalled,    ///< the log goes on and the consumer does not, although nothing holds it up
  kafka_failure,          ///< any other error that Kafka or librdkafka reports
  // Sinks.
  sink_unavailable,  ///< the sink's endpoint is away, full or overloaded; worth another try
  sink_denied,       ///< the sink's endpoint refuses for a reason that needs a human (permissions, forbidden path)
  record_rejected,   ///< the sink can never take this record
  // Supervision.
  actor_died,   ///< a consumer or processor ended although nobody asked it to
  actor_stuck,  ///< a consumer or processor does not come back from what it does
  internal,     ///< a broken expectation of our own
};

/// How whoever meets an error treats it.
enum class fault_class : std::uint8_t {
  retriable,        ///< the same thing may work later
  rejected_record,  ///< only the record is at fault
  fatal,            ///< needs another configuration or a human; still tried again, but said at once
};

/// An error as a value. `message` says what was tried, on what, what came back, and what to do; it holds no secret.
struct error {
  ec code = ec::internal;
  std::string message;
  /// The least wait before another try, as whoever failed asks for it (Retry-After); 0: as one likes.
  std::chrono::milliseconds retry_after{0};
  bool operator==(const error&) const = default;
};

/// A T, or why there is none. Exceptions of libraries are turned into this in the library's adapter.
template <class T>
using result = tl::expected<T, error>;

/// Makes the failing side of a result.
inline tl::unexpected<error> failure(ec code, std::string message) {
  return tl::make_unexpected(error{code, std::move(message)});
}

/// The stable, lower-case name of a code: "broker_unreachable".
std::string_view to_string(ec code) noexcept;

/// The codes that a consumer's last_error can have.
std::span<const ec> consumer_fault_codes() noexcept;

/// Which class a code belongs to.
fault_class classify(ec code) noexcept;

}  // namespace kfs
