#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/settings/loader.hpp"

namespace kfs {

/// The declarations of the settings in settings::jwt.
std::vector<setting_declaration> jwt_setting_declarations();

/// What is wrong with a setting of tokens because of the others.
struct jwt_mistake {
  std::string setting;
  std::string message;
};

/// Checks the settings of tokens together; nullopt when they fit. Reads no file. `used` says whether AUTH_MODE has jwt.
std::optional<jwt_mistake> mistake_in_jwt(const settings& configured, bool used);

}  // namespace kfs
