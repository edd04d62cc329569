#include "processors/file/handover.hpp"

#include <fmt/format.h>

#include <set>
#include <thread>
#include <utility>

#include "processors/file/series_state.hpp"

namespace kfs {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// How long the file that had a partition may take to complete what it is writing.
constexpr auto patience = 5s;
constexpr auto between_looks = 2ms;
/// Of a consumer (options.instances).
constexpr int most_instances = 64;

}  // namespace

std::unique_ptr<file_handover> file_handover::of(const file_path_template& path, const file_path_policy& policy,
                                                 const lifeline& watched, member who, manner how) {
  if (!path.has(placeholder::instance) && !who.place) return nullptr;
  return std::unique_ptr<file_handover>(new file_handover(path, policy, watched, std::move(who), std::move(how)));
}

/// The group's claims are made first and held last, around those of the instances: an instance that claims later than
/// another one reads a journal in which that one has noted what it has from another consumer.
result<void> file_handover::take(const record_source& source, std::span<const partition_number> partitions,
                                 const writer_finder& writer_of) {
  const auto claims = claims_of(source);
  if (!claims) return tl::make_unexpected(claims.error());
  auto& group = (*claims)->group;
  auto& instances = (*claims)->instances;
  if (!group && !instances) return {};
  std::vector<file_claims::claim> of_group;
  std::vector<file_claims::claim> of_instances;
  for (const auto partition : partitions) {
    // Nobody claims what it could not write.
    if (const auto opened = writer_of(source, partition); !opened) return tl::make_unexpected(opened.error());
    const auto& own = own_of(**claims, source, partition);
    of_group.push_back({partition, own});
    of_instances.push_back({partition, {own.file}});
  }
  const auto watch = [this] { return goes_on(); };
  using owners = std::vector<file_claims::owner>;
  const auto consumers = group ? group->take(source, of_group, watch) : owners(partitions.size());
  if (!consumers) return tl::make_unexpected(consumers.error());
  const auto holders = instances ? instances->take(source, of_instances, watch) : owners(partitions.size());
  if (!holders) return tl::make_unexpected(holders.error());
  known_states known;
  std::map<std::shared_ptr<file_writer>, std::vector<sink_start>> starts;
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    auto start = instances ? among_instances(source, partitions[i], (*holders)[i].file, known)
                           : result<std::optional<stored_position>>(std::nullopt);
    if (start && !(*consumers)[i].file.empty())
      start = in_group(source, partitions[i], (*consumers)[i], std::move(*start), known);
    if (!start) return tl::make_unexpected(start.error());
    if (!*start) continue;
    const auto writer = writer_of(source, partitions[i]);
    if (!writer) return tl::make_unexpected(writer.error());
    starts[*writer].push_back({partitions[i], (*start)->next, (*start)->log});
  }
  for (const auto& [writer, there] : starts) {
    if (auto started = writer->start_at(source, there, watched_.cancelled); !started) return started;
  }
  if (instances) {
    if (auto held = instances->hold(source, of_instances, watch); !held) return held;
  }
  if (group) {
    if (auto held = group->hold(source, of_group, watch); !held) return held;
  }
  for (const auto partition : partitions) refused_.erase(partition);
  return {};
}

