#include "config/postgres/credential_files.hpp"

#include <array>
#include <sstream>
#include <string_view>

namespace kfs {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 2> secret_options{"passfile", "sslkey"};
constexpr std::array<std::string_view, 4> trusted_options{"sslcert", "sslrootcert", "sslcrl", "sslcrldir"};
constexpr std::array<const char*, 3> secret_at_home{".pgpass", ".pg_service.conf", ".postgresql/postgresql.key"};
constexpr std::array<const char*, 3> trusted_at_home{".postgresql/postgresql.crt", ".postgresql/root.crt",
                                                     ".postgresql/root.crl"};

/// Adds the files of a list that is separated by colons.
void add(std::vector<fs::path>& into, const std::string& list) {
  std::istringstream parts(list);
  for (std::string part; std::getline(parts, part, ':');)
    if (!part.empty()) into.emplace_back(fs::absolute(part));
}

}  // namespace

credential_files credential_files_of(const conninfo_options& options,
                                     const std::map<std::string, std::string>& environment) {
  credential_files found;
  const auto add_option = [&](std::vector<fs::path>& into, std::string_view keyword) {
    const auto value = options.find(std::string(keyword));
    if (value != options.end() && !value->second.empty()) into.emplace_back(fs::absolute(value->second));
  };
  for (const auto keyword : secret_options) add_option(found.secret, keyword);
  for (const auto keyword : trusted_options) add_option(found.trusted, keyword);
  const auto variable = [&](const char* name) {
    const auto value = environment.find(name);
    return value == environment.end() ? std::string() : value->second;
  };
  const auto add_variable = [&](std::vector<fs::path>& into, const char* name) {
    if (const auto value = variable(name); !value.empty()) into.emplace_back(fs::absolute(value));
  };
  for (const char* name : {"PGPASSFILE", "PGSSLKEY", "PGSERVICEFILE"}) add_variable(found.secret, name);
  for (const char* name : {"PGSSLCERT", "PGSSLROOTCERT", "PGSSLCRL", "PGSSLCRLDIR", "SSL_CERT_FILE"})
    add_variable(found.trusted, name);
  add(found.trusted, variable("SSL_CERT_DIR"));
  if (const fs::path home = variable("HOME"); home.is_absolute()) {
    for (const auto* name : secret_at_home) found.secret.push_back(home / name);
    for (const auto* name : trusted_at_home) found.trusted.push_back(home / name);
  }
  return found;
}

}  // namespace kfs
