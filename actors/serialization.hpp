#pragma once

// How messages are written and read by CAF. Included by messages.hpp, whose types it describes.

#include <caf/all.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "actors/messages.hpp"

namespace kfs {

// Fields that CAF 0.17 does not know how to write ---------------------------------------------------------------------

/// Writes an optional field: whether it is there, and then its value.
template <class T>
struct optional_field {
  std::optional<T>& value;
};
template <class T>
optional_field(std::optional<T>&) -> optional_field<T>;

template <class Inspector, class T>
typename Inspector::result_type inspect(Inspector& f, optional_field<T>& x) {
  bool present = x.value.has_value();
  if constexpr (Inspector::writes_state) {
    if (auto failed = f(present)) return failed;
    if (!present) {
      x.value.reset();
      return {};
    }
    return f(x.value.emplace());
  } else {
    if (!present) return f(present);
    return f(present, *x.value);
  }
}

/// Writes JSON as its text.
struct json_field {
  json& value;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, json_field& x) {
  std::string text;
  if constexpr (Inspector::writes_state) {
    if (auto failed = f(text)) return failed;
    x.value = json::parse(text, nullptr, false);
    if (x.value.is_discarded()) return caf::make_error(caf::sec::invalid_argument, "not JSON");
    return {};
  } else {
    text = x.value.dump(-1, ' ', false, json::error_handler_t::replace);
    return f(text);
  }
}

/// Writes a list of error codes as their numbers.
struct codes_field {
  std::vector<ec>& value;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, codes_field& x) {
  std::vector<std::uint8_t> numbers;
  for (const auto code : x.value) numbers.push_back(static_cast<std::uint8_t>(code));
  if constexpr (Inspector::writes_state) {
    if (auto failed = f(numbers)) return failed;
    x.value.clear();
    for (const auto number : numbers) x.value.push_back(static_cast<ec>(number));
    return {};
  } else {
    return f(numbers);
  }
}

/// Values that travel although messages hold them by pointer: within a process the pointer is passed on, between
/// processes the value is written and read.
template <class T>
inline constexpr bool travels_by_value = false;
template <>
inline constexpr bool travels_by_value<consumer_spec> = true;
template <>
inline constexpr bool travels_by_value<consumer_view> = true;
template <>
inline constexpr bool travels_by_value<observation> = true;
template <>
inline constexpr bool travels_by_value<group_list> = true;
template <>
inline constexpr bool travels_by_value<std::vector<consumer_view_ptr>> = true;
template <>
inline constexpr bool travels_by_value<std::vector<committed_offset>> = true;
template <>
inline constexpr bool travels_by_value<std::vector<partition_lag>> = true;
template <>
inline constexpr bool travels_by_value<std::vector<consumer_event>> = true;

template <class Inspector, class T>
requires travels_by_value<T>
typename Inspector::result_type inspect(Inspector& f, std::shared_ptr<const T>& x) {
  bool present = x != nullptr;
  if constexpr (Inspector::writes_state) {
    if (auto failed = f(present)) return failed;
    if (!present) {
      x = nullptr;
      return {};
    }
    auto value = std::make_shared<T>();
    if (auto failed = f(*value)) return failed;
    x = std::move(value);
    return {};
  } else {
    if (!present) return f(present);
    return f(present, const_cast<T&>(*x));
  }
}

// Values --------------------------------------------------------------------------------------------------------------

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, done&) {
  return f(caf::meta::type_name("done"));
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, consumer_id& x) {
  return f(x.value);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, processor_id& x) {
  return f(x.value);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, change_number& x) {
  return f(x.value);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, revision& x) {
  return f(x.value);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, offset& x) {
  return f(x.value);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, error& x) {
  return f(x.code, x.message, x.retry_after);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, violation& x) {
  return f(x.type, json_field{x.loc}, x.msg, json_field{x.input});
}

// Commands ------------------------------------------------------------------------------------------------------------

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, principal& x) {
  return f(x.kind, x.name, x.credential_id, x.source);
}

