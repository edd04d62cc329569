#pragma once

#include <optional>
#include <string>

#include "config/settings/settings.hpp"

namespace kfs {

/// What is wrong with a setting of links because of the others.
struct link_mistake {
  std::string setting;
  std::string message;
};

/// Checks the settings of links together; nullopt when they fit. Reads no file.
std::optional<link_mistake> mistake_in_links(const settings& configured);

}  // namespace kfs
