#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "config/access/access_book.hpp"
#include "config/access/caller.hpp"
#include "config/base/error.hpp"
#include "config/base/sha256.hpp"
#include "config/base/timestamp.hpp"
#include "http/auth/jwt/identity.hpp"

namespace kfs {

/// A caller whose credentials were checked, with what is needed to check later whether they still hold.
struct signed_in_caller {
  std::shared_ptr<const caller> who;  ///< never nullptr
  jwt_identity_ptr token;             ///< of a token of an identity provider; else nullptr
  std::optional<timestamp> expires_at;
};
using signed_in_ptr = std::shared_ptr<const signed_in_caller>;

/// Finds out who calls.
///
/// Threading: safe from any thread; does not block. Continuations are called once, in the thread of the caller or of
/// whoever had the answer.
class authenticator {
 public:
  using continuation = std::function<void(result<signed_in_ptr>)>;
  /// Verifies a token of an identity provider, and calls back once. Errors: unauthenticated; store_unavailable when the
  /// provider's keys are not known.
  using token_verifier = std::function<void(std::string token, std::function<void(result<jwt_identity_ptr>)>)>;

  struct parts {
    bool asks_nobody = true;  ///< AUTH_MODE none: everybody may do everything
    bool takes_api_keys = false;
    std::string admin_key = {};      ///< ADMIN_API_KEY; empty when there is none
    std::chrono::seconds grace{60};  ///< how long known keys serve while the store does not answer
    std::shared_ptr<const access_book> book = {};
    token_verifier verify_token = {};  ///< empty when tokens of identity providers are not taken
    /// Whether the provider still has the key that signed a token. Does not block. Empty: it always has.
    std::function<bool(const jwt_identity&)> still_trusts = {};
    /// Reads keys anew from the store, and calls back when that is done or has failed. For keys that another replica
    /// has just made.
    std::function<void(std::function<void()>)> refresh = {};
    /// Told of each use of a stored key. Must not block.
    std::function<void(const std::string& key_id)> used = {};
  };

  explicit authenticator(parts given);

  /// Who sends a request with this Authorization header (nullopt: none). Errors: unauthenticated without a hint which
  /// of its reasons it is; store_unavailable when keys cannot be checked.
  void authenticate(const std::optional<std::string>& authorization, continuation done) const;

  /// The same caller with what it may do now; nullptr when its credentials do not hold any more.
  [[nodiscard]] signed_in_ptr renewed(const signed_in_caller& earlier) const;

  [[nodiscard]] bool asks_nobody() const noexcept { return parts_.asks_nobody; }

 private:
  struct presented_key {
    std::string_view id;
    sha256_digest secret;
  };
  static std::optional<presented_key> read_key(std::string_view token);
  [[nodiscard]] bool is_admin_key(std::string_view token) const;
  [[nodiscard]] result<signed_in_ptr> holder_of(const presented_key& presented, bool& is_known) const;
  [[nodiscard]] bool in_grace() const;
  void authenticate_key(const presented_key& presented, continuation done) const;
  void authenticate_token(std::string token, continuation done) const;

  [[nodiscard]] signed_in_ptr with_token(const jwt_identity_ptr& token) const;

  void note_use(std::string_view key_id) const;

  parts parts_;
  mutable std::mutex uses_mutex_;
  mutable std::map<std::string, access_book::clock::time_point, std::less<>>
      uses_;  ///< when each key's use was told last
  mutable std::mutex bearers_mutex_;
  /// Who sends tokens that were verified a moment ago, by what `bearers_known_` says of them.
  mutable std::unordered_map<jwt_identity_ptr, signed_in_ptr> bearers_;
  mutable std::shared_ptr<const access_snapshot> bearers_known_;
  std::size_t admin_key_size_;
  sha256_digest admin_digest_;
  signed_in_ptr anyone_;
  signed_in_ptr admin_;
};

/// The key's text that its holder sends: kfs_<id>_<secret>.
std::string api_key_text(std::string_view id, std::string_view secret);

}  // namespace kfs
