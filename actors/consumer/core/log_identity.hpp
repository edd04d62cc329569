#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kfs {

/// Identifies the log of one partition, so that a position of an earlier log is not taken for one of the present log.
/// It is stored as a text beside every position: in the metadata of commits, and in sinks.
///
/// `restarts` grows with every log of the partition: when a consumer sees that the log has begun anew, and when the
/// topic's id has changed. So the greater number is the later log.
struct log_identity {
  std::string topic_id;        ///< Kafka's id of the topic; empty when it is unknown
  std::uint64_t restarts = 0;  ///< how often the log has begun anew
  bool operator==(const log_identity&) const = default;

  /// The text of a log without a known topic id that has never begun anew is empty, as that of positions that older
  /// versions have stored.
  [[nodiscard]] std::string text() const;

  /// Reads a text. One that is no identity is a log without a known topic id that has never begun anew.
  static log_identity of(std::string_view text);

  /// Both topic ids are known, and they differ.
  [[nodiscard]] bool is_other_topic(std::string_view other_id) const {
    return !topic_id.empty() && !other_id.empty() && topic_id != other_id;
  }
};

}  // namespace kfs
