#include "config/base/error.hpp"

#include <array>

namespace kfs {

std::string_view to_string(ec code) noexcept {
  switch (code) {
    case ec::invalid_request:
      return "invalid_request";
    case ec::not_found:
      return "not_found";
    case ec::already_exists:
      return "already_exists";
    case ec::stale_revision:
      return "stale_revision";
    case ec::cannot_apply:
      return "cannot_apply";
    case ec::quota_exceeded:
      return "quota_exceeded";
    case ec::overloaded:
      return "overloaded";
    case ec::timed_out:
      return "timed_out";
    case ec::shutting_down:
      return "shutting_down";
    case ec::store_unavailable:
      return "store_unavailable";
    case ec::standby:
      return "standby";
    case ec::broker_unreachable:
      return "broker_unreachable";
    case ec::broker_silent:
      return "broker_silent";
    case ec::authentication_failed:
      return "authentication_failed";
    case ec::authorization_failed:
      return "authorization_failed";
    case ec::topic_missing:
      return "topic_missing";
    case ec::group_unavailable:
      return "group_unavailable";
    case ec::member_fenced:
      return "member_fenced";
    case ec::consumption_stalled:
      return "consumption_stalled";
    case ec::kafka_failure:
      return "kafka_failure";
    case ec::sink_unavailable:
      return "sink_unavailable";
    case ec::sink_denied:
      return "sink_denied";
    case ec::record_rejected:
      return "record_rejected";
    case ec::record_unproven:
      return "record_unproven";
    case ec::actor_died:
      return "actor_died";
    case ec::actor_stuck:
      return "actor_stuck";
    case ec::lease_lost:
      return "lease_lost";
    case ec::replica_lost:
      return "replica_lost";
    case ec::internal:
      return "internal";
    case ec::unauthenticated:
      return "unauthenticated";
    case ec::forbidden:
      return "forbidden";
    case ec::secret_unavailable:
      return "secret_unavailable";
  }
  return "internal";
}

ec code_named(std::string_view name) noexcept {
  for (unsigned number = 0; number <= static_cast<unsigned>(last_ec); ++number)
    if (to_string(static_cast<ec>(number)) == name) return static_cast<ec>(number);
  return ec::internal;
}

std::span<const ec> consumer_fault_codes() noexcept {
  static constexpr std::array codes{
      ec::broker_unreachable, ec::broker_silent,     ec::authentication_failed, ec::authorization_failed,
      ec::topic_missing,      ec::group_unavailable, ec::member_fenced,         ec::consumption_stalled,
      ec::kafka_failure,      ec::sink_unavailable,  ec::sink_denied,           ec::record_rejected,
      ec::record_unproven,    ec::actor_died,        ec::actor_stuck,           ec::lease_lost,
      ec::replica_lost,       ec::internal,          ec::invalid_request,       ec::secret_unavailable};
  return codes;
}

}  // namespace kfs
