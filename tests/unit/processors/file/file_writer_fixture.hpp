#pragma once

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "processors/file/writer.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/holds_value.hpp"
#include "tests/support/memory_batch.hpp"
#include "tests/support/temp_directory.hpp"

namespace kfs::test {

/// A gap: the partition of memory_source() holds no records below `next`.
inline gap gap_to(std::int64_t next, partition_number partition = 0) {
  return {memory_source(), {partition, offset{0}, offset{next}}};
}

/// Writers of one series of files, in one process after the other. A process ends normally or is killed. After a kill
/// the next process works on a copy of the files, because the killed writer object still lives.
class file_machine {
 public:
  static constexpr std::chrono::sys_days first_day{std::chrono::year{2026} / 11 / 24};

  temp_directory directory;
  std::filesystem::path root = directory.path() / "0";
  std::string name = "out.log";
  file_options options;
  std::string boot = "boot 1";
  std::chrono::system_clock::time_point now = first_day + std::chrono::hours{10};
  std::vector<std::filesystem::path> closed;  ///< as the writers reported

  file_machine() { std::filesystem::create_directory(root); }

  [[nodiscard]] std::filesystem::path file() const { return root / name; }
  [[nodiscard]] std::filesystem::path journal() const { return file_journal::path_of(file()); }
  [[nodiscard]] std::string text() const { return file_text(file()); }

  /// Starts a process, which has not opened its files yet.
  file_writer& process() {
    auto& environment = environments_.emplace_back(
        file_writer_environment{.boot = boot,
                                .now = [this] { return now; },
                                .closed = [this](const auto& path, compression) { closed.push_back(path); },
                                .opened = [](const auto&, const auto&, compression) {}});
    writer_ = std::make_unique<file_writer>(file(), options, environment);
    return *writer_;
  }

  /// Starts a process and opens its files.
  file_writer& start() {
    auto& made = process();
    const auto opened = made.open();
    BOOST_TEST_REQUIRE(test::holds_value(opened));
    return made;
  }

  /// Ends the process normally.
  void stop() { writer_.reset(); }

  /// Kills the process; `root` holds what it left.
  void kill() {
    killed_.push_back(std::move(writer_));
    const auto copy = directory.path() / std::to_string(killed_.size());
    std::filesystem::copy(root, copy, std::filesystem::copy_options::recursive);
    root = copy;
  }

  /// Kills the process and restarts the machine.
  void lose_power() {
    kill();
    boot = "boot " + std::to_string(killed_.size() + 1);
  }

  file_writer& writer() { return *writer_; }

  result<void> try_append(const batch& what, line_format format = line_format::value) {
    record_lines lines(format);
    return writer_->append({what, what.records(), what.ranges(), lines}, {});
  }

  void append(const batch& what, line_format format = line_format::value) {
    const auto appended = try_append(what, format);
    BOOST_TEST_REQUIRE(test::holds_value(appended));
  }

  /// The next offset of a partition; -1 when the series holds nothing of it.
  std::int64_t position(partition_number partition = 0, const record_source& source = *memory_source()) {
    const auto found = writer_->positions(source, {&partition, 1}, {});
    BOOST_TEST_REQUIRE(test::holds_value(found));
    return found->front().value_or(stored_position{offset{-1}}).next.value;
  }

  /// The identity of the log that this position belongs to.
  std::string log(partition_number partition = 0) {
    const auto found = writer_->positions(*memory_source(), {&partition, 1}, {});
    BOOST_TEST_REQUIRE(test::holds_value(found));
    return found->front().value().log;
  }

  void start_at(std::int64_t position, partition_number partition = 0, const std::string& log = {}) {
    const sink_start start{partition, offset{position}, log};
    const auto done = writer_->start_at(*memory_source(), {&start, 1}, {});
    BOOST_TEST_REQUIRE(test::holds_value(done));
  }

  /// The state that the journal on the disk describes.
  [[nodiscard]] journal::state journal_state() const {
    journal::state state;
    std::ifstream lines(journal());
    for (std::string line; std::getline(lines, line);) {
      const auto entry = journal::decode(line);
      BOOST_REQUIRE(entry.has_value());
      BOOST_REQUIRE(state.apply(*entry));
    }
    return state;
  }

  /// The number of entries of one kind in the journal on the disk.
  template <class Entry>
  [[nodiscard]] int count() const {
    int found = 0;
    std::ifstream lines(journal());
    for (std::string line; std::getline(lines, line);) {
      const auto entry = journal::decode(line);
      if (entry && std::holds_alternative<Entry>(*entry)) ++found;
    }
    return found;
  }

 private:
  std::deque<file_writer_environment> environments_;  ///< never moves its elements
  std::vector<std::unique_ptr<file_writer>> killed_;
  std::unique_ptr<file_writer> writer_;
};

/// A file_machine for tests that also change files like other programs do.
struct file_writer_fixture : file_machine {
  /// The message of the error sink_denied.
  std::string denied(const result<void>& outcome) const {
    BOOST_REQUIRE(!outcome.has_value());
    BOOST_TEST((outcome.error().code == ec::sink_denied));
    return outcome.error().message;
  }

  void put(const std::filesystem::path& into, const std::string& bytes) const {
    std::ofstream(into, std::ios::binary) << bytes;
  }
  void add(const std::filesystem::path& to, const std::string& bytes) const {
    std::ofstream(to, std::ios::binary | std::ios::app) << bytes;
  }
};

/// Values at successive offsets of partition 0.
inline memory_batch values(std::int64_t first, const std::vector<std::string>& values) {
  return {memory_source(), first, with_values({values.begin(), values.end()})};
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace kfs::test
