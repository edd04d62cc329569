#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/store/sealing.hpp"
#include "processors/sink_registry.hpp"

/// Keys, and consumers with a secret in each place that can hold one, for the tests of stores that encrypt.
namespace kfs::test {

/// A key of 32 bytes; another one for another letter.
inline std::string store_key(char letter) {
  return std::string(key_ring::key_bytes, letter);
}

inline key_ring ring_of(const std::string& letters) {
  std::vector<std::string> keys;
  for (const char letter : letters) keys.push_back(store_key(letter));
  return key_ring(keys);
}

/// With the keys of those letters, the first one current, and the declarations of the server.
inline spec_sealing_ptr sealing_with(const std::string& letters) {
  const auto declared = [](std::string_view type) -> const object_schema* {
    const auto* known = find_sink_type(type);
    return known == nullptr ? nullptr : known->options.get();
  };
  return std::make_shared<spec_sealing>(ring_of(letters), declared, logger::silent());
}

/// What each secret of with_secrets() holds.
inline constexpr const char* secret_text = "s3cr\xC3\xA9t-of-";
/// The part of it that JSON does not escape, and that base64 never holds by chance.
inline constexpr const char* secret_mark = "t-of-";

/// The consumer with a secret, or two, in each place.
inline consumer_spec with_secrets(consumer_spec spec, const std::string& version = "1") {
  const auto secret = [&](const std::string& name) { return secret_text + name + version; };
  spec.options["kafka"] = {{"security_protocol", "SASL_SSL"},
                           {"sasl_mechanism", "PLAIN"},
                           {"sasl_username", "fetcher"},
                           {"sasl_password", secret("kafka")},
                           {"ssl_key_pem", "-----BEGIN PRIVATE KEY-----\n" + secret("key") + "\n"},
                           {"an option of a newer version", {{"inside", secret("newer")}}}};
  const auto add = [&](const char* type, json config) {
    spec.processors.push_back({processor_id{make_uuid()}, type, std::move(config), spec.created_at, spec.updated_at});
  };
  add("database_sync", {{"db_dsn", "postgresql://user:" + secret("dsn") + "@host/database"}, {"table", "t"}});
  add("streaming_forwarder", {{"endpoint_url", "http://127.0.0.1:1/"},
                              {"headers", {{"X-Key", secret("header")}, {"a/b~c", secret("odd-header")}}},
                              {"hmac_secret", secret("hmac")}});
  add("a type of a newer version", {{"password", secret("unknown")}});
  return spec;
}

/// Secrets by reference, which a store keeps as they are.
inline consumer_spec with_references(consumer_spec spec) {
  spec.options["kafka"] = {{"sasl_password", "${env:KFS_SECRET_KAFKA}"}};
  spec.processors.push_back({processor_id{make_uuid()},
                             "database_sync",
                             {{"db_dsn", "postgresql://user:${file:/run/secrets/password}@host/database"}},
                             spec.created_at,
                             spec.updated_at});
  return spec;
}

}  // namespace kfs::test
