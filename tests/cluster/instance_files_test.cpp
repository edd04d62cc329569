// One consumer with three instances on three servers, each of which writes a file of its own: while records flow,
// partitions go from one instance to another in every way that there is, and each record is in one of the files, once.

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <iostream>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "tests/cluster/replicas.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::instance_files_test {

using namespace kfs::cluster_test;
using namespace std::chrono_literals;
using test::eventually;

namespace {

constexpr int partitions = 6;
constexpr int instances = 3;

struct files_of_instances : replicas {
  files_of_instances() : replicas(3) {
    made = created(
        0, 0,
        {{"topic", topic},
         {"processor_configs",
          {{{"processor_type", "file_sink"}, {"config", {{"file_path", (files() / "{instance}/out.log").string()}}}}}},
         {"options", {{"instances", instances}}}});
    BOOST_TEST_REQUIRE(flows());
    writing = std::jthread([this](const std::stop_token& ends) { write(ends); });
  }

  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    for (int instance = 0; instance < instances; ++instance)
      for (auto& line : lines_of(files() / std::to_string(instance) / "out.log")) all.push_back(std::move(line));
    return all;
  }

  /// Produces a record to each partition and waits until all are in a file.
  bool flows() {
    const auto mark = fmt::format("mark {}", ++marks);
    std::vector<test::test_record> records;
    for (int partition = 0; partition < partitions; ++partition)
      records.push_back(
          {.value = fmt::format("{} of {}", mark, partition), .key = {}, .partition = partition, .headers = {}});
    produce(records);
    const bool all = eventually(
        patience,
        [&] {
          const auto found = lines();
          return std::ranges::count_if(found, [&](const auto& line) { return line.starts_with(mark + " "); }) >=
                 partitions;
        },
        50ms);
    BOOST_TEST(all, "not every partition is read 30 s after \"" << mark << "\"");
    return all;
  }

  int change_to(std::size_t through, int count) const {
    return client(through)
        .put(path_of(made), {{"options", {{"instances", count}, {"kafka", {{"bootstrap_servers", kafka_address()}}}}}})
        .status;
  }
  void stop_and_start(std::size_t through) const {
    BOOST_TEST(client(through).post(path_of(made) + "/stop").status == 200);
    BOOST_TEST(client(through).post(path_of(made) + "/start").status == 200);
  }
  static std::string kafka_address() { return test::shared_bootstrap_servers(); }

  void check_exact() {
    writing.request_stop();
    writing.join();
    BOOST_TEST(flows());
    BOOST_TEST(eventually(
        patience, [&] { return lines().size() >= written.size(); }, 50ms));
    std::unordered_map<std::string, int> found;
    for (const auto& line : lines()) ++found[line];
    int lost = 0;
    int doubled = 0;
    for (const auto& record : written) lost += found[record] == 0 ? 1 : 0;
    for (const auto& [line, count] : found) doubled += count > 1 ? 1 : 0;
    BOOST_TEST(lost == 0, lost << " of " << written.size() << " lost");
    BOOST_TEST(doubled == 0, doubled << " of " << written.size() << " doubled");
    std::cout << fmt::format("  {} records in {} files: each once\n", written.size(), instances);
  }

  void produce(const std::vector<test::test_record>& records) {
    const std::lock_guard lock(mutex);
    producer.produce(topic, records);
    for (const auto& record : records) written.push_back(*record.value);
  }
  void write(const std::stop_token& ends) {
    for (std::size_t number = 0; !ends.stop_requested(); ++number) {
      std::vector<test::test_record> records;
      for (int i = 0; i < 2 * partitions; ++i)
        records.push_back(
            {.value = fmt::format("{}:{}", number, i), .key = {}, .partition = i % partitions, .headers = {}});
      produce(records);
    }
  }

  std::string topic = kafka().new_topic(partitions);
  test::kafka_cluster producer{test::shared_bootstrap_servers()};  ///< guarded by mutex
  std::mutex mutex;
  std::vector<std::string> written;  ///< guarded by mutex
  int marks = 0;
  json made;
  std::jthread writing;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(instance_files, files_of_instances)

BOOST_AUTO_TEST_CASE(stops_starts_and_changes_of_the_number_while_records_flow) {
  for (std::size_t through = 0; through < size(); ++through) {
    stop_and_start(through);
    BOOST_TEST(flows());
    BOOST_TEST(change_to(through, 1) == 200);
    BOOST_TEST(change_to(through, 3) == 200);
    BOOST_TEST(flows());
    BOOST_TEST(change_to(through, 2) == 200);
    BOOST_TEST(flows());
    BOOST_TEST(change_to(through, 3) == 200);
  }
  check_exact();
}

BOOST_AUTO_TEST_CASE(replicas_are_killed_frozen_and_drained_while_records_flow) {
  for (std::size_t number = 0; number < size(); ++number) {
    const auto asked = (number + 1) % size();
    kill(number);
    BOOST_TEST(flows());
    start(number);
    BOOST_TEST(becomes_shared(asked, {1, 1, 1}));
    process(number).process().signal(SIGSTOP);
    BOOST_TEST(flows());
    process(number).process().signal(SIGCONT);
    BOOST_TEST(change_to(asked, 2) == 200);
    BOOST_TEST(flows());
    BOOST_TEST(change_to(asked, 3) == 200);
    BOOST_TEST(client(asked).post("/cluster/replicas/" + name(number) + "/drain").status == 202);
    BOOST_TEST(flows());
    BOOST_TEST(client(asked).post("/cluster/replicas/" + name(number) + "/resume").status == 202);
  }
  check_exact();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::instance_files_test
