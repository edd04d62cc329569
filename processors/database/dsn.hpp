#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/base/endpoint.hpp"
#include "config/base/error.hpp"

namespace kfs {

/// The parts of a `postgresql://` URI: the servers, the database, the user, and how to connect.
///
/// Only parameters of an allow-list are accepted. None of them names a file, a service or a socket, so a caller cannot
/// make the server read its own files or reach a place that was not checked.
struct postgres_dsn {
  std::vector<endpoint> hosts;  ///< tried in this order; never empty
  std::string user;
  std::optional<std::string> password;
  std::string database;
  std::chrono::seconds connect_timeout{5};                      ///< for each address
  std::vector<std::pair<std::string, std::string>> parameters;  ///< the other ones, as libpq names them

  /// Reads a URI. The error names every mistake; of the URI it repeats only names of parameters.
  static result<postgres_dsn> parse(std::string_view uri);

  /// "host:port/database", for messages.
  [[nodiscard]] std::string place() const;

  /// "host:port" of each host, the same text for hosts that are known to be the same without asking the DNS: upper and
  /// lower case, forms of one address, and the names and addresses of this machine's loopback (`localhost`).
  [[nodiscard]] std::vector<std::string> servers() const;

  /// The connection string for an IP address of the host with that index. Contains the password. With it libpq
  /// reads no file of the server's user, except root certificates. Its environment variables were removed by main():
  /// take_postgres_environment().
  [[nodiscard]] std::string conninfo(const std::string& address, std::size_t of) const;
};

/// What is wrong with how a URI is written that parse() accepts: libpq would silently drop a part of it, or read it
/// otherwise than its writer means. nullopt when nothing is. Apart from parse(), so that stored URIs stay valid.
std::optional<std::string> ambiguity_in_dsn(std::string_view uri);

}  // namespace kfs
