#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "config/settings/loader.hpp"

namespace kfs {

/// A value as it is written in its source, with references unresolved.
struct sourced_value {
  std::string text;
  std::string origin;  ///< "environment", ".env:3", "kfs.yaml:7"
};

/// The values of one source, by the name of the environment variable, and the mistakes in it.
struct settings_source {
  std::map<std::string, sourced_value> values;
  std::vector<setting_mistake> mistakes;
};

/// Reads lines of KEY=VALUE; the last line of a key counts. `export ` may precede the key. `#` begins a comment at the
/// start of a line and after a blank. A value may be in single quotes (taken literally) or in double quotes (with `\n`,
/// `\r`, `\t`, `\\`, `\"`, `\$`) and ends on its line. A missing file is an empty source.
///
/// `shown_as` is the file's name in origins. A mistake names the line and does not repeat its text.
settings_source read_dotenv(const std::filesystem::path& file, const std::string& shown_as);

/// Reads a YAML map from the lower-case names of settings to scalars, or to sequences of scalars for settings that are
/// lists. null counts as absent. A file that cannot be read or parsed is one mistake.
settings_source read_yaml(const std::filesystem::path& file, const std::string& shown_as);

}  // namespace kfs
