#include "config/base/postgres_url.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <string_view>

#include "config/base/text.hpp"

namespace kfs {
namespace {

using parameters = std::map<std::string, std::string>;

// Connecting takes longer than this many seconds for each host only where something is wrong.
constexpr const char* connect_timeout_s = "3";
constexpr const char* tcp_user_timeout_ms = "5000";

tl::unexpected<error> malformed(const std::string& why) {
  return failure(ec::invalid_request, why +
                                          "; write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, and percent-encode "
                                          "what is neither letter nor digit in user and password");
}

/// What the URL names; nothing where libpq cannot read it.
result<parameters> parsed(const std::string& url) {
  char* complaint = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfoParse(url.c_str(), &complaint),
                                                                             &PQconninfoFree);
  // Not repeated: it quotes the text, which may be a password.
  if (complaint != nullptr) PQfreemem(complaint);
  if (!options) return malformed("is no URL of a PostgreSQL database, or has a parameter that libpq does not know");
  parameters given;
  for (const auto* one = options.get(); one->keyword != nullptr; ++one) {
    if (one->val != nullptr) given[one->keyword] = one->val;
  }
  return given;
}

bool is_port(const std::string& text) {
  std::uint16_t port = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
  return text.empty() || (failed == std::errc{} && end == text.data() + text.size() && port > 0);
}

/// A password with '@', '/' or ':' moves parts of itself to where libpq takes them for a host, a port or a database.
bool well_divided(const parameters& given) {
  const auto value = [&](const char* name) { return given.contains(name) ? given.at(name) : std::string(); };
  const auto ports = split_list(value("port"));
  return value("host").find('@') == std::string::npos && value("dbname").find('@') == std::string::npos &&
         std::all_of(ports.begin(), ports.end(), is_port);
}

std::string quoted(const std::string& value) {
  std::string out = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string keyword_form(const parameters& given) {
  std::string text;
  for (const auto& [name, value] : given) text += name + "=" + quoted(value) + " ";
  return text;
}

}  // namespace

result<postgres_target> parse_postgres_url(const std::string& url) {
  if (!url.starts_with("postgresql://") && !url.starts_with("postgres://"))
    return malformed("does not begin with postgresql://");
  auto given = parsed(url);
  if (!given) return tl::make_unexpected(given.error());
  if (!well_divided(*given)) return malformed("has a host, port or database that cannot be one");
  given->emplace("application_name", "kafka-fetcher-server");
  (*given)["client_encoding"] = "UTF8";
  (*given)["connect_timeout"] = connect_timeout_s;
  (*given)["tcp_user_timeout"] = tcp_user_timeout_ms;
  const auto part = [&](const char* name, const char* otherwise) {
    return escaped(given->contains(name) ? given->at(name) : otherwise, escaping::plain, 256);
  };
  return postgres_target{keyword_form(*given),
                         part("host", "localhost") + ":" + part("port", "5432") + "/" + part("dbname", "")};
}

}  // namespace kfs
