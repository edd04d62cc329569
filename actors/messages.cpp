#include "actors/messages.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>

namespace kfs {
namespace {

constexpr auto our_category = caf::atom("kfs");

/// CAF takes the code 0 for "no error", and ours begin there.
std::uint8_t to_wire(ec code) {
  return static_cast<std::uint8_t>(static_cast<unsigned>(code) + 1);
}
ec from_wire(std::uint8_t code) {
  return code == 0 || code > to_wire(ec::internal) ? ec::internal : static_cast<ec>(code - 1);
}

std::string text_of(const caf::error& what) {
  const auto& context = what.context();
  return context.match_elements<std::string>() ? context.get_as<std::string>(0) : to_string(what);
}

error from_system(const caf::error& what) {
  switch (static_cast<caf::sec>(what.code())) {
    case caf::sec::request_timeout:
      return {ec::timed_out, "no answer came in time; what was asked may still happen"};
    case caf::sec::request_receiver_down:
      return {ec::actor_died, "whoever was asked has ended"};
    case caf::sec::runtime_error:
      return {ec::actor_died, "whoever was asked failed: " + text_of(what)};
    default:
      return {ec::internal, text_of(what)};
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
      .add_message_type<command_context>("command_context")
      .add_message_type<requested_consumer>("requested_consumer")
      .add_message_type<checked_spec>("checked_spec")
      .add_message_type<requested_change>("requested_change")
      .add_message_type<revision_condition>("revision_condition")
      .add_message_type<consumer_spec_ptr>("consumer_spec")
      .add_message_type<consumer_view_ptr>("consumer_view")
      .add_message_type<consumer_views>("consumer_views")
      .add_message_type<consumer_events>("consumer_events")
      .add_message_type<create_outcome>("create_outcome")
      .add_message_type<update_outcome>("update_outcome")
      .add_message_type<server_health>("server_health")
      .add_message_type<observation_ptr>("observation")
      .add_message_type<group_names>("group_names")
      .add_message_type<committed_offsets>("committed_offsets")
      .add_message_type<partition_lags>("partition_lags");
}

caf::error to_caf(const error& what) {
  return {to_wire(what.code), our_category, caf::make_message(what.message)};
}

error from_caf(const caf::error& what) {
  if (!what) return {ec::internal, "an error without a code"};
  if (what.category() == our_category) return {from_wire(what.code()), text_of(what)};
  if (what.category() == caf::atom("system")) return from_system(what);
  if (what.category() == caf::atom("exit")) return {ec::shutting_down, "whoever was asked was told to end"};
  return {ec::internal, text_of(what)};
}

}  // namespace kfs
