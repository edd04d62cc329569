#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/auth/route_access.hpp"
#include "http/message/http_message.hpp"

namespace kfs {

/// One endpoint: a method, a path template such as "/consumers/{consumer_id}/start", who answers it, and who may use
/// it.
struct route {
  std::string method;
  std::string path_template;
  request_handler handle;
  const route_access* access = nullptr;  ///< never nullptr in the table of the application
};

/// What was found for a method and a path.
struct route_match {
  const route* found = nullptr;         ///< null: no route of that method
  std::vector<std::string> parameters;  ///< decoded values of the placeholders
  std::vector<std::string> allowed;     ///< where no route was found: methods that the path knows; empty: it is unknown
  std::string_view path_template;       ///< of the path, whatever the method; empty: the path is unknown
};

/// Finds the route of a request. A path means the same with and without a trailing slash, and below "/api".
///
/// A placeholder stands for one segment that is not empty. HEAD finds the route of GET. Where several templates match,
/// the first declared wins.
/// Immutable; safe to share between threads. Matches point into the router.
class router {
 public:
  explicit router(std::vector<route> routes);
  [[nodiscard]] route_match match(std::string_view method, std::string_view path) const;

 private:
  struct entry {
    route endpoint;
    std::vector<std::string> segments;
  };
  std::vector<entry> entries_;
};

}  // namespace kfs
