#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/base/error.hpp"
#include "processors/batch.hpp"
#include "processors/file/claims.hpp"
#include "processors/file/path_policy.hpp"
#include "processors/file/path_template.hpp"
#include "processors/file/writer.hpp"
#include "processors/lifeline.hpp"
#include "processors/sink.hpp"

namespace kfs {

/// Hands partitions over between the files that the instances of a consumer write, so that each record is in one of
/// them only, however a partition came from one instance to another.
///
/// Whoever gets a partition claims it (claims.hpp), reads in the journal of the file that had it how far that one is,
/// goes on there, and has it. Whoever writes says so in its journal first and looks at the claims then. So either the
/// writer sees the claim, and does not write; or the one who claims sees what is about to be written, and waits until
/// it is. How this holds through kills: README.md.
///
/// Ownership: one sink. Threading: none.
/// Errors: those of file_claims and of journals; sink_unavailable while the file that had a partition is still being
/// written, and when another instance has taken a partition.
class file_handover {
 public:
  using writer_finder = std::function<result<std::shared_ptr<file_writer>>(const record_source&, partition_number)>;

  /// nullptr where the path has no {instance}, so that one file has all partitions.
  static std::unique_ptr<file_handover> of(const file_path_template& path, const file_path_policy& policy,
                                           const lifeline& watched, int instance, std::string boot);

  /// Gets partitions for the files of this instance; their journals then tell how far others came. Waits for at most
  /// about five seconds.
  result<void> take(const record_source& source, std::span<const partition_number> partitions,
                    const writer_finder& writer_of);

  /// Gets back partitions of which others got hold long ago, although this instance still has records of them: the
  /// others may have been mistaken.
  result<void> take_back(const record_source& source, std::span<const batch_range> ranges,
                         const writer_finder& writer_of);

  /// Whether this instance still has these partitions. Cheap.
  result<void> check(const record_source& source, std::span<const batch_range> ranges);

 private:
  using clock = std::chrono::steady_clock;

  file_handover(const file_path_template& path, const file_path_policy& policy, const lifeline& watched, int instance,
                std::string boot)
      : path_(path), policy_(policy), watched_(watched), instance_(instance), boot_(std::move(boot)) {}

  result<file_claims*> claims_of(const std::string& topic);
  result<void> adopt(const record_source& source, const std::vector<file_claims::claim>& wanted,
                     const std::vector<std::string>& holders, const writer_finder& writer_of) const;
  result<std::vector<std::optional<stored_position>>> positions_in(const std::string& file, const record_source& source,
                                                                   std::span<const partition_number> partitions) const;
  [[nodiscard]] file_claims::claim claim_of(const record_source& source, partition_number partition) const;
  [[nodiscard]] bool goes_on() const;

  const file_path_template& path_;
  const file_path_policy& policy_;
  const lifeline& watched_;
  const int instance_;
  const std::string boot_;
  std::map<std::string, file_claims> claims_;              ///< by topic
  std::map<partition_number, clock::time_point> refused_;  ///< since when another instance has them
};

}  // namespace kfs
