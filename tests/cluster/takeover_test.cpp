// Replicas that are killed, ended, frozen, evicted, or lose the database, under load: others go on in time, and every
// record is in its file once.

#include <fmt/format.h>
#include <signal.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <iostream>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "tests/cluster/replicas.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::takeover_test {

using namespace kfs::cluster_test;
using namespace std::chrono_literals;
using test::eventually;
using clock = std::chrono::steady_clock;

namespace {

/// Topics that are written without a pause, and consumers that read each of them into files of their own.
class load {
 public:
  /// With `tables`, each consumer also writes to a table of its own.
  load(replicas& servers, int topics, int consumers_of_each, bool tables = false) : servers_(servers), tables_(tables) {
    for (int topic = 0; topic < topics; ++topic) {
      topics_.push_back(servers.kafka().new_topic(2));
      for (int i = 0; i < consumers_of_each; ++i) {
        const int number = topic * consumers_of_each + i;
        json body{{"topic", topics_.back()}};
        if (tables) body["processor_configs"] = {file_of(number), table_of(number)};
        servers.created(static_cast<std::size_t>(number) % servers.size(), number, body);
        topic_of_.push_back(static_cast<std::size_t>(topic));
      }
    }
    BOOST_TEST_REQUIRE(servers.all_active(0, 60s));
    BOOST_TEST_REQUIRE(each_gets("first", patience).has_value());
    writing_ = std::jthread([this](const std::stop_token& ends) { write(ends); });
  }

  /// Produces a record that says so to each topic. How long it took until it was in every file; nullopt when it was not
  /// within that time.
  std::optional<clock::duration> each_gets(const std::string& mark, std::chrono::milliseconds within) {
    {
      const std::lock_guard lock(mutex_);
      for (std::size_t topic = 0; topic < topics_.size(); ++topic) add(topic, mark);
    }
    const auto begun = clock::now();
    std::vector<std::size_t> waiting(topic_of_.size());
    for (std::size_t i = 0; i < waiting.size(); ++i) waiting[i] = i;
    const bool all = eventually(
        within,
        [&] {
          std::erase_if(waiting, [&](std::size_t i) {
            const auto lines = lines_of(servers_.out(static_cast<int>(i)));
            return std::ranges::find(lines, mark) != lines.end();
          });
          return waiting.empty();
        },
        20ms);
    for (const auto i : waiting) BOOST_TEST_MESSAGE("not in " << servers_.out(static_cast<int>(i)));
    if (!all) return std::nullopt;
    return clock::now() - begun;
  }

  /// Ends the writing, waits, and checks that every record is in each file of its topic, once.
  void check_exact() {
    writing_.request_stop();
    writing_.join();
    BOOST_TEST(each_gets("last", 60s).has_value());
    for (std::size_t i = 0; i < topic_of_.size(); ++i) {
      const auto& expected = written_[topic_of_[i]];
      std::unordered_map<std::string, int> found;
      const auto file = servers_.out(static_cast<int>(i));
      // The records of the other partition may be on their way.
      BOOST_TEST(eventually(
          patience, [&] { return lines_of(file).size() >= expected.size(); }, 50ms));
      for (const auto& line : lines_of(file)) ++found[line];
      int lost = 0;
      int doubled = 0;
      for (const auto& record : expected) lost += found[record] == 0 ? 1 : 0;
      for (const auto& [line, count] : found) doubled += count > 1 ? 1 : 0;
      BOOST_TEST(lost == 0, file << ": " << lost << " of " << expected.size() << " lost");
      BOOST_TEST(doubled == 0, file << ": " << doubled << " doubled");
      records_ += static_cast<int>(expected.size());
      if (tables_) check_table(static_cast<int>(i), static_cast<std::int64_t>(expected.size()));
    }
    std::cout << fmt::format("  {} records in {} files: each once\n", records_, topic_of_.size());
  }

 private:
  [[nodiscard]] json file_of(int number) const {
    return {{"processor_type", "file_sink"}, {"config", {{"file_path", servers_.out(number).string()}}}};
  }
  [[nodiscard]] json table_of(int number) const {
    return {{"processor_type", "database_sync"},
            {"config", {{"db_dsn", servers_.postgres().url()}, {"table", "out_" + std::to_string(number)}}}};
  }

