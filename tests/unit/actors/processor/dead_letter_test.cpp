#include "actors/processor/dead_letter.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "tests/support/memory_batch.hpp"

namespace kfs::dead_letter_test {

using namespace std::chrono_literals;

namespace {

struct fixture {
  test::memory_record rejected{.partition = 2, .position = 41, .value = "value", .timestamp_ms = 0};
  batch_ptr batch;
  outgoing_record_ptr letter;

  /// Makes the dead letter of `rejected`.
  void make() {
    batch = std::make_shared<test::memory_batch>(std::vector{rejected});
    letter = make_dead_letter("orders.dead-letter", batch, batch->records().front(), {ec::record_rejected, "no number"},
                              {.attempts = 3, .first_failure = timestamp{1'700'000'000'123ms}},
                              {.consumer = {"c"}, .processor = {"p"}, .processor_type = "database_sync"});
  }

  /// The values of every header of that key; "null" for null.
  std::vector<std::string> header(const std::string& key) const {
    std::vector<std::string> found;
    for (const auto& candidate : letter->headers) {
      if (candidate.key == key) found.push_back(candidate.value.value_or("null"));
    }
    return found;
  }
};

using values = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(dead_letter, fixture)

BOOST_AUTO_TEST_CASE(key_and_value_are_those_of_the_record) {
  rejected.key = "key";
  make();
  BOOST_TEST(letter->topic == "orders.dead-letter");
  BOOST_TEST(letter->key.value() == "key");
  BOOST_TEST(letter->value.value() == "value");
  BOOST_TEST(letter->memory == batch);
}

BOOST_AUTO_TEST_CASE(null_stays_null_and_empty_stays_empty) {
  rejected.value = std::nullopt;
  rejected.key = "";
  make();
  BOOST_TEST(letter->key.value().empty());
  BOOST_TEST(!letter->value.has_value());
}

BOOST_AUTO_TEST_CASE(its_own_headers_come_first_and_as_they_are) {
  rejected.headers = {{"trace", "1"}, {"trace", "2"}, {"nothing", {}}};
  make();
  BOOST_TEST(header("trace") == (values{"1", "2"}), boost::test_tools::per_element());
  BOOST_TEST(header("nothing") == values{"null"}, boost::test_tools::per_element());
  BOOST_TEST(letter->headers.front().key == "trace");
}

BOOST_AUTO_TEST_CASE(the_headers_of_kafka_connect_say_where_the_record_is_from_and_why_it_was_rejected) {
  make();
  const std::vector<std::pair<std::string, std::string>> expected{{"topic", "orders"},
                                                                  {"partition", "2"},
                                                                  {"offset", "41"},
                                                                  {"connector.name", "c"},
                                                                  {"task.id", "0"},
                                                                  {"stage", "TASK_PUT"},
                                                                  {"class.name", "database_sync"},
                                                                  {"exception.class.name", "record_rejected"},
                                                                  {"exception.message", "no number"}};
  for (const auto& [key, value] : expected)
    BOOST_TEST(header("__connect.errors." + key) == values{value}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(our_own_headers_say_attempts_first_failure_processor_and_time) {
  make();
  const std::vector<std::pair<std::string, std::string>> expected{{"attempts", "3"},
                                                                  {"first_failure", "2023-11-14T22:13:20.123Z"},
                                                                  {"processor_id", "p"},
                                                                  {"timestamp", "1970-01-01T00:00:00.000Z"}};
  for (const auto& [key, value] : expected)
    BOOST_TEST(header("kafka_fetcher.errors." + key) == values{value}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(headers_of_an_earlier_dead_letter_are_replaced) {
  rejected.headers = {{"__connect.errors.topic", "elsewhere"}, {"kafka_fetcher.errors.attempts", "9"}};
  make();
  BOOST_TEST(header("__connect.errors.topic") == values{"orders"}, boost::test_tools::per_element());
  BOOST_TEST(header("kafka_fetcher.errors.attempts") == values{"3"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::dead_letter_test
