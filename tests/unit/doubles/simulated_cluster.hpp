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

/// One life of a partition's log: made anew, or cut, it is another one.
struct simulated_log {
  int life = 1;
  std::int64_t start = 0;          ///< the first offset that is kept
  std::int64_t end = 0;            ///< the next record's
  std::set<std::int64_t> without;  ///< offsets without a record, as markers of transactions leave them
  std::int64_t before = 0;         ///< how far the logs of earlier lives went

  [[nodiscard]] bool holds(std::int64_t position) const {
    return position >= start && position < end && !without.contains(position);
  }
};

/// What a record's value says of it.
struct record_name {
  partition_number partition = 0;
  int life = 0;
  std::int64_t position = 0;
  auto operator<=>(const record_name&) const = default;

  [[nodiscard]] std::string text() const;
  static record_name of(std::string_view text);
};

/// What a group has committed in one partition, and the metadata of that commit.
struct simulated_commit {
  std::int64_t position = 0;
  std::string mark;  ///< empty: by somebody else's tool
};

/// How a commit goes.
enum class commit_fault : std::uint8_t {
  none,
  refused,  ///< not done, and said so at once
  slow,     ///< done and answered after seconds
  lost,     ///< done at once, but the answer is an error
};

/// What can be wrong with a cluster; all of it can change at any time.
struct cluster_faults {
  bool away = false;           ///< connections are refused
  bool silent = false;         ///< connections stand, and nothing is answered
  bool no_samples = false;     ///< the client tells no statistics
  bool topic_missing = false;  ///< the topic was deleted
  bool joins_hang = false;     ///< another member holds up every join
  bool locates_fail = false;   ///< OffsetFetch is refused
  bool closes_hang = false;    ///< close() is never answered
  bool letters_fail = false;   ///< produced records are refused
  commit_fault commits = commit_fault::none;
  std::optional<error> refuses;      ///< credentials or rights
  std::optional<error> makes_none;   ///< a client cannot be made
  std::optional<error> starts_none;  ///< a client cannot be started

  [[nodiscard]] bool answers() const { return !away && !silent; }
  /// A join is under way, however long it takes.
  [[nodiscard]] bool lets_join() const { return answers() && !topic_missing && !refuses; }
  [[nodiscard]] bool can_join() const { return lets_join() && !joins_hang; }
};

/// A cluster with one topic, as honest as Kafka: its partitions have logs, its groups have members, owners of
/// partitions and committed offsets. It has a clock of its own, which a test moves.
///
/// Threading: none. Outlives every client.
class simulated_cluster {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = std::chrono::milliseconds;

  explicit simulated_cluster(time_point now, int partitions = 3) : now_(now), logs_(partitions) {}

  cluster_faults faults;

  // Time
  [[nodiscard]] time_point now() const { return now_; }
  [[nodiscard]] std::optional<time_point> next_event() const;
  /// Does what is due by then, each at its time.
  void advance_to(time_point then);
  void after(duration wait, std::function<void()> what) { due_.emplace(now_ + wait, std::move(what)); }

  // The topic
  [[nodiscard]] std::size_t partitions() const { return logs_.size(); }
  [[nodiscard]] const simulated_log& log(partition_number of) const { return logs_.at(static_cast<std::size_t>(of)); }
  void append(partition_number to, std::int64_t records);
  void append_marker(partition_number to);
  /// Records below an offset expire.
  void expire(partition_number of, std::int64_t below);
  /// Records from an offset on are gone; what comes there later is another log.
  void cut(partition_number of, std::int64_t from);
  /// The topic is deleted, and what its groups have committed with it.
  void delete_topic();
  /// It is there again, without records.
  void make_topic();

  // Groups
  using commits = std::map<partition_number, simulated_commit>;
  [[nodiscard]] const commits& committed(const std::string& group) { return groups_[group].committed; }
  /// With somebody else's tool; only a group without members.
  void order(const std::string& group, partition_number in, std::int64_t position);
  [[nodiscard]] bool has_members(const std::string& group) { return !groups_[group].members.empty(); }
  /// Another member takes these partitions, or (empty) gives all back.
  void claim(const std::string& group, std::set<partition_number> partitions);
  /// Takes partitions away without asking.
  void lose(const std::string& group);

  // For clients
  void join(const std::string& group, simulated_client& member);
  void part(const std::string& group, simulated_client& member);
  void given_back(const std::string& group, simulated_client& by, partition_number partition);
  void commit(const std::string& group, const std::vector<partition_offset>& offsets, const std::string& mark);
  [[nodiscard]] bool is_member(const std::string& group, const simulated_client& one);

  std::set<simulated_client*> clients;  ///< all that were made and not destroyed
  std::multiset<record_name> letters;   ///< records that were produced to the dead-letter topic

 private:
  struct group_state {
    commits committed;
    std::vector<simulated_client*> members;  ///< in the order in which they joined
    std::map<partition_number, simulated_client*> owners;
    std::set<partition_number> claimed;  ///< by another member
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
