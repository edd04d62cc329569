#include "processors/file/server_files.hpp"

#include <algorithm>
#include <string_view>
#include <system_error>

#include "processors/file/compression.hpp"
#include "processors/file/journal.hpp"
#include "processors/file/path_overlap.hpp"
#include "processors/file/path_template.hpp"

namespace kfs {
namespace {

namespace fs = std::filesystem;

/// The names of the server's own files (config/store/sqlite/store.hpp) in its data directory.
bool is_name_of_the_server(std::string_view name) {
  return name.starts_with("consumers.sqlite3") || name == "lock";
}

bool are_one(const fs::path& first, const fs::path& second) {
  std::error_code failed;
  return fs::equivalent(first, second, failed) && !failed;
}

bool may_be_one(const fs::path& first, const fs::path& second) {
  return overlap_of(first.native(), second.native()) != path_overlap::none;
}

constexpr int most_looked_at = 10'000;

/// Whether `file` is, by a hard link, one that lies in or below the directory.
bool is_linked_below(const fs::path& file, const fs::path& directory) {
  std::error_code failed;
  if (!fs::is_regular_file(file, failed) || fs::hard_link_count(file, failed) < 2 || failed) return false;
  int looked_at = 0;
  for (fs::recursive_directory_iterator at(directory, fs::directory_options::skip_permission_denied, failed), end;
       !failed && at != end && ++looked_at <= most_looked_at; at.increment(failed))
    if (are_one(*at, file)) return true;
  return looked_at > most_looked_at;  // what is not known to be apart is not written
}

/// Whether `place` may become `own`, or a file below it: by its name, or because directories have several names.
bool reaches(const fs::path& place, const fs::path& own) {
  if (may_be_one(place, own)) return true;
  for (auto part = place; part.has_relative_path(); part = part.parent_path())
    if (are_one(part, own)) return true;
  return (may_be_one(place.filename(), own.filename()) && are_one(place.parent_path(), own.parent_path())) ||
         is_linked_below(place, own);
}

}  // namespace

std::vector<std::string> places_of_series(const fs::path& series) {
  std::vector<std::string> all{series.native(), file_journal::path_of(series).native()};
  if (!file_path_template(series.native()).has(placeholder::date)) return all;
  for (const auto how : {compression::gzip, compression::zstd}) {
    all.push_back(series.native() + std::string(suffix_of(how)));
    all.push_back(all.back() + ".partial");
  }
  return all;
}

fs::path resolved_path(const fs::path& path, std::error_code& failed) {
  const auto absolute = fs::absolute(path, failed);
  if (failed) return {};
  auto resolved = fs::weakly_canonical(absolute, failed);
  return resolved.has_filename() ? resolved : resolved.parent_path();
}

bool server_files::meet(const fs::path& series) const {
  const auto places = places_of_series(series);
  return std::ranges::any_of(places, [this](const fs::path& place) {
    return is_kept(place) || std::ranges::any_of(read_, [&](const fs::path& read) {
             std::error_code failed;
             const auto own = resolved_path(read, failed);
             return reaches(place, failed ? read : own);
           });
  });
}

bool server_files::is_kept(const fs::path& place) const {
  return !data_directory_.empty() && is_name_of_the_server(place.filename().native()) &&
         are_one(place.parent_path(), data_directory_);
}

}  // namespace kfs
