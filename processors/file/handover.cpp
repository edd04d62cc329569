#include "processors/file/handover.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <set>
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
/// Of a consumer (options.instances).
constexpr int most_instances = 64;

result<std::optional<std::int64_t>> size_of(const fs::path& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0) return std::optional<std::int64_t>(found.st_size);
  if (errno == ENOENT || errno == ENOTDIR) return std::optional<std::int64_t>{};
  return tl::make_unexpected(file_error(errno, "examine", path));
}

/// What a series holds by now, as its journal says.
struct series_state {
  bool is_open = false;                 ///< a sink may be writing
  std::optional<journal::state> state;  ///< nullopt while a write may or may not be complete
};

/// Nothing of the series is changed, and nobody keeps a lock. nullopt when it has no journal.
result<std::optional<series_state>> look_at(const fs::path& series, const std::string& boot) {
  if (!is_there(file_journal::path_of(series))) return std::optional<series_state>{};
  const auto journal = file_journal::look_at(series);
  if (!journal) return tl::make_unexpected(journal.error());
  series_state seen{.is_open = is_held_elsewhere(journal->descriptor()), .state = {}};
  auto state = journal->state();
  const auto size = state.file_name().empty() ? result<std::optional<std::int64_t>>(std::nullopt)
                                              : size_of(journal->path().parent_path() / state.file_name());
  if (!size) return tl::make_unexpected(size.error());
  // Only then does the size belong to the last entry that was read.
  if (!journal->is_unchanged()) return std::optional(std::move(seen));
  if (!seen.is_open) {
    state.judge(*size, boot);
  } else if (const auto end = state.pending_end()) {
    if (!*size || **size < *end) return std::optional(std::move(seen));
    state.settle(true);
  }
  seen.state = std::move(state);
  return std::optional(std::move(seen));
}

}  // namespace

std::unique_ptr<file_handover> file_handover::of(const file_path_template& path, const file_path_policy& policy,
                                                 const lifeline& watched, int instance, manner how) {
  if (!path.has(placeholder::instance)) return nullptr;
  return std::unique_ptr<file_handover>(new file_handover(path, policy, watched, instance, std::move(how)));
}

result<void> file_handover::take(const record_source& source, std::span<const partition_number> partitions,
                                 const writer_finder& writer_of) {
  const auto of = of_topic(source.topic);
  if (!of) return tl::make_unexpected(of.error());
  std::vector<file_claims::claim> wanted;
  for (const auto partition : partitions) wanted.push_back((*of)->claim_of(partition));
  const auto watch = [this] { return goes_on(); };
  const auto holders = (*of)->claims.take(source, wanted, watch);
  if (!holders) return tl::make_unexpected(holders.error());
  if (auto adopted = adopt(source, wanted, *holders, writer_of); !adopted) return adopted;
  if (auto held = (*of)->claims.hold(source, wanted, watch); !held) return held;
  for (const auto partition : partitions) refused_.erase(partition);
  return {};
}

result<void> file_handover::check(const record_source& source, std::span<const batch_range> ranges) {
  const auto of = of_topic(source.topic);
  if (!of) return tl::make_unexpected(of.error());
  std::optional<file_claims::claim> refused;
  for (const auto& range : ranges) {
    const auto& claim = (*of)->claim_of(range.partition);
    const auto held = (*of)->claims.holds(source, claim);
    if (!held) return tl::make_unexpected(held.error());
    if (*held) continue;
    refused_.try_emplace(range.partition, refused_partition{.next = {}, .since = clock::now()});
    if (!refused) refused = claim;
  }
  if (!refused) return {};
  return failure(ec::member_fenced,
                 fmt::format("another instance has taken partition {} over, so nothing was written to \"{}\"; nothing "
                             "needs to be done: this one waits until the records are in the file of the other one, and "
                             "takes the partition back if that does not happen",
                             refused->partition, refused->file));
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
  const auto of = of_topic(source.topic);
  if (!of) return tl::make_unexpected(of.error());
  const auto& own = (*of)->claim_of(range.partition);
  const auto held = (*of)->claims.holds(source, own);
  if (!held) return tl::make_unexpected(held.error());
  if (*held) {
    refused_.erase(range.partition);
    return false;
  }
  const auto seen = (*of)->claims.look_at(source, range.partition);
  if (!seen) return tl::make_unexpected(seen.error());
  auto next = refused.next;
  bool is_open = false;
  for (const auto& file : std::set<std::string>{seen->holder, seen->claimant}) {
    if (file.empty() || file == own.file) continue;
    const auto series = series_of(file, source);
    if (!series) return tl::make_unexpected(series.error());
    const auto other = look_at(*series, how_.boot);
    if (!other) return tl::make_unexpected(other.error());
    if (!*other) continue;
    is_open = is_open || (*other)->is_open;
    if (file == seen->holder && (*other)->state) next = (*other)->state->position(source, range.partition);
  }
  if (next && range.next <= *next) return true;
  if (next != refused.next) refused = {.next = next, .since = clock::now()};
  // Nothing between what the other one has and this range may be left out.
  if (next && range.first > *next) return false;
  if (is_open && clock::now() - refused.since < how_.time_to_hear()) return false;
  const auto taken = take(source, {&range.partition, 1}, writer_of);
  return taken ? result<bool>(false) : tl::make_unexpected(taken.error());
}

