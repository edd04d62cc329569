#include "config/settings/jwt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>
#include <utility>

#include "config/base/endpoint.hpp"
#include "config/base/json_pointer.hpp"
#include "config/base/text.hpp"

namespace kfs {
namespace {

/// What is wrong with a value; nullopt when it was stored.
using problem = std::optional<std::string>;

constexpr std::array<std::pair<std::string_view, jwt_algorithm>, 10> algorithms{{
    {"RS256", jwt_algorithm::rs256},
    {"RS384", jwt_algorithm::rs384},
    {"RS512", jwt_algorithm::rs512},
    {"PS256", jwt_algorithm::ps256},
    {"PS384", jwt_algorithm::ps384},
    {"PS512", jwt_algorithm::ps512},
    {"ES256", jwt_algorithm::es256},
    {"ES384", jwt_algorithm::es384},
    {"ES512", jwt_algorithm::es512},
    {"EdDSA", jwt_algorithm::eddsa},
}};
constexpr std::string_view https = "https://";

auto apply_text(std::string jwt_settings::*member) {
  return [member](const std::string& text, settings& into) -> problem {
    into.jwt.*member = text;
    return std::nullopt;
  };
}

/// What is wrong with a URL that begins with https://.
problem mistake_in_url(std::string_view url) {
  if (!std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c <= '~' && c != '\\'; }))
    return "must be a URL of visible ASCII characters without \\: encode others with %";
  const auto rest = url.substr(https.size());
  const auto authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.find('@') != std::string_view::npos)
    return "must not hold a user or a password: the keys of an identity provider are public";
  if (url.find('#') != std::string_view::npos) return "must not hold a fragment (#…)";
  const auto bracket = authority.rfind(']');
  const auto colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const auto place = parse_endpoint(std::string(authority) + (colon == std::string_view::npos ? ":443" : ""));
  if (!place || (!parse_ip(place->host) && !is_host_name(place->host)))
    return "must name a host, as in https://idp.example/keys: a host name or an address, and a port from 1 to 65535";
  return std::nullopt;
}

problem apply_jwks(const std::string& text, settings& into) {
  const auto colon = text.find("://");
  if (colon == std::string::npos) {
    into.jwt.jwks = text;
    return std::nullopt;
  }
  if (lower_case(text.substr(0, colon + 3)) != https) {
    return "must be an https:// URL or the path of a file: whoever can change the keys on their way can be anybody";
  }
  auto url = std::string(https) + text.substr(https.size());
  if (auto wrong = mistake_in_url(url)) return wrong;
  into.jwt.jwks = std::move(url);
  return std::nullopt;
}

problem apply_jwks_ca(const std::string& text, settings& into) {
  into.jwt.jwks_ca = text;
  return std::nullopt;
}

problem apply_algorithms(const std::string& text, settings& into) {
  std::vector<jwt_algorithm> chosen;
  for (const auto& name : split_list(text)) {
    const auto found = jwt_algorithm_named(name);
    if (!found) {
      const auto all =
          listed(algorithms, algorithms.size(), [](const auto& known) { return std::string(known.first); });
      return fmt::format("must list some of {}; none and algorithms with a shared secret (HS…) are never accepted",
                         all);
    }
    if (std::ranges::find(chosen, *found) == chosen.end()) chosen.push_back(*found);
  }
  into.jwt.algorithms = std::move(chosen);
  return std::nullopt;
}

problem apply_leeway(const std::string& text, settings& into) {
  constexpr int longest = 600;
  int value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size() || value < 0 || value > longest)
    return fmt::format("must be a whole number from 0 to {}", longest);
  into.jwt.leeway = std::chrono::seconds(value);
  return std::nullopt;
}

