#pragma once

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/supervision/supervision_model.hpp"

namespace kfs::test {

/// A random life of a supervisor: what users ask of it, what happens to Kafka, to sinks, to actors and to the store,
/// and the time that passes. The same seed leads to the same steps.
class supervision_sequence {
 public:
  supervision_sequence(std::uint64_t seed, model_coverage& coverage);

  /// Takes up to so many steps, and ends with all faults off. False: a promise was broken.
  bool run(std::uint64_t steps);

  /// What went wrong, at which step, and what led to it.
  [[nodiscard]] std::string report() const;

 private:
  struct kind {
    int weight;
    std::string (supervision_sequence::*take)();
  };
  static const std::vector<kind>& kinds();

  bool step();
  void settle();
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  bool one_in(std::uint64_t of) { return below(of) == 0; }
  std::chrono::milliseconds some_time();
  /// One that is there, mostly.
  consumer_id some_id();
  consumer_id some_missing_id();
  partition_number some_partition() { return static_cast<partition_number>(below(world_.cluster.partitions())); }
  watched_processor* some_processor(const consumer_id& of);
  std::vector<processor_spec> some_processors(const std::vector<processor_spec>& before);
  json some_options();
  error some_error();

  // What users ask for
  std::string create();
  std::string update();
  std::string start();
  std::string stop();
  std::string remove();
  // What happens
  std::string wait();
  std::string records();
  std::string trim();
  std::string recreate_topic();
  std::string restart_logs_amid_faults();
  std::string order_offset();
  std::string rebalance();
  std::string cluster_fault();
  std::string client_fault();
  std::string sink_fault();
  std::string processor_fault_on();
  std::string hang_or_come_back();
  std::string kill();
  std::string store_fault();
  std::string mend();

  std::mt19937_64 random_;
  const std::uint64_t seed_;
  model_coverage& coverage_;
  supervision_model model_;  // which the world's last answers still reach
  supervision_world world_;
  std::vector<std::string> taken_;
  std::uint64_t names_ = 0;
};

}  // namespace kfs::test
