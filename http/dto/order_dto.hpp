#pragma once

#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "config/base/error.hpp"
#include "config/base/json.hpp"
#include "config/consumers/orders.hpp"
#include "config/schema/option_schema.hpp"

namespace kfs {

/// The partitions that the body of POST /consumers/{consumer_id}/pause or …/resume names, in ascending order, each
/// once; empty for all. Or all mistakes of the body.
tl::expected<std::vector<partition_number>, std::vector<violation>> read_ordered_partitions(const json& body);

/// Whose consumers POST /pause or POST /resume is about.
struct ordered_consumers {
  std::optional<std::string> tenant;  ///< nullopt: all that the caller may operate
};

/// Reads the body of POST /pause or POST /resume, or returns all of its mistakes.
tl::expected<ordered_consumers, std::vector<violation>> read_ordered_consumers(const json& body);

/// A consumer that an order did not reach.
struct failed_order {
  consumer_id id;
  error why;
};

/// The answer to POST /pause and POST /resume. `reached` is the number of consumers that follow the order.
json ordered_dto(std::size_t reached, const std::vector<failed_order>& failed);

}  // namespace kfs
