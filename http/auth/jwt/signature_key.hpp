#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "config/base/json.hpp"
#include "config/settings/jwt_settings.hpp"

namespace kfs {

/// A public key of an identity provider, with which signatures are checked.
///
/// Ownership: a value; copies share the key.
/// Threading: immutable, safe to share between threads.
class signature_key {
 public:
  /// Reads a JSON Web Key (RFC 7517). The error says why it is of no use: another `use` or `key_ops` than signatures,
  /// no `kid`, a private or shared key, an unknown type, curve or `alg`, RSA below 2048 bits or above 8192, or
  /// malformed numbers. Certificates and addresses in it (`x5c`, `x5u`) are ignored.
  static tl::expected<signature_key, std::string> read(const json& jwk);

  [[nodiscard]] const std::string& id() const noexcept { return id_; }

  /// Whether the algorithm uses keys of this type, and the key is not meant for another one.
  [[nodiscard]] bool fits(jwt_algorithm algorithm) const noexcept;

  /// Whether the other key is this one, with the same id.
  [[nodiscard]] bool is(const signature_key& other) const noexcept;

  /// Whether this key made the signature of `token` with `algorithm`, which its header must name. False when it does
  /// not fit.
  [[nodiscard]] bool verifies(std::string_view token, jwt_algorithm algorithm) const;

 private:
  enum class family : std::uint8_t { rsa, p256, p384, p521, ed25519 };
  static family family_of(jwt_algorithm algorithm) noexcept;
  std::string read_numbers(const json& jwk);
  std::string hold(family kind, void* made);

  std::string id_;
  family kind_ = family::rsa;
  std::optional<jwt_algorithm> only_;  ///< `alg`
  std::shared_ptr<void> key_;          ///< an EVP_PKEY
};

}  // namespace kfs