result<void> file_handover::check(const record_source& source, std::span<const batch_range> ranges) {
  const auto claims = claims_of(source);
  if (!claims) return tl::make_unexpected(claims.error());
  std::optional<partition_number> refused;
  for (auto* const kind : {&(*claims)->group, &(*claims)->instances}) {
    if (!*kind) continue;
    if (auto looked = (*kind)->look(); !looked) return looked;
    for (const auto& range : ranges) {
      if ((*kind)->holds(source, range.partition, own_of(**claims, source, range.partition).file)) continue;
      refused_.try_emplace(range.partition, refused_partition{.next = {}, .since = clock::now()});
      if (!refused) refused = range.partition;
    }
  }
  if (!refused) return {};
  return failure(
      ec::member_fenced,
      fmt::format("another member of the group has taken partition {} over, so nothing was written to \"{}\"; nothing "
                  "needs to be done: this one waits until the records are in the file of the other one, and "
                  "takes the partition back if that does not happen",
                  *refused, own_of(**claims, source, *refused).file));
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

/// Whether the records of a range are in the file of the member that has their partition.
result<bool> file_handover::is_written(const record_source& source, const batch_range& range,
                                       const writer_finder& writer_of) {
  const auto claims = claims_of(source);
  if (!claims) return tl::make_unexpected(claims.error());
  const auto& own = own_of(**claims, source, range.partition);
  // Where another consumer has the partition, it matters no more which instance had it before.
  std::optional<file_claims::holding> seen;
  for (auto* const kind : {&(*claims)->group, &(*claims)->instances}) {
    if (!*kind || seen) continue;
    if (auto looked = (*kind)->look(); !looked) return tl::make_unexpected(looked.error());
    if (!(*kind)->holds(source, range.partition, own.file)) seen = (*kind)->seen(source, range.partition);
  }
  if (!seen) {
    refused_.erase(range.partition);
    return false;
  }
  auto& refused = refused_.at(range.partition);
  auto next = refused.next;
  bool is_open = false;
  for (const auto& file : std::set<std::string>{seen->holder.file, seen->claimant.file}) {
    if (file.empty() || file == own.file) continue;
    const auto series = series_of(file, source);
    if (!series) return tl::make_unexpected(series.error());
    const auto other = look_at_series(*series, how_.boot);
    if (!other) return tl::make_unexpected(other.error());
    if (!*other) continue;
    is_open = is_open || (*other)->is_open;
    if (file == seen->holder.file && (*other)->state) next = (*other)->state->position(source, range.partition);
  }
  if (next && range.next <= *next) return true;
  if (next != refused.next) refused = {.next = next, .since = clock::now()};
  // Nothing between what the other one has and this range may be left out.
  if (next && range.first > *next) return false;
  if (is_open && clock::now() - refused.since < how_.time_to_hear()) return false;
  const auto taken = take(source, {&range.partition, 1}, writer_of);
  return taken ? result<bool>(false) : tl::make_unexpected(taken.error());
}

/// Where the file of this instance has to go on: at the position in the file that had the partition. Where that is not
/// known, because the claims or that file were removed, the greatest position in the file of any instance counts.
/// nullopt when it stays where it is.
result<std::optional<stored_position>> file_handover::among_instances(const record_source& source,
                                                                      partition_number partition,
                                                                      const std::string& holder,
                                                                      known_states& known) const {
  const auto own = name_of(source, partition, who_.instance);
  if (holder == own) return std::optional<stored_position>{};
  auto found = holder.empty() ? result<std::optional<stored_position>>(std::nullopt)
                              : position_in(holder, source, partition, known);
  if (!found || *found) return found;
  const auto mine = position_in(own, source, partition, known);
  if (!mine) return mine;
  for (int instance = 0; instance < most_instances; ++instance) {
    const auto other = position_in(name_of(source, partition, instance), source, partition, known);
    if (!other) return other;
    if (*other && (!*mine || ((*other)->log == (*mine)->log && (*mine)->next < (*other)->next)) &&
        (!*found || (*found)->next < (*other)->next))
      found = *other;
  }
  return found;
}

/// Where the file has to go on when another consumer had the partition, if it would go on at `own` otherwise (nullopt:
/// where it is). The greater of two positions counts, because consumers also write without claims: servers of an older
/// version, and consumers whose partitions a user has named.
result<std::optional<stored_position>> file_handover::in_group(const record_source& source, partition_number partition,
                                                               const file_claims::owner& holder,
                                                               std::optional<stored_position> own,
                                                               known_states& known) const {
  const auto file = name_of(source, partition, who_.instance);
  if (holder.file == file || (!holder.consumer.empty() && holder.consumer == who_.consumer)) return own;
  const auto other = position_in(holder.file, source, partition, known);
  if (!other || !*other) return other ? own : other;
  const auto mine = own ? result<std::optional<stored_position>>(own) : position_in(file, source, partition, known);
  if (!mine) return mine;
  const bool goes_back = *mine && (*mine)->log == (*other)->log && (*other)->next <= (*mine)->next;
  return goes_back ? own : *other;
}

result<std::optional<stored_position>> file_handover::position_in(const std::string& file, const record_source& source,
                                                                  partition_number partition,
                                                                  known_states& known) const {
  if (!known.contains(file)) {
    auto state = settled_state(file, source);
    if (!state) return tl::make_unexpected(std::move(state).error());
    known[file] = std::move(*state);
  }
  const auto& state = known.at(file);
  const auto next = state ? state->position(source, partition) : std::nullopt;
  return next ? std::optional(stored_position{*next, state->log(source, partition)}) : std::nullopt;
}

/// What another file holds, once no write to it is under way; nullopt when it has no journal.
result<std::optional<journal::state>> file_handover::settled_state(const std::string& file,
                                                                   const record_source& source) const {
  const auto series = series_of(file, source);
  if (!series) return tl::make_unexpected(series.error());
  for (const auto deadline = clock::now() + patience;;) {
    auto seen = look_at_series(*series, how_.boot);
    if (!seen) return tl::make_unexpected(seen.error());
    if (!*seen) return std::optional<journal::state>{};
    if ((*seen)->state) return std::move((*seen)->state);
    if (!goes_on()) return failure(ec::shutting_down, "the processor was given up");
    if (clock::now() >= deadline)
      return failure(ec::sink_unavailable,
                     fmt::format("\"{}\", the file of another member, has been written for {} s without an end; it is "
                                 "tried again",
                                 series->native(), std::chrono::duration_cast<std::chrono::seconds>(patience).count()));
    std::this_thread::sleep_for(between_looks);
  }
}

result<fs::path> file_handover::series_of(const std::string& file, const record_source& source) const {
  return policy_.resolve(file_claims::directory_of(path_.with_topic(source.topic)) + file);
}

result<file_handover::claims_of_source*> file_handover::claims_of(const record_source& source) {
  if (const auto known = sources_.find(source); known != sources_.end()) return &known->second;
  auto group = claims_of_group(source);
  if (!group) return tl::make_unexpected(group.error());
  claims_of_source made{.group = std::move(*group), .instances = std::nullopt};
  if (path_.has(placeholder::instance)) {
    auto files = path_.with_topic(source.topic);
    auto path = policy_.resolve(file_claims::path_for(files));
    if (!path) return tl::make_unexpected(path.error());
    made.instances.emplace(std::move(*path), std::move(files));
  }
  return &sources_.try_emplace(source, std::move(made)).first->second;
}

/// Other consumers have no claims where this one may write no file in the directory that all its files have in common.
result<std::optional<file_claims>> file_handover::claims_of_group(const record_source& source) const {
  if (!who_.place) return std::optional<file_claims>{};
  const auto directory = file_claims::directory_of(path_.with_topic(source.topic));
  auto path = policy_.resolve(file_claims::path_for_group(directory, source, *who_.place));
  if (!path && path.error().code == ec::sink_denied) return std::optional<file_claims>{};
  if (!path) return tl::make_unexpected(path.error());
  return std::optional(file_claims(std::move(*path), fmt::format("{} of each consumer", *who_.place)));
}

const file_claims::owner& file_handover::own_of(claims_of_source& claims, const record_source& source,
                                                partition_number partition) const {
  const auto known = claims.own.find(partition);
  if (known != claims.own.end()) return known->second;
  file_claims::owner own{name_of(source, partition, who_.instance), who_.consumer};
  return claims.own.try_emplace(partition, std::move(own)).first->second;
}

std::string file_handover::name_of(const record_source& source, partition_number partition, int instance) const {
  const auto prefix = file_claims::directory_of(path_.with_topic(source.topic)).size();
  return path_.expand(source.topic, partition, instance).substr(prefix);
}

bool file_handover::goes_on() const {
  if (watched_.gauge) watched_.gauge->alive(clock::now());
  return !watched_.cancelled.stop_requested();
}

}  // namespace kfs
