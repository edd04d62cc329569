#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/base/timestamp.hpp"

namespace kfs {

/// An API key as the store keeps it. The key itself is not kept.
struct api_key {
  std::string id;    ///< the middle part of the key; no secret
  std::string name;  ///< for people
  std::string role;
  std::vector<std::string> tenants;  ///< "*" stands for all
  std::string secret_sha256;         ///< of the key's secret part, as 64 hexadecimal digits
  timestamp created_at;
  std::optional<timestamp> expires_at;    ///< nullopt: never
  std::optional<timestamp> last_used_at;  ///< nullopt: not yet; some minutes late
  bool operator==(const api_key&) const = default;
};

}  // namespace kfs
