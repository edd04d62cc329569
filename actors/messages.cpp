#include "actors/messages.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>

namespace kfs {
namespace {

constexpr auto our_category = caf::atom("kfs");

/// Codes of `ec` begin at 0, which CAF takes for "no error".
std::uint8_t to_wire(ec code) {
  return static_cast<std::uint8_t>(static_cast<unsigned>(code) + 1);
}
ec from_wire(std::uint8_t code) {
  return code == 0 || code > to_wire(last_ec) ? ec::internal : static_cast<ec>(code - 1);
}

std::string text_of(const caf::error& reason) {
  const auto& context = reason.context();
  return context.match_elements<std::string>() ? context.get_as<std::string>(0) : to_string(reason);
}

error from_system(const caf::error& reason) {
  switch (static_cast<caf::sec>(reason.code())) {
    case caf::sec::request_timeout:
      return {ec::timed_out, "no answer came in time; the request may still be carried out"};
    case caf::sec::request_receiver_down:
      return {ec::actor_died, "the actor that was asked has ended or has dropped the request"};
    case caf::sec::runtime_error:
      return {ec::actor_died, "the actor that was asked failed: " + text_of(reason)};
    default:
      return {ec::internal, text_of(reason)};
  }
}

}  // namespace

bool fault_report::is_last(const recovery_options& policy) const {
  if (until_started || policy.is_fatal(code)) return true;
  if (!source.is_processor()) return false;
  if (!policy.enabled) return true;
  const bool replaced = code == ec::actor_died || code == ec::actor_stuck;
  return !replaced && policy.max_attempts && attempts > *policy.max_attempts;
}

std::optional<std::int64_t> partition_report::lag() const {
  const auto reached = committed ? committed : start;
  if (!log_end || !reached) return std::nullopt;
  return std::max<std::int64_t>(0, log_end->value - reached->value);
}

bool consumer_view::operator==(const consumer_view& other) const {
  const auto rest = [](const consumer_view& view) {
    return std::tie(view.status, view.replica, view.last_error, view.recovery, view.state, view.status_since,
                    view.observed, view.observed_at, view.restarts, view.policies, view.members, view.partitions,
                    view.processors);
  };
  return *spec == *other.spec && rest(*this) == rest(other);
}

void add_message_types(caf::actor_system_config& configuration) {
  configuration.add_message_type<done>("done")
      .add_message_type<consumer_id>("consumer_id")
      .add_message_type<change_number>("change_number")
      .add_message_type<command_context>("command_context")
      .add_message_type<requested_consumer>("requested_consumer")
      .add_message_type<checked_spec>("checked_spec")
      .add_message_type<requested_change>("requested_change")
      .add_message_type<revision_condition>("revision_condition")
      .add_message_type<consumer_spec_ptr>("consumer_spec")
      .add_message_type<consumer_view_ptr>("consumer_view")
      .add_message_type<consumer_views>("consumer_views")
      .add_message_type<create_outcome>("create_outcome")
      .add_message_type<update_outcome>("update_outcome")
      .add_message_type<server_health>("server_health")
      .add_message_type<observation_ptr>("observation")
      .add_message_type<group_names>("group_names")
      .add_message_type<committed_offsets>("committed_offsets")
      .add_message_type<partition_lags>("partition_lags");
}

caf::error to_caf(const error& reason) {
  return {to_wire(reason.code), our_category, caf::make_message(reason.message)};
}

error from_caf(const caf::error& reason) {
  if (!reason) return {ec::internal, "an error without a code"};
  if (reason.category() == our_category) return {from_wire(reason.code()), text_of(reason)};
  if (reason.category() == caf::atom("system")) return from_system(reason);
  if (reason.category() == caf::atom("exit")) return {ec::shutting_down, "the actor that was asked was told to end"};
  return {ec::internal, text_of(reason)};
}

}  // namespace kfs
