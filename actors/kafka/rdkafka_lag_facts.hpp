#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "actors/core/lag/record_times.hpp"
#include "actors/kafka/rdkafka_admin_client.hpp"

namespace kfs {

/// The times of records that were read, for all threads.
class shared_record_times {
 public:
  explicit shared_record_times(std::size_t most) : times_(most) {}

  std::optional<timestamp> find(const log_place& place, std::int64_t log_end);
  void keep(const log_place& place, timestamp time, std::int64_t log_end);

 private:
  std::mutex mutex_;
  record_times times_;
};

/// With what a question about lag is answered. Everything outlives the answer.
struct lag_fact_sources {
  admin_client& client;  ///< for the group of the query
  /// A client that reads records, and ends when it is no longer used.
  std::function<result<std::shared_ptr<admin_client>>(admin_purpose)> make_reader;
  shared_record_times& times;
  std::string cluster;  ///< names it in `times`
};

/// Finds out how far a group is behind (kafka_admin::lag_facts). Blocks. Offsets are asked for all partitions at once,
/// in an order in which what is told later is not smaller than what depends on it: committed, start, high watermark,
/// last stable offset.
///
/// Errors: those of admin_client.
result<group_facts> find_lag_facts(const lag_fact_sources& sources, const lag_query& query);

}  // namespace kfs
