#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "config/base/json.hpp"

namespace kfs::test {

/// `bytes` in base64url without padding.
std::string base64url(std::string_view bytes);

/// A key pair of an identity provider of the tests, made and used by OpenSSL.
///
/// Ownership: a value; copies share the key. Threading: safe from any thread. Errors: std::runtime_error.
class token_key {
 public:
  static token_key rsa(const std::string& id, unsigned bits = 2'048);
  static token_key ec(const std::string& id, const std::string& curve = "P-256");
  static token_key ed25519(const std::string& id);

  /// The public key as a JSON Web Key with `kid` and `use`.
  [[nodiscard]] json jwk() const;
  /// The public key as PEM text.
  [[nodiscard]] std::string public_pem() const;
  [[nodiscard]] const std::string& id() const { return id_; }

  /// The signature as a token has it. `algorithm` is a name such as "PS256", and fits the key.
  [[nodiscard]] std::string signature(std::string_view text, const std::string& algorithm) const;

 private:
  std::string id_;
  std::shared_ptr<void> key_;
};

/// A JSON Web Key Set as text.
std::string key_set_of(const std::vector<token_key>& keys);

/// A token with this header and these claims as they are, signed as the header's `alg` says.
std::string token_of(const json& header, const json& claims, const token_key& key);

/// The same with a payload that may be no JSON.
std::string token_of_text(const std::string& header, const std::string& payload, const token_key& key,
                          const std::string& algorithm);

/// A token signed with HMAC-SHA-256.
std::string shared_secret_token(const json& header, const json& claims, const std::string& secret);

}  // namespace kfs::test
