// Delivery of a consumer: each record once, in order and unchanged, through stops and changes.

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <map>

#include "tests/integration/running_server.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/kafka_broker.hpp"

namespace kfs::consumer_delivery_test {

using namespace kfs::integration;
using namespace std::chrono_literals;
using test::eventually;
using test::unique_name;

namespace {

struct delivering : writing_from_shared_kafka {
  json body_with(const std::string& topic, const json& options) const {
    auto with = body(topic);
    with["options"] = options;
    return with;
  }

  /// Waits until the group has no lag in `partitions` partitions.
  [[nodiscard]] bool has_no_lag(const std::string& topic, std::size_t partitions) {
    return eventually(patience, [&] {
      const auto lags = lag(kafka, group, topic);
      return lags.size() == partitions &&
             std::all_of(lags.begin(), lags.end(), [](const json& partition) { return partition.at("lag") == 0; });
    });
  }
};

/// A line that contains its number and consists of one letter: "a17:aaaa…".
std::string long_line(char letter, int number) {
  return letter + std::to_string(number) + ':' + std::string(static_cast<std::size_t>(number * 37 % 3'000), letter);
}

std::vector<test::test_record> long_records(char letter, int count) {
  std::vector<test::test_record> records;
  for (int number = 0; number < count; ++number)
    records.push_back({.value = long_line(letter, number), .key = {}, .partition = 0, .headers = {}});
  return records;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(consumer_delivery, delivering)

BOOST_AUTO_TEST_CASE(records_of_all_partitions_are_written_once_and_in_order_and_leave_no_lag) {
  constexpr int partitions = 4;
  const auto topic = kafka.new_topic(partitions);
  endless_producer producer{kafka.bootstrap_servers(), topic, partitions};
  created(body(topic));
  BOOST_TEST(has_lines(20'000));
  const int records = producer.finish();

  BOOST_TEST(has_lines(records));
  BOOST_TEST(has_no_lag(topic, partitions));
  BOOST_TEST(!not_once_each(lines_of(out), records, partitions), *not_once_each(lines_of(out), records, partitions));
  const auto lags = lag(kafka, group, topic);
  for (int partition = 0; partition < partitions; ++partition) {
    const auto end = kafka.log_end(topic, partition);
    BOOST_TEST(lags.at(std::to_string(partition)) ==
               json({{"current_offset", end}, {"log_end_offset", end}, {"lag", 0}}));
  }
}

BOOST_AUTO_TEST_CASE(the_bytes_of_a_value_are_written_unchanged_and_a_tombstone_is_an_empty_line) {
  using namespace std::string_literals;
  const std::vector<std::optional<std::string>> values{"a\0b"s,        "\xff\xfe\xc3\x28"s,       ""s,   std::nullopt,
                                                       "\r\t\x1b[0m"s, std::string(300'000, 'x'), "\0"s, "end"s};
  const auto topic = kafka.new_topic();
  std::vector<test::test_record> records;
  std::string expected;
  for (const auto& value : values) {
    records.push_back({.value = value, .key = "key", .partition = 0, .headers = {}});
    expected += value.value_or("") + '\n';
  }
  kafka.produce(topic, records);
  created(body(topic));
  BOOST_TEST(has_lines(static_cast<std::int64_t>(values.size())));
  BOOST_TEST((test::file_text(out) == expected));
}

BOOST_AUTO_TEST_CASE(two_consumers_of_one_file_never_mix_bytes_within_a_line) {
  constexpr int records = 3'000;
  const std::array letters{'a', 'b'};
  std::vector<std::string> topics;
  for (const char letter : letters) {
    topics.push_back(kafka.new_topic());
    kafka.produce(topics.back(), long_records(letter, records));
  }
  for (const auto& topic : topics) {
    auto request = body_with(topic, {{"batch", {{"max_messages", 50}}}});
    request["consumer_group"] = unique_name("group");
    created(request);
  }
  BOOST_TEST(has_lines(2 * records));

  std::map<char, int> next;
  int mixed = 0;
  for (const auto& line : lines_of(out)) {
    const char letter = line.empty() ? '?' : line.front();
    if (line != long_line(letter, next[letter]++)) ++mixed;
  }
  BOOST_TEST(mixed == 0);
  for (const char letter : letters) BOOST_TEST(next[letter] == records);
}

BOOST_AUTO_TEST_CASE(a_new_group_with_latest_reads_only_later_records) {
  const auto topic = kafka.new_topic();
  kafka.produce_numbered(topic, 10, "old");
  created(body_with(topic, {{"auto_offset_reset", "latest"}}));
  BOOST_TEST_REQUIRE(eventually(patience, [&] { return kafka.committed(group, topic, 0) == 10; }));
  kafka.produce_numbered(topic, 3, "new");
  BOOST_TEST(has_lines(3));
  BOOST_TEST(test::file_text(out) == "new0\nnew1\nnew2\n");
}

BOOST_AUTO_TEST_CASE(only_the_explicit_partitions_are_read_and_committed) {
  const auto topic = kafka.new_topic(3);
  kafka.produce_numbered(topic, 9, "", 3);
  const auto consumer = created(body_with(topic, {{"partitions", {0, 2}}}));
  BOOST_TEST(has_lines(6));
  auto lines = lines_of(out);
  std::sort(lines.begin(), lines.end());
  const std::vector<std::string> expected{"0", "2", "3", "5", "6", "8"};
  BOOST_TEST(lines == expected, boost::test_tools::per_element());
  stopped(consumer);
  BOOST_TEST(kafka.committed(group, topic, 0).value_or(-1) == 3);
  BOOST_TEST(!kafka.committed(group, topic, 1).has_value());
  BOOST_TEST(kafka.committed(group, topic, 2).value_or(-1) == 3);
}

BOOST_AUTO_TEST_CASE(a_missing_topic_is_an_error_until_it_is_created) {
  const auto topic = unique_name("topic");
  const auto consumer = created(body(topic));
  BOOST_TEST(consumer.at("status") == "ACTIVE");
  BOOST_TEST_REQUIRE(becomes(consumer, "ERROR"));
  const auto error = now(consumer).at("last_error");
  BOOST_TEST(error.at("code") == "topic_missing");
  BOOST_TEST(error.at("source") == "kafka");
  BOOST_TEST(error.at("message").get<std::string>().find(topic) != std::string::npos, error);

  kafka.create_topic(topic);
  kafka.produce_numbered(topic, 5);
  BOOST_TEST(becomes(consumer, "ACTIVE"));
  BOOST_TEST(now(consumer).at("last_error").is_null());
  BOOST_TEST(has_lines(5));
}

BOOST_AUTO_TEST_CASE(a_stop_is_answered_when_every_line_is_written_and_its_offset_committed) {
  constexpr int partitions = 2;
  const auto topic = kafka.new_topic(partitions);
  endless_producer producer{kafka.bootstrap_servers(), topic, partitions};
  const auto consumer = created(body(topic));
  for (int round = 0; round < 6; ++round) {
    const auto before = line_count(out);
    BOOST_TEST_REQUIRE(has_lines(before + 1 + round * 700));
    BOOST_TEST(stopped(consumer).at("status") == "INACTIVE");
    BOOST_TEST(line_count(out) == committed_in_all(kafka, group, topic, partitions), "in round " << round);
    started(consumer);
  }
  const int records = producer.finish();
  BOOST_TEST(has_lines(records));
  BOOST_TEST(has_no_lag(topic, partitions));
  BOOST_TEST(!not_once_each(lines_of(out), records, partitions), *not_once_each(lines_of(out), records, partitions));
}

BOOST_AUTO_TEST_CASE(a_consumer_that_is_stopped_right_after_its_creation_leaves_its_group) {
  const auto topic = kafka.new_topic();
  for (int round = 0; round < 3; ++round) {
    auto first = body(topic);
    first["consumer_group"] = unique_name("group");
    stopped(created(first));
    kafka.produce_numbered(topic, 1, "of round " + std::to_string(round) + ", ");

    auto second = first;
    const auto other = file("second-" + std::to_string(round) + ".log");
    second["processor_configs"] = json::array({file_sink(other)});
    created(second);
    BOOST_TEST(eventually(5s, [&] { return line_count(other) > 0; }), "in round " << round);
  }
}

BOOST_AUTO_TEST_CASE(a_deleted_consumer_leaves_its_group) {
  const auto topic = kafka.new_topic();
  kafka.produce_numbered(topic, 1);
  const auto first = created(body(topic));
  BOOST_TEST_REQUIRE(has_lines(1));
  deleted(first);
  kafka.produce_numbered(topic, 1);
  created(body(topic));
  BOOST_TEST(has_lines(2, 5s));
}

BOOST_AUTO_TEST_CASE(changing_processors_while_records_are_written_loses_and_duplicates_nothing) {
  const auto topic = kafka.new_topic();
  endless_producer producer{kafka.bootstrap_servers(), topic, 1};
  const auto consumer = created(body(topic));
  std::vector<std::filesystem::path> files{out};
  for (int round = 0; round < 5; ++round) {
    BOOST_TEST_REQUIRE(eventually(patience, [&] { return line_count(files.back()) > 500; }));
    files.push_back(file("out-" + std::to_string(round) + ".log"));
    const auto answered = changed(consumer, {{"processor_configs", json::array({file_sink(files.back())})}});
    BOOST_TEST(answered.at("status") == "ACTIVE");
  }
  const int records = producer.finish();
  BOOST_TEST(has_no_lag(topic, 1));
  std::vector<std::string> lines;
  for (const auto& each : files) {
    const auto of_file = lines_of(each);
    lines.insert(lines.end(), of_file.begin(), of_file.end());
  }
  BOOST_TEST(!not_once_each(lines, records, 1), *not_once_each(lines, records, 1));
}

BOOST_AUTO_TEST_CASE(a_processor_that_is_added_while_records_are_written_receives_all_later_ones) {
  const auto topic = kafka.new_topic();
  endless_producer producer{kafka.bootstrap_servers(), topic, 1};
  const auto consumer = created(body(topic));
  BOOST_TEST_REQUIRE(has_lines(500));
  const auto other = file("other.log");
  const auto both = changed(consumer, {{"processor_configs", json::array({file_sink(out), file_sink(other)})}});
  BOOST_TEST(both.at("processor_configs").at(0).at("id") == consumer.at("processor_configs").at(0).at("id"));
  BOOST_TEST_REQUIRE(eventually(patience, [&] { return line_count(other) > 500; }));
  const int records = producer.finish();
  BOOST_TEST(has_no_lag(topic, 1));

  const auto lines = lines_of(out);
  const auto later = lines_of(other);
  BOOST_TEST(!not_once_each(lines, records, 1), *not_once_each(lines, records, 1));
  BOOST_TEST_REQUIRE(later.size() <= lines.size());
  BOOST_TEST(std::equal(later.rbegin(), later.rend(), lines.rbegin()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::consumer_delivery_test
