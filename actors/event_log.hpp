#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/command_context.hpp"
#include "actors/core/consumer_state.hpp"
#include "actors/fault_source.hpp"
#include "config/base/error.hpp"
#include "config/base/ids.hpp"
#include "config/base/timestamp.hpp"
#include "config/consumers/spec.hpp"

namespace kfs {

/// The kinds of events of a consumer. to_string() gives their names on the wire.
enum class event_kind : std::uint8_t {
  created,              ///< by a POST
  loaded,               ///< read from the store, because the server started or took over
  updated,              ///< by a PUT
  start_requested,      ///< by a user
  stop_requested,       ///< by a user
  pause_requested,      ///< by a user
  resume_requested,     ///< by a user
  restart_requested,    ///< by a user
  state_changed,        ///< from one consumer_state to another
  failed,               ///< a fault that was not known before
  recovered,            ///< no fault remains
  restarted,            ///< by recovery, with a new Kafka client
  gave_up,              ///< recovery makes no further attempts
  processor_failed,     ///< the processor tries again by itself
  processor_recovered,  ///< the processor writes again
  processor_restarted,  ///< the processor's actor ended and was replaced
  partitions_assigned,
  partitions_revoked,
  partitions_lost,   ///< to another member, without a revocation
  log_restarted,     ///< the log of a partition begins anew
  batches_given_up,  ///< the stop time-out ended before the sinks had written them
};

/// "partitions_assigned".
std::string_view to_string(event_kind kind) noexcept;

/// The change of a consumer from one state to another.
struct state_change {
  consumer_state from = consumer_state::stopped;
  consumer_state to = consumer_state::stopped;
  bool operator==(const state_change&) const = default;
};

/// Who caused an event by a command.
struct event_actor {
  std::string kind;  ///< as of principal
  std::string name;
  bool operator==(const event_actor&) const = default;
};

/// Something that happened to a consumer.
struct consumer_event {
  std::uint64_t number =
      0;  ///< grows within a consumer. 1, 2, 3 … since the server started, or as event_numbering says
  timestamp at;
  event_kind kind = event_kind::state_changed;
  std::string message;                      ///< a sentence for people; holds no secret
  std::optional<ec> code = {};              ///< of a fault
  std::optional<fault_source> source = {};  ///< of a fault
  std::optional<state_change> states = {};  ///< of state_changed
  std::string request_id = {};              ///< of the command that caused it; empty when none did
  std::optional<event_actor> actor = {};    ///< who sent that command; nullopt when none did
  bool operator==(const consumer_event&) const = default;
};

class change_feed;

/// Numbers events in place of this process: where replicas share the consumers, the store does, so that all replicas
/// tell the same events under the same numbers. A number is never used again, also after a restart.
///
/// Threading: called from any thread, while a log or nothing is locked; must not block, and must not use a log.
struct event_numbering {
  /// Takes an event without a number. change_feed::tell() tells it on every replica once it has one.
  std::function<void(const consumer_id&, consumer_event)> take;
  /// A log was opened, which tells nothing until change_feed::recall() has brought the events of earlier times.
  std::function<void(const consumer_id&)> opened;
};
using event_numbering_ptr = std::shared_ptr<const event_numbering>;

/// The latest events of one consumer, and their followers: one stream of the server's change feed.
///
/// A log numbers its events itself, unless it has an event_numbering.
///
/// Ownership: shared (std::make_shared) by the supervisor, the consumer's actors and the followers.
/// Threading: safe from any thread. A listener is called by the thread that adds an event, one call at a time, while
/// the log is locked: it must not block and must not use the log.
class event_log : public std::enable_shared_from_this<event_log> {
 public:
  static constexpr std::size_t most_kept = 500;
  static constexpr std::size_t longest_message = 1'024;
  using listener = std::function<void(const consumer_event&)>;

