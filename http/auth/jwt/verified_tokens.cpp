#include "http/auth/jwt/verified_tokens.hpp"

namespace kfs {

std::shared_ptr<const jwt_identity> verified_tokens::find(const token_digest& token, std::uint64_t keys,
                                                          clock::time_point at, timestamp now) {
  const std::lock_guard lock(mutex_);
  begin_with(keys);
  const auto found = by_token_.find(token);
  if (found == by_token_.end()) return nullptr;
  const auto kept = found->second;
  if (at >= kept->until || now >= kept->identity->expires_at) {
    entries_.erase(kept);
    by_token_.erase(found);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, kept);
  return kept->identity;
}

void verified_tokens::keep(const token_digest& token, std::uint64_t keys, clock::time_point at,
                           std::shared_ptr<const jwt_identity> identity) {
  const std::lock_guard lock(mutex_);
  if (keys < keys_) return;  // verified with keys that have been replaced meanwhile
  begin_with(keys);
  if (const auto found = by_token_.find(token); found != by_token_.end()) {
    entries_.erase(found->second);
    by_token_.erase(found);
  }
  entries_.push_front({token, at + lifetime, std::move(identity)});
  by_token_.emplace(token, entries_.begin());
  if (entries_.size() <= most_) return;
  by_token_.erase(entries_.back().token);
  entries_.pop_back();
}

std::size_t verified_tokens::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

void verified_tokens::begin_with(std::uint64_t keys) {
  if (keys <= keys_) return;
  by_token_.clear();
  entries_.clear();
  keys_ = keys;
}

}  // namespace kfs
