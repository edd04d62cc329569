#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/kafka_cluster.hpp"

namespace kfs::fault {

/// The difference between the expected and the actual content of files.
struct tally {
  std::int64_t records = 0;     ///< expected records
  std::int64_t lost = 0;        ///< expected lines that are missing
  std::int64_t duplicated = 0;  ///< lines that occur too often
  std::int64_t torn = 0;        ///< lines that are not a record
  std::int64_t unordered = 0;   ///< partitions with lines out of order
  [[nodiscard]] bool exact() const { return lost == 0 && duplicated == 0 && torn == 0 && unordered == 0; }
};
std::ostream& operator<<(std::ostream& out, const tally& counts);

/// Produces records to its own topic and knows which lines a file must contain. A value contains its partition and its
/// number in the partition, for example "p3:0000123", and is `width` bytes long.
///
/// Threading: none. Errors: those of kafka_cluster.
class record_flow {
 public:
  record_flow(const std::string& bootstrap_servers, int partitions, std::size_t width = 10);

  [[nodiscard]] const std::string& topic() const noexcept { return topic_; }
  [[nodiscard]] int partitions() const noexcept { return static_cast<int>(next_.size()); }
  [[nodiscard]] const std::string& bootstrap_servers() const noexcept { return kafka_->bootstrap_servers(); }
  [[nodiscard]] test::kafka_cluster& kafka() noexcept { return *kafka_; }

  /// Produces `count` records, spread evenly over the partitions.
  void produce(int count);
  /// Produces records that no file must contain.
  void produce_unread(int count);
  /// Creates a new client. An old one may wait long before it connects again to a broker that was stopped.
  void reconnect();

  /// Expects the records from `number` on once more, in each partition.
  void replay_from(int number);
  /// Expects none of the records that were produced so far.
  void forget();

  void delete_topic();
  /// Creates the topic that was deleted before, empty. The numbers of the records continue.
  void create_topic();
  void recreate_topic();
  /// Grows the topic by a partition.
  void add_partition();

  /// Whether the group has committed every record.
  [[nodiscard]] bool is_committed_by(const std::string& group);

  /// The total size of files with the expected content.
  [[nodiscard]] std::int64_t expected_bytes() const;

  /// Compares the content of the files, in this order, with the expected content.
  [[nodiscard]] tally compare(const std::vector<std::filesystem::path>& files) const;

 private:
  [[nodiscard]] std::string value_of(int partition, int number) const;
  void send(int count, bool expected);

  std::unique_ptr<test::kafka_cluster> kafka_;
  std::string topic_;
  std::size_t width_;
  std::vector<int> next_;                   ///< the next number, by partition
  std::vector<std::vector<int>> expected_;  ///< the expected numbers, by partition and in order
};

/// The files of a series: the closed ones, oldest first, then the current one.
std::vector<std::filesystem::path> files_of(const std::filesystem::path& series);

/// The total size of the files; missing files count 0.
std::int64_t bytes_of(const std::vector<std::filesystem::path>& files);

}  // namespace kfs::fault
