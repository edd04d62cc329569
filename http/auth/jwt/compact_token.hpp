#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "config/settings/jwt_settings.hpp"

namespace kfs {

inline constexpr std::size_t longest_token = 16 * 1024;

/// A token as it is written (RFC 7515, 3.1), before anything of it is proven.
struct compact_token {
  std::string_view text;              ///< the whole token
  jwt_algorithm algorithm;            ///< one of those that are allowed
  std::optional<std::string> key_id;  ///< `kid`
  std::string payload;                ///< decoded, not parsed
};

/// Reads the header of a token, which must stay unchanged as long as the result is used. The error says why the token
/// is rejected, and repeats nothing of it.
///
/// Rejected are: more than 16 KiB; anything but three parts of base64url; a header that is no JSON object, names a
/// member twice or nests deeply; `alg` that is not in `allowed`; any `crit`, `b64`, `zip` or `enc`; a nested token;
/// `typ` other than JWT and at+jwt. Keys and addresses of keys in the header (`jwk`, `jku`, `x5u`, `x5c`) are ignored.
///
/// Threading: safe from any thread.
tl::expected<compact_token, std::string> read_compact_token(std::string_view text,
                                                            const std::vector<jwt_algorithm>& allowed);

}  // namespace kfs
