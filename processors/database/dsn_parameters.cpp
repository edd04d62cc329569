#include "processors/database/dsn_parameters.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include "config/base/text.hpp"

namespace kfs {
namespace {

using words = std::vector<std::string_view>;

/// libpq 15 takes `system` for the name of a file, and would verify nothing.
constexpr int knows_system_certificates = 160'000;

/// A parameter that a URI may have.
struct parameter {
  std::string_view name;
  words values = {};  ///< the only ones, the weakest first where one is weaker than another
  int least = 0;      ///< of an integer
  int most = 0;       ///< 0 for a parameter that is no integer
};

const std::array<parameter, 10>& allowed_parameters() {
  static const words versions{"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"};
  static const std::array<parameter, 10> all{{
      {"application_name"},
      {"channel_binding", {"disable", "prefer", "require"}},
      {"connect_timeout", {}, 1, 60},
      {"keepalives_idle", {}, 0, 32'767},  // Linux's limit
      {"sslmode", {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}},
      {"sslnegotiation", {"postgres", "direct"}},
      {"sslrootcert", {"system"}},
      {"target_session_attrs", {"any", "read-write", "read-only", "primary", "standby", "prefer-standby"}},
      {"ssl_min_protocol_version", versions},
      {"ssl_max_protocol_version", versions},
  }};
  return all;
}

const parameter* find_parameter(std::string_view name) {
  const auto& all = allowed_parameters();
  const auto* const found = std::ranges::find(all, name, &parameter::name);
  return found == all.end() ? nullptr : found;
}

bool is_in_authority(std::string_view name) {
  return name == "host" || name == "port" || name == "user" || name == "password" || name == "dbname";
}

/// The place of a value in its parameter's list; nullopt when it is not there.
std::optional<std::size_t> rank_of(const parameter& declared, std::string_view value) {
  const auto found = std::ranges::find(declared.values, lower_case(value), lower_case);
  if (found == declared.values.end()) return std::nullopt;
  return static_cast<std::size_t>(found - declared.values.begin());
}

std::size_t rank_in(const conninfo_options& options, const char* name, std::string_view by_default) {
  const auto found = options.find(name);
  const auto& declared = *find_parameter(name);
  return rank_of(declared, found == options.end() ? by_default : std::string_view(found->second))
      .value_or(*rank_of(declared, by_default));
}

bool is_number_between(const std::string& text, int least, int most) {
  int number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failed == std::errc{} && end == text.data() + text.size() && number >= least && number <= most;
}

std::optional<std::string> mistake_in_value(const parameter& declared, const std::string& value) {
  if (has_control_character(value)) return fmt::format("the parameter {} holds a control character", declared.name);
  if (declared.name == "sslrootcert" && value != "system")
    return "the parameter sslrootcert may only be system; root certificates in a file are the operator's to give "
           "(PGSSLROOTCERT of the server)";
  if (declared.most > 0 && !is_number_between(value, declared.least, declared.most))
    return fmt::format("{} has to be {} to {} seconds", declared.name, declared.least, declared.most);
  // libpq compares only versions of TLS without regard to case.
  const bool folds = declared.name.ends_with("protocol_version");
  const auto rank = rank_of(declared, value);
  if (declared.values.empty() || (rank && (folds || declared.values[*rank] == value))) return std::nullopt;
  return fmt::format("{} has to be one of {}", declared.name, fmt::join(declared.values, ", "));
}

/// What libpq rejects only in combination. Parameters that are wrong by themselves count as not given.
void add_contradictions(const conninfo_options& options, int libpq_version, std::vector<std::string>& found) {
  const auto has = [&](const char* name, std::string_view value) {
    const auto at = options.find(name);
    return at != options.end() && at->second == value;
  };
  const auto& modes = *find_parameter("sslmode");
  const auto mode = rank_in(options, "sslmode", "prefer");
  const bool system = has("sslrootcert", "system");
  if (system && libpq_version < knows_system_certificates)
    found.emplace_back(
        "sslrootcert=system needs libpq 16 or later, and this server has an older one; leave it out, and have the "
        "operator set PGSSLROOTCERT");
  if (system && options.contains("sslmode") && mode != *rank_of(modes, "verify-full"))
    found.emplace_back("sslrootcert=system needs sslmode=verify-full");
  if (has("sslnegotiation", "direct") && !system && mode < *rank_of(modes, "require"))
    found.emplace_back("sslnegotiation=direct needs sslmode=require, verify-ca or verify-full");
  if (has("channel_binding", "require") && has("sslmode", "disable"))
    found.emplace_back("channel_binding=require needs TLS: write another sslmode than disable");
  if (rank_in(options, "ssl_min_protocol_version", "TLSv1.2") > rank_in(options, "ssl_max_protocol_version", "TLSv1.3"))
    found.emplace_back(
        "ssl_max_protocol_version has to be at least ssl_min_protocol_version (TLSv1.2 where it is not given)");
}

}  // namespace

std::vector<std::string> mistakes_in_parameters(const conninfo_options& options, int libpq_version) {
  std::vector<std::string> found;
  for (const auto& [name, value] : options) {
    if (is_in_authority(name)) continue;
    if (const auto* declared = find_parameter(name)) {
      if (auto mistake = mistake_in_value(*declared, value)) found.push_back(std::move(*mistake));
    } else {
      words names;
      for (const auto& each : allowed_parameters()) names.push_back(each.name);
      found.push_back(fmt::format("the parameter {} is not taken: use {}", name, fmt::join(names, ", ")));
    }
  }
  add_contradictions(options, libpq_version, found);
  return found;
}

}  // namespace kfs
