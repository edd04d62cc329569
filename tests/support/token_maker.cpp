#include "tests/support/token_maker.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <stdexcept>

namespace kfs::test {
namespace {

EVP_PKEY* pkey(const std::shared_ptr<void>& key) {
  return static_cast<EVP_PKEY*>(key.get());
}

std::shared_ptr<void> owned(EVP_PKEY* key) {
  if (key == nullptr) throw std::runtime_error("OpenSSL made no key");
  return {key, [](void* old) { ::EVP_PKEY_free(static_cast<EVP_PKEY*>(old)); }};
}

std::string number_of(const std::shared_ptr<void>& key, const char* name, int bytes = 0) {
  BIGNUM* number = nullptr;
  if (::EVP_PKEY_get_bn_param(pkey(key), name, &number) != 1) throw std::runtime_error(name);
  std::string text(static_cast<std::size_t>(bytes == 0 ? BN_num_bytes(number) : bytes), '\0');
  ::BN_bn2binpad(number, reinterpret_cast<unsigned char*>(text.data()), static_cast<int>(text.size()));
  ::BN_free(number);
  return text;
}

std::size_t coordinate_bytes(const std::shared_ptr<void>& key) {
  return (static_cast<std::size_t>(::EVP_PKEY_get_bits(pkey(key))) + 7) / 8;
}

/// The two numbers of an ECDSA signature, one behind the other.
std::string joined_numbers(const std::string& der, std::size_t bytes) {
  const auto* begin = reinterpret_cast<const unsigned char*>(der.data());
  const std::unique_ptr<ECDSA_SIG, decltype(&::ECDSA_SIG_free)> numbers(
      ::d2i_ECDSA_SIG(nullptr, &begin, static_cast<long>(der.size())), ::ECDSA_SIG_free);
  std::string text(2 * bytes, '\0');
  auto* to = reinterpret_cast<unsigned char*>(text.data());
  ::BN_bn2binpad(::ECDSA_SIG_get0_r(numbers.get()), to, static_cast<int>(bytes));
  ::BN_bn2binpad(::ECDSA_SIG_get0_s(numbers.get()), to + bytes, static_cast<int>(bytes));
  return text;
}

}  // namespace

std::string base64url(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size =
      ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                        reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  text.erase(text.find_last_not_of('=') + 1);
  for (auto& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

token_key token_key::rsa(const std::string& id, unsigned bits) {
  token_key made;
  made.id_ = id;
  made.key_ = owned(::EVP_RSA_gen(bits));
  return made;
}

token_key token_key::ec(const std::string& id, const std::string& curve) {
  token_key made;
  made.id_ = id;
  made.key_ = owned(::EVP_EC_gen(curve.c_str()));
  return made;
}

token_key token_key::ed25519(const std::string& id) {
  token_key made;
  made.id_ = id;
  made.key_ = owned(::EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  return made;
}

json token_key::jwk() const {
  json made{{"kid", id_}, {"use", "sig"}};
  if (::EVP_PKEY_is_a(pkey(key_), "RSA") == 1) {
    made["kty"] = "RSA";
    made["n"] = base64url(number_of(key_, OSSL_PKEY_PARAM_RSA_N));
    made["e"] = base64url(number_of(key_, OSSL_PKEY_PARAM_RSA_E));
  } else if (::EVP_PKEY_is_a(pkey(key_), "EC") == 1) {
    const auto bytes = coordinate_bytes(key_);
    made["kty"] = "EC";
    made["crv"] = bytes == 32 ? "P-256" : bytes == 48 ? "P-384" : "P-521";
    made["x"] = base64url(number_of(key_, OSSL_PKEY_PARAM_EC_PUB_X, static_cast<int>(bytes)));
    made["y"] = base64url(number_of(key_, OSSL_PKEY_PARAM_EC_PUB_Y, static_cast<int>(bytes)));
  } else {
    std::array<unsigned char, 32> raw{};
    std::size_t size = raw.size();
    ::EVP_PKEY_get_raw_public_key(pkey(key_), raw.data(), &size);
    made["kty"] = "OKP";
    made["crv"] = "Ed25519";
    made["x"] = base64url({reinterpret_cast<const char*>(raw.data()), size});
  }
  return made;
}

std::string token_key::public_pem() const {
  const std::unique_ptr<BIO, decltype(&::BIO_free)> to(::BIO_new(::BIO_s_mem()), ::BIO_free);
  ::PEM_write_bio_PUBKEY(to.get(), pkey(key_));
  char* text = nullptr;
  const auto size = BIO_get_mem_data(to.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string token_key::signature(std::string_view text, const std::string& algorithm) const {
  const std::unique_ptr<EVP_MD_CTX, decltype(&::EVP_MD_CTX_free)> context(::EVP_MD_CTX_new(), ::EVP_MD_CTX_free);
  const bool edwards = algorithm == "EdDSA";
  const auto digest = "SHA" + algorithm.substr(edwards ? 0 : 2);
  EVP_PKEY_CTX* more = nullptr;
  if (::EVP_DigestSignInit_ex(context.get(), &more, edwards ? nullptr : digest.c_str(), nullptr, nullptr, pkey(key_),
                              nullptr) != 1)
    throw std::runtime_error("cannot sign with " + algorithm);
  if (algorithm.starts_with("PS")) {
    ::EVP_PKEY_CTX_set_rsa_padding(more, RSA_PKCS1_PSS_PADDING);
    ::EVP_PKEY_CTX_set_rsa_pss_saltlen(more, RSA_PSS_SALTLEN_DIGEST);
  }
  std::string made(1'024, '\0');
  std::size_t size = made.size();
  if (::EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(made.data()), &size,
                       reinterpret_cast<const unsigned char*>(text.data()), text.size()) != 1)
    throw std::runtime_error("cannot sign with " + algorithm);
  made.resize(size);
  return algorithm.starts_with("ES") ? joined_numbers(made, coordinate_bytes(key_)) : made;
}

std::string key_set_of(const std::vector<token_key>& keys) {
  json set{{"keys", json::array()}};
  for (const auto& key : keys) set["keys"].push_back(key.jwk());
  return set.dump();
}

std::string token_of_text(const std::string& header, const std::string& payload, const token_key& key,
                          const std::string& algorithm) {
  const auto text = base64url(header) + '.' + base64url(payload);
  return text + '.' + base64url(key.signature(text, algorithm));
}

std::string token_of(const json& header, const json& claims, const token_key& key) {
  return token_of_text(header.dump(), claims.dump(), key, header.at("alg").get<std::string>());
}

std::string shared_secret_token(const json& header, const json& claims, const std::string& secret) {
  const auto text = base64url(header.dump()) + '.' + base64url(claims.dump());
  std::array<unsigned char, 32> made{};
  unsigned size = 0;
  ::HMAC(::EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), made.data(), &size);
  return text + '.' + base64url({reinterpret_cast<const char*>(made.data()), size});
}

}  // namespace kfs::test
