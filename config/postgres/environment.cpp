#include "config/postgres/environment.hpp"

#include <libpq-fe.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kfs {
namespace {

bool stays(std::string_view name) {
  return name == "PGSSLROOTCERT" || name == "PGSERVICEFILE" || name == "PGSYSCONFDIR";
}

/// The options whose value is not the one that libpq was compiled with. A service's own options are among them.
conninfo_options options_of_environment() {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> defaults(PQconndefaults(), &PQconninfoFree);
  conninfo_options found;
  for (const auto* option = defaults.get(); option != nullptr && option->keyword != nullptr; ++option) {
    if (option->val == nullptr || option->envvar == nullptr) continue;
    const std::string_view compiled = option->compiled == nullptr ? "" : option->compiled;
    if (option->val != compiled) found.emplace(option->keyword, option->val);
  }
  return found;
}

}  // namespace

conninfo_options take_postgres_environment() {
  std::vector<std::string> names;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view line(*entry);
    const auto name = line.substr(0, line.find('='));
    if (name.starts_with("PG") && !stays(name)) names.emplace_back(name);
  }
  if (names.empty()) return {};
  auto found = options_of_environment();
  for (const auto& name : names) ::unsetenv(name.c_str());
  return found;
}

}  // namespace kfs
