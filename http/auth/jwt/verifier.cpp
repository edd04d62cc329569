#include "http/auth/jwt/verifier.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "http/auth/jwt/claims.hpp"

namespace kfs {
namespace {

constexpr auto unknown_key = "it names a key that JWT_JWKS does not have";
constexpr auto no_keys = "the keys of the identity provider are not known yet";

jwt_outcome rejected_token(std::string reason) {
  return tl::make_unexpected(jwt_failure{jwt_failure::kind::rejected, std::move(reason)});
}

jwt_outcome undecided_token(std::string reason) {
  return tl::make_unexpected(jwt_failure{jwt_failure::kind::unavailable, std::move(reason)});
}

/// Names a token that has no `jti`: the beginning of its digest.
std::string name_of(const token_digest& digest) {
  std::string name = "sha256:";
  for (std::size_t i = 0; i < 8; ++i) name += fmt::format("{:02x}", digest[i]);
  return name;
}

}  // namespace

jwt_verifier::jwt_verifier(const jwt_settings& accepted, const logger& log)
    : accepted_(accepted), verified_(most_remembered), source_(accepted, log) {}

bool jwt_verifier::still_trusts(const jwt_identity& token) const {
  const auto known = source_.current();
  return known && (!token.signed_by || known->keys.holds(*token.signed_by));
}

bool jwt_verifier::has_keys() const {
  return source_.current() != nullptr;
}

void jwt_verifier::verify(std::string token, handler when_done) {
  if (token.size() > longest_token) return when_done(rejected_token(read_compact_token(token, {}).error()));
  const auto digest = sha256(token);
  if (const auto keys = source_.current()) {
    auto known = verified_.find(digest, keys->number, verified_tokens::clock::now(), now());
    if (known) return when_done(std::move(known));
  }
  {
    const auto read = read_compact_token(token, accepted_.algorithms);
    if (!read) return when_done(rejected_token(read.error()));
    if (const auto outcome = decide(*read, digest)) return when_done(*outcome);
  }
  const auto waits =
      source_.after_refresh([this, token, digest, when_done] { decide_for_good(token, digest, when_done); });
  if (waits == key_source::waiting::crowded)
    return when_done(undecided_token("too many wait for the keys of JWT_JWKS"));
  if (waits == key_source::waiting::not_now) decide_for_good(token, digest, when_done);
}

/// Nullopt while the keys are unknown or do not have the one that the token names.
std::optional<jwt_outcome> jwt_verifier::decide(const compact_token& token, const token_digest& digest) {
  const auto known = source_.current();
  if (!known || (token.key_id && !known->keys.has(*token.key_id))) return std::nullopt;
  const auto fitting = known->keys.fitting(token.algorithm, token.key_id);
  if (fitting.empty()) return rejected_token("no key of JWT_JWKS fits its alg and kid");
  if (fitting.size() > key_set::most_tried)
    return rejected_token(fmt::format("{} keys fit it; it must have a kid that says which", fitting.size()));
  const auto signer = std::find_if(fitting.begin(), fitting.end(), [&](const signature_key* key) {
    return key->verifies(token.text, token.algorithm);
  });
  if (signer == fitting.end()) return rejected_token("its signature is wrong");
  auto identity = read_identity(token.payload, accepted_, now(), name_of(digest));
  if (!identity) return rejected_token(std::move(identity.error()));
  identity->signed_by = std::make_shared<const signature_key>(**signer);
  auto shared = std::make_shared<const jwt_identity>(std::move(*identity));
  verified_.keep(digest, known->number, verified_tokens::clock::now(), shared);
  return shared;
}

void jwt_verifier::decide_for_good(const std::string& text, const token_digest& digest, const handler& when_done) {
  const auto token = read_compact_token(text, accepted_.algorithms);
  if (!token) return when_done(rejected_token(token.error()));
  if (const auto outcome = decide(*token, digest)) return when_done(*outcome);
  when_done(has_keys() ? rejected_token(unknown_key) : undecided_token(no_keys));
}

}  // namespace kfs
