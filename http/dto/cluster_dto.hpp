#pragma once

#include <cstddef>

#include "cluster/messages.hpp"
#include "config/base/json.hpp"

namespace kfs {

/// The answer of GET /cluster, with the keys in the order of the contract. Of the assignments it holds at most `limit`
/// from number `offset` on, counted from 0.
json cluster_dto(const cluster_view& cluster, std::size_t limit, std::size_t offset);

}  // namespace kfs
