#pragma once

#include <vector>

#include "config/settings/loader.hpp"

namespace kfs {

/// The declarations of the settings about secrets: the keys of the store, and where consumers may refer to.
std::vector<setting_declaration> secret_setting_declarations();

}  // namespace kfs
