#include "http/auth/jwt/claims.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "config/base/json.hpp"
#include "config/base/text.hpp"
#include "http/message/json_body.hpp"

namespace kfs {
namespace {

constexpr json_limits payload_limits{.depth = 16, .members = 500, .values = 4'000};
constexpr std::size_t longest_name = 255;
constexpr std::size_t most_names = 1'000;
constexpr std::size_t longest_credential_id = 64;
constexpr std::int64_t last_second = 253'402'300'799;  ///< of the year 9999

tl::unexpected<std::string> wrong_claim(std::string why) {
  return tl::make_unexpected(std::move(why));
}

bool is_name(const std::string& text, std::size_t longest = longest_name) {
  return !text.empty() && text.size() <= longest && escaped(text, escaping::plain, longest) == text;
}

/// The value at a path; nullptr when the payload has none there.
const json* claim_at(const json& payload, const claim_path& path) {
  const json* at = &payload;
  for (const auto& name : path) {
    if (at->is_object()) {
      const auto member = at->find(name);
      if (member == at->end()) return nullptr;
      at = &*member;
    } else if (at->is_array()) {
      std::size_t index = 0;
      const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), index);
      if (failed != std::errc{} || end != name.data() + name.size() || index >= at->size()) return nullptr;
      at = &(*at)[index];
    } else {
      return nullptr;
    }
  }
  return at;
}

/// As it is named in a message: the setting's own words.
std::string shown_path(const claim_path& path) {
  if (path.size() == 1) return path.front();
  std::string text;
  for (const auto& name : path) text += '/' + name;
  return text;
}

/// A NumericDate; nullopt for any other value. Cut to the years that a timestamp can hold.
std::optional<timestamp> numeric_date(const json& value) {
  if (!value.is_number()) return std::nullopt;
  std::chrono::milliseconds since_epoch{};
  if (value.is_number_unsigned()) {
    const auto seconds = std::min<std::uint64_t>(value.get<std::uint64_t>(), last_second);
    since_epoch = std::chrono::seconds(static_cast<std::int64_t>(seconds));
  } else if (value.is_number_integer()) {
    since_epoch = std::chrono::seconds(std::clamp(value.get<std::int64_t>(), -last_second, last_second));
  } else {
    const auto seconds = value.get<double>();
    if (!std::isfinite(seconds)) return std::nullopt;
    const auto cut = std::clamp(seconds, -static_cast<double>(last_second), static_cast<double>(last_second));
    since_epoch = std::chrono::milliseconds(std::llround(cut * 1'000));
  }
  return timestamp(since_epoch);
}

/// The time that a claim holds; nullopt when it is missing.
tl::expected<std::optional<timestamp>, std::string> time_claim(const json& payload, const char* name) {
  const auto found = payload.find(name);
  if (found == payload.end()) return std::nullopt;
  const auto at = numeric_date(*found);
  if (!at) return wrong_claim(fmt::format("{} is not a number", name));
  return at;
}

/// Why the times reject the token; empty when they do not. Sets the end of its life.
std::string mistake_in_times(const json& payload, std::chrono::seconds leeway, timestamp now, timestamp& expires_at) {
  const auto ends = time_claim(payload, "exp");
  const auto begins = time_claim(payload, "nbf");
  const auto issued = time_claim(payload, "iat");
  for (const auto* time : {&ends, &begins, &issued}) {
    if (!*time) return time->error();
  }
  if (!*ends) return "it has no exp";
  expires_at = **ends + leeway;
  if (now >= expires_at) return "it has expired (exp)";
  if (*begins && now < **begins - leeway) return "it is not valid yet (nbf)";
  if (*issued && now < **issued - leeway) return "it was issued in the future (iat)";
  return {};
}

bool holds_audience(const json& payload, const std::string& audience) {
  const auto found = payload.find("aud");
  if (found == payload.end()) return false;
  if (found->is_string()) return *found == audience;
  const auto is_text = [](const json& value) { return value.is_string(); };
  return found->is_array() && std::all_of(found->begin(), found->end(), is_text) &&
         std::find(found->begin(), found->end(), audience) != found->end();
}

/// The texts that a claim holds, which may be one text or missing.
tl::expected<std::vector<std::string>, std::string> names_claim(const json& payload, const claim_path& path) {
  std::vector<std::string> names;
  const auto* found = claim_at(payload, path);
  if (found == nullptr) return names;
  const auto wrong =
      wrong_claim(fmt::format("{} is not a text or an array of at most {} texts, each printable and of 1 "
                              "to {} bytes",
                              shown_path(path), most_names, longest_name));
  if (!found->is_string() && !found->is_array()) return wrong;
  if (found->is_array() && found->size() > most_names) return wrong;
  const auto add = [&](const json& value) {
    if (!value.is_string()) return false;
    names.push_back(value.get<std::string>());
    return is_name(names.back());
  };
  if (found->is_string() ? !add(*found) : !std::all_of(found->begin(), found->end(), add)) return wrong;
  return names;
}

}  // namespace

tl::expected<jwt_identity, std::string> read_identity(std::string_view payload, const jwt_settings& expected,
                                                      timestamp now, std::string credential_id) {
  const auto claims = parse_json(payload, payload_limits);
  if (!claims || !claims->is_object()) return wrong_claim("its payload is no JSON object, or names a member twice");
  const auto issuer = claims->find("iss");
  if (issuer == claims->end() || *issuer != expected.issuer) return wrong_claim("iss is not JWT_ISSUER");
  if (!holds_audience(*claims, expected.audience)) return wrong_claim("aud does not hold JWT_AUDIENCE");
  jwt_identity identity;
  if (auto mistake = mistake_in_times(*claims, expected.leeway, now, identity.expires_at); !mistake.empty())
    return wrong_claim(std::move(mistake));

  const auto* subject = claim_at(*claims, expected.subject_claim);
  if (subject != nullptr && subject->is_string()) identity.subject = subject->get<std::string>();
  if (!is_name(identity.subject)) {
    return wrong_claim(
        fmt::format("{} is not a printable text of 1 to {} bytes", shown_path(expected.subject_claim), longest_name));
  }
  auto groups = names_claim(*claims, expected.groups_claim);
  if (!groups) return wrong_claim(std::move(groups.error()));
  identity.groups = std::move(*groups);
  auto tenants = names_claim(*claims, expected.tenants_claim);
  if (!tenants) return wrong_claim(std::move(tenants.error()));
  if (claim_at(*claims, expected.tenants_claim) != nullptr) identity.tenants = std::move(*tenants);

  identity.credential_id = std::move(credential_id);
  if (const auto id = claims->find("jti"); id != claims->end()) {
    if (!id->is_string()) return wrong_claim("jti is not a text");
    const auto text = id->get<std::string>();
    if (is_name(text, longest_credential_id)) identity.credential_id = text;
  }
  return identity;
}

}  // namespace kfs
