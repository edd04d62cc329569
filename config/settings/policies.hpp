#pragma once

#include <vector>

#include "config/settings/loader.hpp"

namespace kfs {

/// The declarations of the settings in settings::policies, the defaults for `options.recovery` and `options.on_error`.
/// Their bounds are those of the options.
std::vector<setting_declaration> policy_setting_declarations();

}  // namespace kfs
