#pragma once

#include <string_view>
#include <vector>

#include "config/access/permission.hpp"

namespace kfs {

/// Who may use a route.
struct route_access {
  enum class admission : std::uint8_t {
    open,       ///< everybody, without a token
    signed_in,  ///< every caller with a valid token; the handler decides about the rest
    permitted,  ///< callers who have one of `any_of` for some object; the handler decides about the object
  };
  std::string_view method;
  std::string_view path_template;
  std::string_view action;  ///< names the request in the audit
  admission admits = admission::permitted;
  std::vector<permission> any_of = {};
  /// Whether an allowed request is audited. A denied one always is.
  bool audited = false;
};

/// Every route of the API with what it needs. A route that is not in it does not start (routes.cpp).
const std::vector<route_access>& route_access_table();

/// The row of a route; nullptr when the table has none.
const route_access* access_of(std::string_view method, std::string_view path_template) noexcept;

}  // namespace kfs
