#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/kafka_cluster.hpp"

namespace kfs::fault {

/// What a file holds, measured by what it shall hold.
struct tally {
  std::int64_t records = 0;    ///< that it shall hold
  std::int64_t lost = 0;       ///< that it does not
  std::int64_t doubled = 0;    ///< lines that are there once too often
  std::int64_t torn = 0;       ///< lines that are no record
  std::int64_t unordered = 0;  ///< partitions whose lines are not in their order
  [[nodiscard]] bool exact() const { return lost == 0 && doubled == 0 && torn == 0 && unordered == 0; }
};
std::ostream& operator<<(std::ostream& out, const tally& all);

/// Records that are written to a topic, and the lines that a file shall hold of them. A value tells its partition and
/// its number within it, "p3:0000123", and all are `width` bytes long.
///
/// Threading: none. Errors: those of kafka_cluster.
class record_flow {
 public:
  record_flow(const std::string& bootstrap_servers, int partitions, std::size_t width = 10);

  [[nodiscard]] const std::string& topic() const noexcept { return topic_; }
  [[nodiscard]] int partitions() const noexcept { return static_cast<int>(next_.size()); }
  [[nodiscard]] const std::string& bootstrap_servers() const noexcept { return kafka_->bootstrap_servers(); }
  [[nodiscard]] test::kafka_cluster& kafka() noexcept { return *kafka_; }

  /// Writes so many records, spread evenly.
  void produce(int count);
  /// The same records, and no file shall hold them.
  void produce_unread(int count);
  /// Connects anew: a client may wait long before it tries a broker again that was away.
  void reconnect();

  /// From now on the records from this number on are to be there once more, in each partition.
  void replay_from(int number);
  /// What was written so far is another file's affair.
  void forget();

  /// Deletes the topic and makes it again, empty. Numbers go on.
  void make_topic_again();

  /// How long the files are when they hold everything.
  [[nodiscard]] std::int64_t expected_bytes() const;

  /// What the files hold, read one after the other.
  [[nodiscard]] tally look_into(const std::vector<std::filesystem::path>& files) const;

 private:
  [[nodiscard]] std::string value_of(int partition, int number) const;
  void send(int count, bool read);

  std::unique_ptr<test::kafka_cluster> kafka_;
  std::string topic_;
  std::size_t width_;
  std::vector<int> next_;                   ///< number, by partition
  std::vector<std::vector<int>> expected_;  ///< by partition, in order
};

/// The files of a series: those that were closed, as they were, and then the one that is written.
std::vector<std::filesystem::path> files_of(const std::filesystem::path& series);

/// How long they are together.
std::int64_t bytes_of(const std::vector<std::filesystem::path>& files);

}  // namespace kfs::fault
