#pragma once

#include "actors/messages.hpp"
#include "config/base/json.hpp"

namespace kfs {

/// "ACTIVE", "INACTIVE" or "ERROR".
std::string_view to_string(consumer_status status) noexcept;

/// The answered forms of an error and of a waiting recovery; null for none.
json to_dto(const std::optional<fault_report>& fault);
json to_dto(const std::optional<recovery_report>& recovery);

/// A number that may not be known yet; null while it is not.
json number_or_null(const std::optional<std::int64_t>& number);
json number_or_null(const std::optional<offset>& position);
json number_or_null(const std::optional<revision>& rev);

/// A consumer as it is answered, keys in the contract's order and secrets masked.
json to_dto(const consumer_view& view);

/// A processor's config without its secrets. Of a type that is not known (any more) nothing is shown.
json masked_config(const processor_spec& processor);

}  // namespace kfs