auto apply_claim(claim_path jwt_settings::*member) {
  return [member](const std::string& text, settings& into) -> problem {
    if (!text.starts_with('/')) {
      into.jwt.*member = {text};
      return std::nullopt;
    }
    if (!is_json_pointer(text)) return "begins with / and is no JSON pointer: write ~1 for / and ~0 for ~ in a name";
    into.jwt.*member = names_in_json_pointer(text);
    return std::nullopt;
  };
}

}  // namespace

std::string_view to_string(jwt_algorithm algorithm) noexcept {
  return std::ranges::find(algorithms, algorithm, &decltype(algorithms)::value_type::second)->first;
}

std::optional<jwt_algorithm> jwt_algorithm_named(std::string_view name) noexcept {
  const auto* found = std::ranges::find(algorithms, name, &decltype(algorithms)::value_type::first);
  return found == algorithms.end() ? std::nullopt : std::optional(found->second);
}

std::vector<setting_declaration> jwt_setting_declarations() {
  return {
      {"JWT_ISSUER", "", false, "", false, false,
       "The identity provider whose tokens are accepted: their iss must be exactly this, also in a slash at the end.",
       apply_text(&jwt_settings::issuer)},
      {"JWT_AUDIENCE", "", false, "", false, false,
       "The name of this server at the identity provider: aud of a token must be exactly this or an array that holds "
       "it.",
       apply_text(&jwt_settings::audience)},
      {"JWT_JWKS", "", false, "", false, false,
       "The public keys of the identity provider (JWKS): an https URL, read every 10 minutes and when a token names an "
       "unknown key, or a file, read again when it changes.",
       apply_jwks},
      {"JWT_JWKS_CA", "", false, "", false, false,
       "The certificate authorities by which the server of JWT_JWKS is checked (PEM file). Without it: the system's.",
       apply_jwks_ca},
      {"JWT_ALGORITHMS", "RS256,PS256,ES256,EdDSA", true, "", false, true,
       "The algorithms that a token may be signed with: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, "
       "EdDSA (Ed25519).",
       apply_algorithms},
      {"JWT_LEEWAY_SECONDS", "60", true, "seconds", false, false,
       "How far the clocks of the identity provider and of this server may differ: 0 to 600.", apply_leeway},
      {"JWT_SUBJECT_CLAIM", "sub", true, "", false, false,
       "The claim that names the caller. This and the next two: the name of a claim, or a JSON pointer such as "
       "/realm_access/roles.",
       apply_claim(&jwt_settings::subject_claim)},
      {"JWT_GROUPS_CLAIM", "groups", true, "", false, false,
       "The claim that holds the caller's groups: an array of texts, or one text.",
       apply_claim(&jwt_settings::groups_claim)},
      {"JWT_TENANTS_CLAIM", "tenants", true, "", false, false,
       "The claim that holds the caller's tenants: an array of texts, or one text.",
       apply_claim(&jwt_settings::tenants_claim)},
  };
}

std::optional<conflicting_setting> mistake_in_jwt(const settings& configured, bool used) {
  const auto& jwt = configured.jwt;
  const std::array<std::pair<const char*, bool>, 3> required{
      {{"JWT_ISSUER", !jwt.issuer.empty()}, {"JWT_AUDIENCE", !jwt.audience.empty()}, {"JWT_JWKS", !jwt.jwks.empty()}}};
  for (const auto& [name, is_set] : required) {
    if (used && !is_set) {
      return conflicting_setting{
          name,
          "is missing: AUTH_MODE has jwt, which needs JWT_ISSUER, JWT_AUDIENCE and JWT_JWKS; set it, or "
          "take jwt out of AUTH_MODE"};
    }
    if (!used && is_set) {
      return conflicting_setting{name, "has no effect without jwt in AUTH_MODE: add jwt there, or unset this one"};
    }
  }
  if (!jwt.jwks_ca.empty() && !jwt.has_url())
    return conflicting_setting{"JWT_JWKS_CA",
                               "has no effect without an https URL in JWT_JWKS: set that, or unset this one"};
  return std::nullopt;
}

}  // namespace kfs
