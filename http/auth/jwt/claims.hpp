#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "config/base/timestamp.hpp"
#include "config/settings/jwt_settings.hpp"
#include "http/auth/jwt/identity.hpp"

namespace kfs {

/// The identity in the payload of a token whose signature is proven. The error says which claim is wrong, and repeats
/// nothing of the token.
///
/// Times are NumericDates (RFC 7519): JSON numbers, also with a fraction; one beyond the year 9999 counts as its end.
/// `exp` is required; `nbf` and `iat` may be missing. A claim of another type than expected is wrong, also null; groups
/// and tenants may be missing. `credential_id` is used where the token has no usable `jti`.
///
/// Threading: safe from any thread.
tl::expected<jwt_identity, std::string> read_identity(std::string_view payload, const jwt_settings& expected,
                                                      timestamp now, std::string credential_id);

}  // namespace kfs
