#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/kafka/events.hpp"
#include "config/base/error.hpp"
#include "config/consumers/spec.hpp"
#include "processors/batch.hpp"

namespace kfs {

/// One member of a consumer group: what the consumer actor needs of a Kafka client.
///
/// Never blocks on the network. Threading: one thread at a time. Ownership: of one consumer actor.
class kafka_consumer {
 public:
  virtual ~kafka_consumer() = default;

  /// Connects and joins the group, or takes the explicit partitions. `waker` is called from any thread, rarely more
  /// often than once between two polls, when there is something to poll. It must not block.
  virtual result<void> start(std::function<void()> waker) = 0;

  /// Takes what is there, up to the limits.
  virtual poll_outcome poll(const batch_options& limits) = 0;

  /// How many records and events poll() could take now, roughly.
  [[nodiscard]] virtual std::size_t queued() const = 0;

  /// Events only, while there is no credit for records: partitions are paused, group membership goes on.
  virtual void pause() = 0;
  virtual void resume() = 0;

  /// Asks the cluster what the group has committed in partitions; partitions_located follows within seconds, with the
  /// same round.
  virtual void locate(std::uint64_t round, const std::vector<partition_number>& partitions) = 0;

  /// Starts reading given partitions, once they are located.
  virtual void accept(const std::vector<partition_start>& starts) = 0;

  /// Gives partitions back, accepted or not; none of their records comes out of poll() from now on.
  virtual void release(const std::vector<partition_number>& partitions) = 0;

  /// Stops handing over records of these partitions although they are still assigned.
  virtual void mute(const std::vector<partition_number>& partitions) = 0;

  /// Begins to commit, with this server's mark; commit_finished tells how it ended.
  virtual void commit(const std::vector<partition_offset>& offsets) = 0;

  /// False while a group is being joined. A member that leaves then is not heard, and holds up its group until its
  /// session ends. True again once it has joined, and when it cannot join (no broker answers, no such topic).
  [[nodiscard]] virtual bool may_leave() const = 0;

  /// Leaves the group: partitions_revoked follows for all that is assigned (or none is assigned and it is left at
  /// once).
  virtual void leave() = 0;

  /// Begins to close; client_closed follows. The waker is not called after that.
  virtual void close() = 0;

  /// Asks the cluster where the logs of partitions end now (with read_committed: the last stable offset), whether or
  /// not they are paused. log_ends_told follows within seconds. What is asked before the last answer has come is not
  /// asked.
  virtual void ask_log_ends(const std::vector<partition_number>& partitions) = 0;

  /// The log-end offset as of the latest fetch; none when unknown. It does not move while nothing is fetched.
  [[nodiscard]] virtual std::optional<offset> log_end(partition_number partition) const = 0;
};

/// One header of a record to be produced. No value: null.
struct outgoing_header {
  std::string key;
  std::optional<std::string> value;
};

/// A record to be produced. Key and value are views into `memory`, and null where there is none.
struct outgoing_record {
  std::string topic;
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::vector<outgoing_header> headers;
  batch_ptr memory;

  /// Of key, value and headers.
  [[nodiscard]] std::size_t bytes() const noexcept;
};
using outgoing_record_ptr = std::shared_ptr<const outgoing_record>;

/// What became of a record that produce() took.
struct produced_record {
  std::uint64_t number = 0;     ///< as it was given
  std::optional<error> failed;  ///< none: every in-sync replica has it
};

/// Produces records, each once and in the order given as long as none fails. What failed may be in the topic all the
/// same, if its acknowledgement was lost.
///
/// Never blocks on the network. Threading: one thread at a time. Ownership: of one actor.
class kafka_producer {
 public:
  /// How long a record may take, with all tries, before it has failed.
  static constexpr std::chrono::seconds delivery_bound{10};

  virtual ~kafka_producer() = default;

  /// `waker` is called from any thread when there is something to poll. It must not block.
  virtual void start(std::function<void()> waker) = 0;

  /// Begins to produce; poll() tells how it ended, within the bound. The record is copied.
  /// Errors: what poll() would tell, where it is known at once.
  virtual result<void> produce(std::uint64_t number, const outgoing_record& what) = 0;

  /// What has ended since the last call.
  virtual std::vector<produced_record> poll() = 0;
};

/// Makes clients; the actors' only way to Kafka. Thread-safe.
class kafka_clients {
 public:
  virtual ~kafka_clients() = default;
  /// A client of the consumer's member number `instance`.
  virtual result<std::unique_ptr<kafka_consumer>> make_consumer(const consumer_spec& spec,
                                                                const consumer_options& options, int instance) = 0;

  /// Brings a client to its end, elsewhere and in its own time, whether or not it was closed.
  virtual void see_off(std::unique_ptr<kafka_consumer> client) = 0;

  /// A producer on the consumer's cluster, with the same credentials.
  virtual result<std::unique_ptr<kafka_producer>> make_producer(const consumer_spec& spec,
                                                                const consumer_options& options) = 0;

  /// Brings a producer to its end, elsewhere and in its own time. What it has not produced is given up.
  virtual void see_off(std::unique_ptr<kafka_producer> client) = 0;
};

inline std::size_t outgoing_record::bytes() const noexcept {
  std::size_t all = (key ? key->size() : 0) + (value ? value->size() : 0);
  for (const auto& header : headers) all += header.key.size() + (header.value ? header.value->size() : 0);
  return all;
}

/// What a group has committed in one partition.
struct committed_offset {
  std::string topic;
  partition_number partition = 0;
  offset position;
  std::optional<std::string> metadata;
};

/// How far a group is behind in one partition.
struct partition_lag {
  partition_number partition = 0;
  offset current;
  offset log_end;
};

/// Questions about a cluster. Each call blocks up to its bound and is answered by the cluster itself, not by a cache.
///
/// Errors: broker_unreachable and broker_silent name the broker; authorization_failed; kafka_failure.
/// Threading: safe from several threads; each call uses a client of its own.
class kafka_admin {
 public:
  virtual ~kafka_admin() = default;
  virtual result<std::vector<std::string>> list_groups(const std::string& bootstrap_servers) = 0;
  virtual result<std::vector<committed_offset>> committed(const std::string& bootstrap_servers,
                                                          const std::string& group) = 0;
  /// Every partition of the topic on which the group has committed.
  virtual result<std::vector<partition_lag>> lag(const std::string& bootstrap_servers, const std::string& group,
                                                 const std::string& topic) = 0;
};

}  // namespace kfs
