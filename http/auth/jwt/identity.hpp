#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "config/base/timestamp.hpp"

namespace kfs {

/// What a verified token says about the caller. All texts are printable and bounded.
struct jwt_identity {
  std::string subject;  ///< never empty
  std::vector<std::string> groups;
  std::optional<std::vector<std::string>> tenants;  ///< as the provider names them; nullopt when it names none
  timestamp expires_at;                             ///< from then on the token is rejected: `exp` and the leeway
  std::string credential_id;  ///< `jti`, or "sha256:" and the beginning of the token's digest; no secret
};

/// Why a token gives no identity.
struct jwt_failure {
  enum class kind : std::uint8_t {
    rejected,     ///< the token is wrong
    unavailable,  ///< it cannot be said: the provider's keys are not known yet, or too many callers wait for them
  };
  kind what = kind::rejected;
  std::string reason;  ///< for the log; repeats nothing of the token
};

using jwt_outcome = tl::expected<std::shared_ptr<const jwt_identity>, jwt_failure>;

}  // namespace kfs
