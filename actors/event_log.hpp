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

namespace kfs {

/// What can happen to a consumer. The names on the wire are those of to_string().
enum class event_kind : std::uint8_t {
  created,              ///< by a POST
  loaded,               ///< from the store: the server started, or took over
  updated,              ///< by a PUT
  start_requested,      ///< by a user
  stop_requested,       ///< by a user
  state_changed,        ///< the consumer went on in its life
  failed,               ///< something else is wrong than before
  recovered,            ///< nothing is wrong any more
  restarted,            ///< by recovery, with a new Kafka client
  gave_up,              ///< recovery has ended
  processor_failed,     ///< it tries again by itself
  processor_recovered,  ///< it writes again
  processor_restarted,  ///< it had ended and was replaced
  partitions_assigned,
  partitions_revoked,
  partitions_lost,   ///< to another member, without having been asked
  log_restarted,     ///< the log of a partition begins anew
  batches_given_up,  ///< a stop did not get what was in hand into the sinks in time
};

/// "partitions_assigned".
std::string_view to_string(event_kind kind) noexcept;

/// A consumer went from one state to another.
struct state_change {
  consumer_state from = consumer_state::stopped;
  consumer_state to = consumer_state::stopped;
  bool operator==(const state_change&) const = default;
};

/// Something that happened to a consumer.
struct consumer_event {
  std::uint64_t number = 0;  ///< 1, 2, 3 … of this consumer since the server started; later is greater
  timestamp at;
  event_kind kind = event_kind::state_changed;
  std::string message;                      ///< a sentence for people; holds no secret
  std::optional<ec> code = {};              ///< of a fault
  std::optional<fault_source> source = {};  ///< of a fault
  std::optional<state_change> states = {};  ///< of state_changed
  std::string request_id = {};              ///< of the command that caused it; empty when none did
  std::string principal = {};               ///< who gave that command; empty when none did
  bool operator==(const consumer_event&) const = default;
};

class change_feed;

/// The latest events of one consumer, and who follows them: a stream of the server's change feed.
///
/// Ownership: shared (std::make_shared) by the supervisor, the consumer's actors and whoever follows it.
/// Threading: safe from any thread. A listener is called by the thread that adds an event, one call at a time, while
/// the log is locked: it must not block and must not use the log.
class event_log : public std::enable_shared_from_this<event_log> {
 public:
  static constexpr std::size_t most_kept = 500;
  static constexpr std::size_t longest_message = 1'024;
  using listener = std::function<void(const consumer_event&)>;

  /// A log that belongs to no feed.
  event_log() = default;
  /// Every event is told to `feed`, as one of that consumer.
  event_log(std::weak_ptr<change_feed> feed, consumer_id consumer)
      : feed_(std::move(feed)), consumer_(std::move(consumer)) {}

  /// Stops listening when it goes. After close() there is nothing to hear any more.
  class subscription {
   public:
    subscription() = default;
    subscription(std::weak_ptr<event_log> of, std::uint64_t number) : of_(std::move(of)), number_(number) {}
    subscription(subscription&& other) noexcept : of_(std::exchange(other.of_, {})), number_(other.number_) {}
    subscription& operator=(subscription&& other) noexcept {
      std::swap(of_, other.of_);
      std::swap(number_, other.number_);
      return *this;
    }
    subscription(const subscription&) = delete;
    subscription& operator=(const subscription&) = delete;
    ~subscription();

   private:
    std::weak_ptr<event_log> of_;
    std::uint64_t number_ = 0;
  };

  /// Adds an event; a message that is too long is cut. The eldest goes when there are too many.
  void add(event_kind kind, std::string message, std::optional<ec> code = {}, std::optional<fault_source> source = {});
  /// Adds a change of state.
  void add(const state_change& states);
  /// Adds an event that a command caused.
  void add(event_kind kind, std::string message, const command_context& cause);

  /// The events that are kept with a greater number, eldest first.
  [[nodiscard]] std::vector<consumer_event> after(std::uint64_t number = 0) const;

  /// The same, and then every new one is told to `hear` without a gap, until the subscription goes. Nothing: so many
  /// listen already that no more are taken.
  struct followed {
    std::vector<consumer_event> so_far;
    subscription listening;
  };
  static constexpr std::size_t most_listeners = 16;
  std::optional<followed> follow(std::uint64_t number, listener hear, std::function<void()> closed);

  /// There will be no more events: the consumer was deleted, or the server ends. Listeners are told once.
  void close();

 private:
  void add(consumer_event event);
  [[nodiscard]] std::vector<consumer_event> kept_after(std::uint64_t number) const;

  struct ear {
    listener hear;
    std::function<void()> closed;
  };

  const std::weak_ptr<change_feed> feed_;
  const consumer_id consumer_;
  mutable std::mutex mutex_;
  std::deque<consumer_event> kept_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, ear> listeners_;
  std::uint64_t last_listener_ = 0;
  bool closed_ = false;
};
using event_log_ptr = std::shared_ptr<event_log>;

}  // namespace kfs
