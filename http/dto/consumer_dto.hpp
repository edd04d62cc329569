#pragma once

#include "actors/messages.hpp"
#include "config/base/json.hpp"

namespace kfs {

/// The wire forms of a fault and of a pending recovery; null when there is none.
json to_dto(const std::optional<fault_report>& fault);
json to_dto(const std::optional<recovery_report>& recovery);

/// A number, or null while it is not known.
json number_or_null(const std::optional<std::int64_t>& number);
json number_or_null(const std::optional<offset>& position);
json number_or_null(const std::optional<revision>& rev);

/// A consumer, with the keys in the order of the contract. A view's secrets are masked already.
json to_dto(const consumer_view& view);

}  // namespace kfs
