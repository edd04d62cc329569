#include "config/settings/secrets.hpp"

#include <optional>
#include <string>
#include <utility>

#include "config/base/text.hpp"
#include "config/secrets/key_ring.hpp"

namespace kfs {
namespace {

/// What is wrong with a value; nullopt when it was stored.
using problem = std::optional<std::string>;

problem apply_store_key(const std::string& text, settings& into) {
  auto key = parse_store_key(text);
  if (!key) return key.error().message;
  into.store_keys = {std::move(*key)};
  return std::nullopt;
}

/// Declared after STORE_KEY, so that one is known here.
problem apply_previous_store_keys(const std::string& text, settings& into) {
  if (into.store_keys.empty()) return "needs a valid STORE_KEY, the key for what is stored from now on";
  for (const auto& each : split_list(text)) {
    auto key = parse_store_key(each);
    if (!key) return "has to be a list of keys, separated by single commas; each " + key.error().message;
    into.store_keys.push_back(std::move(*key));
  }
  return std::nullopt;
}

problem apply_secrets_directories(const std::string& text, settings& into) {
  for (const auto& each : split_list(text)) {
    if (!each.starts_with('/')) return "must be absolute paths of directories, separated by single commas";
    into.secrets_directories.emplace_back(each);
  }
  return std::nullopt;
}

}  // namespace

std::vector<setting_declaration> secret_setting_declarations() {
  return {{"STORE_KEY", "", false, "", true, false,
           "Encrypts the secrets of consumers in the store: 32 random bytes in base64 (`openssl rand -base64 32`). The "
           "same "
           "for all replicas. Without it: they are stored as they are.",
           apply_store_key},
          {"STORE_KEYS_PREVIOUS", "", false, "", true, true,
           "Earlier values of STORE_KEY, separated by commas, which still read what was stored with them.",
           apply_previous_store_keys},
          {"SECRETS_DIRECTORIES", "", false, "", false, true,
           "The directories below which a consumer may name files as secrets, as ${file:/path}. Without it: none.",
           apply_secrets_directories}};
}

}  // namespace kfs
