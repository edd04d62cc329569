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

/// Tells which file has each partition: a small file beside those that it is about. There are two kinds.
///
/// - `<files>.kfs-claims`, in which the placeholders stand as they are: of the files that instances write.
/// - `<group>-<digest>.kfs-claims`: of the consumers of a group that have files in one directory.
///
/// Its content is replaced as a whole, by a rename, so a reader sees one state or the next one. A change is on the disk
/// when the call that made it returns.
///
/// Ownership: one sink; those of other processes use the same file. Threading: none.
/// Errors: as file_error() says; sink_unavailable while another process holds the file; sink_denied when it is damaged,
/// or is about other files; shutting_down when `goes_on` said so.
class file_claims {
 public:
  /// A file that has partitions or wants them.
  struct owner {
    std::string file;           ///< a path below directory_of(); empty for nobody
    std::string consumer = {};  ///< whose file that is; empty in claims of instances
    bool operator==(const owner&) const = default;
  };

  struct claim {
    partition_number partition = 0;
    owner by;
  };

  /// Who has a partition. The two are the same once the claimant has it.
  struct holding {
    owner holder;    ///< has it, or had it until it was claimed; nobody at first
    owner claimant;  ///< claimed it last
  };

  /// Whether files of claims have a name like this, or the file that will replace them (as with journals).
  static bool is_name(std::string_view file_name);
  /// The beginning of the path `files` that is the same for all instances, partitions and days: a directory, with its
  /// slash. `files`: as file_path_template::with_topic() returns it.
  static std::string directory_of(const std::string& files);
  /// The path of the instances' claims for these files, in that directory.
  static std::string path_for(const std::string& files);
  /// The path of the claims of a group's consumers in a directory (with its slash). `place`: which of its consumer's
  /// files in that directory the claims are about, from 0.
  static std::string path_for_group(const std::string& directory, const record_source& source, std::size_t place);

  /// `path`: path_for() or path_for_group(), resolved (file_path_policy). `about`: names the files in the claims, which
  /// are refused when they name others.
  file_claims(std::filesystem::path path, std::string about) : path_(std::move(path)), about_(std::move(about)) {}

  /// Claims these partitions: from now on nobody else holds() them. Returns who has had them, in the order of `wanted`;
  /// nobody where none had. Who has one already keeps it, and is returned.
  result<std::vector<owner>> take(const record_source& source, std::span<const claim> wanted,
                                  const std::function<bool()>& goes_on);

  /// These have their partitions from now on, unless another file has claimed one of them meanwhile (sink_unavailable).
  result<void> hold(const record_source& source, std::span<const claim> taken, const std::function<bool()>& goes_on);

  /// Reads the claims if they have changed. Cheap otherwise.
  result<void> look();

  /// As look() saw it last.
  [[nodiscard]] holding seen(const record_source& source, partition_number partition) const;

  /// Whether the file had the partition, and no other one had claimed it, when look() saw the claims last. True when
  /// somebody had removed them. Another file of the same consumer does not count: whoever takes the partition next
  /// reads the file of its holder to learn where it goes on.
  [[nodiscard]] bool holds(const record_source& source, partition_number partition, const std::string& file) const;

 private:
  using table = std::map<record_source, std::map<partition_number, holding>>;

  result<void> change(const std::function<result<bool>(table&)>& edit, const std::function<bool()>& goes_on);
  result<bool> replace(const file_descriptor& read_from, const table& next);
  void remove_old_leftovers() const;
  [[nodiscard]] std::string text_of(const table& claims) const;
  [[nodiscard]] const holding* find(const record_source& source, partition_number partition) const;
  result<table> read(const file_descriptor& file) const;
  [[nodiscard]] error damaged() const;

  const std::filesystem::path path_;
  const std::string about_;
  bool are_there_ = false;  ///< when look() saw them last
  table seen_;              ///< then
  struct stat seen_as_ {};  ///< the file then
  /// Open, so that no file that replaces it has its inode: two of the same size, within a tick of the file system's
  /// clock, would look the same. Empty before, and when it could not be read.
  file_descriptor seen_from_;
};

}  // namespace kfs