  /// A log that belongs to no feed.
  event_log() = default;
  /// A log that passes every event that it numbers on to `feed`, as an event of `consumer`. `numbering` may be nullptr.
  event_log(std::weak_ptr<change_feed> feed, consumer_id consumer, event_numbering_ptr numbering)
      : feed_(std::move(feed)),
        consumer_(std::move(consumer)),
        numbering_(std::move(numbering)),
        awaits_past_(numbering_ != nullptr) {}

  /// Listens until it is destroyed. After close() no further events come.
  class subscription {
   public:
    subscription() = default;
    subscription(std::weak_ptr<event_log> log, std::uint64_t number) : log_(std::move(log)), number_(number) {}
    subscription(subscription&& other) noexcept : log_(std::exchange(other.log_, {})), number_(other.number_) {}
    subscription& operator=(subscription&& other) noexcept {
      std::swap(log_, other.log_);
      std::swap(number_, other.number_);
      return *this;
    }
    subscription(const subscription&) = delete;
    subscription& operator=(const subscription&) = delete;
    ~subscription();

   private:
    std::weak_ptr<event_log> log_;
    std::uint64_t number_ = 0;
  };

  /// Adds an event. Cuts its message to longest_message, and drops the oldest event when more than most_kept are kept.
  void add(event_kind kind, std::string message, std::optional<ec> code = {}, std::optional<fault_source> source = {});
  /// Adds a change of state.
  void add(const state_change& states);
  /// Adds an event that a command caused.
  void add(event_kind kind, std::string message, const command_context& cause);

  /// Tells an event that has its number from the event_numbering. One whose number is not greater than the last one is
  /// known already, and is ignored.
  void tell(const consumer_event& event);
  /// Tells the events of earlier times, oldest first.
  void recall(const std::vector<consumer_event>& past);

  /// The kept events with a number greater than `number`, oldest first. Where the log numbers them itself, a number
  /// above the last one comes from an earlier server, and all kept events are newer.
  [[nodiscard]] std::vector<consumer_event> after(std::uint64_t number = 0) const;

  /// What after() returns, and a subscription: `on_event` is called for every later event with a greater number,
  /// without a gap, and `on_close` once when the log is closed. nullopt when the log has most_listeners already.
  struct followed {
    std::vector<consumer_event> so_far;
    subscription listening;
  };
  static constexpr std::size_t most_listeners = 16;
  std::optional<followed> follow(std::uint64_t number, listener on_event, std::function<void()> on_close);

  /// The consumer is from now on as `spec` says.
  void describe(std::shared_ptr<const consumer_spec> spec);
  /// The consumer as it is now; nullptr until describe() was called. A log that is closed keeps the last one.
  [[nodiscard]] std::shared_ptr<const consumer_spec> described() const;

  /// Takes no further events, because the consumer was deleted or the server ends. Calls each listener's `on_close`.
  void close();

 private:
  void add(consumer_event event);
  void keep(consumer_event event);
  [[nodiscard]] std::uint64_t as_number_here(std::uint64_t number) const;
  [[nodiscard]] std::vector<consumer_event> kept_after(std::uint64_t number) const;

  struct callbacks {
    std::uint64_t after = 0;  ///< only events with a greater number
    listener on_event;
    std::function<void()> on_close;
  };

  const std::weak_ptr<change_feed> feed_;
  const consumer_id consumer_;
  const event_numbering_ptr numbering_;  ///< nullptr: numbers them itself
  mutable std::mutex mutex_;
  std::deque<consumer_event> kept_;
  std::uint64_t last_ = 0;
  bool awaits_past_ = false;  ///< the events of earlier times are not known yet
  std::map<std::uint64_t, callbacks> listeners_;
  std::uint64_t last_listener_ = 0;
  bool closed_ = false;
  std::shared_ptr<const consumer_spec> described_;
};
using event_log_ptr = std::shared_ptr<event_log>;

}  // namespace kfs
