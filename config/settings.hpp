#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/address_policy.hpp"

namespace kfs {

enum class log_level : std::uint8_t { debug, info, warning, error };
enum class log_format : std::uint8_t { text, json };

/// Every setting, typed, checked, with defaults in place. Built by settings_loader; passed by const reference.
struct settings {
  std::optional<std::string> database_url;
  std::string kafka_bootstrap_servers;
  log_level level = log_level::info;
  log_format format = log_format::text;
  std::string http_host;
  std::uint16_t http_port = 8000;
  std::filesystem::path data_dir;
  std::vector<std::filesystem::path> file_sink_directories;
  address_policy kafka_allowed_brokers;
  std::string replica_id;
};

}  // namespace kfs
