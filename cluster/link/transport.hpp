#pragma once

#include <caf/all.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "cluster/link/credentials.hpp"
#include "cluster/link/messages.hpp"
#include "config/base/logger.hpp"

namespace kfs {

/// How links are made: CAF's remoting, by plain TCP or TLS.
struct link_transport {
  link_settings configured;
  std::shared_ptr<link_credentials> credentials;  ///< nullptr: plain
};

/// Loads CAF's modules for links. Both ends send signs of life, and drop a link that is silent for two seconds.
void configure_links(caf::actor_system_config& configuration, const link_transport& transport);

/// Opens the port, for this gateway; returns its number.
/// Errors: invalid_request, with a sentence, when the port cannot be opened.
result<std::uint16_t> open_link_port(const link_transport& transport, const gateway_actor& gateway, std::uint16_t port);

/// Where others reach a port of this replica, unless CLUSTER_ADVERTISE says something else.
std::string link_address(const link_settings& configured, std::uint16_t port);

/// Connects for `gateway`, whose port is open at that number.
link_dialer_actor spawn_link_dialer(caf::actor_system& system, link_transport transport, const gateway_actor& gateway,
                                    std::uint16_t port, logger log);

}  // namespace kfs
