#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "config/base/address_policy.hpp"
#include "config/base/endpoint.hpp"

namespace kfs {

/// The IP addresses of `hosts`, in their order, each with the index of its host. Each name is resolved in a thread of
/// its own, which is left behind when no answer comes in time. An address that `policy` forbids is an error.
///
/// Errors: sink_unavailable when no name is resolved in time; sink_denied for a forbidden address.
result<std::vector<std::pair<std::string, std::size_t>>> addresses_of(const std::vector<endpoint>& hosts,
                                                                      const address_policy& policy,
                                                                      std::chrono::milliseconds patience,
                                                                      const std::stop_token& cancelled);

}  // namespace kfs
