#include "config/settings/access.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <system_error>

#include "config/base/text.hpp"

namespace kfs {
namespace {

using problem = std::optional<std::string>;

constexpr std::size_t shortest_admin_key = 16;
constexpr std::size_t longest_admin_key = 1'024;

problem apply_auth_mode(const std::string& text, settings& into) {
  access_settings modes = into.access;
  modes.api_keys = false;
  modes.tokens = false;
  const auto names = split_list(text);
  for (const auto& name : names) {
    const auto mode = lower_case(name);
    if (mode == "api_key") {
      modes.api_keys = true;
    } else if (mode == "jwt") {
      modes.tokens = true;
    } else if (mode != "none" || names.size() != 1) {
      return "must be none, or a list of api_key and jwt, separated by a comma";
    }
  }
  into.access = std::move(modes);
  return std::nullopt;
}

problem apply_admin_key(const std::string& text, settings& into) {
  const bool printable = std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
  if (!printable || text.size() < shortest_admin_key || text.size() > longest_admin_key) {
    return fmt::format("must be {} to {} printable ASCII characters without blanks", shortest_admin_key,
                       longest_admin_key);
  }
  into.access.admin_key = text;
  return std::nullopt;
}

/// Reads a whole number of some unit within bounds.
template <class Unit>
auto apply_amount(std::int64_t least, std::int64_t most, Unit access_settings::*member) {
  return [least, most, member](const std::string& text, settings& into) -> problem {
    std::int64_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = failed == std::errc{} && end == text.data() + text.size();
    if (!whole || value < least || value > most)
      return fmt::format("must be a whole number from {} to {}", least, most);
    into.access.*member = Unit(value);
    return std::nullopt;
  };
}

problem apply_file(const std::string& text, settings& into) {
  into.access.file = text;
  return std::nullopt;
}

problem apply_metrics_public(const std::string& text, settings& into) {
  const auto value = lower_case(text);
  if (value != "true" && value != "false") return "must be true or false";
  into.access.metrics_public = value == "true";
  return std::nullopt;
}

}  // namespace

std::vector<setting_declaration> access_setting_declarations() {
  return {
      {"AUTH_MODE", "none", true, "", false, true,
       "Who may use the API: none (everybody, for everything), or a list of api_key and jwt.", apply_auth_mode},
      {"ADMIN_API_KEY", "", false, "", true, false,
       "A key that may do everything, to make the first keys with. It is never stored. Needs api_key in AUTH_MODE.",
       apply_admin_key},
      {"API_KEY_GRACE_SECONDS", "60", true, "seconds", false, false,
       "How long known API keys serve while the store does not answer: 0 to 86400.",
       apply_amount(0, 86'400, &access_settings::key_grace)},
      {"ACCESS_FILE", "", false, "", false, false,
       "A YAML file with roles, and with bindings of groups and subjects of tokens to roles. It is read again when it "
       "changes.",
       apply_file},
      {"METRICS_PUBLIC", "false", true, "", false, false, "true opens /metrics to everybody, without a token.",
       apply_metrics_public},
      {"AUDIT_RETENTION_DAYS", "90", true, "days", false, false, "How long entries of the audit are kept: 1 to 3650.",
       apply_amount(1, 3'650, &access_settings::audit_retention)},
  };
}

std::optional<conflicting_setting> mistake_in_access(const settings& configured) {
  const auto& access = configured.access;
  if (!access.admin_key.empty() && !access.api_keys)
    return conflicting_setting{"ADMIN_API_KEY",
                               "has no effect without api_key in AUTH_MODE: add it, or unset this one"};
  return std::nullopt;
}

}  // namespace kfs
