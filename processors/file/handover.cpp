#include "processors/file/handover.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <utility>

#include "processors/file/disk.hpp"
#include "processors/file/errors.hpp"
#include "processors/file/journal.hpp"
#include "processors/file/lock.hpp"

namespace kfs {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// How long the file that had a partition may take to complete what it is writing.
constexpr auto patience = 5s;
constexpr auto between_looks = 2ms;
/// An instance whose partition was given to another one hears of it from Kafka sooner than that.
constexpr auto time_to_hear = 5s;

result<std::optional<std::int64_t>> size_of(const fs::path& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0) return std::optional<std::int64_t>(found.st_size);
  if (errno == ENOENT || errno == ENOTDIR) return std::optional<std::int64_t>{};
  return tl::make_unexpected(file_error(errno, "examine", path));
}

/// What a series holds by now, as its journal says; nullopt while a write to it may or may not be complete. Nothing of
/// it is changed, and nobody keeps a lock.
result<std::optional<journal::state>> settled_state(const fs::path& series, const std::string& boot) {
  const auto journal = file_journal::look_at(series);
  if (!journal) return tl::make_unexpected(journal.error());
  const bool is_open = is_held_elsewhere(journal->descriptor());
  auto state = journal->state();
  const auto size = state.file_name().empty() ? result<std::optional<std::int64_t>>(std::nullopt)
                                              : size_of(journal->path().parent_path() / state.file_name());
  if (!size) return tl::make_unexpected(size.error());
  // Only then does the size belong to the last entry that was read.
  if (!journal->is_unchanged()) return std::optional<journal::state>{};
  if (!is_open) {
    state.judge(*size, boot);
  } else if (const auto end = state.pending_end()) {
    if (!*size || **size < *end) return std::optional<journal::state>{};
    state.settle(true);
  }
  return std::optional(std::move(state));
}

}  // namespace

std::unique_ptr<file_handover> file_handover::of(const file_path_template& path, const file_path_policy& policy,
                                                 const lifeline& watched, int instance, manner how) {
  if (!path.has(placeholder::instance)) return nullptr;
  return std::unique_ptr<file_handover>(new file_handover(path, policy, watched, instance, std::move(how)));
}

result<void> file_handover::take(const record_source& source, std::span<const partition_number> partitions,
                                 const writer_finder& writer_of) {
  const auto claims = claims_of(source.topic);
  if (!claims) return tl::make_unexpected(claims.error());
  std::vector<file_claims::claim> wanted;
  for (const auto partition : partitions) wanted.push_back(claim_of(source, partition));
  const auto watch = [this] { return goes_on(); };
  const auto holders = (*claims)->take(source, wanted, watch);
  if (!holders) return tl::make_unexpected(holders.error());
  if (auto adopted = adopt(source, wanted, *holders, writer_of); !adopted) return adopted;
  if (auto held = (*claims)->hold(source, wanted, watch); !held) return held;
  for (const auto partition : partitions) refused_.erase(partition);
  return {};
}

result<void> file_handover::check(const record_source& source, std::span<const batch_range> ranges) {
  const auto claims = claims_of(source.topic);
  if (!claims) return tl::make_unexpected(claims.error());
  for (const auto& range : ranges) {
    const auto claim = claim_of(source, range.partition);
    const auto held = (*claims)->holds(source, claim);
    if (!held) return tl::make_unexpected(held.error());
    if (*held) continue;
    refused_.try_emplace(range.partition, refused_partition{.next = {}, .since = clock::now()});
    return failure(
        ec::member_fenced,
        fmt::format("another instance has taken partition {} over, so nothing was written to \"{}\"; nothing "
                    "needs to be done: the records will be in the file of the instance that has the partition",
                    range.partition, claim.file));
  }
  return {};
}

result<std::vector<batch_range>> file_handover::left_to_write(const record_source& source,
                                                              std::span<const batch_range> ranges,
                                                              const writer_finder& writer_of) {
  std::vector<batch_range> left;
  const auto deadline = clock::now() + how_.patience;
  for (const auto& range : ranges) {
    while (refused_.contains(range.partition)) {
      const auto written = is_written(source, range, writer_of);
      if (!written) return tl::make_unexpected(written.error());
      if (*written) break;
      if (!refused_.contains(range.partition)) continue;
      if (!goes_on()) return failure(ec::shutting_down, "the processor was given up");
      if (clock::now() >= deadline) {
        auto refused = check(source, {&range, 1});
        if (!refused) return tl::make_unexpected(refused.error());
      }
      std::this_thread::sleep_for(between_looks);
    }
    if (!refused_.contains(range.partition)) left.push_back(range);
  }
  return left;
}

