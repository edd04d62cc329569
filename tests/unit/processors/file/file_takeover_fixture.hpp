#pragma once

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "processors/file/takeover.hpp"
#include "tests/support/known_leases.hpp"
#include "tests/unit/processors/file/file_writer_fixture.hpp"

namespace kfs::test {

inline const consumer_id takeover_consumer{"orders"};

/// A process: its writer and its leases. A lock belongs to the writer, so two replicas in one process are to each other
/// as two processes. A replica that is not asked to do anything is frozen.
struct takeover_replica {
  std::shared_ptr<known_leases> leases;
  file_writer_environment environment{.boot = "boot",
                                      .now = [] { return std::chrono::system_clock::time_point{}; },
                                      .closed = [](const auto&, compression) {},
                                      .opened = [](const auto&, const auto&, compression) {},
                                      .patience = {}};
  std::unique_ptr<file_writer> writer;

  takeover_replica(const std::filesystem::path& file, std::uint64_t epoch, std::set<std::uint64_t> ended = {})
      : leases(std::make_shared<known_leases>(epoch, std::move(ended))) {
    writer = std::make_unique<file_writer>(file, file_options{}, environment);
  }

  [[nodiscard]] result<void> open() const {
    sink_lease lease(leases, takeover_consumer, 0);
    lease.take();
    return writer->open(lease, {});
  }

  [[nodiscard]] result<void> append(std::int64_t first, const std::vector<std::string>& lines) const {
    const auto batch = values(first, lines);
    record_lines as(line_format::value);
    return writer->append({batch, batch.records(), batch.ranges(), as}, {});
  }

  [[nodiscard]] std::int64_t next() const {
    const partition_number partition = 0;
    const auto found = writer->positions(*memory_source(), {&partition, 1}, {});
    BOOST_TEST_REQUIRE(holds_value(found));
    return found->front().value_or(stored_position{offset{-1}}).next.value;
  }
};

/// Why a takeover or a write failed; its code is `code`.
inline std::string takeover_failure(const result<void>& outcome, ec code = ec::sink_unavailable) {
  BOOST_TEST_REQUIRE(!outcome.has_value());
  BOOST_TEST((outcome.error().code == code), outcome.error().message);
  return outcome.error().message;
}

/// One series of files, and the replica that wrote them first.
struct file_takeover_fixture {
  temp_directory directory;
  std::filesystem::path file = directory.path() / "out.log";
  std::filesystem::path journal = directory.path() / "out.log.kfs-journal";
  std::optional<takeover_replica> frozen;

  /// A process that has written two lines under the lease with epoch 5, and still holds the files.
  void freeze() {
    frozen.emplace(file, 5);
    BOOST_TEST_REQUIRE(holds_value(frozen->open()));
    BOOST_TEST_REQUIRE(holds_value(frozen->append(0, {"a", "b"})));
  }

  void begin_anew() {
    frozen.reset();
    for (const auto& name : names()) std::filesystem::remove(directory.path() / name);
  }

  [[nodiscard]] std::string text() const { return file_text(file); }

  [[nodiscard]] std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(directory.path()))
      found.insert(entry.path().filename());
    return found;
  }
  void check_no_leftovers() const { BOOST_TEST((names() == std::set<std::string>{"out.log", "out.log.kfs-journal"})); }

  [[nodiscard]] ino_t inode() const {
    struct stat found {};
    BOOST_TEST_REQUIRE(::stat(file.c_str(), &found) == 0);
    return found.st_ino;
  }

  /// What the replica with epoch 7 does once those before it have ended. `each_step` is called with the step's number.
  [[nodiscard]] file_takeover takeover(std::function<bool(int)> each_step, std::uint64_t epoch = 7) const {
    return {.series = file,
            .boot = "boot",
            .syncs = true,
            .new_owners = {{takeover_consumer.value, 0, epoch}},
            .has_ended = [epoch](const journal::owner& other) { return other.epoch < epoch; },
            .goes_on = [each_step, number = 0](std::string_view, std::int64_t,
                                               std::int64_t) mutable { return each_step(number++); }};
  }

  /// How many steps a takeover has that nothing interrupts.
  int steps() {
    int count = 0;
    BOOST_TEST_REQUIRE(holds_value(take_over(takeover([&](int) { return ++count > 0; }))));
    return count;
  }
};

}  // namespace kfs::test
