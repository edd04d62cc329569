#pragma once

#include <memory>

#include "actors/kafka/ports.hpp"
#include "config/base/address_policy.hpp"
#include "config/base/logger.hpp"

namespace kfs {

class departures;

/// Consumers on librdkafka. Every connection is checked against `policy` when it is made, after name resolution, also
/// those to addresses that a broker advertises. `policy` and `leaving` outlive the clients.
std::unique_ptr<kafka_clients> make_rdkafka_clients(const address_policy& policy, departures& leaving, logger log);

/// Questions to clusters on librdkafka's admin API, each bounded by ten seconds.
std::unique_ptr<kafka_admin> make_rdkafka_admin(const address_policy& policy, departures& leaving, logger log);

}  // namespace kfs
