#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kfs {

/// The algorithms of signatures that a token may have (RFC 7518, RFC 8037). None of them uses a shared secret.
enum class jwt_algorithm : std::uint8_t { rs256, rs384, rs512, ps256, ps384, ps512, es256, es384, es512, eddsa };

/// The name in a token's header: "RS256".
std::string_view to_string(jwt_algorithm algorithm) noexcept;

/// The algorithm of that name; nullopt for any other text.
std::optional<jwt_algorithm> jwt_algorithm_named(std::string_view name) noexcept;

/// Where a claim stands in a token: the name of the claim, then the names of members inside it. Never empty once it is
/// loaded.
using claim_path = std::vector<std::string>;

/// Which tokens of an identity provider are accepted, and which claims of theirs count.
struct jwt_settings {
  std::string issuer;             ///< `iss`; empty when it is not set
  std::string audience;           ///< `aud` must be it or hold it; empty when it is not set
  std::string jwks;               ///< the provider's keys: an https URL or a file; empty when it is not set
  std::filesystem::path jwks_ca;  ///< PEM; the authorities that the URL's server is checked by; empty: the system's
  std::vector<jwt_algorithm> algorithms;
  std::chrono::seconds leeway{60};  ///< allowed difference of the clocks
  claim_path subject_claim;
  claim_path groups_claim;
  claim_path tenants_claim;

  [[nodiscard]] bool has_url() const { return jwks.starts_with("https://"); }
};

}  // namespace kfs
