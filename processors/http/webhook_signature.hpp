#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kfs {

/// The bytes of a secret of Standard Webhooks: decoded from base64 after `whsec_`, or the text itself without `whsec_`.
/// nullopt when what follows `whsec_` is no base64 of 24 to 64 bytes.
std::optional<std::string> webhook_secret(std::string_view text);

/// The value of the header `webhook-signature` (Standard Webhooks 1.0): "v1," and the base64 of the HMAC-SHA256 of
/// "id.timestamp.body". `timestamp` is in seconds since the epoch.
std::string webhook_signature(std::string_view secret, std::string_view id, std::int64_t timestamp,
                              std::string_view body);

}  // namespace kfs
