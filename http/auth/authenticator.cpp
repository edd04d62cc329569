#include "http/auth/authenticator.hpp"

#include <utility>

#include "http/auth/bearer.hpp"

namespace kfs {
namespace {

constexpr std::string_view key_prefix = "kfs_";
constexpr std::chrono::seconds use_interval{10};  ///< between two messages about the use of one key
constexpr std::size_t most_bearers = 2'000;       ///< that are remembered

tl::unexpected<error> not_authenticated() {
  return failure(ec::unauthenticated, "Not authenticated: send a valid token as 'Authorization: Bearer <token>'.");
}

tl::unexpected<error> keys_unavailable() {
  return failure(ec::store_unavailable,
                 "The store does not answer, so API keys cannot be checked; ask again in a moment.");
}

signed_in_ptr signed_in(caller who) {
  return std::make_shared<const signed_in_caller>(
      signed_in_caller{std::make_shared<const caller>(std::move(who)), nullptr, std::nullopt});
}

caller admin() {
  return {.kind = caller_kind::api_key,
          .name = "admin",
          .credential_id = "ADMIN_API_KEY",
          .grants = {{.permissions = permission_set::all(),
                      .tenants = tenant_scope::every_tenant(),
                      .consumers = std::nullopt,
                      .rule = "ADMIN_API_KEY"}}};
}

signed_in_ptr with_key(const key_holder& holder) {
  return std::make_shared<const signed_in_caller>(signed_in_caller{holder.who, nullptr, holder.expires_at});
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
      admin_key_size_(parts_.admin_key.size()),
      admin_digest_(sha256(parts_.admin_key)),
      anyone_(signed_in(caller::anyone())),
      admin_(signed_in(admin())) {
  parts_.admin_key.clear();
}

void authenticator::authenticate(const std::optional<std::string>& authorization, continuation done) const {
  if (parts_.asks_nobody) return done(anyone_);
  const auto token = authorization ? bearer_token(*authorization) : std::nullopt;
  if (!token) return done(not_authenticated());
  if (parts_.takes_api_keys) {
    if (is_admin_key(*token)) return done(admin_);
    if (const auto presented = read_key(*token)) return authenticate_key(*presented, std::move(done));
  }
  if (parts_.verify_token) return authenticate_token(std::string(*token), std::move(done));
  done(not_authenticated());
}

/// How long the key is, is no secret; so other tokens need no digest.
bool authenticator::is_admin_key(std::string_view token) const {
  return admin_key_size_ != 0 && token.size() == admin_key_size_ &&
         equal_in_constant_time(sha256(token), admin_digest_);
}

void authenticator::authenticate_key(const presented_key& presented, continuation done) const {
  bool is_known = false;
  auto held = holder_of(presented, is_known);
  if (is_known || !parts_.refresh) return done(std::move(held));
  // Another replica may have made the key a moment ago.
  parts_.refresh([this, id = std::string(presented.id), secret = presented.secret, done = std::move(done)] {
    bool ignored = false;
    done(holder_of({id, secret}, ignored));
  });
}

void authenticator::authenticate_token(std::string token, continuation done) const {
  parts_.verify_token(std::move(token), [this, done = std::move(done)](const result<jwt_identity_ptr>& verified) {
    if (!verified && verified.error().code == ec::store_unavailable) return done(tl::make_unexpected(verified.error()));
    if (!verified) return done(not_authenticated());
    done(with_token(*verified));
  });
}

/// A verifier gives the same identity for a token for some seconds: what it may do is not found out for each request.
signed_in_ptr authenticator::with_token(const jwt_identity_ptr& token) const {
  auto known = parts_.book->snapshot();
  const std::lock_guard lock(bearers_mutex_);
  if (known != bearers_known_ || bearers_.size() >= most_bearers) {
    bearers_.clear();
    bearers_known_ = std::move(known);
  }
  auto& bearer = bearers_[token];
  if (!bearer) {
    auto who = std::make_shared<const caller>(bearers_known_->bearer_of(*token));
    bearer = std::make_shared<const signed_in_caller>(signed_in_caller{std::move(who), token, token->expires_at});
  }
  return bearer;
}

std::optional<authenticator::presented_key> authenticator::read_key(std::string_view token) {
  if (!token.starts_with(key_prefix)) return std::nullopt;
  token.remove_prefix(key_prefix.size());
  const auto end_of_id = token.find('_');
  if (end_of_id == std::string_view::npos) return std::nullopt;
  return presented_key{token.substr(0, end_of_id), sha256(token.substr(end_of_id + 1))};
}

result<signed_in_ptr> authenticator::holder_of(const presented_key& presented, bool& is_known) const {
  const auto known = parts_.book->snapshot();
  const auto* holder = known->holder_of(presented.id);
  // A wrong secret takes as long as an unknown id, so that nobody finds out which ids exist.
  is_known = holder != nullptr && holder->secret && equal_in_constant_time(presented.secret, *holder->secret);
  if (!in_grace()) return keys_unavailable();
  if (!is_known || is_over(holder->expires_at)) return not_authenticated();
  note_use(presented.id);
  return with_key(*holder);
}

/// Tells of a use only now and then: it is stored once a minute, and each message would cost a request more than the
/// check of the key.
void authenticator::note_use(std::string_view key_id) const {
  if (!parts_.used) return;
  const auto at = access_book::clock::now();
  {
    const std::lock_guard lock(uses_mutex_);
    auto noted = uses_.find(key_id);
    if (noted != uses_.end() && at - noted->second < use_interval) return;
    if (noted == uses_.end()) noted = uses_.emplace(key_id, at).first;
    noted->second = at;
  }
  parts_.used(std::string(key_id));
}

bool authenticator::in_grace() const {
  const auto confirmed = parts_.book->confirmed_at();
  return confirmed && access_book::clock::now() - *confirmed <= parts_.grace;
}

signed_in_ptr authenticator::renewed(const signed_in_caller& earlier) const {
  const auto& who = *earlier.who;
  if (who.kind == caller_kind::anonymous) return parts_.asks_nobody ? anyone_ : nullptr;
  if (who == *admin_->who) return admin_;
  if (is_over(earlier.expires_at)) return nullptr;
  if (earlier.token) {
    const bool holds = !parts_.still_trusts || parts_.still_trusts(*earlier.token);
    return holds ? with_token(earlier.token) : nullptr;
  }
  if (!in_grace()) return nullptr;
  const auto known = parts_.book->snapshot();
  const auto* holder = known->holder_of(who.credential_id);
  if (holder == nullptr || is_over(holder->expires_at)) return nullptr;
  return with_key(*holder);
}

}  // namespace kfs
