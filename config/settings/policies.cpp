#include "config/settings/policies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <system_error>

#include "config/base/text.hpp"
#include "config/consumers/options_schema.hpp"

namespace kfs {
namespace {

/// What is wrong with a value; nullopt when it was stored.
using problem = std::optional<std::string>;

/// The declaration of `options.<group>.<name>`.
const option& declared(std::string_view group, std::string_view name) {
  const auto& groups = consumer_options_schema().options();
  const auto& options = std::ranges::find(groups, group, &option::name)->object->options();
  return *std::ranges::find(options, name, &option::name);
}

/// Reads a whole number within the bounds of the option `like` and hands it to `store`.
auto apply_integer(const option& like, std::function<problem(std::int64_t, policy_defaults&)> store) {
  return [&like, store = std::move(store)](const std::string& text, settings& into) -> problem {
    std::int64_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = failed == std::errc{} && end == text.data() + text.size();
    if (!whole || value < *like.minimum || (like.maximum && value > *like.maximum)) {
      return like.maximum ? fmt::format("must be a whole number from {} to {}", *like.minimum, *like.maximum)
                          : fmt::format("must be a whole number from {} on", *like.minimum);
    }
    return store(value, into.policies);
  };
}

auto apply_milliseconds(const option& like, std::chrono::milliseconds recovery_options::*member) {
  return apply_integer(like, [member](std::int64_t value, policy_defaults& into) -> problem {
    into.recovery.*member = std::chrono::milliseconds(value);
    return std::nullopt;
  });
}

problem apply_enabled(const std::string& text, settings& into) {
  const auto value = lower_case(text);
  if (value != "true" && value != "false") return "must be true or false";
  into.policies.recovery.enabled = value == "true";
  return std::nullopt;
}

problem store_max_attempts(std::int64_t value, policy_defaults& into) {
  into.recovery.max_attempts = value;
  return std::nullopt;
}

/// Declared after the initial back-off, so that one is known here.
problem store_max_backoff(std::int64_t value, policy_defaults& into) {
  const auto initial = into.recovery.initial_backoff.count();
  if (value < initial) return fmt::format("must be at least RECOVERY_INITIAL_BACKOFF_MS, which is {}", initial);
  into.recovery.max_backoff = std::chrono::milliseconds(value);
  return std::nullopt;
}

problem store_processor_restarts(std::int64_t value, policy_defaults& into) {
  into.recovery.processor_restarts = value;
  return std::nullopt;
}

problem apply_fatal_codes(const std::string& text, settings& into) {
  std::vector<ec> codes;
  for (const auto& name : split_list(text)) {
    const auto known = std::ranges::find(consumer_fault_codes(), name, [](ec code) { return to_string(code); });
    if (known == consumer_fault_codes().end()) {
      const auto all = consumer_fault_codes();
      return "must be a list, separated by single commas, of these: " +
             listed(all, all.size(), [](ec code) { return std::string(to_string(code)); });
    }
    if (std::ranges::find(codes, *known) == codes.end()) codes.push_back(*known);
  }
  into.policies.recovery.fatal_codes = std::move(codes);
  return std::nullopt;
}

problem apply_policy(const std::string& text, settings& into) {
  const auto named = std::ranges::find(rejection_policies, lower_case(text));
  if (named == rejection_policies.end()) return "must be retry, dead_letter, skip or stop";
  into.policies.on_error.policy = static_cast<rejection_policy>(named - rejection_policies.begin());
  return std::nullopt;
}

problem store_refusal_attempts(std::int64_t value, policy_defaults& into) {
  into.on_error.max_attempts = value;
  return std::nullopt;
}

}  // namespace

std::vector<setting_declaration> policy_setting_declarations() {
  const auto recovery = [](std::string_view name) -> const option& { return declared("recovery", name); };
  const policy_defaults built_in;
  const auto shown = [](auto value) { return fmt::format("{}", value); };
  return {
      {"RECOVERY_ENABLED", "true", true, "", false, false,
       "Whether a consumer in ERROR is started again. This and the next seven settings apply where options.recovery "
       "says nothing.",
       apply_enabled},
      {"RECOVERY_MAX_ATTEMPTS", "", false, "", false, false,
       "How often it is started again before it stays in ERROR. Without it: no limit.",
       apply_integer(recovery("max_attempts"), store_max_attempts)},
      {"RECOVERY_INITIAL_BACKOFF_MS", shown(built_in.recovery.initial_backoff.count()), true, "milliseconds", false,
       false, "The wait before the first attempt; each further wait is about twice as long.",
       apply_milliseconds(recovery("initial_backoff_ms"), &recovery_options::initial_backoff)},
      {"RECOVERY_MAX_BACKOFF_MS", shown(built_in.recovery.max_backoff.count()), true, "milliseconds", false, false,
       "The longest wait between two attempts.", apply_integer(recovery("max_backoff_ms"), store_max_backoff)},
      {"RECOVERY_FATAL_CODES", "", false, "", false, true,
       "Codes of last_error, separated by commas, after which it stays in ERROR until a user starts or changes it.",
       apply_fatal_codes},
      {"RECOVERY_PROCESSOR_RESTARTS", shown(built_in.recovery.processor_restarts), true, "", false, false,
       "How often a processor that ends by itself is replaced within RECOVERY_PROCESSOR_RESTART_PERIOD_MS before its "
       "consumer is restarted.",
       apply_integer(recovery("processor_restarts"), store_processor_restarts)},
      {"RECOVERY_PROCESSOR_RESTART_PERIOD_MS", shown(built_in.recovery.processor_restart_period.count()), true,
       "milliseconds", false, false, "The period in which RECOVERY_PROCESSOR_RESTARTS are counted.",
       apply_milliseconds(recovery("processor_restart_period_ms"), &recovery_options::processor_restart_period)},
      {"RECOVERY_PROCESSOR_TIMEOUT_MS", shown(built_in.recovery.processor_timeout.count()), true, "milliseconds", false,
       false, "How long a processor may work without a sign of life before it counts as stuck.",
       apply_milliseconds(recovery("processor_timeout_ms"), &recovery_options::processor_timeout)},
      {"ON_ERROR_POLICY", std::string(to_string(built_in.on_error.policy)), true, "", false, false,
       "What happens to a rejected record where options.on_error says nothing: retry, dead_letter, skip or stop.",
       apply_policy},
      {"ON_ERROR_MAX_ATTEMPTS", shown(built_in.on_error.max_attempts), true, "", false, false,
       "How often a rejected record is tried before ON_ERROR_POLICY applies. Without effect with retry.",
       apply_integer(declared("on_error", "max_attempts"), store_refusal_attempts)},
  };
}

}  // namespace kfs
