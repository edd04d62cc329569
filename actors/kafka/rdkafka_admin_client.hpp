#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/kafka/connection_guard.hpp"
#include "actors/kafka/ports.hpp"
#include "actors/kafka/rdkafka_errors.hpp"
#include "actors/kafka/rdkafka_owned.hpp"
#include "config/base/error.hpp"
#include "config/base/logger.hpp"

namespace kfs {

/// A Kafka client for one question, which watches its own connections so that a cluster that refuses is known at once.
///
/// Everything it is asked is answered within eight seconds of its construction. Destroying it may take longer: as long
/// as the resolver takes to give up a name.
/// Errors: broker_unreachable (refused, reset, no such name, not allowed), broker_silent, authorization_failed,
/// topic_missing, kafka_failure; each names the brokers.
/// Threading: none.
class admin_client {
 public:
  /// The bound begins now. `group` is the one that is asked about; empty: none is.
  admin_client(const address_policy& policy, logger log, std::string brokers, std::string group);
  admin_client(const admin_client&) = delete;
  admin_client& operator=(const admin_client&) = delete;
  ~admin_client();

  /// Begins to connect. Before everything else.
  result<void> start();

  /// Every group, sorted.
  result<std::vector<std::string>> list_groups();
  /// What the group has committed, by topic and partition; an unknown group has committed nothing.
  result<std::vector<committed_offset>> committed();
  /// The log-end offset of each of these partitions, in their order.
  result<std::vector<offset>> log_ends(const std::string& topic, const std::vector<committed_offset>& of);

 private:
  using clock = std::chrono::steady_clock;
  template <class T>
  using outcome = tl::expected<T, client_fault>;

  /// The event of that type, or why it does not come until then.
  outcome<event_ptr> await(rd_kafka_event_type_t wanted, clock::time_point until);
  /// Asks, and asks again while the cluster is settling.
  template <class T>
  result<T> ask(outcome<T> (admin_client::*question)(), std::string_view what);
  outcome<std::vector<std::string>> ask_groups();
  outcome<std::vector<committed_offset>> ask_offsets();
  void take_note(rd_kafka_event_t* event);
  /// Of the client's statistics: which brokers are up, and whether none is.
  void take_note_of_states(std::string_view statistics);
  /// What `fault` means here: a time-out is put down to the broker that could not be reached, if there is one.
  error explain(client_fault fault, std::string_view what) const;

  logger log_;
  const std::string brokers_;
  const std::string group_;
  const clock::time_point deadline_;
  connection_guard guard_;
  client_opaque opaque_;  ///< its owner is the logger
  rd_kafka_t* client_ = nullptr;
  queue_ptr queue_;
  std::map<std::string, client_fault, std::less<>> faults_;  ///< by the client's name of the broker, while not up
  std::optional<clock::time_point> all_down_since_;
  std::optional<client_fault> fatal_;  ///< waiting longer is of no use
};

}  // namespace kfs
