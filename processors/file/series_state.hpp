#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "config/base/error.hpp"
#include "processors/file/journal_state.hpp"

namespace kfs {

/// What a series of files holds by now, as its journal says.
struct series_state {
  bool is_open = false;                 ///< a sink may be writing
  std::optional<journal::state> state;  ///< nullopt while a write may or may not be complete
};

/// Looks at a resolved series (file_path_policy) of any process. Nothing of it is changed, and nobody keeps a lock.
/// nullopt when it has no journal. `boot` is today's (journal::state).
///
/// Threading: safe from any thread. Errors: as file_error() and file_journal say.
result<std::optional<series_state>> look_at_series(const std::filesystem::path& series, const std::string& boot);

}  // namespace kfs
