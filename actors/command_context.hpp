#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "config/access/audit_entry.hpp"
#include "config/access/caller.hpp"
#include "config/access/permission.hpp"

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

/// Tells whoever sent a command that it was denied when its turn came.
///
/// Threading: note() is called once, by whoever carries commands out, before the command is answered; tenant() may be
/// called from any thread.
class late_denial {
 public:
  /// The command acts on that tenant, and its sender may not do so.
  void note(std::string tenant) {
    tenant_ = std::move(tenant);
    noted_.store(true, std::memory_order_release);
  }
  /// The tenant that a denied command acts on; nullptr while the command is not denied.
  [[nodiscard]] const std::string* tenant() const noexcept {
    return noted_.load(std::memory_order_acquire) ? &tenant_ : nullptr;
  }

 private:
  std::string tenant_;
  std::atomic<bool> noted_{false};
};

/// The permission by which a command is carried out. Whoever carries it out checks it again on the consumer as it is
/// then.
struct command_right {
  std::shared_ptr<const caller> sender;  ///< never nullptr
  permission needed = permission::consumers_edit;
  std::shared_ptr<late_denial> denial = std::make_shared<late_denial>();  ///< never nullptr
  bool operator==(const command_right&) const = default;
};

/// What accompanies a command: the id of its request, its deadline, who sent it, and its audit and its right, which
/// stay in the process.
struct command_context {
  using clock = std::chrono::steady_clock;

  std::string request_id;
  clock::time_point deadline = clock::time_point::max();  ///< a command that has not begun by then is not carried out
  principal sender;
  std::optional<command_audit> audit = {};  ///< nullopt: the command leaves no entry
  std::optional<command_right> right = {};  ///< nullopt: the process itself sends it, and may do everything

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
