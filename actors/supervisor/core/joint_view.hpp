#pragma once

#include <span>

#include "actors/messages.hpp"

namespace kfs {

/// The worst state of a consumer's instances, for people: error, draining, starting, waiting, running, stopped.
consumer_state worst_state(std::span<const consumer_state> states);

/// What the views of a consumer's instances say together. The worst status counts, with the error of the instance that
/// has it (one that no recovery follows before one that is tried again, then the lowest instance). Numbers of
/// processors are sums, partitions and members are those of all. `status_since` is when the status began, as far as the
/// instances tell; `observed` the lowest revision that runs, and `observed_at` the earliest observation. `spec`,
/// `policies` and `replica` are those of the first view.
///
/// `instances` is in the order of their numbers, and not empty. The answer depends on nothing else, so every replica
/// that knows the same views answers the same.
consumer_view joint_view(std::span<const consumer_view> instances);

}  // namespace kfs
