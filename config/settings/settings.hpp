#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "config/base/address_policy.hpp"
#include "config/base/logger.hpp"
#include "config/consumers/spec.hpp"

namespace kfs {

/// Every setting, typed, checked, with defaults in place. Built by settings_loader; passed by const reference.
struct settings {
  std::string database_url;             ///< of a PostgreSQL that keeps the consumers, holds a secret; empty: SQLite
  std::string kafka_bootstrap_servers;  ///< host:port, separated by commas without blanks
  log_level level = log_level::info;
  log_format format = log_format::text;
  std::string http_host;           ///< an IPv4 or IPv6 address without brackets, or "localhost"
  std::uint16_t http_port = 8000;  ///< 0: a free one
  std::filesystem::path data_dir;
  std::vector<std::filesystem::path> file_sink_directories;  ///< never empty; links are not resolved yet
  address_policy kafka_allowed_brokers;
  address_policy database_allowed_hosts;
  address_policy forwarder_allowed_hosts;
  std::string replica_id;    ///< empty: made at start
  policy_defaults policies;  ///< of consumers whose options say nothing
};

}  // namespace kfs
