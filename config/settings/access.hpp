#pragma once

#include <optional>
#include <vector>

#include "config/settings/links.hpp"
#include "config/settings/loader.hpp"

namespace kfs {

/// The declarations of the settings in settings::access.
std::vector<setting_declaration> access_setting_declarations();

/// Checks the settings of access together; nullopt when they fit. Reads no file.
std::optional<conflicting_setting> mistake_in_access(const settings& configured);

}  // namespace kfs
