#pragma once

#include <optional>
#include <vector>

#include "config/settings/links.hpp"
#include "config/settings/loader.hpp"

namespace kfs {

/// The declarations of the settings in settings::jwt.
std::vector<setting_declaration> jwt_setting_declarations();

/// Checks the settings of tokens together; nullopt when they fit. Reads no file. `used` says whether AUTH_MODE has jwt.
std::optional<conflicting_setting> mistake_in_jwt(const settings& configured, bool used);

}  // namespace kfs
