#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "config/settings/loader.hpp"

namespace kfs {

/// A value as its source spells it, references unresolved.
struct sourced_value {
  std::string text;
  std::string origin;  ///< "environment", ".env:3", "kfs.yaml:7"
};

/// What one source of settings says, by the name of the environment variable, and what is wrong in it.
struct settings_source {
  std::map<std::string, sourced_value> values;
  std::vector<setting_mistake> mistakes;
};

/// Reads lines of KEY=VALUE; the last one of a key counts. `export ` may stand before the key, `#` begins a comment at
/// the start of a line and after a blank. A value may be in single quotes (taken as it is) or in double quotes (with
/// `\n`, `\r`, `\t`, `\\`, `\"`, `\$`); it ends on its line. A file or folder that is not there is an empty source.
///
/// `shown_as` names the file in origins. Mistakes tell the line and do not repeat what stands on it.
settings_source read_dotenv(const std::filesystem::path& file, const std::string& shown_as);

/// Reads a YAML map from the lower-case names of settings to scalars, or sequences of scalars for list settings.
/// null counts as absent. A file that cannot be read or parsed is one mistake.
settings_source read_yaml(const std::filesystem::path& file, const std::string& shown_as);

}  // namespace kfs
