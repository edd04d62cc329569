#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "config/postgres/conninfo.hpp"

namespace kfs {

/// Files, and directories of files, that libraries read to connect.
struct credential_files {
  std::vector<std::filesystem::path> secret;   ///< passwords and private keys
  std::vector<std::filesystem::path> trusted;  ///< certificates, and whom to trust
};

/// What libpq reads to connect with these options (libpq's documentation, "Parameter Key Words"), also its files in the
/// home directory, and OpenSSL's certificates where the environment names them.
credential_files credential_files_of(const conninfo_options& options,
                                     const std::map<std::string, std::string>& environment);

}  // namespace kfs
