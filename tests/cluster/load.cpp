#include "tests/cluster/load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <iostream>
#include <iterator>
#include <stdexcept>

#include "tests/support/eventually.hpp"

namespace kfs::cluster_test {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
using test::eventually;

namespace {

bool has_line(const std::filesystem::path& file, const std::string& line) {
  return ('\n' + test::file_text(file)).find('\n' + line + '\n') != std::string::npos;
}

}  // namespace

load::load(replicas& servers, int topics, int consumers_of_each, int tables_of_each, std::chrono::milliseconds pause)
    : servers_(servers), pause_(pause) {
  for (int topic = 0; topic < topics; ++topic) {
    topics_.push_back(servers.kafka().new_topic(2));
    for (int i = 0; i < consumers_of_each; ++i) {
      const int number = topic * consumers_of_each + i;
      json body{{"topic", topics_.back()}};
      if (i < tables_of_each) {
        body["processor_configs"] = {file_of(number), table_of(number)};
        with_table_.insert(static_cast<std::size_t>(number));
      }
      servers.created(static_cast<std::size_t>(number) % servers.size(), number, body);
      topic_of_.push_back(static_cast<std::size_t>(topic));
    }
  }
  BOOST_TEST_REQUIRE(servers.all_active(0, 60s));
  BOOST_TEST_REQUIRE(each_gets("first", patience).has_value());
  index_tables();
  writing_ = test::background([this](const std::stop_token& ends) { write(ends); });
}

/// Without an index the gauge would measure its own search, which reads tables that grow by the second.
void load::index_tables() {
  test::sql_session session(servers_.postgres().url());
  for (const auto i : with_table_) session.run(fmt::format("CREATE INDEX ON out_{} (value)", i));
}

std::optional<clock::duration> load::each_gets(const std::string& mark, std::chrono::milliseconds within) {
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
        std::vector<std::size_t> there;
        std::ranges::copy_if(waiting, std::back_inserter(there),
                             [&](std::size_t i) { return has_line(servers_.out(static_cast<int>(i)), mark); });
        const auto done = those_with(mark, there);
        std::erase_if(waiting, [&](std::size_t i) { return done.contains(i); });
        return waiting.empty();
      },
      20ms);
  for (const auto i : waiting)
    BOOST_TEST_MESSAGE("not in " << servers_.out(static_cast<int>(i)) << " or not in its table");
  if (!all) return std::nullopt;
  return clock::now() - begun;
}

void load::check_exact() {
  writing_.stop();
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
    if (with_table_.contains(i)) check_table(static_cast<int>(i), static_cast<std::int64_t>(expected.size()));
  }
  std::cout << fmt::format("  {} records in {} files and {} tables: each once\n", records_, topic_of_.size(),
                           with_table_.size());
}

/// Those of these consumers, in whose files the record is, in whose tables it is, too. One statement for all tables.
std::set<std::size_t> load::those_with(const std::string& value, const std::vector<std::size_t>& among) {
  std::set<std::size_t> found;
  std::string statement;
  for (const auto i : among) {
    if (!with_table_.contains(i)) {
      found.insert(i);
      continue;
    }
    statement += fmt::format("{0}SELECT {1} WHERE EXISTS (SELECT FROM out_{1} WHERE value = convert_to('{2}', 'UTF8'))",
                             statement.empty() ? "" : " UNION ALL ", i, value);
  }
  if (statement.empty()) return found;
  try {
    if (!looking_) looking_ = std::make_unique<test::sql_session>(servers_.postgres().url());
    for (const auto& row : looking_->run(statement)) found.insert(std::stoul(row.at(0).value()));
  } catch (const std::runtime_error&) {  // a table is not there yet, or the database is away
    looking_.reset();
  }
  return found;
}

json load::file_of(int number) const {
  return {{"processor_type", "file_sink"}, {"config", {{"file_path", servers_.out(number).string()}}}};
}

json load::table_of(int number) const {
  return {{"processor_type", "database_sync"},
          {"config", {{"db_dsn", servers_.postgres().url()}, {"table", "out_" + std::to_string(number)}}}};
}

void load::check_table(int number, std::int64_t expected) {
  const auto count = [&](const std::string& what) {
    return test::sql_number(servers_.postgres().url(), fmt::format("SELECT count({}) FROM out_{}", what, number));
  };
  BOOST_TEST(eventually(
      patience, [&] { return count("*") >= expected; }, 50ms));
  BOOST_TEST(count("*") == expected);
  BOOST_TEST(count("DISTINCT (kafka_partition, kafka_offset)") == expected);
}

void load::add(std::size_t topic, const std::string& value) {
  producer_.produce(topics_[topic],
                    {{.value = value, .key = {}, .partition = static_cast<int>(next_++ % 2), .headers = {}}});
  written_[topic].push_back(value);
}

void load::write(const std::stop_token& ends) {
  std::mutex idle;
  std::condition_variable_any end;
  std::unique_lock held(idle);
  for (std::size_t number = 0; !ends.stop_requested(); ++number) {
    write_batch(number);
    if (pause_ > 0ms) end.wait_for(held, ends, pause_, [] { return false; });
  }
}

void load::write_batch(std::size_t number) {
  const std::lock_guard lock(mutex_);
  const auto topic = number % topics_.size();
  std::vector<test::test_record> records;
  for (int i = 0; i < 20; ++i) {
    records.push_back({.value = fmt::format("{}:{}", number, i), .key = {}, .partition = i % 2, .headers = {}});
    written_[topic].push_back(*records.back().value);
  }
  producer_.produce(topics_[topic], records);
}

wait_gauge::wait_gauge(load& measured)
    : measuring_([this, &measured](const std::stop_token& ends) {
        for (int number = 0; longest_.has_value() && !ends.stop_requested(); ++number) {
          const auto took = measured.each_gets("meanwhile " + std::to_string(number), patience);
          if (!took.has_value() || *took > *longest_) longest_ = took;
        }
      }) {}

std::optional<clock::duration> wait_gauge::stop() {
  measuring_.stop();
  return longest_;
}

void print(const std::string& what, clock::duration took) {
  std::cout << fmt::format("  {}: {} ms\n", what, std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
}

}  // namespace kfs::cluster_test
