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

/// Hands partitions over between the files that the instances of a consumer write, and between those of the consumers
/// of a group, so that each record is in one of them only, however a partition came from one to another.
///
/// Whoever gets a partition claims it (claims.hpp), reads in the journal of the file that had it how far that one is,
/// goes on there, and has it. Whoever writes says so in its journal first and looks at the claims then. So either the
/// writer sees the claim, and does not write; or the one who claims sees what is about to be written, and waits until
/// it is. How this holds through kills: README.md.
///
/// Ownership: one sink. Threading: none.
/// Errors: those of file_claims and of journals; sink_unavailable while the file that had a partition is still being
/// written, and when somebody else has taken a partition.
class file_handover {
 public:
  using writer_finder = std::function<result<std::shared_ptr<file_writer>>(const record_source&, partition_number)>;

  /// Whose files these are.
  struct member {
    std::string consumer;
    int instance = 0;
    /// Which of the consumer's files in their directory these are, from 0. nullopt when no group divides the partitions
    /// (options.partitions), so that several consumers may rightly write the same records.
    std::optional<std::size_t> place;
  };

  struct manner {
    std::string boot;                    ///< changes when the machine restarts
    std::chrono::milliseconds patience;  ///< how long a write waits for the file of somebody else
    /// A member whose partition was given to another one hears of it from Kafka sooner than that.
    [[nodiscard]] std::chrono::milliseconds time_to_hear() const { return patience * 5 / 2; }
  };

  /// nullptr where nobody else can get a partition: without {instance} in the path, and without a group.
  static std::unique_ptr<file_handover> of(const file_path_template& path, const file_path_policy& policy,
                                           const lifeline& watched, member who, manner how);

  /// Gets partitions for the files of this member; their journals then tell how far others came. Waits for at most
  /// about five seconds.
  result<void> take(const record_source& source, std::span<const partition_number> partitions,
                    const writer_finder& writer_of);

  /// Whether this member still has these partitions. Cheap.
  result<void> check(const record_source& source, std::span<const batch_range> ranges);

  /// The ranges that this member has to write: those whose records are in the file of another one by now are left out.
  /// Where another one has a partition, waits for that. Takes a partition back of which the other one writes nothing,
  /// because that one may be mistaken. Cheap while check() has refused nothing.
  result<std::vector<batch_range>> left_to_write(const record_source& source, std::span<const batch_range> ranges,
                                                 const writer_finder& writer_of);

 private:
  using clock = std::chrono::steady_clock;
  using known_states = std::map<std::string, std::optional<journal::state>>;  ///< by file

  /// A partition that another member has, although this one has records of it.
  struct refused_partition {
    std::optional<offset> next;  ///< in the other file, as seen last
    clock::time_point since;     ///< when that was seen first
  };

  struct claims_of_source {
    std::optional<file_claims> group;      ///< nullopt where other consumers have no claims on the records
    std::optional<file_claims> instances;  ///< nullopt without {instance} in the path
    std::map<partition_number, file_claims::owner> own = {};  ///< this member, with the file of each; made once
  };

  file_handover(const file_path_template& path, const file_path_policy& policy, const lifeline& watched, member who,
                manner how)
      : path_(path), policy_(policy), watched_(watched), who_(std::move(who)), how_(std::move(how)) {}

  result<bool> is_written(const record_source& source, const batch_range& range, const writer_finder& writer_of);
  result<claims_of_source*> claims_of(const record_source& source);
  result<std::optional<file_claims>> claims_of_group(const record_source& source) const;
  const file_claims::owner& own_of(claims_of_source& claims, const record_source& source,
                                   partition_number partition) const;
  [[nodiscard]] std::string name_of(const record_source& source, partition_number partition, int instance) const;

  result<std::optional<stored_position>> among_instances(const record_source& source, partition_number partition,
                                                         const std::string& holder, known_states& known) const;
  result<std::optional<stored_position>> in_group(const record_source& source, partition_number partition,
                                                  const file_claims::owner& holder, std::optional<stored_position> own,
                                                  known_states& known) const;
  result<std::optional<stored_position>> position_in(const std::string& file, const record_source& source,
                                                     partition_number partition, known_states& known) const;
  result<std::optional<journal::state>> settled_state(const std::string& file, const record_source& source) const;
  [[nodiscard]] result<std::filesystem::path> series_of(const std::string& file, const record_source& source) const;
  [[nodiscard]] bool goes_on() const;

  const file_path_template& path_;
  const file_path_policy& policy_;
  const lifeline& watched_;
  const member who_;
  const manner how_;
  std::map<record_source, claims_of_source> sources_;
  std::map<partition_number, refused_partition> refused_;
};

}  // namespace kfs
