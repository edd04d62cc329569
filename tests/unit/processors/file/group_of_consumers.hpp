#pragma once

#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "processors/file/claims.hpp"
#include "tests/support/child_process.hpp"
#include "tests/unit/processors/file/file_handover_fixture.hpp"

namespace kfs::file_handover_fixture {

namespace fs = std::filesystem;

/// Consumers of one group whose files are in one directory.
struct group_of_consumers : handover_place {
  [[nodiscard]] fs::path file(const std::string& name) const { return directory.path() / name; }
  [[nodiscard]] std::string text(const std::string& name) const { return test::file_text(file(name)); }

  /// A consumer that writes these files.
  [[nodiscard]] consumer_spec consumer(const std::string& id, const std::vector<std::string>& names) const {
    std::vector<std::string> paths;
    paths.reserve(names.size());
    for (const auto& name : names) paths.push_back(file(name).string());
    return consumer_writing(id, paths);
  }

  /// The sink of a consumer with one file, `<id>.log`.
  sink_ptr sink_of(const std::string& id) { return make(consumer(id, {id + ".log"})); }

  [[nodiscard]] std::vector<fs::path> claims() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(directory.path())) {
      if (file_claims::is_name(entry.path().filename().native())) found.push_back(entry.path());
    }
    return found;
  }

  /// How often each line is in the files.
  [[nodiscard]] std::map<std::string, int> lines_in(const std::vector<std::string>& names) const {
    std::map<std::string, int> found;
    for (const auto& name : names) {
      std::istringstream all(text(name));
      for (std::string line; std::getline(all, line);) ++found[line];
    }
    return found;
  }
};

}  // namespace kfs::file_handover_fixture
