#include "config/postgres/conninfo.hpp"

#include <libpq-fe.h>

#include <memory>

namespace kfs {
namespace {

std::string in_quotes(std::string_view value) {
  std::string text = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') text += '\\';
    text += c;
  }
  return text + '\'';
}

}  // namespace

bool has_postgres_scheme(std::string_view url) noexcept {
  return url.starts_with("postgresql://") || url.starts_with("postgres://");
}

std::optional<conninfo_options> parse_conninfo(const std::string& url) {
  char* complaint = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(PQconninfoParse(url.c_str(), &complaint),
                                                                            &PQconninfoFree);
  if (complaint != nullptr) PQfreemem(complaint);
  if (!parsed) return std::nullopt;
  conninfo_options options;
  for (const auto* entry = parsed.get(); entry->keyword != nullptr; ++entry) {
    if (entry->val != nullptr) options.emplace(entry->keyword, entry->val);
  }
  return options;
}

std::string to_conninfo(const conninfo_options& options) {
  std::string text;
  for (const auto& [keyword, value] : options) text += keyword + '=' + in_quotes(value) + ' ';
  return text;
}

}  // namespace kfs
