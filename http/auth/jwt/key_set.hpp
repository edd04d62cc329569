#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "http/auth/jwt/signature_key.hpp"

namespace kfs {

/// The keys of an identity provider (a JSON Web Key Set, RFC 7517) that are of use.
///
/// Threading: immutable, safe to share between threads.
class key_set {
 public:
  /// The most keys that are tried for one token.
  static constexpr std::size_t most_tried = 4;

  explicit key_set(std::vector<signature_key> keys) : keys_(std::move(keys)) {}

  [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }

  /// Whether a key has this id.
  [[nodiscard]] bool has(const std::string& id) const;

  /// Whether this key is in the set.
  [[nodiscard]] bool holds(const signature_key& key) const;

  /// The keys that fit the algorithm and have the id, or any id when nullopt.
  [[nodiscard]] std::vector<const signature_key*> fitting(jwt_algorithm algorithm,
                                                          const std::optional<std::string>& id) const;

 private:
  std::vector<signature_key> keys_;
};

/// A set that was read, and a line for each key that is of no use.
struct read_keys {
  key_set keys;
  std::vector<std::string> left_out;
};

/// Reads a JSON Web Key Set. The error says why it is rejected as a whole: it is no set, has over 100 keys, or none
/// that is of use.
tl::expected<read_keys, std::string> read_key_set(std::string_view text);

}  // namespace kfs
