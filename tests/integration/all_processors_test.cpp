// One consumer with every processor type. Each receives every record; a record that one rejects does not affect others.

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>

#include "tests/integration/running_server.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/http_endpoint.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/postgres_server.hpp"

namespace kfs::all_processors_test {

using namespace kfs::integration;
using test::eventually;

namespace {

struct all_processors_fixture : writing_from_shared_kafka {
  std::string url = test::new_database();
  test::http_endpoint endpoint;

  static json processor(const std::string& type, const json& config) {
    return {{"processor_type", type}, {"config", config}};
  }

  json body_of(const std::string& topic, const json& processors, const json& options = json::object()) const {
    auto made = body(topic);
    made["processor_configs"] = processors;
    made["options"] = options;
    return made;
  }

  [[nodiscard]] bool has_rows(const std::string& table, std::int64_t count) const {
    return eventually(patience, [&] {
      return test::sql_number(url, "SELECT count(*) FROM pg_class WHERE relname = '" + table + "'") == 1 &&
             test::sql_number(url, "SELECT count(*) FROM \"" + table + "\"") == count;
    });
  }

  [[nodiscard]] bool is_committed(const std::string& topic, std::int64_t end) {
    return eventually(patience, [&] { return kafka.committed(group, topic, 0) == end; });
  }
};

/// `count` JSON values, of which number `poison` has no number where a number is needed.
std::vector<test::test_record> numbered_json(int count, int poison) {
  std::vector<test::test_record> records;
  for (int number = 0; number < count; ++number) {
    const auto id = number == poison ? json("no number") : json(number);
    records.push_back({.value = json{{"id", id}}.dump(),
                       .key = "k" + std::to_string(number),
                       .partition = 0,
                       .headers = {{"trace", "t1"}}});
  }
  return records;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(all_processors, all_processors_fixture)

BOOST_AUTO_TEST_CASE(a_thousand_records_become_a_thousand_lines_rows_and_requests) {
  constexpr int records = 1'000;
  const auto topic = kafka.new_topic(4);
  const auto consumer =
      created(body_of(topic, {file_sink(out), processor("database_sync", {{"db_dsn", url}, {"table", "all_of_them"}}),
                              processor("streaming_forwarder", {{"endpoint_url", endpoint.url("/in")}})}));
  kafka.produce_numbered(topic, records, "", 4);

  BOOST_TEST(has_lines(records));
  BOOST_TEST(has_rows("all_of_them", records));
  BOOST_TEST(eventually(patience, [&] { return endpoint.accepted_count() == records; }));
  std::set<std::string> lines;
  std::set<std::string> rows;
  std::set<std::string> requests;
  for (const auto& line : lines_of(out)) lines.insert(line);
  for (const auto& row : test::sql(url, "SELECT coalesce(payload::text, convert_from(value, 'UTF8')) FROM all_of_them"))
    rows.insert(row[0].value());
  for (const auto& request : endpoint.accepted()) requests.insert(request.body);
  BOOST_TEST(lines.size() == static_cast<std::size_t>(records));
  BOOST_TEST((lines == rows));
  BOOST_TEST((lines == requests));
  BOOST_TEST_MESSAGE(records << " records: " << line_count(out) << " lines, " << rows.size() << " rows, "
                             << endpoint.accepted_count() << " requests");
  BOOST_TEST(status(consumer) == "ACTIVE");
}

BOOST_AUTO_TEST_CASE(a_rejected_record_among_ten_thousand_is_one_dead_letter_and_all_others_are_rows) {
  constexpr int records = 10'000;
  constexpr int poison = 4'321;
  test::sql(url, "CREATE TABLE numbers (id bigint NOT NULL)");
  const auto topic = kafka.new_topic();
  const auto letters = kafka.new_topic();
  created(body_of(topic,
                  {file_sink(out),
                   processor("database_sync", {{"db_dsn", url}, {"table", "numbers"}, {"columns", {{"id", "/id"}}}})},
                  {{"on_error", {{"policy", "dead_letter"}, {"dead_letter_topic", letters}}}}));
  kafka.produce(topic, numbered_json(records, poison));

  BOOST_TEST(has_rows("numbers", records - 1));
  BOOST_TEST(has_lines(records));
  BOOST_TEST(is_committed(topic, records));
  BOOST_TEST(kafka.log_end(letters, 0) == 1);
  BOOST_TEST(test::sql_number(url, "SELECT count(DISTINCT id) FROM numbers WHERE id <> 4321") == records - 1);
  BOOST_TEST_MESSAGE(records << " records, 1 poison: " << kafka.log_end(letters, 0) << " dead letter, "
                             << test::sql_number(url, "SELECT count(*) FROM numbers") << " rows");

  // The dead letter as another consumer reads it.
  const auto reading = file("letters.log");
  auto reader = consumer_body(kafka.bootstrap_servers(), letters, test::unique_name("group"), reading);
  reader["processor_configs"][0]["config"]["format"] = "json";
  created(reader);
  BOOST_TEST_REQUIRE(eventually(patience, [&] { return line_count(reading) == 1; }));
  const auto letter = json::parse(lines_of(reading).at(0));
  BOOST_TEST(letter.at("key") == "k4321");
  BOOST_TEST(letter.at("value") == R"({"id":"no number"})");
  std::map<std::string, std::string> headers;
  for (const auto& header : letter.at("headers")) headers[header.at("key")] = header.at("value");
  BOOST_TEST(headers.at("trace") == "t1");
  BOOST_TEST(headers.at("__connect.errors.topic") == topic);
  BOOST_TEST(headers.at("__connect.errors.offset") == "4321");
}

BOOST_AUTO_TEST_CASE(a_missing_dead_letter_topic_blocks_the_records_after_it) {
  test::sql(url, "CREATE TABLE numbers (id bigint NOT NULL)");
  const auto topic = kafka.new_topic();
  const auto letters = test::unique_name("letters");
  const auto consumer = created(body_of(
      topic,
      json::array({processor("database_sync", {{"db_dsn", url}, {"table", "numbers"}, {"columns", {{"id", "/id"}}}})}),
      {{"on_error", {{"policy", "dead_letter"}, {"dead_letter_topic", letters}}},
       {"recovery", {{"initial_backoff_ms", 100}, {"max_backoff_ms", 500}}}}));
  kafka.produce(topic, numbered_json(100, 50));
  BOOST_TEST(becomes(consumer, "ERROR"));
  BOOST_TEST(now(consumer).at("last_error").at("message").get<std::string>().find(letters) != std::string::npos,
             now(consumer).at("last_error"));
  BOOST_TEST(kafka.committed(group, topic, 0).value_or(0) <= 50);

  kafka.create_topic(letters);
  BOOST_TEST(has_rows("numbers", 99));
  BOOST_TEST(becomes(consumer, "ACTIVE"));
  BOOST_TEST(is_committed(topic, 100));
  BOOST_TEST(kafka.log_end(letters, 0) == 1);
}

BOOST_AUTO_TEST_CASE(a_record_that_an_endpoint_rejects_is_skipped_with_policy_skip) {
  endpoint.answer_with([](const test::endpoint_request& request) {
    return test::endpoint_answer{.status = request.body == "7" ? 422 : 200};
  });
  const auto topic = kafka.new_topic();
  created(body_of(topic, json::array({processor("streaming_forwarder", {{"endpoint_url", endpoint.url("/in")}})}),
                  {{"on_error", {{"policy", "skip"}}}}));
  kafka.produce_numbered(topic, 20);
  BOOST_TEST(is_committed(topic, 20));
  std::vector<std::string> accepted;
  for (const auto& request : endpoint.accepted()) accepted.push_back(request.body);
  BOOST_TEST(accepted.size() == 19u);
  BOOST_TEST(std::ranges::count(accepted, "7") == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::all_processors_test
