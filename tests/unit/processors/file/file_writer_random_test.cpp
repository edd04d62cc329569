// Whatever happens to a process and its machine, the files hold each record once, in order.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>

#include "tests/unit/processors/file/file_writer_fixture.hpp"

namespace kfs::file_writer_random_test {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

using random_engine = std::mt19937_64;

/// KFS_TEST_SEED repeats a run.
std::uint64_t seed() {
  if (const auto* given = std::getenv("KFS_TEST_SEED")) return std::strtoull(given, nullptr, 10);
  return std::random_device{}();
}

/// A topic: the offsets of each partition that hold a record, and their values. A value names its record.
class topic {
 public:
  static constexpr partition_number partitions = 3;
  static constexpr std::int64_t length = 400;

  explicit topic(random_engine& random) {
    for (auto& log : logs_) {
      for (std::int64_t position = 0; position < length; ++position) {
        if (random() % 5 == 0) continue;
        const std::size_t size = random() % 40 == 0 ? random() % 5'000 : random() % 20;
        log[position] = std::string(size, static_cast<char>('a' + random() % 26));
      }
    }
  }

  [[nodiscard]] static std::string prefix(partition_number partition) { return std::to_string(partition) + ":"; }

  [[nodiscard]] std::string value(partition_number partition, std::int64_t position) const {
    return prefix(partition) + std::to_string(position) + ":" + of(partition).at(position);
  }

  [[nodiscard]] const std::map<std::int64_t, std::string>& of(partition_number partition) const {
    return logs_[static_cast<std::size_t>(partition)];
  }

  /// The lines of a partition that belong in the files.
  [[nodiscard]] std::string lines_of(partition_number partition) const {
    std::string lines;
    for (const auto& [position, filling] : of(partition)) lines += value(partition, position) + "\n";
    return lines;
  }