/// Whether the records of a range are in the file of the instance that has their partition.
result<bool> file_handover::is_written(const record_source& source, const batch_range& range,
                                       const writer_finder& writer_of) {
  auto& refused = refused_.at(range.partition);
  const auto claims = claims_of(source.topic);
  if (!claims) return tl::make_unexpected(claims.error());
  const auto own = claim_of(source, range.partition);
  const auto holder = (*claims)->holder(source, range.partition);
  if (!holder) return tl::make_unexpected(holder.error());
  if (holder->empty() || *holder == own.file) {  // the other one has not got it yet, or this one has it again
    const auto held = (*claims)->holds(source, own);
    if (!held) return tl::make_unexpected(held.error());
    if (*held) refused_.erase(range.partition);
    return false;
  }
  const auto series = series_of(*holder, source);
  if (!series) return tl::make_unexpected(series.error());
  const auto state =
      is_there(file_journal::path_of(*series)) ? settled_state(*series, how_.boot) : std::optional<journal::state>{};
  if (!state) return tl::make_unexpected(state.error());
  const auto next = *state ? (*state)->position(source, range.partition) : refused.next;
  if (next && range.next <= *next) return true;
  if (next != refused.next) refused = {.next = next, .since = clock::now()};
  // Nothing between what the other one has and this range may be left out.
  if (clock::now() - refused.since < time_to_hear || (next && range.first > *next)) return false;
  const auto taken = take(source, {&range.partition, 1}, writer_of);
  return taken ? result<bool>(false) : tl::make_unexpected(taken.error());
}

/// Sets the position of each partition in the file of this instance to the one in the file that had it.
result<void> file_handover::adopt(const record_source& source, const std::vector<file_claims::claim>& wanted,
                                  const std::vector<std::string>& holders, const writer_finder& writer_of) const {
  std::map<std::string, std::vector<partition_number>> asked;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!holders[i].empty() && holders[i] != wanted[i].file) asked[holders[i]].push_back(wanted[i].partition);
  }
  for (const auto& [file, partitions] : asked) {
    const auto found = positions_in(file, source, partitions);
    if (!found) return tl::make_unexpected(found.error());
    std::map<std::shared_ptr<file_writer>, std::vector<sink_start>> starts;
    for (std::size_t i = 0; i < partitions.size(); ++i) {
      if (!(*found)[i]) continue;
      const auto writer = writer_of(source, partitions[i]);
      if (!writer) return tl::make_unexpected(writer.error());
      starts[*writer].push_back({partitions[i], (*found)[i]->next, (*found)[i]->log});
    }
    for (const auto& [writer, there] : starts) {
      if (auto started = writer->start_at(source, there, watched_.cancelled); !started) return started;
    }
  }
  return {};
}

/// The positions in another file; nullopt where its journal has none, or is gone.
result<std::vector<std::optional<stored_position>>> file_handover::positions_in(
    const std::string& file, const record_source& source, std::span<const partition_number> partitions) const {
  const auto series = series_of(file, source);
  if (!series) return tl::make_unexpected(series.error());
  for (const auto deadline = clock::now() + patience;;) {
    if (!is_there(file_journal::path_of(*series)))
      return std::vector<std::optional<stored_position>>(partitions.size());
    const auto state = settled_state(*series, how_.boot);
    if (!state) return tl::make_unexpected(state.error());
    if (*state) {
      std::vector<std::optional<stored_position>> found;
      for (const auto partition : partitions) {
        const auto next = (*state)->position(source, partition);
        found.push_back(next ? std::optional(stored_position{*next, (*state)->log(source, partition)}) : std::nullopt);
      }
      return found;
    }
    if (!goes_on()) return failure(ec::shutting_down, "the processor was given up");
    if (clock::now() >= deadline)
      return failure(ec::sink_unavailable,
                     fmt::format("\"{}\", the file of the instance that had partition {}, has been written for {} s "
                                 "without an end; it is tried again",
                                 series->native(), partitions.front(),
                                 std::chrono::duration_cast<std::chrono::seconds>(patience).count()));
    std::this_thread::sleep_for(between_looks);
  }
}

result<fs::path> file_handover::series_of(const std::string& file, const record_source& source) const {
  return policy_.resolve(file_claims::directory_of(path_.with_topic(source.topic)) + file);
}

result<file_claims*> file_handover::claims_of(const std::string& topic) {
  if (const auto known = claims_.find(topic); known != claims_.end()) return &known->second;
  auto files = path_.with_topic(topic);
  auto path = policy_.resolve(file_claims::path_for(files));
  if (!path) return tl::make_unexpected(path.error());
  return &claims_.try_emplace(topic, std::move(*path), std::move(files)).first->second;
}

file_claims::claim file_handover::claim_of(const record_source& source, partition_number partition) const {
  const auto directory = file_claims::directory_of(path_.with_topic(source.topic));
  return {partition, path_.expand(source.topic, partition, instance_).substr(directory.size())};
}

bool file_handover::goes_on() const {
  if (watched_.gauge) watched_.gauge->alive(clock::now());
  return !watched_.cancelled.stop_requested();
}

}  // namespace kfs
