// Members of one group that write files of their own in one directory, and take partitions in any order: each record is
// in one of the files.

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <map>
#include <random>
#include <thread>

#include "tests/unit/processors/file/group_of_consumers.hpp"

namespace kfs::file_group_random_test {

using namespace file_handover_fixture;

namespace {

/// Each record below the position that a member finds, in one of the files and nowhere twice.
void check_exact(const std::map<std::string, int>& found, sink& asked, partition_number partitions, unsigned seed) {
  std::size_t expected = 0;
  for (partition_number partition = 0; partition < partitions; ++partition) {
    const auto end = position(asked, partition).value_or(0);
    expected += static_cast<std::size_t>(end);
    for (std::int64_t at = 0; at < end; ++at) {
      const auto line = found.find(fmt::format("{}:{}", partition, at));
      BOOST_TEST((line == found.end() ? 0 : line->second) == 1, partition << ":" << at << ", seed " << seed);
    }
  }
  BOOST_TEST(found.size() == expected);
}

/// Two instances of a consumer, and two other consumers.
struct members : group_of_consumers {
  static constexpr std::size_t count = 4;
  static constexpr partition_number partitions = 3;
  const std::vector<std::string> files{"a-0.log", "a-1.log", "b.log", "c.log"};

  sink_ptr member(std::size_t number) {
    if (number < 2) return make(consumer("a", {"a-{instance}.log"}), static_cast<int>(number));
    return sink_of(number == 2 ? "b" : "c");
  }

  /// Believes to have a partition, rightly or not, and writes of it.
  struct reader {
    sink_ptr sink;
    std::map<partition_number, std::int64_t> next = {};

    template <class Random>
    void step(Random& random) {
      const auto partition = static_cast<partition_number>(random() % partitions);
      if (random() % 5 == 0 || !next.contains(partition)) {
        const auto found = sink->positions(*test::memory_source(), std::vector{partition});
        if (found) next[partition] = found->front() ? found->front()->next.value : 0;
        return;
      }
      const auto end = next[partition] + 1 + static_cast<std::int64_t>(random() % 5);
      if (sink->write(records(next[partition], end, partition))) next[partition] = end;
    }
  };
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(file_group_random, members)

BOOST_AUTO_TEST_CASE(each_record_is_in_one_file_whichever_member_writes_when) {
  const auto seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  std::vector<reader> all(count);
  for (std::size_t number = 0; number < count; ++number) all[number].sink = member(number);
  for (int step = 0; step < 500; ++step) {
    const auto who = random() % count;
    if (random() % 20 == 0) {
      all[who].sink = nullptr;
      all[who].sink = member(who);  // killed between two batches
    } else {
      all[who].step(random);
    }
  }
  check_exact(lines_in(files), *all.front().sink, partitions, seed);
}

BOOST_AUTO_TEST_CASE(each_record_is_in_one_file_when_members_write_at_the_same_time) {
  const auto seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::vector<reader> all(count);
  for (std::size_t number = 0; number < count; ++number) all[number].sink = member(number);
  {
    std::vector<std::jthread> threads;
    for (std::size_t number = 0; number < count; ++number) {
      threads.emplace_back([&, number] {
        std::mt19937 random(static_cast<unsigned>(seed + number));
        for (int step = 0; step < 150; ++step) all[number].step(random);
      });
    }
  }
  check_exact(lines_in(files), *all.front().sink, partitions, seed);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::file_group_random_test
