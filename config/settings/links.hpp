#pragma once

#include <optional>
#include <string>

#include "config/settings/settings.hpp"

namespace kfs {

/// What is wrong with a setting because of the others.
struct conflicting_setting {
  std::string setting;
  std::string message;
};

/// Checks the settings of links together; nullopt when they fit. Reads no file.
std::optional<conflicting_setting> mistake_in_links(const settings& configured);

}  // namespace kfs
