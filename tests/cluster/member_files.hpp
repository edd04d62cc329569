#pragma once

#include <cstddef>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "tests/cluster/replicas.hpp"
#include "tests/support/background.hpp"

namespace kfs::cluster_test {

/// Three servers whose consumers are members of one group with files of their own, and records that flow all the time.
///
/// Threading: a thread of its own writes from begin() to check_exact(). A step that fails ends the test case.
class member_files : public replicas {
 public:
  member_files();

  /// Creates a consumer of the topic through replica 0, which writes to this path below files(). `names`: what the path
  /// becomes for each instance.
  json reading(const std::string& path, int instances, const std::vector<std::string>& names);

  /// Waits until every partition is read, and begins to write.
  void begin();

  /// Produces a record to each partition and waits until all are in a file.
  bool flows();

  [[nodiscard]] int change_to(std::size_t through, const json& consumer, int instances) const;
  void stop_and_start(std::size_t through, const json& consumer) const;

  /// Ends the writing, and checks that each record is in one of the files, once. Prints the numbers.
  void check_exact();

 private:
  [[nodiscard]] std::vector<std::string> lines() const;
  void produce(const std::vector<test::test_record>& records);
  void write(const std::stop_token& ends);

  std::vector<std::filesystem::path> outputs_;
  std::string topic_;
  std::string group_;
  test::kafka_cluster producer_{test::shared_bootstrap_servers()};  ///< guarded by mutex_
  std::mutex mutex_;
  std::vector<std::string> written_;  ///< guarded by mutex_
  int marks_ = 0;
  test::background writing_;
};

}  // namespace kfs::cluster_test
