#pragma once

#include <vector>

#include "config/settings/loader.hpp"

namespace kfs {

/// The settings behind settings::policies: what holds for consumers whose `options.recovery` and `options.on_error` say
/// nothing. Their bounds are those of the options.
std::vector<setting_declaration> policy_setting_declarations();

}  // namespace kfs
