#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/address_policy.hpp"
#include "config/base/logger.hpp"
#include "config/consumers/spec.hpp"
#include "config/settings/jwt_settings.hpp"

namespace kfs {

/// Where the actors of this replica listen for other replicas, and how both sides prove who they are.
struct link_settings {
  std::string host;                   ///< an IPv4 or IPv6 address without brackets, or "localhost"; empty: no links
  std::uint16_t port = 0;             ///< 0 for any free port
  std::string advertise;              ///< host:port where the others reach it; empty: host and port
  std::filesystem::path certificate;  ///< PEM, with the certificates between it and the CA's
  std::filesystem::path key;
  std::filesystem::path ca;
  bool insecure = false;  ///< links beyond loopback may be plain

  [[nodiscard]] bool on() const { return !host.empty(); }
  [[nodiscard]] bool encrypted() const { return !certificate.empty(); }
};

/// Who may use the API, and what is kept of what they did.
struct access_settings {
  bool api_keys = false;               ///< API keys are taken
  bool tokens = false;                 ///< tokens of an identity provider (JWT) are taken
  std::string admin_key;               ///< holds a secret; empty: none
  std::chrono::seconds key_grace{60};  ///< how long known keys serve while the store does not answer
  std::filesystem::path file;          ///< with roles and bindings; empty: none
  bool metrics_public = false;
  std::chrono::days audit_retention{90};

  /// Nobody is asked who they are, and everybody may do everything.
  [[nodiscard]] bool asks_nobody() const { return !api_keys && !tokens; }
};

/// Every setting, typed and checked, with defaults in place. Made by load_settings(), passed by const reference.
struct settings {
  std::string database_url;             ///< the PostgreSQL that keeps the consumers; holds a secret; empty for SQLite
  std::string kafka_bootstrap_servers;  ///< host:port, separated by commas without blanks
  log_level level = log_level::info;
  log_format format = log_format::text;
  std::string http_host;           ///< an IPv4 or IPv6 address without brackets, or "localhost"
  std::uint16_t http_port = 8000;  ///< 0 for any free port
  std::filesystem::path data_dir;
  std::vector<std::filesystem::path> file_sink_directories;  ///< never empty; symbolic links are not resolved
  address_policy kafka_allowed_brokers;
  address_policy database_allowed_hosts;
  address_policy forwarder_allowed_hosts;
  std::string replica_id;                          ///< empty when the server makes one at its start
  std::chrono::milliseconds replica_lease{3'000};  ///< how long a replica that is not heard of keeps its consumers
  std::optional<std::size_t> replica_capacity;  ///< most consumer instances that this replica runs; nullopt: no limit
  jwt_settings jwt;
  link_settings links;
  access_settings access;
  /// The keys that encrypt secrets in the store (key_ring), STORE_KEY first; secrets themselves. Empty without it.
  std::vector<std::string> store_keys;
  std::vector<std::filesystem::path> secrets_directories;  ///< of the files that consumers may name as secrets
  policy_defaults policies;                                ///< for consumers whose options say nothing
  /// Files from which the server takes settings, keys, secrets or rights, and directories of such files. Whoever writes
  /// there may do everything, so no consumer may.
  std::vector<std::filesystem::path> read_by_server;
  /// The files among them: no consumer may name one as a secret.
  std::vector<std::filesystem::path> own_files;
};

/// True for what REPLICA_ID may be: 1 to 255 printable ASCII characters without blanks.
bool is_replica_name(std::string_view text) noexcept;

}  // namespace kfs
