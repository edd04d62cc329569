#pragma once

#include "actors/interfaces.hpp"

namespace kfs {

/// Starts the actor that answers questions about Kafka clusters. It bounds how many questions run and wait; a question
/// beyond that, or one that waits more than three seconds, is answered `overloaded`. Equal questions that wait are
/// asked once. `admin` outlives the actor.
kafka_admin_actor spawn_kafka_admin(caf::actor_system& system, kafka_admin& admin);

}  // namespace kfs
