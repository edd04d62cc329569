#pragma once

#include "actors/interfaces.hpp"

namespace kfs {

/// Starts the actor that asks clusters questions.
kafka_admin_actor spawn_kafka_admin(caf::actor_system& system, kafka_admin& admin);

}  // namespace kfs
