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

/// Where a PostgreSQL database is, and as whom and how it is connected to: a `postgresql://` URI that was understood.
///
/// Only parameters of an allow-list are taken. None that names a file, a service or a socket is among them, so nobody
/// can have the server read its own files, or reach a place that nobody checked.
struct postgres_dsn {
  std::vector<endpoint> hosts;  ///< tried in this order; never empty
  std::string user;
  std::optional<std::string> password;
  std::string database;
  std::chrono::seconds connect_timeout{5};                      ///< for each address
  std::vector<std::pair<std::string, std::string>> parameters;  ///< the others, libpq's

  /// Reads a URI. The error says what is wrong and repeats nothing of it but names of parameters and hosts.
  static result<postgres_dsn> parse(std::string_view uri);

  /// "host:port/database", for messages.
  [[nodiscard]] std::string place() const;

  /// What libpq is given to connect to an IP address, which is of the host of that number. Holds the password. libpq
  /// takes nothing from files of the server's user, except root certificates. That the environment holds nothing for
  /// libpq is main's duty: take_postgres_environment().
  [[nodiscard]] std::string conninfo(const std::string& address, std::size_t of) const;
};

}  // namespace kfs