/// Sets the position of each partition in the file of this instance to the one in the file that had it. Where that is
/// not known, because the claims or that file were removed, the greatest position in the file of any instance counts.
result<void> file_handover::adopt(const record_source& source, const std::vector<file_claims::claim>& wanted,
                                  const std::vector<std::string>& holders, const writer_finder& writer_of) const {
  std::map<std::string, std::optional<journal::state>> known;  // by file
  const auto position_in = [&](const std::string& file,
                               partition_number partition) -> result<std::optional<stored_position>> {
    if (!known.contains(file)) {
      auto state = settled_state(file, source);
      if (!state) return tl::make_unexpected(std::move(state).error());
      known[file] = std::move(*state);
    }
    const auto& state = known.at(file);
    const auto next = state ? state->position(source, partition) : std::nullopt;
    return next ? std::optional(stored_position{*next, state->log(source, partition)}) : std::nullopt;
  };
  std::map<std::shared_ptr<file_writer>, std::vector<sink_start>> starts;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto& [partition, own] = wanted[i];
    if (holders[i] == own) continue;
    auto found =
        holders[i].empty() ? result<std::optional<stored_position>>(std::nullopt) : position_in(holders[i], partition);
    if (!found) return tl::make_unexpected(found.error());
    if (!*found) {
      const auto mine = position_in(own, partition);
      if (!mine) return tl::make_unexpected(mine.error());
      for (int instance = 0; instance < most_instances; ++instance) {
        const auto other = position_in(topics_.at(source.topic).name_of(partition, instance), partition);
        if (!other) return tl::make_unexpected(other.error());
        if (*other && (!*mine || ((*other)->log == (*mine)->log && (*mine)->next < (*other)->next)) &&
            (!*found || (*found)->next < (*other)->next))
          found = *other;
      }
    }
    if (!*found) continue;
    const auto writer = writer_of(source, partition);
    if (!writer) return tl::make_unexpected(writer.error());
    starts[*writer].push_back({partition, (*found)->next, (*found)->log});
  }
  for (const auto& [writer, there] : starts) {
    if (auto started = writer->start_at(source, there, watched_.cancelled); !started) return started;
  }
  return {};
}

/// What another file holds, once no write to it is under way; nullopt when it has no journal.
result<std::optional<journal::state>> file_handover::settled_state(const std::string& file,
                                                                   const record_source& source) const {
  const auto series = series_of(file, source);
  if (!series) return tl::make_unexpected(series.error());
  for (const auto deadline = clock::now() + patience;;) {
    auto seen = look_at(*series, how_.boot);
    if (!seen) return tl::make_unexpected(seen.error());
    if (!*seen) return std::optional<journal::state>{};
    if ((*seen)->state) return std::move((*seen)->state);
    if (!goes_on()) return failure(ec::shutting_down, "the processor was given up");
    if (clock::now() >= deadline)
      return failure(
          ec::sink_unavailable,
          fmt::format("\"{}\", the file of another instance, has been written for {} s without an end; it is "
                      "tried again",
                      series->native(), std::chrono::duration_cast<std::chrono::seconds>(patience).count()));
    std::this_thread::sleep_for(between_looks);
  }
}

result<fs::path> file_handover::series_of(const std::string& file, const record_source& source) const {
  return policy_.resolve(file_claims::directory_of(path_.with_topic(source.topic)) + file);
}

result<file_handover::topic_claims*> file_handover::of_topic(const std::string& topic) {
  if (const auto known = topics_.find(topic); known != topics_.end()) return &known->second;
  auto files = path_.with_topic(topic);
  auto path = policy_.resolve(file_claims::path_for(files));
  if (!path) return tl::make_unexpected(path.error());
  const auto prefix = file_claims::directory_of(files).size();
  const auto name_of = [this, topic, prefix](partition_number partition, int instance) {
    return path_.expand(topic, partition, instance).substr(prefix);
  };
  return &topics_
              .try_emplace(topic, topic_claims{file_claims(std::move(*path), std::move(files)), name_of, instance_, {}})
              .first->second;
}

const file_claims::claim& file_handover::topic_claims::claim_of(partition_number partition) {
  const auto known = own.find(partition);
  if (known != own.end()) return known->second;
  return own.try_emplace(partition, file_claims::claim{partition, name_of(partition, instance)}).first->second;
}

bool file_handover::goes_on() const {
  if (watched_.gauge) watched_.gauge->alive(clock::now());
  return !watched_.cancelled.stop_requested();
}

}  // namespace kfs
