#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.hpp"

namespace kfs {

/// The keys that encrypt secrets in the store (STORE_KEY, STORE_KEYS_PREVIOUS).
///
/// A sealed text is "kfs-sealed:1:KEY:DATA": KEY names the key, DATA is a random nonce of 96 bits, the text encrypted
/// by AES-256-GCM, and its tag, as base64. Whoever opens it has to name the same place as whoever sealed it, so a
/// sealed text that was copied elsewhere is worthless.
///
/// Threading: immutable, safe to share between threads.
class key_ring {
 public:
  static constexpr std::size_t key_bytes = 32;

  /// Without keys: opens nothing.
  key_ring() = default;
  /// Keys of `key_bytes` bytes each; the first one is the current one. A key that is there twice counts once.
  explicit key_ring(const std::vector<std::string>& keys);

  [[nodiscard]] bool empty() const noexcept { return keys_.empty(); }
  /// The name of the current key: 8 hexadecimal digits, which tell nothing of the key. Empty without keys.
  [[nodiscard]] std::string current() const { return keys_.empty() ? std::string() : keys_.front().id; }
  /// The names of all keys, the current one first.
  [[nodiscard]] std::vector<std::string> ids() const;
  [[nodiscard]] bool holds(std::string_view id) const { return find(id) != nullptr; }

  /// Seals `text` with the key `id`, which must be held. Aborts when the system gives no random numbers.
  [[nodiscard]] std::string seal(std::string_view id, std::string_view text, std::string_view place) const;

  /// The text that was sealed for this place.
  /// Errors: secret_unavailable when the key is missing, when it was sealed for another place, and when it was changed.
  [[nodiscard]] result<std::string> open(std::string_view sealed, std::string_view place) const;

  /// The name of the key that a sealed text needs; empty for a text that is not sealed.
  static std::string key_of(std::string_view sealed);

 private:
  struct key {
    std::string id;
    std::string bytes;  ///< for AES-256
  };
  [[nodiscard]] const key* find(std::string_view id) const;

  std::vector<key> keys_;
};

/// The bytes of a key as STORE_KEY has it: standard base64 of exactly key_ring::key_bytes bytes.
/// Errors: invalid_request, without the text.
result<std::string> parse_store_key(std::string_view base64);

}  // namespace kfs
