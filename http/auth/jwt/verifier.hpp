#pragma once

#include <functional>
#include <optional>
#include <string>

#include "config/base/logger.hpp"
#include "config/settings/jwt_settings.hpp"
#include "http/auth/jwt/compact_token.hpp"
#include "http/auth/jwt/identity.hpp"
#include "http/auth/jwt/key_source.hpp"
#include "http/auth/jwt/verified_tokens.hpp"

namespace kfs {

/// Verifies the tokens of one identity provider (JSON Web Tokens, RFC 7519, as RFC 8725 advises).
///
/// A token that was verified is remembered for at most 10 s, as long as the provider's keys stay the same.
///
/// Ownership: one per process; it must outlive the requests, but not their answers: its destructor answers those that
///            wait, within half a second.
/// Threading: safe from any thread, but for the destructor. It has a thread of its own, which reads the keys.
/// Errors:    as outcomes.
class jwt_verifier {
 public:
  using handler = std::function<void(const jwt_outcome&)>;

  static constexpr std::size_t most_remembered = 2'000;

  jwt_verifier(const jwt_settings& accepted, const logger& log);

  /// Calls `when_done` once: before it returns, or, when the token names an unknown key or no keys are known yet, up to
  /// 3 s later from the verifier's thread, once the keys were read again. `when_done` must not block.
  void verify(std::string token, handler when_done);

  /// Whether the provider still has the key that signed this token. Does not block.
  [[nodiscard]] bool still_trusts(const jwt_identity& token) const;

  /// Whether keys are known, so that tokens can be verified.
  [[nodiscard]] bool has_keys() const;

 private:
  std::optional<jwt_outcome> decide(const compact_token& token, const token_digest& digest);
  void decide_for_good(const std::string& text, const token_digest& digest, const handler& when_done);

  const jwt_settings accepted_;
  verified_tokens verified_;
  key_source source_;  ///< the last member: its thread calls this object
};

}  // namespace kfs