 private:
  std::map<std::int64_t, std::string> logs_[partitions];
};

/// One life of a machine: processes that write, end, are killed, and lose power at any byte.
class life : public test::file_machine {
 public:
  explicit life(std::uint64_t seed) : random_(seed), log_(random_) {
    options.fsync = std::array{fsync_mode::batch, fsync_mode::interval, fsync_mode::never}[below(3)];
    if (below(2) == 0) options.rotate_max_bytes = 500 + static_cast<std::int64_t>(below(5'000));
    if (below(3) == 0) name = "out-{date}.log";
  }

  void run() {
    for (;;) {
      start();
      locate();
      if (is_written()) return stop();
      for (auto steps = below(12); steps > 0; --steps) step();
      end();
    }
  }

  /// The lines of one partition in all files, from the oldest to the newest.
  [[nodiscard]] std::string written(partition_number partition) const {
    std::map<std::int64_t, std::string> by_first;
    for (const auto& file : files()) {
      std::ifstream text(file);
      std::string lines;
      for (std::string line; std::getline(text, line);)
        if (line.starts_with(topic::prefix(partition))) lines += line + "\n";
      if (!lines.empty()) by_first[std::stoll(lines.substr(topic::prefix(partition).size()))] += lines;
    }
    std::string all;
    for (const auto& [first, lines] : by_first) all += lines;
    return all;
  }

  [[nodiscard]] std::size_t bytes() const {
    std::size_t all = 0;
    for (const auto& file : files()) all += fs::file_size(file);
    return all;
  }

  [[nodiscard]] const topic& log() const { return log_; }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }

  void locate() {
    for (partition_number partition = 0; partition < topic::partitions; ++partition)
      next_[partition] = std::max<std::int64_t>(0, position(partition));
  }

  [[nodiscard]] bool is_written() const {
    return std::ranges::all_of(next_, [](const auto& one) { return one.second >= topic::length; });
  }

  void step() {
    now += std::chrono::milliseconds(1 + below(60'000));
    if (below(50) == 0) now += 24h;
    switch (below(10)) {
      case 0:
        writer().maintain();
        break;
      case 1:
        deliver_gap(static_cast<partition_number>(below(topic::partitions)));
        break;
      case 2:
        if (below(3) != 0) break;
        writer().maintain();
        take_away();
        break;
      default:
        deliver();
    }
  }

  /// Delivers records of all partitions in turn, some of them again.
  void deliver() {
    test::memory_batch batch;
    std::map<partition_number, std::int64_t> at = next_;
    for (auto& [partition, position] : at)
      if (below(4) == 0) position = std::max<std::int64_t>(0, position - static_cast<std::int64_t>(below(10)));
    for (auto records = 1 + below(20); records > 0; --records) {
      const auto partition = static_cast<partition_number>(below(topic::partitions));
      const auto found = log_.of(partition).lower_bound(at[partition]);
      if (found == log_.of(partition).end()) continue;
      batch.add(partition, found->first, log_.value(partition, found->first));
      at[partition] = found->first + 1;
    }
    if (batch.records().empty()) return;
    append(batch);
    for (const auto& range : batch.ranges())
      next_[range.partition] = std::max(next_[range.partition], range.next.value);
  }

  void deliver_gap(partition_number partition) {
    auto& next = next_[partition];
    const auto found = log_.of(partition).lower_bound(next);
    const auto end = found == log_.of(partition).end() ? topic::length : found->first;
    if (end <= next) return;
    append(gap(test::memory_source(), {partition, offset{next}, offset{end}}));
    next = end;
  }

  /// Rotates the log like another program.
  void take_away() {
    const auto current = root / journal_state().file_name();
    if (fs::exists(current)) fs::rename(current, current.native() + ".moved-" + std::to_string(++taken_away_));
  }

  /// Ends the process. After a kill the current write ends at any of its bytes; after a power failure so do all bytes
  /// that were not on the disk.
  void end() {
    const auto how = below(8);
    if (how < 2) {
      stop();
      if (below(4) == 0) take_away();
      return;
    }
    const bool on_disk = options.fsync != fsync_mode::never;
    if (how < 4 && on_disk) {
      lose_power();
      lose_unsynced();
    } else {
      kill();
      tear();
    }
  }

  void tear() {
    auto state = journal_state();
    const auto end = state.pending_end();
    if (!end || *end == state.length()) return;
    const auto file = root / state.file_name();
    if (!fs::exists(file)) return;
    fs::resize_file(
        file, static_cast<std::uintmax_t>(state.length()) + below(static_cast<std::size_t>(*end - state.length()) + 1));
    if (static_cast<std::int64_t>(fs::file_size(file)) == state.length() && below(2) == 0) tear_journal();
  }

  /// Whether the announcement itself was cut off.
  void tear_journal() {
    const auto text = test::file_text(journal());
    const auto last = text.rfind('\n', text.size() - 2) + 1;
    fs::resize_file(journal(), last + below(text.size() - last));
  }

  void lose_unsynced() {
    const auto state = journal_state();
    const auto file = root / state.file_name();
    if (!fs::exists(file)) return;
    const auto safe = static_cast<std::size_t>(state.synced_length());
    fs::resize_file(file, safe + below(fs::file_size(file) - safe + 1));
  }

  [[nodiscard]] std::vector<fs::path> files() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(root))
      if (!file_journal::is_name(entry.path().filename().native())) found.push_back(entry.path());
    return found;
  }

  random_engine random_;
  topic log_;
  std::map<partition_number, std::int64_t> next_;
  int taken_away_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(file_writer_random)

BOOST_AUTO_TEST_CASE(every_record_is_in_the_files_once_and_in_order_whatever_ends_the_process) {
  const auto first = seed();
  std::cout << "KFS_TEST_SEED=" << first << '\n';
  for (std::uint64_t number = 0; number < 25; ++number) {
    BOOST_TEST_CONTEXT("life " << number << " of seed " << first) {
      life one(first + number);
      one.run();
      std::size_t bytes = 0;
      for (partition_number partition = 0; partition < topic::partitions; ++partition) {
        const auto expected = one.log().lines_of(partition);
        BOOST_REQUIRE((one.written(partition) == expected));
        bytes += expected.size();
      }
      BOOST_REQUIRE(one.bytes() == bytes);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::file_writer_random_test
