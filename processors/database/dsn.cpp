#include "processors/database/dsn.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "config/base/text.hpp"
#include "config/postgres/conninfo.hpp"

namespace kfs {
namespace {

constexpr std::uint16_t default_port = 5432;
constexpr std::size_t most_hosts = 10;
constexpr int longest_connect_timeout_s = 60;
/// A path below which no file can be.
constexpr auto no_file = "/dev/null/none";

constexpr std::array<std::string_view, 10> allowed_parameters{"application_name",
                                                              "channel_binding",
                                                              "connect_timeout",
                                                              "keepalives_idle",
                                                              "sslmode",
                                                              "sslnegotiation",
                                                              "sslrootcert",
                                                              "target_session_attrs",
                                                              "ssl_min_protocol_version",
                                                              "ssl_max_protocol_version"};

error wrong(std::string message) {
  return {ec::invalid_request, std::move(message)};
}

std::optional<error> mistake_in_parameter(const std::string& name, const std::string& value) {
  if (std::ranges::find(allowed_parameters, name) == allowed_parameters.end())
    return wrong(fmt::format("the parameter {} is not taken: use {}", name, fmt::join(allowed_parameters, ", ")));
  if (name == "sslrootcert" && value != "system")
    return wrong(
        "the parameter sslrootcert may only be system; root certificates in a file are the operator's to give "
        "(PGSSLROOTCERT of the server)");
  if (has_control_character(value)) return wrong(fmt::format("the parameter {} holds a control character", name));
  return std::nullopt;
}

result<endpoint> endpoint_of(const std::string& host, const std::string& port) {
  if (host.empty())
    return tl::make_unexpected(wrong("a host is needed; sockets in the file system are not connected to"));
  if (!parse_ip(host) && !is_host_name(host))
    return tl::make_unexpected(wrong(
        "each host has to be a host name, an IPv4 address, or an IPv6 address in brackets; sockets in the file system "
        "are not connected to"));
  endpoint place{host, default_port};
  if (port.empty()) return place;
  const auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), place.port);
  if (failed != std::errc{} || end != port.data() + port.size() || place.port == 0)
    return tl::make_unexpected(wrong("each port has to be a number from 1 to 65535"));
  return place;
}

result<std::vector<endpoint>> hosts_of(const conninfo_options& options) {
  const auto text = [&](const char* name) { return options.contains(name) ? options.at(name) : std::string(); };
  const auto hosts = split_list(text("host"));
  const auto ports = split_list(text("port"));
  if (hosts.size() > most_hosts) return tl::make_unexpected(wrong(fmt::format("more than {} hosts", most_hosts)));
  if (ports.size() != 1 && ports.size() != hosts.size())
    return tl::make_unexpected(wrong("as many ports as hosts are needed, or one for all"));
  std::vector<endpoint> all;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    auto one = endpoint_of(hosts[i], ports.size() == 1 ? ports.front() : ports[i]);
    if (!one) return tl::make_unexpected(std::move(one).error());
    all.push_back(std::move(*one));
  }
  return all;
}

std::optional<std::chrono::seconds> connect_timeout_of(const std::string& text) {
  int seconds = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (failed != std::errc{} || end != text.data() + text.size() || seconds < 1 || seconds > longest_connect_timeout_s)
    return std::nullopt;
  return std::chrono::seconds(seconds);
}

}  // namespace

result<postgres_dsn> postgres_dsn::parse(std::string_view uri) {
  if (!has_postgres_scheme(uri)) return tl::make_unexpected(wrong("it has to begin with postgresql://"));
  if (has_control_character(uri)) return tl::make_unexpected(wrong("it holds a control character"));
  auto options = parse_conninfo(std::string(uri));
  if (!options)
    return tl::make_unexpected(
        wrong("it cannot be parsed: write postgresql://user:password@host:5432/database?sslmode=require, with / ? # @ "
              "and % of the password as %2F %3F %23 %40 and %25, and only parameters that libpq knows"));
  postgres_dsn dsn;
  auto hosts = hosts_of(*options);
  if (!hosts) return tl::make_unexpected(std::move(hosts).error());
  dsn.hosts = std::move(*hosts);
  dsn.user = (*options)["user"];
  dsn.database = (*options)["dbname"];
  if (dsn.user.empty()) return tl::make_unexpected(wrong("a user is needed: postgresql://user:password@host/database"));
  if (dsn.database.empty()) dsn.database = dsn.user;
  if (options->contains("password")) dsn.password = options->at("password");
  for (const auto& [name, value] : *options) {
    if (name == "host" || name == "port" || name == "user" || name == "password" || name == "dbname") continue;
    if (auto mistake = mistake_in_parameter(name, value)) return tl::make_unexpected(std::move(*mistake));
    if (name != "connect_timeout") {
      dsn.parameters.emplace_back(name, value);
    } else if (const auto seconds = connect_timeout_of(value)) {
      dsn.connect_timeout = *seconds;
    } else {
      return tl::make_unexpected(
          wrong(fmt::format("connect_timeout has to be 1 to {} seconds", longest_connect_timeout_s)));
    }
  }
  return dsn;
}

std::string postgres_dsn::place() const {
  std::string hosts_text;
  for (const auto& one : hosts) hosts_text += (hosts_text.empty() ? "" : ",") + to_string(one);
  return hosts_text + '/' + escaped(database, escaping::plain, 63);
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
