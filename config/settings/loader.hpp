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

/// Where one setting comes from and how it is checked. The one declaration behind loading, `--print-config`, `--help`
/// and the README's table.
struct setting_declaration {
  std::string name;           ///< environment variable, e.g. "HTTP_PORT"; the YAML key is the same in lower case
  std::string default_value;  ///< as text; empty with `has_default` false: none
  bool has_default = true;
  std::string unit;      ///< empty: none
  bool secret = false;   ///< never shown
  bool is_list = false;  ///< text with commas; in YAML also a sequence
  std::string help;
  /// Stores a text value into the settings, or tells what is wrong with it. The text is not empty, trimmed, without
  /// control characters. What is wrong does not repeat the text: load_settings adds it where it may be shown.
  std::function<std::optional<std::string>(const std::string& text, settings& into)> apply;
};

/// Every setting, in the order in which it is documented.
const std::vector<setting_declaration>& setting_declarations();

/// One mistake: which setting, its origin ("environment", ".env:3", "kfs.yaml:7", "default") and what to do.
struct setting_mistake {
  std::string setting;  ///< empty: the source as a whole
  std::string origin;
  std::string message;  ///< one line; holds no secret
};

/// "HTTP_PORT (from .env:3): must be …", for the user.
std::string to_string(const setting_mistake& mistake);

/// What was loaded, with the origin of each value, ready for `--print-config`.
struct loaded_settings {
  settings values;
  std::vector<setting_mistake> mistakes;  ///< empty: the settings can be used
  struct effective {
    std::string name;
    std::string value;   ///< on one line; "********" where it is a secret, empty: not set and no default
    std::string origin;  ///< as in setting_mistake
  };
  std::vector<effective> effective_values;  ///< every setting, as declared; a refused value before its references
};

/// Reads environment over `.env` over YAML over defaults, and reports all mistakes at once.
///
/// `environment` is the process environment; `.env` is read from `working_directory` if it is there; `yaml_file` is
/// `--config`, without which KFS_CONFIG of the environment or `.env` names the file, if it is set. A relative path is
/// below `working_directory`. An empty value counts as not set, in every source. A value may hold `${env:NAME}` (from
/// the environment, then `.env`) and `${file:/path}` (line ends at its end are cut). Unknown keys of the YAML file are
/// mistakes; unknown names in the environment and in `.env` are not.
loaded_settings load_settings(const std::map<std::string, std::string>& environment,
                              const std::filesystem::path& working_directory,
                              const std::optional<std::filesystem::path>& yaml_file);

/// The settings' table for the README (Markdown), and for `--help` (aligned text).
std::string settings_markdown();
std::string settings_help();

}  // namespace kfs
