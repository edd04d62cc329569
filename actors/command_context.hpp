#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "config/access/audit_entry.hpp"

namespace kfs {

/// Who sends a command, and from where.
struct principal {
  std::string kind = "anonymous";  ///< how the sender was identified: "api_key", "jwt", "anonymous"
  std::string name = "anonymous";
  std::string credential_id = {};  ///< names the key or token; no secret
  std::string source = {};         ///< address
  bool operator==(const principal&) const = default;
};

/// The audit of a command.
struct command_audit {
  /// What to write when the command is carried out, with the status of that answer. The store completes it with the
  /// consumer, its tenant and its revisions.
  audit_entry entry;
  /// Becomes true when the entry is written; while it is false, whoever sent the command writes what came of it. Never
  /// nullptr.
  std::shared_ptr<std::atomic<bool>> written = std::make_shared<std::atomic<bool>>(false);
  bool operator==(const command_audit&) const = default;
};

/// What accompanies a command: the id of its request, its deadline, who sent it, and its audit, which stays in the
/// process.
struct command_context {
  using clock = std::chrono::steady_clock;

  std::string request_id;
  clock::time_point deadline = clock::time_point::max();  ///< a command that has not begun by then is not carried out
  principal sender;
  std::optional<command_audit> audit = {};  ///< nullopt: the command leaves no entry

  /// The entry that the store writes together with what the command changes; nullptr without an audit.
  [[nodiscard]] std::shared_ptr<const audit_entry> entry() const {
    return audit ? std::make_shared<const audit_entry>(audit->entry) : nullptr;
  }
  /// The entry is written.
  void note_audited() const {
    if (audit) audit->written->store(true);
  }

  /// The time from `at` to the deadline, at least 0; negative when there is no deadline.
  [[nodiscard]] std::chrono::milliseconds time_left(clock::time_point at) const {
    if (deadline == clock::time_point::max()) return std::chrono::milliseconds{-1};
    return std::max(std::chrono::milliseconds{0}, std::chrono::floor<std::chrono::milliseconds>(deadline - at));
  }
  void set_time_left(std::chrono::milliseconds left, clock::time_point at) {
    deadline = left.count() < 0 ? clock::time_point::max() : at + left;
  }
  [[nodiscard]] bool expired(clock::time_point at) const noexcept { return deadline <= at; }
  bool operator==(const command_context&) const = default;
};

}  // namespace kfs
