#include "processors/database/dsn.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <libpq-fe.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <ranges>

#include "config/base/text.hpp"
#include "config/postgres/conninfo.hpp"
#include "processors/database/dsn_parameters.hpp"

namespace kfs {
namespace {

constexpr std::uint16_t default_port = 5432;
constexpr std::size_t most_hosts = 10;
/// A path below which no file can be.
constexpr auto no_file = "/dev/null/none";

constexpr auto encoding_hint = "write / ? # @ and % in a password as %2F %3F %23 %40 and %25";

tl::unexpected<error> wrong(std::string message) {
  return failure(ec::invalid_request, std::move(message));
}

/// False when a "/" or "@" that is not percent-encoded divides the URI elsewhere than its writer meant: libpq would
/// read part of a password as host, port or database.
bool is_well_divided(std::string_view uri) {
  const auto query = std::min(uri.find('?'), uri.size());
  if (uri.find('@', query) != std::string_view::npos) return false;
  const auto text = uri.substr(0, query).substr(uri.find("://") + 3);
  const auto at = text.find('@');
  const auto slash = text.find('/');
  const bool one_at = at == text.rfind('@');
  const bool one_slash = slash == text.rfind('/');
  return one_at && one_slash && (at == std::string_view::npos || slash == std::string_view::npos || at < slash);
}

/// True when the name of a parameter is percent-encoded, as nobody does who does not hide it.
bool names_encoded(std::string_view query) {
  bool in_name = true;
  for (const char c : query) {
    if (c == '?' || c == '&') in_name = true;
    if (c == '=') in_name = false;
    if (c == '%' && in_name) return true;
  }
  return false;
}

std::optional<std::string> mistake_in_host(const std::string& host) {
  if (host.empty()) return "a host is needed; sockets in the file system are not connected to";
  if (parse_ip(host) || is_host_name(host)) return std::nullopt;
  return "each host has to be a host name, an IPv4 address, or an IPv6 address in brackets; sockets in the file system "
         "are not connected to";
}

/// The default for an empty text, 0 for a text that is no port.
std::uint16_t port_of(const std::string& text) {
  if (text.empty()) return default_port;
  std::uint16_t port = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
  return failed == std::errc{} && end == text.data() + text.size() ? port : 0;
}

std::string value_of(const conninfo_options& options, const char* name) {
  const auto found = options.find(name);
  return found == options.end() ? std::string() : found->second;
}

/// The hosts with their ports. Adds what is wrong with them to `mistakes`.
std::vector<endpoint> hosts_of(const conninfo_options& options, std::vector<std::string>& mistakes) {
  const auto hosts = split_list(value_of(options, "host"));
  const auto ports = split_list(value_of(options, "port"));
  if (hosts.size() > most_hosts) mistakes.push_back(fmt::format("at most {} hosts are taken", most_hosts));
  if (ports.size() != 1 && ports.size() != hosts.size()) {
    mistakes.emplace_back("as many ports as hosts are needed, or one for all");
    return {};
  }
  std::vector<endpoint> all;
  for (std::size_t i = 0; i < hosts.size(); ++i)
    all.push_back({hosts[i], port_of(ports.size() == 1 ? ports.front() : ports[i])});
  for (const auto& place : all) {
    auto mistake = mistake_in_host(place.host);
    if (!mistake) continue;
    mistakes.push_back(std::move(*mistake));
    break;
  }
  if (std::ranges::any_of(all, [](const endpoint& place) { return place.port == 0; }))
    mistakes.emplace_back("each port has to be a number from 1 to 65535");
  return all;
}

}  // namespace

result<postgres_dsn> postgres_dsn::parse(std::string_view uri) {
  if (!has_postgres_scheme(uri)) return wrong("it has to begin with postgresql://");
  if (has_control_character(uri)) return wrong("it holds a control character");
  if (uri.find(' ') != std::string_view::npos) return wrong("it holds a space: write it as %20");
  if (!is_well_divided(uri))
    return wrong(
        fmt::format("a / or @ is where none can be: {}; a database name and a parameter need them too", encoding_hint));
  auto options = parse_conninfo(std::string(uri));
  if (!options)
    return wrong(
        fmt::format("it cannot be parsed: write postgresql://user:password@host:5432/database?sslmode=require, "
                    "with only parameters that libpq knows; {}",
                    encoding_hint));
  std::vector<std::string> mistakes;
  postgres_dsn dsn;
  dsn.hosts = hosts_of(*options, mistakes);
  dsn.user = value_of(*options, "user");
  dsn.database = value_of(*options, "dbname");
  if (dsn.user.empty()) mistakes.emplace_back("a user is needed: postgresql://user:password@host/database");
  if (dsn.database.empty()) dsn.database = dsn.user;
  if (options->contains("password")) dsn.password = options->at("password");
  std::ranges::move(mistakes_in_parameters(*options, ::PQlibVersion()), std::back_inserter(mistakes));
  if (!mistakes.empty()) return wrong(fmt::format("{}", fmt::join(mistakes, "; ")));
  for (const auto* name : {"host", "port", "user", "password", "dbname"}) options->erase(name);
  if (const auto timeout = options->extract("connect_timeout"))
    dsn.connect_timeout = std::chrono::seconds(std::stoi(timeout.mapped()));
  dsn.parameters.assign(options->begin(), options->end());
  return dsn;
}

std::optional<std::string> ambiguity_in_dsn(std::string_view uri) {
  const auto authority_ends = uri.find_first_of("/?", uri.find("://") + 3);
  if (authority_ends != std::string_view::npos && uri.find('#', authority_ends) != std::string_view::npos)
    return "the URI of a database has no #fragment: take it off, or write a # of a name or value as %23";
  const auto query = std::min(uri.find('?'), uri.size());
  if (names_encoded(uri.substr(query)))
    return "write the names of its parameters as they are, without %: ?sslmode=require";
  auto seen = parse_conninfo(std::string(uri.substr(0, query))).value_or(conninfo_options{});
  if (query == uri.size()) return std::nullopt;
  for (const auto& parameter : std::views::split(uri.substr(query + 1), '&')) {
    const std::string_view text(parameter.begin(), parameter.end());
    for (const auto& [name, value] :
         parse_conninfo(fmt::format("postgresql:///?{}", text)).value_or(conninfo_options{})) {
      if (!seen.emplace(name, value).second)
        return fmt::format("{} is given twice, and only the last one would count: take one out", name);
    }
  }
  const auto mode = seen.find("sslmode");
  if (mode == seen.end() || mode->second != "disable") return std::nullopt;
  for (const auto* name : {"ssl_min_protocol_version", "ssl_max_protocol_version"}) {
    if (seen.contains(name))
      return fmt::format("{} means nothing with sslmode=disable: write another sslmode, or leave it out", name);
  }
  return std::nullopt;
}

std::string postgres_dsn::place() const {
  std::string hosts_text;
  for (const auto& one : hosts) hosts_text += (hosts_text.empty() ? "" : ",") + to_string(one);
  return hosts_text + '/' + escaped(database, escaping::plain, 63);
}

std::vector<std::string> postgres_dsn::servers() const {
  std::vector<std::string> all;
  for (const auto& each : hosts) all.push_back(to_string(endpoint{canonical_host(each.host), each.port}));
  return all;
}

std::string postgres_dsn::conninfo(const std::string& address, std::size_t of) const {
  conninfo_options given(parameters.begin(), parameters.end());
  given["host"] = hosts[of].host;
  given["hostaddr"] = address;
  given["port"] = std::to_string(hosts[of].port);
  given["user"] = user;
  given["dbname"] = database;
  given["password"] = password.value_or("");
  given["passfile"] = no_file;
  given["sslcert"] = no_file;
  given["sslkey"] = no_file;
  given["gssencmode"] = "disable";
  given["client_encoding"] = "UTF8";
  given.emplace("application_name", "kafka-fetcher-server");
  given.emplace("keepalives", "1");
  given.emplace("keepalives_idle", "15");
  given.emplace("keepalives_interval", "5");
  given.emplace("keepalives_count", "3");
  given.emplace("tcp_user_timeout", "30000");
  return to_conninfo(given);
}

}  // namespace kfs
