#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "actors/kafka/ports.hpp"

namespace kfs::test {

class simulated_client;

/// The current log of a partition. Each time the log is created again or truncated, a new life begins.
struct simulated_log {
  int life = 1;
  int topic = 1;                   ///< the topic's life: a topic that was made again is another one
  std::int64_t start = 0;          ///< the first offset that the log still has
  std::int64_t end = 0;            ///< the offset of the next record
  std::set<std::int64_t> without;  ///< offsets without a record, such as those of transaction markers

  [[nodiscard]] bool holds(std::int64_t position) const {
    return position >= start && position < end && !without.contains(position);
  }
};

/// Identifies a record. Every record's value is the text of its name.
struct record_name {
  partition_number partition = 0;
  int life = 0;
  std::int64_t position = 0;
  auto operator<=>(const record_name&) const = default;

  [[nodiscard]] std::string text() const;
  static record_name of(std::string_view text);
};

/// A group's committed offset in one partition, and the metadata of the commit.
struct simulated_commit {
  std::int64_t position = 0;
  std::string mark;  ///< empty when another program committed it
  std::string log;   ///< the identity of the log, as the client named it
};

/// How a commit fails.
enum class commit_fault : std::uint8_t {
  none,     ///< done and answered at once
  refused,  ///< not done, and answered with an error at once
  slow,     ///< done and answered after three seconds
  lost,     ///< done at once, but answered with an error
};

/// The faults of a cluster. A test may change them at any time.
struct cluster_faults {
  bool unreachable = false;    ///< connections are refused
  bool silent = false;         ///< brokers accept connections and answer no request
  bool no_samples = false;     ///< the client reports no statistics
  bool topic_missing = false;  ///< the topic was deleted
  bool joins_hang = false;     ///< another member delays every join
  bool locates_fail = false;   ///< OffsetFetch requests fail
  bool closes_hang = false;    ///< close() is never answered
  bool letters_fail = false;   ///< produced records fail
  commit_fault commits = commit_fault::none;
  std::optional<error> refuses;      ///< the cluster rejects the credentials, or rights are missing
  std::optional<error> make_error;   ///< the error of make_consumer()
  std::optional<error> start_error;  ///< the error of kafka_consumer::start()

  [[nodiscard]] bool answers() const { return !unreachable && !silent; }
  /// True when a client can begin to join a group, however long joining takes.
  [[nodiscard]] bool lets_join() const { return answers() && !topic_missing && !refuses; }
  [[nodiscard]] bool can_join() const { return lets_join() && !joins_hang; }
};

/// A cluster with one topic that keeps Kafka's rules: partitions have logs; groups have members, owners of partitions
/// and committed offsets. It has a clock of its own, which the test moves.
///
/// Ownership: outlives every client.
/// Threading: none.
class simulated_cluster {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = std::chrono::milliseconds;

  explicit simulated_cluster(time_point now, int partitions = 3) : now_(now), logs_(partitions) {}

  cluster_faults faults;

  /// Brokers and clients know ids of topics.
  bool tells_topic_ids = false;
  /// The id of the present topic; empty when nobody knows it.
  [[nodiscard]] std::string topic_id() const {
    return tells_topic_ids ? "topic" + std::to_string(logs_.front().topic) : std::string();
  }

  // Time
  [[nodiscard]] time_point now() const { return now_; }
  [[nodiscard]] std::optional<time_point> next_event() const;
  /// Moves the clock, and runs every action that is due by then at its time.
  void advance_to(time_point then);
  void after(duration delay, std::function<void()> action) { due_.emplace(now_ + delay, std::move(action)); }

  // The topic
  [[nodiscard]] std::size_t partitions() const { return logs_.size(); }
  [[nodiscard]] const simulated_log& log(partition_number partition) const {
    return logs_.at(static_cast<std::size_t>(partition));
  }
  void append(partition_number partition, std::int64_t records);
  void append_marker(partition_number partition);
  /// Removes the records below an offset, as retention does.
  void expire(partition_number partition, std::int64_t below);
  /// Truncates the log: removes the records from an offset on and begins a new life.
  void truncate(partition_number partition, std::int64_t from);
  /// Deletes the topic with its records and the groups' committed offsets.
  void delete_topic();
  /// Creates the topic again, without records.
  void make_topic();

  // Groups
  using commits = std::map<partition_number, simulated_commit>;
  [[nodiscard]] const commits& committed(const std::string& group) { return groups_[group].committed; }
  /// Commits an offset as an operator's tool would. The group must not have members.
  void commit_as_operator(const std::string& group, partition_number partition, std::int64_t position);
  [[nodiscard]] bool has_members(const std::string& group) { return !groups_[group].members.empty(); }
  /// Another member claims these partitions; with an empty set it gives all of its partitions back.
  void claim(const std::string& group, std::set<partition_number> partitions);
  /// Takes all partitions from their owners without revoking them first: they are lost.
  void lose(const std::string& group);

  // What the consumers of a group know of the lives of logs. 0 when nothing is known.
  /// A client has told its consumer that the present life has begun.
  void report_life(const std::string& group, partition_number partition) {
    groups_[group].reported[partition] = log(partition).life;
  }
  [[nodiscard]] int reported_life(const std::string& group, partition_number partition) {
    return groups_[group].reported[partition];
  }
  /// A destination of the group has stored that this life has begun, so no restart forgets it.
  void store_life(const std::string& group, partition_number partition, int life, const std::string& destination) {
    groups_[group].stored[partition][destination] = life;
  }
  /// The lives that destinations have stored, by their names.
  [[nodiscard]] const std::map<std::string, int>& stored_lives(const std::string& group, partition_number partition) {
    return groups_[group].stored[partition];
  }

  // For clients
  void join(const std::string& group, simulated_client& member);
  void leave(const std::string& group, simulated_client& member);
  void released(const std::string& group, simulated_client& owner, partition_number partition);
  using log_names = std::map<partition_number, std::string>;
  void commit(const std::string& group, const std::vector<partition_offset>& offsets, const std::string& mark,
              const log_names& logs);
  [[nodiscard]] bool is_member(const std::string& group, const simulated_client& client);

  std::set<simulated_client*> clients;  ///< that exist now
  std::multiset<record_name> letters;   ///< records that were produced to the dead-letter topic

 private:
  struct group_state {
    commits committed;
    std::vector<simulated_client*> members;  ///< in the order in which they joined
    std::map<partition_number, simulated_client*> owners;
    std::set<partition_number> claimed;  ///< by a member outside the test
    std::map<partition_number, int> reported;
    std::map<partition_number, std::map<std::string, int>> stored;
    bool balancing = false;
  };
  void balance(const std::string& group);
  void balance_soon(const std::string& group);
  void ring_all();

  time_point now_;
  std::multimap<time_point, std::function<void()>> due_;
  std::vector<simulated_log> logs_;
  std::map<std::string, group_state> groups_;
};

}  // namespace kfs::test
