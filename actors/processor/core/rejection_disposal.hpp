#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "actors/processor/core/rejection_ledger.hpp"
#include "config/consumers/spec.hpp"
#include "processors/sink.hpp"

namespace kfs {

/// What to do with a record that has been rejected `attempts` times: retry while attempts are left, then what the
/// policy says.
rejection_policy dispose(const on_error_options& options, std::int64_t attempts) noexcept;

/// The error that a user sees while it is not known whether a rejected record or the destination is at fault.
error unproven_error(std::string_view topic, const rejection& rejected, const on_error_options& options);

/// The error that a user sees while a rejected record makes its batch wait, or when it stops its consumer. It names the
/// record but not its value, repeats the sink's reason, and says what happens next and what the user can do.
error rejection_error(std::string_view topic, const rejection& rejected, const on_error_options& options,
                      const rejection_history& history);

}  // namespace kfs
