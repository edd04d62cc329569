#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/base/error.hpp"
#include "config/settings/settings.hpp"

namespace kfs {

/// The declaration of one setting, from which loading, `--print-config`, `--help` and the README's table follow.
struct setting_declaration {
  std::string name;           ///< environment variable, e.g. "HTTP_PORT"; the YAML key is the same in lower case
  std::string default_value;  ///< as text; unused when `has_default` is false
  bool has_default = true;
  std::string unit;      ///< empty when it has none
  bool secret = false;   ///< never shown
  bool is_list = false;  ///< text with commas, or in YAML a sequence
  std::string help;
  /// Stores `text` into the settings and returns nullopt, or returns what is wrong with it. The text is trimmed, not
  /// empty, and without control characters. The result must not repeat the text, which may be a secret;
  /// load_settings() adds it when it may be shown.
  std::function<std::optional<std::string>(const std::string& text, settings& into)> apply;
};

/// Every setting, in the order in which it is documented.
const std::vector<setting_declaration>& setting_declarations();

/// One mistake in the settings.
struct setting_mistake {
  std::string setting;  ///< empty when the source as a whole is wrong
  std::string origin;   ///< "environment", ".env:3", "kfs.yaml:7" or "default"
  std::string message;  ///< what is wrong and what to do, on one line; holds no secret
};

/// "HTTP_PORT (from .env:3): must be …", for the user.
std::string to_string(const setting_mistake& mistake);

/// The loaded settings, with the origin of each value for `--print-config`.
struct loaded_settings {
  settings values;
  std::vector<setting_mistake> mistakes;  ///< empty when the settings can be used
  struct effective {
    std::string name;
    std::string value;   ///< on one line; "********" for a secret; empty when not set and without a default
    std::string origin;  ///< as in setting_mistake
  };
  std::vector<effective> effective_values;  ///< every setting, in the order of the declarations; a rejected value with
                                            ///< its references unresolved
};

/// Loads every setting from the first source that sets it: environment, `.env`, YAML, default. Reports all mistakes at
/// once.
///
/// `.env` is read from `working_directory`, if it exists. The YAML file is `yaml_file` (`--config`), else the one that
/// KFS_CONFIG names in the environment or `.env`; a relative path is below `working_directory`. An empty value counts
/// as not set. A value may hold `${env:NAME}` (from the environment, then `.env`) and `${file:/path}` (without the line
/// ends at the end of the file). An unknown key is a mistake in YAML, but not in the environment and in `.env`.
loaded_settings load_settings(const std::map<std::string, std::string>& environment,
                              const std::filesystem::path& working_directory,
                              const std::optional<std::filesystem::path>& yaml_file);

/// The table of settings in Markdown for the README, and as aligned text for `--help`.
std::string settings_markdown();
std::string settings_help();

}  // namespace kfs
