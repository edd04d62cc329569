#include "http/auth/jwt/signature_key.hpp"

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "http/auth/jwt/base64url.hpp"

namespace kfs {
namespace {

constexpr std::size_t fewest_rsa_bits = 2'048;
constexpr std::size_t most_rsa_bits = 8'192;
constexpr std::size_t longest_exponent = 8;  ///< bytes
constexpr std::size_t longest_id = 255;

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* thing) const {
    Free(thing);
  }
};
using number_ptr = std::unique_ptr<BIGNUM, freed_by<&::BN_free>>;
using digest_context_ptr = std::unique_ptr<EVP_MD_CTX, freed_by<&::EVP_MD_CTX_free>>;

/// Leaves OpenSSL's list of errors of this thread, which its other users read, as it was.
class untouched_errors {
 public:
  untouched_errors() { ::ERR_set_mark(); }
  ~untouched_errors() { ::ERR_pop_to_mark(); }
  untouched_errors(const untouched_errors&) = delete;
  untouched_errors& operator=(const untouched_errors&) = delete;
};

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

number_ptr number_of(std::string_view bytes) {
  return number_ptr(::BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

/// A public key of these parts; nullptr when OpenSSL rejects them, such as a point that is not on its curve.
EVP_PKEY* made_of(const char* type, OSSL_PARAM_BLD* parts) {
  const std::unique_ptr<OSSL_PARAM, freed_by<&::OSSL_PARAM_free>> list(::OSSL_PARAM_BLD_to_param(parts));
  const std::unique_ptr<EVP_PKEY_CTX, freed_by<&::EVP_PKEY_CTX_free>> context(
      ::EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!list || !context || ::EVP_PKEY_fromdata_init(context.get()) != 1) return nullptr;
  return ::EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, list.get()) == 1 ? key : nullptr;
}

EVP_PKEY* rsa_key_of(const std::string& modulus, const std::string& exponent) {
  const auto n = number_of(modulus);
  const auto e = number_of(exponent);
  const std::unique_ptr<OSSL_PARAM_BLD, freed_by<&::OSSL_PARAM_BLD_free>> parts(::OSSL_PARAM_BLD_new());
  ::OSSL_PARAM_BLD_push_BN(parts.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  ::OSSL_PARAM_BLD_push_BN(parts.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  return made_of("RSA", parts.get());
}

EVP_PKEY* ec_key_of(const char* curve, const std::string& x, const std::string& y) {
  const auto point = '\4' + x + y;  // uncompressed (SEC 1, 2.3.3)
  const std::unique_ptr<OSSL_PARAM_BLD, freed_by<&::OSSL_PARAM_BLD_free>> parts(::OSSL_PARAM_BLD_new());
  ::OSSL_PARAM_BLD_push_utf8_string(parts.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve, 0);
  ::OSSL_PARAM_BLD_push_octet_string(parts.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  return made_of("EC", parts.get());
}

/// An ECDSA signature as OpenSSL reads it: DER in place of two numbers of equal length; empty when there is no memory.
std::string der_of(std::string_view numbers) {
  const std::unique_ptr<ECDSA_SIG, freed_by<&::ECDSA_SIG_free>> pair(::ECDSA_SIG_new());
  auto r = number_of(numbers.substr(0, numbers.size() / 2));
  auto s = number_of(numbers.substr(numbers.size() / 2));
  if (!pair || !r || !s) return {};
  ::ECDSA_SIG_set0(pair.get(), r.release(), s.release());
  std::string der(static_cast<std::size_t>(::i2d_ECDSA_SIG(pair.get(), nullptr)), '\0');
  auto* to = reinterpret_cast<unsigned char*>(der.data());
  ::i2d_ECDSA_SIG(pair.get(), &to);
  return der;
}

/// The digest of an algorithm; nullptr for EdDSA, which has its own.
const char* digest_name(jwt_algorithm algorithm) {
  const auto name = to_string(algorithm);
  if (name.ends_with("256")) return "SHA256";
  if (name.ends_with("384")) return "SHA384";
  return name.ends_with("512") ? "SHA512" : nullptr;
}

tl::unexpected<std::string> useless_key(std::string why) {
  return tl::make_unexpected(std::move(why));
}

/// The member of the key when it is a text; empty otherwise.
std::string text_in_key(const json& jwk, const char* name) {
  const auto found = jwk.find(name);
  return found != jwk.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The bytes of a number without leading zeros; empty when it is missing or malformed.
std::string number_in_key(const json& jwk, const char* name) {
  auto bytes = decode_base64url(text_in_key(jwk, name)).value_or("");
  bytes.erase(0, bytes.find_first_not_of('\0'));
  return bytes;
}

std::size_t bits_of(const std::string& number) {
  return number.empty() ? 0 : number.size() * 8 - std::countl_zero(static_cast<unsigned char>(number.front()));
}

bool is_odd(const std::string& number) {
  return !number.empty() && (static_cast<unsigned char>(number.back()) & 1) != 0;
}

/// What is wrong with the purpose of a key; empty when it is for checking signatures.
std::string other_purpose(const json& jwk) {
  if (jwk.contains("use") && text_in_key(jwk, "use") != "sig") return "its use is not sig";
  if (const auto operations = jwk.find("key_ops"); operations != jwk.end()) {
    const bool verifies =
        operations->is_array() && std::find(operations->begin(), operations->end(), "verify") != operations->end();
    if (!verifies) return "its key_ops have no verify";
  }
  for (const auto* secret : {"d", "k", "p", "q"}) {
    if (jwk.contains(secret)) return "it is not a public key; whoever has read it can make tokens";
  }
  return {};
}

}  // namespace

signature_key::family signature_key::family_of(jwt_algorithm algorithm) noexcept {
  switch (algorithm) {
    case jwt_algorithm::es256:
      return family::p256;
    case jwt_algorithm::es384:
      return family::p384;
    case jwt_algorithm::es512:
      return family::p521;
    case jwt_algorithm::eddsa:
      return family::ed25519;
    default:
      return family::rsa;
  }
}

/// Reads `kty` and the numbers of the key; the error says why it is of no use.
std::string signature_key::read_numbers(const json& jwk) {
  const untouched_errors errors;
  const auto type = text_in_key(jwk, "kty");
  if (type == "RSA") {
    const auto modulus = number_in_key(jwk, "n");
    const auto exponent = number_in_key(jwk, "e");
    const auto bits = bits_of(modulus);
    if (bits < fewest_rsa_bits || bits > most_rsa_bits)
      return fmt::format("RSA of {} bits; {} to {} are accepted", bits, fewest_rsa_bits, most_rsa_bits);
    if (!is_odd(modulus) || !is_odd(exponent) || bits_of(exponent) < 2 || exponent.size() > longest_exponent)
      return "its numbers are those of no RSA key";
    return hold(family::rsa, rsa_key_of(modulus, exponent));
  }
  struct known_curve {
    std::string_view type;
    const char* name;
    family kind;
    std::size_t bytes;
  };
  static constexpr std::array<known_curve, 4> curves{{{"EC", "P-256", family::p256, 32},
                                                      {"EC", "P-384", family::p384, 48},
                                                      {"EC", "P-521", family::p521, 66},
                                                      {"OKP", "Ed25519", family::ed25519, 32}}};
  const auto curve_name = text_in_key(jwk, "crv");
  const auto* curve = std::ranges::find_if(
      curves, [&](const known_curve& known) { return known.type == type && known.name == curve_name; });
  if (curve == curves.end()) return "its kty or crv is not supported";
  const auto x = decode_base64url(text_in_key(jwk, "x")).value_or("");
  const auto y = decode_base64url(text_in_key(jwk, "y")).value_or("");
  if (x.size() != curve->bytes || (type == "EC" && y.size() != curve->bytes))
    return fmt::format("its coordinates do not have {} bytes", curve->bytes);
  if (type == "EC") return hold(curve->kind, ec_key_of(curve->name, x, y));
  return hold(curve->kind, ::EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(x), x.size()));
}

std::string signature_key::hold(family kind, void* made) {
  if (made == nullptr) return "its numbers are those of no such key";
  kind_ = kind;
  key_ = std::shared_ptr<void>(made, [](void* old) { ::EVP_PKEY_free(static_cast<EVP_PKEY*>(old)); });
  return {};
}

tl::expected<signature_key, std::string> signature_key::read(const json& jwk) {
  if (!jwk.is_object()) return useless_key("it is no JSON object");
  if (auto other = other_purpose(jwk); !other.empty()) return useless_key(std::move(other));
  signature_key key;
  key.id_ = text_in_key(jwk, "kid");
  if (key.id_.empty() || key.id_.size() > longest_id)
    return useless_key(fmt::format("its kid is not a text of 1 to {} bytes", longest_id));
  if (auto mistake = key.read_numbers(jwk); !mistake.empty()) return useless_key(std::move(mistake));
  if (jwk.contains("alg")) {
    const auto known = jwt_algorithm_named(text_in_key(jwk, "alg"));
    if (!known || family_of(*known) != key.kind_) return useless_key("its alg is not one of signatures by such a key");
    key.only_ = known;
  }
  return key;
}

bool signature_key::is(const signature_key& other) const noexcept {
  return id_ == other.id_ && kind_ == other.kind_ && only_ == other.only_ &&
         ::EVP_PKEY_eq(static_cast<const EVP_PKEY*>(key_.get()), static_cast<const EVP_PKEY*>(other.key_.get())) == 1;
}

bool signature_key::fits(jwt_algorithm algorithm) const noexcept {
  return family_of(algorithm) == kind_ && (!only_ || *only_ == algorithm);
}

bool signature_key::verifies(std::string_view token, jwt_algorithm algorithm) const {
  const auto dot = token.rfind('.');
  if (!fits(algorithm) || dot == std::string_view::npos) return false;
  const auto signed_text = token.substr(0, dot);
  auto signature = decode_base64url(token.substr(dot + 1));
  if (!signature) return false;
  auto* key = static_cast<EVP_PKEY*>(key_.get());
  const bool on_curve = kind_ == family::p256 || kind_ == family::p384 || kind_ == family::p521;
  if (on_curve) {
    const auto bytes = (static_cast<std::size_t>(::EVP_PKEY_get_bits(key)) + 7) / 8;
    if (signature->size() != 2 * bytes) return false;
    signature = der_of(*signature);
  }
  const untouched_errors errors;
  const digest_context_ptr context(::EVP_MD_CTX_new());
  EVP_PKEY_CTX* more = nullptr;
  if (!context ||
      ::EVP_DigestVerifyInit_ex(context.get(), &more, digest_name(algorithm), nullptr, nullptr, key, nullptr) != 1)
    return false;
  const bool probabilistic =
      to_string(algorithm).starts_with("PS");  // RFC 7518, 3.5: the salt is as long as the digest
  if (probabilistic && (::EVP_PKEY_CTX_set_rsa_padding(more, RSA_PKCS1_PSS_PADDING) != 1 ||
                        ::EVP_PKEY_CTX_set_rsa_pss_saltlen(more, RSA_PSS_SALTLEN_DIGEST) != 1))
    return false;
  return ::EVP_DigestVerify(context.get(), bytes_of(*signature), signature->size(), bytes_of(signed_text),
                            signed_text.size()) == 1;
}

}  // namespace kfs
