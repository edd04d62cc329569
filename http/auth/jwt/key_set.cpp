#include "http/auth/jwt/key_set.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/base/text.hpp"
#include "http/message/json_body.hpp"

namespace kfs {
namespace {

constexpr std::size_t most_keys = 100;
constexpr std::size_t longest_shown_id = 64;

/// "key 2 (kid a1)"
std::string shown_key(std::size_t number, const json& jwk) {
  const auto id = jwk.is_object() ? jwk.find("kid") : jwk.end();
  if (id == jwk.end() || !id->is_string()) return fmt::format("key {}", number);
  return fmt::format("key {} (kid {})", number, shortened(id->get<std::string>(), longest_shown_id));
}

}  // namespace

bool key_set::has(const std::string& id) const {
  return std::any_of(keys_.begin(), keys_.end(), [&](const signature_key& key) { return key.id() == id; });
}

bool key_set::holds(const signature_key& key) const {
  return std::any_of(keys_.begin(), keys_.end(), [&](const signature_key& each) { return each.is(key); });
}

std::vector<const signature_key*> key_set::fitting(jwt_algorithm algorithm,
                                                   const std::optional<std::string>& id) const {
  std::vector<const signature_key*> found;
  for (const auto& key : keys_) {
    if (key.fits(algorithm) && (!id || key.id() == *id)) found.push_back(&key);
  }
  return found;
}

tl::expected<read_keys, std::string> read_key_set(std::string_view text) {
  const auto set = parse_json(text, {.depth = 8, .members = 100, .values = 20'000});
  if (!set) return tl::make_unexpected("it is no JSON, or names a member twice");
  const auto listed_keys = set->is_object() ? set->find("keys") : set->end();
  if (listed_keys == set->end() || !listed_keys->is_array())
    return tl::make_unexpected("it is no JSON object with an array \"keys\"");
  if (listed_keys->size() > most_keys)
    return tl::make_unexpected(fmt::format("it has {} keys; at most {} are read", listed_keys->size(), most_keys));
  std::vector<signature_key> keys;
  std::vector<std::string> left_out;
  for (std::size_t i = 0; i < listed_keys->size(); ++i) {
    const auto& jwk = (*listed_keys)[i];
    if (auto key = signature_key::read(jwk)) {
      keys.push_back(std::move(*key));
    } else {
      left_out.push_back(fmt::format("{}: {}", shown_key(i + 1, jwk), key.error()));
    }
  }
  if (keys.empty()) {
    const auto why =
        left_out.empty() ? std::string() : ": " + listed(left_out, 3, [](const auto& line) { return line; });
    return tl::make_unexpected(fmt::format("none of its {} keys is of use{}", listed_keys->size(), why));
  }
  return read_keys{key_set(std::move(keys)), std::move(left_out)};
}

}  // namespace kfs
