#include "tests/integration/running_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <unordered_set>

#include "tests/support/eventually.hpp"

namespace kfs::integration {
namespace {

constexpr int records_at_once = 100;

/// The pause between two requests for a status, because each request adds a line to the server's log.
constexpr std::chrono::milliseconds status_pause{100};

}  // namespace

running_server::running_server(std::map<std::string, std::string> environment)
    : process_(std::move(environment)), client_(process_.client()) {}

json running_server::created(const json& body) {
  const auto answered = client_.post("/consumers", body);
  BOOST_TEST_REQUIRE(answered.status == 201, answered.body);
  return answered.parsed();
}

json running_server::post_command(const json& consumer, const std::string& command) {
  const auto answered = client_.post(path_of(consumer) + '/' + command);
  BOOST_TEST_REQUIRE(answered.status == 200, command << ": " << answered.body);
  return answered.parsed();
}

json running_server::changed(const json& consumer, const json& change) {
  const auto answered = client_.put(path_of(consumer), change);
  BOOST_TEST_REQUIRE(answered.status == 200, answered.body);
  return answered.parsed();
}

void running_server::deleted(const json& consumer) {
  const auto answered = client_.del(path_of(consumer));
  BOOST_TEST_REQUIRE(answered.status == 204, answered.body);
}

json running_server::now(const json& consumer) {
  const auto answered = client_.get(path_of(consumer));
  BOOST_TEST_REQUIRE(answered.status == 200, answered.body);
  return answered.parsed();
}

bool running_server::becomes(const json& consumer, const std::string& wanted, std::chrono::milliseconds within) {
  return test::eventually(
      within, [&] { return status(consumer) == wanted; }, status_pause);
}

bool running_server::fails_with(const json& consumer, const std::string& code, std::chrono::milliseconds within) {
  const auto fails = [&] {
    const auto state = now(consumer);
    return state.at("status") == "ERROR" && state.at("last_error").at("code") == code;
  };
  return test::eventually(within, fails, status_pause);
}

json running_server::lag(const test::kafka_cluster& kafka, const std::string& group, const std::string& topic) {
  const auto answered = client_.get("/monitor/consumer-group-lag?group_id=" + group + "&topic=" + topic +
                                    "&bootstrap_servers=" + kafka.bootstrap_servers());
  if (answered.status == 404) return json::object();
  BOOST_TEST_REQUIRE(answered.status == 200, answered.body);
  return answered.parsed();
}

void running_server::restart_killed() {
  process_.kill();
  start_again();
}

void running_server::start_again() {
  process_.start();
  client_ = process_.client();
}

json file_sink(const std::filesystem::path& file) {
  return {{"processor_type", "file_sink"}, {"config", {{"file_path", file.string()}}}};
}

json consumer_body(const std::string& bootstrap_servers, const std::string& topic, const std::string& group,
                   const std::filesystem::path& file) {
  const auto colon = bootstrap_servers.rfind(':');
  return {{"broker_ip", bootstrap_servers.substr(0, colon)},
          {"broker_port", std::stoi(bootstrap_servers.substr(colon + 1))},
          {"topic", topic},
          {"consumer_group", group},
          {"auto_start", true},
          {"processor_configs", json::array({file_sink(file)})}};
}

std::string path_of(const json& consumer) {
  return "/consumers/" + consumer.at("consumer_id").get<std::string>();
}

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  const auto text = test::file_text(file);
  std::vector<std::string> lines;
  std::size_t begin = 0;
  for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

std::int64_t line_count(const std::filesystem::path& file) {
  const auto text = test::file_text(file);
  return std::count(text.begin(), text.end(), '\n');
}

bool writing_server::has_lines(std::int64_t count, std::chrono::milliseconds within) const {
  return test::eventually(within, [&] { return line_count(out) >= count; });
}

std::int64_t committed_in_all(test::kafka_cluster& kafka, const std::string& group, const std::string& topic,
                              int partitions) {
  std::int64_t sum = 0;
  for (int partition = 0; partition < partitions; ++partition)
    sum += kafka.committed(group, topic, partition).value_or(0);
  return sum;
}

endless_producer::endless_producer(std::string bootstrap_servers, std::string topic, int partitions)
    : bootstrap_servers_(std::move(bootstrap_servers)), topic_(std::move(topic)), partitions_(partitions) {
  producing_ = test::background([this](const std::stop_token& ends) { run(ends); });
}

void endless_producer::run(const std::stop_token& ends) {
  test::kafka_cluster kafka{bootstrap_servers_};
  while (!ends.stop_requested()) {
    std::vector<test::test_record> records;
    for (int number = written_; number < written_ + records_at_once; ++number) {
      records.push_back({.value = value(number), .key = {}, .partition = number % partitions_, .headers = {}});
    }
    kafka.produce(topic_, records);
    written_ += records_at_once;
  }
}

int endless_producer::finish() {
  producing_.stop();
  return written_;
}

std::string endless_producer::value(int number) {
  return fmt::format("{:07};", number);
}

std::optional<std::string> not_once_each(const std::vector<std::string>& lines, int records, int partitions) {
  if (lines.size() != static_cast<std::size_t>(records))
    return fmt::format("{} lines instead of {}", lines.size(), records);
  std::map<int, int> next;  // by partition
  for (int partition = 0; partition < partitions; ++partition) next[partition] = partition;
  for (std::size_t at = 0; at < lines.size(); ++at) {
    const int number = std::atoi(lines[at].c_str());
    auto& expected = next[number % partitions];
    if (lines[at] != endless_producer::value(expected))
      return fmt::format("line {} is \"{}\" instead of {}", at + 1, lines[at], endless_producer::value(expected));
    expected += partitions;
  }
  return std::nullopt;
}

std::vector<int> missing(const std::vector<std::string>& lines, int records) {
  const std::unordered_set<std::string> there(lines.begin(), lines.end());
  std::vector<int> out;
  for (int number = 0; number < records; ++number) {
    if (!there.contains(endless_producer::value(number))) out.push_back(number);
  }
  return out;
}

}  // namespace kfs::integration
