#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/base/error.hpp"
#include "config/base/file_descriptor.hpp"
#include "config/base/ids.hpp"
#include "processors/batch.hpp"

namespace kfs {

/// Tells which of the files that the instances of a consumer write has each partition: a small file beside them,
/// `<files>.kfs-claims`, in which the placeholders stand as they are.
///
/// Its content is replaced as a whole, by a rename, so a reader sees one state or the next one. A change is on the disk
/// when the call that made it returns.
///
/// Ownership: one sink; those of other processes use the same file. Threading: none.
/// Errors: as file_error() says; sink_unavailable while another process holds the file; sink_denied when it is damaged,
/// or belongs to other files; shutting_down when `goes_on` said so.
class file_claims {
 public:
  /// A partition, and the file that wants it or has it: a path below directory_of().
  struct claim {
    partition_number partition = 0;
    std::string file;
    bool operator==(const claim&) const = default;
  };

  /// Who has a partition. The two are the same once the claimant has it.
  struct holding {
    std::string holder;    ///< the file that has it, or had it until it was claimed; empty at first
    std::string claimant;  ///< the one that claimed it last
  };

  /// What is behind the name of claims while the next ones are written.
  static constexpr std::string_view suffix_of_next = ".new";
  /// Whether files of claims have a name like this.
  static bool is_name(std::string_view file_name);
  /// The beginning of the path `files` that is the same for all instances, partitions and days: a directory, with its
  /// slash. `files`: as file_path_template::with_topic() returns it.
  static std::string directory_of(const std::string& files);
  /// The path of the claims for these files, in that directory.
  static std::string path_for(const std::string& files);

  /// `path`: path_for(), resolved (file_path_policy).
  file_claims(std::filesystem::path path, std::string files) : path_(std::move(path)), files_(std::move(files)) {}

  /// Claims these partitions: from now on no other file holds() them. Returns the files that have had them, in the
  /// order of `wanted`; empty where none had. A file that has one already keeps it, and is returned.
  result<std::vector<std::string>> take(const record_source& source, std::span<const claim> wanted,
                                        const std::function<bool()>& goes_on);

  /// These files have their partitions from now on, unless another one has claimed one of them meanwhile
  /// (sink_unavailable).
  result<void> hold(const record_source& source, std::span<const claim> taken, const std::function<bool()>& goes_on);

  result<holding> look_at(const record_source& source, partition_number partition);

  /// Whether that file has the partition and no other one has claimed it. Cheap while nothing has changed. True when
  /// somebody has removed the claims.
  result<bool> holds(const record_source& source, const claim& one);

 private:
  using table = std::map<std::pair<record_source, partition_number>, holding>;

  result<void> change(const std::function<result<bool>(table&)>& edit, const std::function<bool()>& goes_on);
  result<void> replace(const table& next);
  result<bool> look();
  result<table> read(const file_descriptor& file) const;
  [[nodiscard]] error damaged() const;

  const std::filesystem::path path_;
  const std::string files_;
  table seen_;              ///< as holds() saw it last
  struct stat seen_as_ {};  ///< the file then; all zero before
};

}  // namespace kfs
