// PUT /consumers/{consumer_id}/offsets: what is replayed is in file and table once more, what is skipped is in neither.

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>

#include "tests/integration/running_server.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/postgres_server.hpp"

namespace kfs::offset_orders_test {

using namespace kfs::integration;
using test::eventually;

namespace {

constexpr int partitions = 4;
constexpr int records_at_first = 100'000;

/// A consumer with a file and a table, stopped after it has read all records.
struct stopped_consumer : writing_from_shared_kafka {
  std::string url = test::new_database();
  std::string topic = kafka.new_topic(partitions);
  test::http_client client = process().client();
  json consumer;

  stopped_consumer() {
    kafka.produce_numbered(topic, records_at_first, "", partitions);
    auto wanted = body(topic);
    wanted["processor_configs"] = {
        file_sink(out), {{"processor_type", "database_sync"}, {"config", {{"db_dsn", url}, {"table", "rows"}}}}};
    consumer = created(wanted);
    is_read(records_at_first);
    stopped(consumer);
  }

  /// Waits until so many lines and rows are written, and checks that there are not more.
  void is_read(std::int64_t records) {
    BOOST_TEST_REQUIRE(has_lines(records));
    BOOST_TEST_REQUIRE(
        eventually(patience, [&] { return committed_in_all(kafka, group, topic, partitions) == ends(); }));
    BOOST_TEST(line_count(out) == records);
    BOOST_TEST(rows() == records);
  }

  std::int64_t ends() {
    std::int64_t sum = 0;
    for (int partition = 0; partition < partitions; ++partition) sum += kafka.log_end(topic, partition);
    return sum;
  }

  [[nodiscard]] std::int64_t rows() const { return test::sql_number(url, "SELECT count(*) FROM rows"); }

  test::http_response put(const json& change, const std::string& query = {}) {
    return client.put(path_of(consumer) + "/offsets" + query, change);
  }

  /// The sum of `records` over the partitions of a change that is answered.
  std::int64_t records_of(const json& change, const std::string& query = {}) {
    const auto answered = put(change, query);
    BOOST_TEST_REQUIRE(answered.status == 200, answered.body);
    const auto done = answered.parsed();
    BOOST_TEST(done.at("applied") == query.empty());
    std::int64_t sum = 0;
    for (const auto& partition : done.at("partitions")) sum += partition.at("records").get<std::int64_t>();
    return sum;
  }

  /// How many lines are in the file so often.
  [[nodiscard]] std::map<int, std::int64_t> lines_by_count() const {
    std::map<std::string, int> counts;
    for (const auto& line : lines_of(out)) ++counts[line];
    std::map<int, std::int64_t> found;
    for (const auto& [line, count] : counts) ++found[count];
    return found;
  }

  void is_refused(const json& change, long status, const std::string& names) {
    const auto answered = put(change);
    BOOST_TEST(answered.status == status, answered.body);
    BOOST_TEST(answered.body.find(names) != std::string::npos, answered.body);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(offset_orders, stopped_consumer)

BOOST_AUTO_TEST_CASE(what_is_replayed_is_in_file_and_table_once_more) {
  BOOST_TEST(records_of({{"to", "earliest"}}, "?dry_run=true") == records_at_first);
  BOOST_TEST(committed_in_all(kafka, group, topic, partitions) == records_at_first);
  BOOST_TEST(records_of({{"to", "earliest"}}) == records_at_first);
  started(consumer);
  is_read(2 * records_at_first);
  BOOST_TEST((lines_by_count() == std::map<int, std::int64_t>{{2, records_at_first}}));
  BOOST_TEST(test::sql_number(url,
                              "SELECT count(*) FROM (SELECT FROM rows GROUP BY kafka_partition, kafka_offset "
                              "HAVING count(*) = 2) AS twice") == records_at_first);

  stopped(consumer);
  BOOST_TEST(records_of({{"shift", -100}}) == 100 * partitions);
  started(consumer);
  is_read(2 * records_at_first + 100 * partitions);
  BOOST_TEST(lines_by_count()[3] == 100 * partitions);
}

BOOST_AUTO_TEST_CASE(what_is_skipped_is_in_neither) {
  constexpr int skipped = 4'000;
  constexpr int after = 400;
  kafka.produce_numbered(topic, skipped, "skipped-", partitions);
  BOOST_TEST(records_of({{"to", "latest"}}) == -skipped);
  kafka.produce_numbered(topic, after, "after-", partitions);
  started(consumer);
  is_read(records_at_first + after);
  const auto lines = lines_of(out);
  BOOST_TEST(std::ranges::none_of(lines, [](const auto& line) { return line.starts_with("skipped-"); }));
}

BOOST_AUTO_TEST_CASE(changes_are_refused_while_a_consumer_of_the_group_runs) {
  auto second = body(topic);
  second["processor_configs"] = json::array({file_sink(file("second.log"))});
  const auto other = created(second);
  BOOST_TEST_REQUIRE(becomes(other, "ACTIVE"));
  is_refused({{"to", "earliest"}}, 409, other.at("consumer_id").get<std::string>());
  stopped(other);
  const auto answered = put({{"to", "latest"}});
  BOOST_TEST_REQUIRE(answered.status == 200, answered.body);
  BOOST_TEST(answered.parsed().at("shared_with") == json::array({other.at("consumer_id")}));
  started(consumer);
  is_refused({{"to", "earliest"}}, 409, "stop it first");
  BOOST_TEST(committed_in_all(kafka, group, topic, partitions) == records_at_first);
}

BOOST_AUTO_TEST_CASE(wrong_changes_are_refused_and_change_nothing) {
  is_refused(json::object(), 422, "one of to");
  is_refused({{"to", "earliest"}, {"partitions", {partitions}}}, 422, "0 to 3, not 4");
  is_refused({{"offsets", {{"7", 1}}}}, 422, "0 to 3, not 7");
  is_refused({{"to_timestamp", "noon"}}, 422, "to_timestamp");
  for (const auto* query : {"?dry_run=perhaps", "?dryrun=true", "?DRY_RUN=true", "?dry_run=true&dry_run=false"})
    BOOST_TEST(put({{"to", "earliest"}}, query).status == 422, query);
  BOOST_TEST(committed_in_all(kafka, group, topic, partitions) == records_at_first);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::offset_orders_test
