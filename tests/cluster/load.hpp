#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/cluster/replicas.hpp"
#include "tests/support/background.hpp"

namespace kfs::cluster_test {

/// Topics that are written all the time, and consumers that read each of them into files of their own.
///
/// Threading: a thread of its own writes; each_gets() may be called from one thread at a time.
/// Errors: the constructor ends the test case when a consumer does not deliver.
class load {
 public:
  /// Creates consumers 0, 1, … (replicas::out() tells the file of each) and waits until all deliver. So many of each
  /// topic also write to a table of their own. 20 records go to one topic after the other, with that pause.
  load(replicas& servers, int topics, int consumers_of_each, int tables_of_each = 0,
       std::chrono::milliseconds pause = std::chrono::milliseconds{0});

  /// Produces a record that says `mark` to each topic. How long it took until it was in every file and table; nullopt
  /// when it was not within that time.
  std::optional<std::chrono::steady_clock::duration> each_gets(const std::string& mark,
                                                               std::chrono::milliseconds within);

  /// Ends the writing, waits, and checks that every record is in each file and table of its topic, once. Prints the
  /// numbers.
  void check_exact();

 private:
  void index_tables();
  std::set<std::size_t> those_with(const std::string& value, const std::vector<std::size_t>& among);
  [[nodiscard]] json file_of(int number) const;
  [[nodiscard]] json table_of(int number) const;
  void check_table(int number, std::int64_t expected);
  void add(std::size_t topic, const std::string& value);
  void write(const std::stop_token& ends);
  void write_batch(std::size_t number);

  replicas& servers_;
  const std::chrono::milliseconds pause_;
  test::kafka_cluster producer_{servers_.kafka().bootstrap_servers()};  ///< guarded by mutex_; knows the topics
  std::unique_ptr<test::sql_session> looking_;                          ///< at the tables
  std::vector<std::string> topics_;
  std::set<std::size_t> with_table_;   ///< consumers
  std::vector<std::size_t> topic_of_;  ///< by consumer
  std::mutex mutex_;
  std::unordered_map<std::size_t, std::vector<std::string>> written_;  ///< guarded by mutex_
  std::size_t next_ = 0;                                               ///< guarded by mutex_
  int records_ = 0;
  test::background writing_;
};

/// The longest wait of a record for its files, measured one record after the other until stop().
///
/// Threading: a thread of its own measures; nobody else may call load::each_gets() meanwhile.
class wait_gauge {
 public:
  explicit wait_gauge(load& measured);

  /// Ends the measuring. The longest wait; nullopt when a record did not arrive in time.
  std::optional<std::chrono::steady_clock::duration> stop();

 private:
  std::optional<std::chrono::steady_clock::duration> longest_{std::chrono::steady_clock::duration{}};
  test::background measuring_;
};

/// Prints a measured time as a line of the test's output.
void print(const std::string& what, std::chrono::steady_clock::duration took);

}  // namespace kfs::cluster_test
