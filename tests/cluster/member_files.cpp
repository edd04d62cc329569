#include "tests/cluster/member_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <iostream>
#include <unordered_map>

#include "tests/support/eventually.hpp"

namespace kfs::cluster_test {
namespace {

using namespace std::chrono_literals;
using test::eventually;

constexpr int partitions_of_members = 6;
constexpr std::size_t replicas_of_members = 3;

}  // namespace

member_files::member_files()
    : replicas(replicas_of_members),
      topic_(kafka().new_topic(partitions_of_members)),
      group_(test::unique_name("group")) {}

json member_files::reading(const std::string& path, int instances, const std::vector<std::string>& names) {
  for (const auto& name : names) outputs_.push_back(files() / name);
  return created(0, 0,
                 {{"topic", topic_},
                  {"consumer_group", group_},
                  {"processor_configs",
                   {{{"processor_type", "file_sink"}, {"config", {{"file_path", (files() / path).string()}}}}}},
                  {"options", {{"instances", instances}}}});
}

void member_files::begin() {
  BOOST_TEST_REQUIRE(flows());
  writing_ = test::background([this](const std::stop_token& ends) { write(ends); });
}

std::vector<std::string> member_files::lines() const {
  std::vector<std::string> all;
  for (const auto& file : outputs_)
    for (auto& line : lines_of(file)) all.push_back(std::move(line));
  return all;
}

bool member_files::flows() {
  const auto mark = fmt::format("mark {}", ++marks_);
  std::vector<test::test_record> records;
  for (int partition = 0; partition < partitions_of_members; ++partition)
    records.push_back(
        {.value = fmt::format("{} of {}", mark, partition), .key = {}, .partition = partition, .headers = {}});
  produce(records);
  const bool all = eventually(
      patience,
      [&] {
        const auto found = lines();
        return std::ranges::count_if(found, [&](const auto& line) { return line.starts_with(mark + " "); }) >=
               partitions_of_members;
      },
      50ms);
  BOOST_TEST(all, "not every partition is read 30 s after \"" << mark << "\"");
  return all;
}

int member_files::change_to(std::size_t through, const json& consumer, int instances) const {
  return client(through)
      .put(path_of(consumer),
           {{"options",
             {{"instances", instances}, {"kafka", {{"bootstrap_servers", test::shared_bootstrap_servers()}}}}}})
      .status;
}

void member_files::stop_and_start(std::size_t through, const json& consumer) const {
  BOOST_TEST(client(through).post(path_of(consumer) + "/stop").status == 200);
  BOOST_TEST(client(through).post(path_of(consumer) + "/start").status == 200);
}

void member_files::check_exact() {
  writing_.stop();
  BOOST_TEST(flows());
  BOOST_TEST(eventually(
      patience, [&] { return lines().size() >= written_.size(); }, 50ms));
  std::unordered_map<std::string, int> found;
  for (const auto& line : lines()) ++found[line];
  int lost = 0;
  int doubled = 0;
  for (const auto& record : written_) lost += found[record] == 0 ? 1 : 0;
  for (const auto& [line, count] : found) doubled += count > 1 ? 1 : 0;
  BOOST_TEST(lost == 0, lost << " of " << written_.size() << " lost");
  BOOST_TEST(doubled == 0, doubled << " of " << written_.size() << " doubled");
  std::cout << fmt::format("  {} records in {} files: each once\n", written_.size(), outputs_.size());
}

void member_files::produce(const std::vector<test::test_record>& records) {
  const std::lock_guard lock(mutex_);
  producer_.produce(topic_, records);
  for (const auto& record : records) written_.push_back(*record.value);
}

void member_files::write(const std::stop_token& ends) {
  for (std::size_t number = 0; !ends.stop_requested(); ++number) {
    std::vector<test::test_record> records;
    for (int i = 0; i < 2 * partitions_of_members; ++i)
      records.push_back(
          {.value = fmt::format("{}:{}", number, i), .key = {}, .partition = i % partitions_of_members, .headers = {}});
    produce(records);
  }
}

}  // namespace kfs::cluster_test