/// The deadline travels as the time that is left, since clocks of two processes have nothing in common. The audit
/// and the right stay in the process.
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, command_context& x) {
  auto left = x.time_left(command_context::clock::now());
  if constexpr (Inspector::writes_state) {
    if (auto failed = f(x.request_id, left, x.sender)) return failed;
    x.set_time_left(left, command_context::clock::now());
    return {};
  } else {
    return f(x.request_id, left, x.sender);
  }
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, revision_condition& x) {
  return f(x.allowed, x.tags, x.subject);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, requested_consumer& x) {
  return f(json_field{x.body});
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, requested_change& x) {
  return f(json_field{x.body}, x.condition);
}

// Specifications ------------------------------------------------------------------------------------------------------

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, processor_spec& x) {
  return f(x.id, x.type, json_field{x.config}, x.created_at, x.updated_at);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, consumer_spec& x) {
  return f(x.id, x.tenant, x.broker_ip, x.broker_port, x.topic, x.consumer_group, x.processors, json_field{x.options},
           x.target, x.orders.paused.all, x.orders.paused.some, x.orders.restarts, x.created_at, x.updated_at, x.rev);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, recovery_options& x) {
  return f(x.enabled, optional_field{x.max_attempts}, x.initial_backoff, x.max_backoff, codes_field{x.fatal_codes},
           x.processor_restarts, x.processor_restart_period, x.processor_timeout);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, on_error_options& x) {
  return f(x.policy, x.max_attempts, optional_field{x.dead_letter_topic});
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, policy_defaults& x) {
  return f(x.recovery, x.on_error);
}

// Observations --------------------------------------------------------------------------------------------------------

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, fault_source& x) {
  return f(x.from, x.processor);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, fault_report& x) {
  return f(x.code, x.message, x.source, x.at, x.attempts, x.until_started);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, recovery_report& x) {
  return f(x.attempt, x.next_attempt_at);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, processor_report& x) {
  return f(x.id, x.type, x.incarnation, optional_field{x.fault}, optional_field{x.recovery});
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, breaker_condition& x) {
  return f(x.endpoint, x.state);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, processor_standing& x) {
  return f(x.report, x.state, x.in_flight_batches, x.in_flight_records, x.records, x.records_per_second, x.restarts,
           optional_field{x.breaker});
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, partition_report& x) {
  return f(x.partition, optional_field{x.position}, optional_field{x.committed}, optional_field{x.log_end},
           optional_field{x.start}, x.instance);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, member_report& x) {
  return f(x.instance, x.member, x.connected, x.joined, x.waiting, x.partitions, x.replica);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, observation& x) {
  return f(x.healthy, optional_field{x.fault}, optional_field{x.recovery}, x.partitions, x.processors, x.members,
           x.waiting);
}

// Answers -------------------------------------------------------------------------------------------------------------

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, consumer_view& x) {
  return f(x.spec, x.status, x.replica, optional_field{x.last_error}, optional_field{x.recovery}, x.state,
           x.status_since, optional_field{x.observed}, optional_field{x.observed_at}, x.restarts, x.policies, x.members,
           x.partitions, x.processors);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, create_outcome& x) {
  return f(x.view, x.created);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, checked_spec& x) {
  return f(x.spec, x.violations);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, update_outcome& x) {
  return f(x.view, x.violations);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, server_health& x) {
  return f(optional_field{x.store_fault});
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, state_change& x) {
  return f(x.from, x.to);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, event_actor& x) {
  return f(x.kind, x.name);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, consumer_event& x) {
  return f(x.number, x.at, x.kind, x.message, optional_field{x.code}, optional_field{x.source},
           optional_field{x.states}, x.request_id, optional_field{x.actor});
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, group_list& x) {
  return f(x.names);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, committed_offset& x) {
  return f(x.topic, x.partition, x.position, optional_field{x.metadata});
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, partition_lag& x) {
  return f(x.partition, x.current, x.log_end);
}

}  // namespace kfs
