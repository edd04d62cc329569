#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/core/lag/facts.hpp"
#include "actors/core/lag/windows.hpp"
#include "config/consumers/spec.hpp"

namespace kfs {

/// How a partition is doing, from the best to the worst.
enum class lag_verdict : std::uint8_t {
  ok,       ///< nothing waits, or the group keeps up
  warning,  ///< lag has grown over the whole window; a transaction hangs; records expire
  unknown,  ///< what is known does not suffice
  stopped,  ///< records wait, and the group has no member
  stalled,  ///< records wait, and nothing was committed over the whole window
};

/// Why.
enum class lag_reason : std::uint8_t {
  paused,                ///< a user has paused it
  sink_slow,             ///< a processor has no room
  sink_failing,          ///< a processor is in ERROR
  no_member,             ///< the group has no member
  broker,                ///< Kafka cannot be asked, or the consumer cannot reach it
  rebalancing,           ///< partitions are being divided
  behind,                ///< none of the others
  no_commit,             ///< the group has committed nothing there
  records_expired,       ///< records after the committed offset are gone
  near_retention,        ///< the oldest record that waits will soon be gone
  open_transaction,      ///< a transaction has been open for the whole window
  not_watched,           ///< this server has not watched the group for long enough
  topic_missing,         ///< the topic, or its partition, does not exist any more
  record_unread,         ///< the oldest record that waits could not be read in time, so its age is not known
  committed_beyond_end,  ///< the log ends before the committed offset: the topic was made again
};

/// As in answers: "OK", "records_expired".
std::string_view to_string(lag_verdict verdict) noexcept;
std::string_view to_string(lag_reason reason) noexcept;

/// Where a group begins to read when it has committed nothing.
enum class beginning : std::uint8_t { unknown, log_start, log_end };

/// With what a partition is judged beside its facts and its window.
struct lag_context {
  timestamp wall_clock;  ///< to which ages of records are counted
  std::chrono::steady_clock::time_point at;
  lag_options allowed;
  beginning begins = beginning::unknown;
  group_members members = group_members::unknown;
  std::optional<lag_reason> hold;  ///< what holds the consumer up; nullopt when nothing is known to
};

/// How far a group is behind in one partition, topic, or all.
struct lag_judgement {
  std::optional<std::int64_t> lag;    ///< in records; nullopt when it cannot be known
  std::optional<double> lag_seconds;  ///< age of the oldest record that is not processed; 0 when there is none
  lag_verdict verdict = lag_verdict::unknown;
  std::optional<lag_reason> reason;        ///< nullopt where nothing needs to be said
  std::optional<double> catch_up_seconds;  ///< nullopt while lag does not shrink, or when unknown

  bool operator==(const lag_judgement&) const = default;
};

/// The least span of time for which samples of a window have to be kept.
std::chrono::milliseconds kept_span(const lag_options& allowed);

/// The offset up to which the group has processed the partition: what is committed, or where it begins, and never
/// before the log's start. nullopt when it cannot be known.
std::optional<std::int64_t> processed_offset(const partition_facts& facts, beginning begins);

/// The sample that these facts are; nullopt when an offset is not known.
std::optional<lag_sample> sample_of(const partition_facts& facts, beginning begins,
                                    std::chrono::steady_clock::time_point at);

/// Judges one partition. `topic` is the one that has it; `window` holds earlier samples, of now or before.
lag_judgement judged(const topic_facts& topic, const partition_facts& facts, const lag_window& window,
                     const lag_context& context);

/// Judges what consists of these parts: sums of lag, the greatest age, the worst verdict with its reason. What is not
/// known of one part is not known of the whole. No parts: nothing lags.
lag_judgement worst_of(const std::vector<lag_judgement>& parts);

}  // namespace kfs
