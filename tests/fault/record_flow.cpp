#include "tests/fault/record_flow.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <numeric>
#include <ostream>
#include <string_view>
#include <system_error>

#include "tests/support/child_process.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::fault {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr int records_at_once = 20'000;

struct place {
  int partition = 0;
  int number = 0;
};

// Parses "p3:0000123…". False for any other text.
bool parse(std::string_view line, place& parsed) {
  const auto* const end = line.data() + line.size();
  if (!line.starts_with('p')) return false;
  const auto partition = std::from_chars(line.data() + 1, end, parsed.partition);
  if (partition.ec != std::errc{} || partition.ptr == end || *partition.ptr != ':') return false;
  const auto number = std::from_chars(partition.ptr + 1, end, parsed.number);
  return number.ec == std::errc{} && parsed.number >= 0;
}

// How often each number occurs.
std::vector<int> counts_of(const std::vector<int>& numbers, std::size_t size) {
  std::vector<int> counts(size);
  for (const int number : numbers) ++counts[static_cast<std::size_t>(number)];
  return counts;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const tally& counts) {
  return out << counts.records << " records, " << counts.lost << " lost, " << counts.duplicated << " duplicated, "
             << counts.torn << " torn, " << counts.unordered << " partitions out of order";
}

record_flow::record_flow(const std::string& bootstrap_servers, int partitions, std::size_t width)
    : kafka_(std::make_unique<test::kafka_cluster>(bootstrap_servers)),
      topic_(kafka_->new_topic(partitions)),
      width_(width),
      next_(static_cast<std::size_t>(partitions)),
      expected_(static_cast<std::size_t>(partitions)) {}

void record_flow::produce(int count) {
  send(count, true);
}

void record_flow::produce_unread(int count) {
  send(count, false);
}

void record_flow::reconnect() {
  kafka_ = std::make_unique<test::kafka_cluster>(kafka_->bootstrap_servers());
}

void record_flow::send(int count, bool expected) {
  std::vector<test::test_record> records;
  for (int i = 0; i < count; ++i) {
    const auto partition = static_cast<std::size_t>(i) % next_.size();
    const int number = next_[partition]++;
    records.push_back({.value = value_of(static_cast<int>(partition), number),
                       .key = {},
                       .partition = static_cast<int>(partition),
                       .headers = {}});
    if (expected) expected_[partition].push_back(number);
    if (records.size() < records_at_once && i + 1 < count) continue;
    kafka_->produce(topic_, records);
    records.clear();
  }
}

void record_flow::replay_from(int number) {
  for (std::size_t partition = 0; partition < next_.size(); ++partition) {
    for (int again = number; again < next_[partition]; ++again) expected_[partition].push_back(again);
  }
}

void record_flow::forget() {
  for (auto& numbers : expected_) numbers.clear();
}

void record_flow::delete_topic() {
  kafka_->delete_topic(topic_);
}

void record_flow::create_topic() {
  const bool made = test::eventually(30s, [this] {
    try {
      kafka_->create_topic(topic_, partitions());
      return true;
    } catch (const std::runtime_error&) {  // the old one is still being deleted
      return false;
    }
  });
  if (!made) kafka_->create_topic(topic_, partitions());
}

void record_flow::recreate_topic() {
  delete_topic();
  create_topic();
}

void record_flow::add_partition() {
  next_.push_back(0);
  expected_.emplace_back();
  kafka_->add_partitions(topic_, partitions());
  reconnect();
}

bool record_flow::is_committed_by(const std::string& group) {
  for (int partition = 0; partition < partitions(); ++partition) {
    if (kafka_->committed(group, topic_, partition).value_or(0) != kafka_->log_end(topic_, partition)) return false;
  }
  return true;
}

std::int64_t record_flow::expected_bytes() const {
  const auto records = std::accumulate(expected_.begin(), expected_.end(), std::size_t{0},
                                       [](std::size_t sum, const auto& numbers) { return sum + numbers.size(); });
  return static_cast<std::int64_t>(records * (width_ + 1));
}

tally record_flow::compare(const std::vector<fs::path>& files) const {
  tally counts;
  std::vector<std::vector<int>> found(next_.size());
  for (const auto& file : files) {
    const auto text = test::file_text(file);
    for (std::size_t begin = 0; begin < text.size();) {
      const auto end = text.find('\n', begin);
      const auto line = std::string_view(text).substr(begin, end - begin);
      begin = end == std::string::npos ? text.size() : end + 1;
      place parsed;
      const bool whole = end != std::string::npos && parse(line, parsed) && parsed.partition < partitions() &&
                         parsed.number < next_[static_cast<std::size_t>(parsed.partition)] &&
                         line == value_of(parsed.partition, parsed.number);
      if (whole) {
        found[static_cast<std::size_t>(parsed.partition)].push_back(parsed.number);
      } else {
        ++counts.torn;
      }
    }
  }
  for (std::size_t partition = 0; partition < found.size(); ++partition) {
    const auto size = static_cast<std::size_t>(next_[partition]);
    const auto expected = counts_of(expected_[partition], size);
    const auto actual = counts_of(found[partition], size);
    for (std::size_t number = 0; number < size; ++number) {
      counts.lost += std::max(0, expected[number] - actual[number]);
      counts.duplicated += std::max(0, actual[number] - expected[number]);
    }
    counts.records += static_cast<std::int64_t>(expected_[partition].size());
    counts.unordered += found[partition] == expected_[partition] ? 0 : 1;
  }
  return counts;
}

std::string record_flow::value_of(int partition, int number) const {
  auto value = fmt::format("p{}:{:07}", partition, number);
  value.resize(width_, '.');
  return value;
}

std::vector<fs::path> files_of(const fs::path& series) {
  const auto closed = series.filename().native() + ".2";  // the first digit of the year
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(series.parent_path())) {
    if (entry.path().filename().native().starts_with(closed)) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  files.push_back(series);
  return files;
}

std::int64_t bytes_of(const std::vector<fs::path>& files) {
  std::int64_t bytes = 0;
  for (const auto& file : files) {
    std::error_code missing;
    const auto size = fs::file_size(file, missing);
    if (!missing) bytes += static_cast<std::int64_t>(size);
  }
  return bytes;
}

}  // namespace kfs::fault
