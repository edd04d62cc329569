#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace kfs {

/// libpq's connection parameters by keyword ("host", "port", "sslmode", …). May hold a password.
using conninfo_options = std::map<std::string, std::string>;

/// True for text that begins with `postgresql://` or `postgres://`.
bool has_postgres_scheme(std::string_view url) noexcept;

/// The parameters that a `postgresql://` URL names, percent-decoded; nullopt when libpq cannot read it or does not know
/// a parameter. What libpq complains about is dropped, because it may quote the password.
std::optional<conninfo_options> parse_conninfo(const std::string& url);

/// libpq's keyword form: `host='db' port='5432' `.
std::string to_conninfo(const conninfo_options& options);

}  // namespace kfs
