#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "config/base/sha256.hpp"
#include "http/auth/jwt/identity.hpp"

namespace kfs {

/// SHA-256 of a token.
using token_digest = sha256_digest;

/// Remembers for a few seconds which tokens are verified, and forgets the longest unused one beyond a limit. It forgets
/// all when the provider's keys change. It holds digests, not tokens.
///
/// Threading: safe from any thread.
class verified_tokens {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds lifetime{10};

  explicit verified_tokens(std::size_t most) : most_(most) {}

  /// The identity of a token that was verified with the keys numbered `keys`; nullptr when it is not remembered, or has
  /// expired at `now`.
  std::shared_ptr<const jwt_identity> find(const token_digest& token, std::uint64_t keys, clock::time_point at,
                                           timestamp now);

  void keep(const token_digest& token, std::uint64_t keys, clock::time_point at,
            std::shared_ptr<const jwt_identity> identity);

  [[nodiscard]] std::size_t size() const;

 private:
  struct entry {
    token_digest token;
    clock::time_point until;
    std::shared_ptr<const jwt_identity> identity;
  };
  struct first_bytes {
    std::size_t operator()(const token_digest& digest) const noexcept {
      std::size_t value = 0;
      std::memcpy(&value, digest.data(), sizeof value);
      return value;
    }
  };

  void begin_with(std::uint64_t keys);

  const std::size_t most_;
  mutable std::mutex mutex_;
  std::uint64_t keys_ = 0;
  std::list<entry> entries_;  ///< the latest used one first
  std::unordered_map<token_digest, std::list<entry>::iterator, first_bytes> by_token_;
};

}  // namespace kfs
