#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "config/access/access_rules.hpp"
#include "config/base/timestamp.hpp"
#include "http/auth/jwt/signature_key.hpp"

namespace kfs {

/// What a verified token says about the caller. All texts are printable and bounded; the subject is never empty. The
/// tenants are as the provider names them; the credential's id is `jti`, or "sha256:" and the beginning of the token's
/// digest.
struct jwt_identity : token_identity {
  timestamp expires_at;  ///< from then on the token is rejected: `exp` and the leeway
  std::shared_ptr<const signature_key> signed_by = nullptr;  ///< nullptr: by nobody who could withdraw the key
};
using jwt_identity_ptr = std::shared_ptr<const jwt_identity>;

/// Why a token gives no identity.
struct jwt_failure {
  enum class kind : std::uint8_t {
    rejected,     ///< the token is wrong
    unavailable,  ///< it cannot be said: the provider's keys are not known yet, or too many callers wait for them
  };
  kind what = kind::rejected;
  std::string reason;  ///< for the log; repeats nothing of the token
};

using jwt_outcome = tl::expected<jwt_identity_ptr, jwt_failure>;

}  // namespace kfs
