#include "config/secrets/key_ring.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include "config/base/base64.hpp"
#include "config/base/sha256.hpp"
#include "config/schema/secret_text.hpp"

namespace kfs {
namespace {

constexpr std::string_view form = "1:";
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;
constexpr std::size_t id_digits = 8;

using cipher_context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&::EVP_CIPHER_CTX_free)>;

/// OpenSSL has no memory, or no random numbers; there is nothing to go on with.
void must(bool done, const char* what) {
  if (done) return;
  std::fprintf(stderr, "OpenSSL cannot %s\n", what);
  std::abort();
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
int length_of(std::string_view text) {
  return static_cast<int>(text.size());
}

/// What is derived from a key for one use tells nothing of the key, nor of what is derived for another use.
std::string derived(std::string_view key, std::string_view use) {
  std::string bytes(key_ring::key_bytes, '\0');
  unsigned int length = 0;
  must(::HMAC(::EVP_sha256(), key.data(), length_of(key), bytes_of(use), use.size(), bytes_of(bytes), &length) !=
               nullptr &&
           length == bytes.size(),
       "compute an HMAC");
  return bytes;
}

std::string base64(std::string_view bytes) {
  std::string text;
  append_base64(bytes, text);
  return text;
}

/// The bytes of a text that base64() made; nullopt for any other text.
std::optional<std::string> from_base64(std::string_view text) {
  auto bytes = decoded_base64(text);
  return bytes && base64(*bytes) == text ? bytes : std::nullopt;
}

std::string encrypted(std::string_view key, std::string_view text, std::string_view place) {
  std::string data(nonce_bytes + text.size() + tag_bytes, '\0');
  auto* const nonce = bytes_of(data);
  must(::RAND_bytes(nonce, nonce_bytes) == 1, "make random numbers");
  const cipher_context context(::EVP_CIPHER_CTX_new(), &::EVP_CIPHER_CTX_free);
  int length = 0;
  auto* const out = nonce + nonce_bytes;
  must(context != nullptr &&
           ::EVP_EncryptInit_ex(context.get(), ::EVP_aes_256_gcm(), nullptr, bytes_of(key), nonce) == 1 &&
           ::EVP_EncryptUpdate(context.get(), nullptr, &length, bytes_of(place), length_of(place)) == 1 &&
           ::EVP_EncryptUpdate(context.get(), out, &length, bytes_of(text), length_of(text)) == 1 &&
           ::EVP_EncryptFinal_ex(context.get(), out + length, &length) == 1 &&
           ::EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, tag_bytes, out + text.size()) == 1,
       "encrypt");
  return data;
}

/// nullopt when the data was changed, or belongs to another place or key.
std::optional<std::string> decrypted(std::string_view key, std::string data, std::string_view place) {
  if (data.size() < nonce_bytes + tag_bytes) return std::nullopt;
  std::string text(data.size() - nonce_bytes - tag_bytes, '\0');
  const auto* const nonce = bytes_of(data);
  const cipher_context context(::EVP_CIPHER_CTX_new(), &::EVP_CIPHER_CTX_free);
  int length = 0;
  const bool genuine =
      context != nullptr &&
      ::EVP_DecryptInit_ex(context.get(), ::EVP_aes_256_gcm(), nullptr, bytes_of(key), nonce) == 1 &&
      ::EVP_DecryptUpdate(context.get(), nullptr, &length, bytes_of(place), length_of(place)) == 1 &&
      ::EVP_DecryptUpdate(context.get(), bytes_of(text), &length, nonce + nonce_bytes, length_of(text)) == 1 &&
      ::EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, tag_bytes, bytes_of(data) + data.size() - tag_bytes) ==
          1 &&
      ::EVP_DecryptFinal_ex(context.get(), bytes_of(text) + length, &length) == 1;
  if (!genuine) return std::nullopt;
  return text;
}

}  // namespace

key_ring::key_ring(const std::vector<std::string>& keys) {
  for (const auto& bytes : keys) {
    const auto id = hex_of(derived(bytes, "kafka-fetcher-server: name of a store key")).substr(0, id_digits);
    if (!holds(id)) keys_.push_back({id, derived(bytes, "kafka-fetcher-server: secrets in the store, form 1")});
  }
}

std::vector<std::string> key_ring::ids() const {
  std::vector<std::string> all;
  for (const auto& each : keys_) all.push_back(each.id);
  return all;
}

const key_ring::key* key_ring::find(std::string_view id) const {
  const auto found = std::ranges::find(keys_, id, &key::id);
  return found == keys_.end() ? nullptr : &*found;
}

std::string key_ring::seal(std::string_view id, std::string_view text, std::string_view place) const {
  const auto* with = find(id);
  must(with != nullptr, "encrypt with a key that the server does not have");
  return std::string(sealed_prefix)
      .append(form)
      .append(id)
      .append(":")
      .append(base64(encrypted(with->bytes, text, place)));
}

result<std::string> key_ring::open(std::string_view sealed, std::string_view place) const {
  const auto id = key_of(sealed);
  const auto* with = find(id);
  if (with == nullptr)
    return failure(ec::secret_unavailable, "a secret was encrypted with the key " + id +
                                               ", which is neither STORE_KEY nor in STORE_KEYS_PREVIOUS");
  const auto data = from_base64(sealed.substr(sealed_prefix.size() + form.size() + id_digits + 1));
  auto text = data ? decrypted(with->bytes, *data, place) : std::nullopt;
  if (!text)
    return failure(ec::secret_unavailable, "a secret that was encrypted with the key " + id +
                                               " is not as it was stored, or was stored for another place");
  return std::move(*text);
}

std::string key_ring::key_of(std::string_view sealed) {
  if (!sealed.starts_with(sealed_prefix)) return {};
  sealed.remove_prefix(sealed_prefix.size());
  const auto id_ends = form.size() + id_digits;
  if (!sealed.starts_with(form) || sealed.size() <= id_ends || sealed[id_ends] != ':') return "of a newer version";
  return std::string(sealed.substr(form.size(), id_digits));
}

result<std::string> parse_store_key(std::string_view text) {
  const auto bytes = from_base64(text).value_or("");
  if (bytes.size() == key_ring::key_bytes) return bytes;
  return failure(ec::invalid_request,
                 "must be the base64 of 32 random bytes, as `openssl rand -base64 32` prints them");
}

}  // namespace kfs
