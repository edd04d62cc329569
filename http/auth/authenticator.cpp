#include "http/auth/authenticator.hpp"

#include <utility>

#include "config/base/sha256.hpp"
#include "http/auth/bearer.hpp"

namespace kfs {
namespace {

constexpr std::string_view key_prefix = "kfs_";
constexpr std::chrono::seconds use_interval{10};  ///< between two messages about the use of one key

tl::unexpected<error> not_authenticated() {
  return failure(ec::unauthenticated, "Not authenticated: send a valid token as 'Authorization: Bearer <token>'.");
}

tl::unexpected<error> keys_unavailable() {
  return failure(ec::store_unavailable,
                 "The store does not answer, so API keys cannot be checked; ask again in a moment.");
}

signed_in_ptr make_admin() {
  return std::make_shared<const signed_in_caller>(
      signed_in_caller{.who = {.kind = caller_kind::api_key,
                               .name = "admin",
                               .credential_id = "ADMIN_API_KEY",
                               .grants = {{.permissions = permission_set::all(),
                                           .tenants = tenant_scope::every_tenant(),
                                           .consumers = std::nullopt,
                                           .rule = "ADMIN_API_KEY"}}},
                       .token = std::nullopt,
                       .expires_at = std::nullopt});
}

bool is_over(const std::optional<timestamp>& expires_at) {
  return expires_at && *expires_at <= now();
}

}  // namespace

std::string api_key_text(std::string_view id, std::string_view secret) {
  std::string text(key_prefix);
  text += id;
  text += '_';
  text += secret;
  return text;
}

authenticator::authenticator(parts given)
    : parts_(std::move(given)),
      admin_digest_(parts_.admin_key.empty() ? std::string() : sha256_hex(parts_.admin_key)),
      anyone_(std::make_shared<const signed_in_caller>(signed_in_caller{caller::anyone(), std::nullopt, std::nullopt})),
      admin_(make_admin()) {
  parts_.admin_key.clear();
}

void authenticator::authenticate(const std::optional<std::string>& authorization, continuation done) const {
  if (parts_.asks_nobody) return done(anyone_);
  auto token = authorization ? bearer_token(*authorization) : std::nullopt;
  if (!token) return done(not_authenticated());
  if (parts_.takes_api_keys) {
    if (!admin_digest_.empty() && equal_in_constant_time(sha256_hex(*token), admin_digest_)) return done(admin_);
    if (const auto presented = read_key(*token)) return authenticate_key(*presented, std::move(done));
  }
  if (parts_.verify_token) return authenticate_token(std::move(*token), std::move(done));
  done(not_authenticated());
}

void authenticator::authenticate_key(const presented_key& presented, continuation done) const {
  bool is_known = false;
  auto held = holder_of(presented, is_known);
  if (is_known || !parts_.refresh) return done(std::move(held));
  // Another replica may have made the key a moment ago.
  parts_.refresh([this, presented, done = std::move(done)] {
    bool ignored = false;
    done(holder_of(presented, ignored));
  });
}

void authenticator::authenticate_token(std::string token, continuation done) const {
  parts_.verify_token(std::move(token), [this, done = std::move(done)](result<verified_token> verified) {
    if (!verified && verified.error().code == ec::store_unavailable) return done(tl::make_unexpected(verified.error()));
    if (!verified) return done(not_authenticated());
    auto who = parts_.book->snapshot()->bearer_of(verified->who);
    done(std::make_shared<const signed_in_caller>(
        signed_in_caller{std::move(who), std::move(verified->who), verified->expires_at}));
  });
}

std::optional<authenticator::presented_key> authenticator::read_key(std::string_view token) {
  if (!token.starts_with(key_prefix)) return std::nullopt;
  token.remove_prefix(key_prefix.size());
  const auto end_of_id = token.find('_');
  if (end_of_id == std::string_view::npos) return std::nullopt;
  return presented_key{std::string(token.substr(0, end_of_id)), std::string(token.substr(end_of_id + 1))};
}

result<signed_in_ptr> authenticator::holder_of(const presented_key& presented, bool& is_known) const {
  const auto known = parts_.book->snapshot();
  const auto* key = known->key(presented.id);
  const auto digest = sha256_hex(presented.secret);
  // A wrong secret takes as long as an unknown id, so that nobody finds out which ids exist.
  is_known = key != nullptr && equal_in_constant_time(digest, key->secret_sha256);
  if (!in_grace()) return keys_unavailable();
  if (!is_known || is_over(key->expires_at)) return not_authenticated();
  note_use(key->id);
  return std::make_shared<const signed_in_caller>(
      signed_in_caller{known->holder_of(*key), std::nullopt, key->expires_at});
}

/// Tells of a use only now and then: it is stored once a minute, and each message would cost a request more than the
/// check of the key.
void authenticator::note_use(const std::string& key_id) const {
  if (!parts_.used) return;
  const auto at = access_book::clock::now();
  {
    const std::lock_guard lock(uses_mutex_);
    const auto [noted, is_first] = uses_.try_emplace(key_id, at);
    if (!is_first && at - noted->second < use_interval) return;
    noted->second = at;
  }
  parts_.used(key_id);
}

bool authenticator::in_grace() const {
  const auto confirmed = parts_.book->confirmed_at();
  return confirmed && access_book::clock::now() - *confirmed <= parts_.grace;
}

signed_in_ptr authenticator::renewed(const signed_in_caller& earlier) const {
  const auto& who = earlier.who;
  if (who.kind == caller_kind::anonymous) return parts_.asks_nobody ? anyone_ : nullptr;
  if (who == admin_->who) return admin_;
  if (is_over(earlier.expires_at)) return nullptr;
  const auto known = parts_.book->snapshot();
  if (earlier.token) {
    return std::make_shared<const signed_in_caller>(
        signed_in_caller{known->bearer_of(*earlier.token), earlier.token, earlier.expires_at});
  }
  const auto* key = known->key(who.credential_id);
  if (key == nullptr || is_over(key->expires_at)) return nullptr;
  return std::make_shared<const signed_in_caller>(
      signed_in_caller{known->holder_of(*key), std::nullopt, key->expires_at});
}

}  // namespace kfs
