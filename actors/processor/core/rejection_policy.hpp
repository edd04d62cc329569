#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "actors/processor/core/rejection_ledger.hpp"
#include "config/consumers/spec.hpp"
#include "processors/sink.hpp"

namespace kfs {

/// What is to be done with one record that was refused once more: what the policy says once its attempts are over, and
/// until then to offer its batch again (retry).
refusal_policy dispose(const on_error_options& options, std::int64_t attempts) noexcept;

/// The error that is shown of a record whose batch is retried, or which stops its consumer: it names the record, never
/// its value, repeats the sink's reason, and says what happens next and what can be done.
error refusal_error(std::string_view topic, const rejection& refused, const on_error_options& options,
                    const refusal_history& so_far);

}  // namespace kfs
