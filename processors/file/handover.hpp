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
#include "processors/file/journal_state.hpp"
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

  struct manner {
    std::string boot;                    ///< changes when the machine restarts
    std::chrono::milliseconds patience;  ///< how long a write waits for the file of another instance
    /// An instance whose partition was given to another one hears of it from Kafka sooner than that.
    [[nodiscard]] std::chrono::milliseconds time_to_hear() const { return patience * 5 / 2; }
  };

  /// nullptr where the path has no {instance}, so that one file has all partitions.
  static std::unique_ptr<file_handover> of(const file_path_template& path, const file_path_policy& policy,
                                           const lifeline& watched, int instance, manner how);

  /// Gets partitions for the files of this instance; their journals then tell how far others came. Waits for at most
  /// about five seconds.
  result<void> take(const record_source& source, std::span<const partition_number> partitions,
                    const writer_finder& writer_of);

  /// Whether this instance still has these partitions. Cheap.
  result<void> check(const record_source& source, std::span<const batch_range> ranges);

  /// The ranges that this instance has to write: those whose records are in the file of another instance by now are
  /// left out. Where another one has a partition, waits for that. Takes a partition back of which the
  /// other one writes nothing, because that one may be mistaken. Cheap while check() has refused nothing.
  result<std::vector<batch_range>> left_to_write(const record_source& source, std::span<const batch_range> ranges,
                                                 const writer_finder& writer_of);

 private:
  using clock = std::chrono::steady_clock;
  /// A partition that another instance has, although this one has records of it.
  struct refused_partition {
    std::optional<offset> next;  ///< in the other file, as seen last
    clock::time_point since;     ///< when that was seen first
  };

  struct topic_claims {
    file_claims claims;
    std::function<std::string(partition_number, int instance)> name_of;
    int instance;
    std::map<partition_number, file_claims::claim> own;  ///< as this instance claims them; made once

    const file_claims::claim& claim_of(partition_number partition);
  };

  file_handover(const file_path_template& path, const file_path_policy& policy, const lifeline& watched, int instance,
                manner how)
      : path_(path), policy_(policy), watched_(watched), instance_(instance), how_(std::move(how)) {}

  result<bool> is_written(const record_source& source, const batch_range& range, const writer_finder& writer_of);
  result<topic_claims*> of_topic(const std::string& topic);
  result<void> adopt(const record_source& source, const std::vector<file_claims::claim>& wanted,
                     const std::vector<std::string>& holders, const writer_finder& writer_of) const;
  result<std::optional<journal::state>> settled_state(const std::string& file, const record_source& source) const;
  [[nodiscard]] result<std::filesystem::path> series_of(const std::string& file, const record_source& source) const;
  [[nodiscard]] bool goes_on() const;

  const file_path_template& path_;
  const file_path_policy& policy_;
  const lifeline& watched_;
  const int instance_;
  const manner how_;
  std::map<std::string, topic_claims> topics_;
  std::map<partition_number, refused_partition> refused_;
};

}  // namespace kfs