  void check_table(int number, std::int64_t expected) {
    const auto count = [&](const std::string& what) {
      return test::sql_number(servers_.postgres().url(), fmt::format("SELECT count({}) FROM out_{}", what, number));
    };
    BOOST_TEST(eventually(
        patience, [&] { return count("*") >= expected; }, 50ms));
    BOOST_TEST(count("*") == expected);
    BOOST_TEST(count("DISTINCT (kafka_partition, kafka_offset)") == expected);
  }

  void add(std::size_t topic, const std::string& value) {
    producer_.produce(topics_[topic],
                      {{.value = value, .key = {}, .partition = static_cast<int>(next_++ % 2), .headers = {}}});
    written_[topic].push_back(value);
  }

  void write(const std::stop_token& ends) {
    for (std::size_t number = 0; !ends.stop_requested(); ++number) {
      const std::lock_guard lock(mutex_);
      const auto topic = number % topics_.size();
      std::vector<test::test_record> records;
      for (int i = 0; i < 20; ++i) {
        records.push_back({.value = fmt::format("{}:{}", number, i), .key = {}, .partition = i % 2, .headers = {}});
        written_[topic].push_back(*records.back().value);
      }
      producer_.produce(topics_[topic], records);
    }
  }

  replicas& servers_;
  const bool tables_;
  test::kafka_cluster producer_{servers_.kafka().bootstrap_servers()};  ///< guarded by mutex_; knows the topics
  std::vector<std::string> topics_;
  std::vector<std::size_t> topic_of_;  ///< by consumer
  std::mutex mutex_;
  std::unordered_map<std::size_t, std::vector<std::string>> written_;  ///< guarded by mutex_
  std::size_t next_ = 0;
  int records_ = 0;
  std::jthread writing_;
};

void print(const std::string& what, clock::duration took) {
  std::cout << fmt::format("  {}: {} ms\n", what, std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(takeover)

BOOST_AUTO_TEST_CASE(consumers_of_a_killed_replica_deliver_again_within_5_s) {
  replicas servers(3);
  load under(servers, 12, 5);
  BOOST_TEST_REQUIRE(servers.becomes_shared(0, {20, 20, 20}));
  servers.kill(2);
  const auto killed = clock::now();
  const auto took = under.each_gets("after the kill", patience);
  BOOST_TEST_REQUIRE(took.has_value());
  const auto in_all = clock::now() - killed;
  print("60 consumers, one of three replicas killed, all deliver again", in_all);
  BOOST_TEST((in_all < 5s));
  BOOST_TEST(servers.becomes_shared(0, {30, 30}));
  BOOST_TEST(servers.cluster(0).at("replicas").at(2).at("state") == "LOST");
  under.check_exact();
}

BOOST_AUTO_TEST_CASE(a_replica_that_ends_hands_its_consumers_over_at_once) {
  replicas servers(3);
  load under(servers, 4, 3);
  BOOST_TEST_REQUIRE(servers.becomes_shared(0, {4, 4, 4}));
  std::jthread ending([&] { BOOST_TEST(servers.process(2).stop() == 0); });
  std::vector<clock::duration> gaps;
  for (int i = 0; i < 5; ++i) {
    const auto took = under.each_gets("while it ends " + std::to_string(i), patience);
    BOOST_TEST_REQUIRE(took.has_value());
    gaps.push_back(*took);
  }
  ending.join();
  print("one of three replicas ends, longest wait of a record", *std::ranges::max_element(gaps));
  BOOST_TEST((*std::ranges::max_element(gaps) < 2s));
  BOOST_TEST(servers.becomes_shared(0, {6, 6}));
  under.check_exact();
}

BOOST_AUTO_TEST_CASE(a_newcomer_gets_its_share_without_a_long_gap) {
  replicas servers(2);
  load under(servers, 4, 3);
  BOOST_TEST_REQUIRE(servers.becomes_shared(0, {6, 6}));
  clock::duration longest{};
  std::atomic<bool> all = true;
  std::jthread measuring([&](const std::stop_token& ends) {
    for (int number = 0; !ends.stop_requested(); ++number) {
      const auto took = under.each_gets("meanwhile " + std::to_string(number), patience);
      all = all && took.has_value();
      longest = std::max(longest, took.value_or(patience));
    }
  });
  const auto begun = clock::now();
  servers.add();
  BOOST_TEST(servers.becomes_shared(0, {4, 4, 4}));
  print("two replicas become three, balanced after", clock::now() - begun);
  BOOST_TEST(servers.all_active(2));
  measuring.request_stop();
  measuring.join();
  print("longest wait of a record meanwhile", longest);
  BOOST_TEST(all.load());
  BOOST_TEST((longest < 2s));
  under.check_exact();
}

BOOST_AUTO_TEST_CASE(a_frozen_replica_loses_its_consumers_and_writes_nothing_for_them_when_it_goes_on) {
  replicas servers(3);
  load under(servers, 3, 3, true);
  BOOST_TEST_REQUIRE(servers.becomes_shared(0, {3, 3, 3}));
  servers.process(2).process().signal(SIGSTOP);
  const auto frozen = clock::now();
  // It still holds the locks of its files.
  const auto took = under.each_gets("while it is frozen", patience);
  BOOST_TEST_REQUIRE(took.has_value());
  const auto in_all = clock::now() - frozen;
  print("9 consumers, one of three replicas frozen, all deliver again", in_all);
  BOOST_TEST((in_all < 5s));
  BOOST_TEST(servers.becomes_shared(0, {4, 5}, 10s));
  servers.process(2).process().signal(SIGCONT);
  BOOST_TEST(servers.becomes_shared(0, {3, 3, 3}));
  BOOST_TEST(servers.all_active(0));
  under.check_exact();
}

BOOST_AUTO_TEST_CASE(a_kill_amid_the_takeover_of_a_frozen_replicas_files_loses_and_doubles_nothing) {
  for (const std::string point : {"file.before_takeover", "file.after_takeover", "file.after_copy_placed"}) {
    replicas servers(3);
    BOOST_TEST(servers.process(1).stop() == 0);
    BOOST_TEST_REQUIRE(servers.process(1).start_with_faults({{"KFS_FAULT_POINT", point}}));
    load under(servers, 2, 3);
    BOOST_TEST_REQUIRE(servers.becomes_shared(0, {2, 2, 2}));
    servers.process(2).process().signal(SIGSTOP);
    BOOST_TEST(eventually(patience, [&] { return !servers.process(1).process().running(); }), point);
    BOOST_TEST_REQUIRE(under.each_gets("after " + point, patience).has_value());
    servers.process(2).process().signal(SIGCONT);
    BOOST_TEST(servers.becomes_shared(0, {3, 3}));
    BOOST_TEST(servers.all_active(0));
    under.check_exact();
  }
}

BOOST_AUTO_TEST_CASE(without_the_database_consumers_stop_say_so_and_come_back) {
  replicas servers(2);
  load under(servers, 2, 2);
  BOOST_TEST_REQUIRE(servers.becomes_shared(0, {2, 2}));
  servers.postgres().stop_immediately();
  BOOST_TEST(eventually(
      patience,
      [&] {
        const auto all = servers.consumers(0);
        return std::ranges::all_of(all, [](const json& one) {
          return one.at("status") == "ERROR" &&
                 (one.at("last_error").at("code") == "lease_lost" || one.at("last_error").at("code") == "replica_lost");
        });
      },
      50ms));
  BOOST_TEST(servers.client(0).get("/health/ready").status == 503);
  servers.postgres().start();
  BOOST_TEST(servers.becomes_shared(0, {2, 2}));
  BOOST_TEST(servers.all_active(1));
  under.check_exact();
}

BOOST_AUTO_TEST_CASE(consumers_of_a_killed_replica_can_be_stopped_and_deleted_before_another_runs_them) {
  replicas servers(2);
  for (int number = 0; number < 4; ++number) servers.created(0, number);
  BOOST_TEST_REQUIRE(servers.becomes_shared(0, {2, 2}));
  std::vector<json> orphans;
  for (const auto& one : servers.consumers(0))
    if (one.at("replica") == replicas::name(1)) orphans.push_back(one);
  servers.kill(1);
  BOOST_TEST(servers.client(0).post(path_of(orphans.at(0)) + "/stop").status == 200);
  BOOST_TEST(servers.client(0).del(path_of(orphans.at(1))).status == 204);
  BOOST_TEST(servers.becomes_shared(0, {2}));
  BOOST_TEST(servers.consumer(0, orphans.at(0)).at("status") == "INACTIVE");
}

BOOST_AUTO_TEST_CASE(an_evicted_replica_comes_back) {
  replicas servers(2);
  load under(servers, 2, 2);
  BOOST_TEST_REQUIRE(servers.becomes_shared(0, {2, 2}));
  BOOST_TEST(servers.client(0).post("/cluster/replicas/" + replicas::name(1) + "/evict").status == 202);
  BOOST_TEST(under.each_gets("after the eviction", patience).has_value());
  BOOST_TEST(servers.becomes_shared(0, {2, 2}));
  under.check_exact();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::takeover_test
