#include "config/postgres/store_url.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>

#include "config/base/text.hpp"

namespace kfs {
namespace {

constexpr const char* connect_timeout_s = "3";  // for each host
constexpr const char* tcp_user_timeout_ms = "5000";
constexpr std::size_t longest_shown = 256;

tl::unexpected<error> malformed(const std::string& reason) {
  return failure(ec::invalid_request, reason +
                                          "; write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, and percent-encode "
                                          "what is neither letter nor digit in user and password");
}

bool is_port(const std::string& text) {
  std::uint16_t port = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
  return text.empty() || (failed == std::errc{} && end == text.data() + text.size() && port > 0);
}

std::string value_or(const conninfo_options& options, const char* keyword, const char* absent) {
  const auto found = options.find(keyword);
  return found == options.end() ? absent : found->second;
}

/// False when a password with '@', '/' or ':' moved parts of itself to where libpq takes them for a host, a port or a
/// database.
bool is_well_divided(const conninfo_options& options) {
  const auto ports = split_list(value_or(options, "port", ""));
  return value_or(options, "host", "").find('@') == std::string::npos &&
         value_or(options, "dbname", "").find('@') == std::string::npos && std::ranges::all_of(ports, is_port);
}

}  // namespace

result<postgres_target> parse_postgres_url(const std::string& url, const conninfo_options& defaults) {
  if (!has_postgres_scheme(url)) return malformed("does not begin with postgresql://");
  auto options = parse_conninfo(url);
  if (!options) return malformed("is no URL of a PostgreSQL database, or has a parameter that libpq does not know");
  if (!is_well_divided(*options)) return malformed("has a host, port or database that cannot be one");
  options->emplace("application_name", "kafka-fetcher-server");
  (*options)["client_encoding"] = "UTF8";
  (*options)["connect_timeout"] = connect_timeout_s;
  (*options)["tcp_user_timeout"] = tcp_user_timeout_ms;
  options->insert(defaults.begin(), defaults.end());
  const auto shown = [&](const char* keyword, const char* absent) {
    return escaped(value_or(*options, keyword, absent), escaping::plain, longest_shown);
  };
  return postgres_target{to_conninfo(*options),
                         shown("host", "localhost") + ":" + shown("port", "5432") + "/" + shown("dbname", "")};
}

}  // namespace kfs
