#pragma once

#include <memory>

#include "actors/kafka/ports.hpp"
#include "config/base/address_policy.hpp"
#include "config/base/logger.hpp"
#include "config/secrets/secret_source.hpp"

namespace kfs {

class departures;

/// Makes consumers and producers with librdkafka. Every connection is checked against `policy` after name resolution,
/// also connections to addresses that a broker advertises. `policy` and `leaving` outlive the clients. A client gets
/// the `secrets` to which its options refer as they are when it is made; secret_unavailable when one is missing.
std::unique_ptr<kafka_clients> make_rdkafka_clients(const address_policy& policy, departures& leaving, logger log,
                                                    secret_source secrets = {});

/// Asks clusters through librdkafka's admin API. Each call returns within eight seconds. `policy` and `leaving` outlive
/// the returned object.
std::unique_ptr<kafka_admin> make_rdkafka_admin(const address_policy& policy, departures& leaving, logger log,
                                                secret_source secrets = {});

}  // namespace kfs
