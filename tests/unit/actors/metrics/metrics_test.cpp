#include "actors/metrics/metrics.hpp"

#include <boost/test/unit_test.hpp>
#include <thread>

namespace kfs::metrics_test {

using namespace std::chrono_literals;

namespace {

struct fixture {
  metrics measured;
  consumer_spec spec = [] {
    consumer_spec made;
    made.id = {"c1"};
    made.topic = "payments";
    made.consumer_group = "g";
    processor_spec processor;
    processor.id = {"p1"};
    processor.type = "file_sink";
    made.processors.push_back(processor);
    return made;
  }();
  std::string of_consumer = R"({consumer_group="g",consumer_id="c1",topic="payments"})";
  std::string of_processor =
      R"({consumer_group="g",consumer_id="c1",processor_id="p1",processor_type="file_sink",topic="payments"})";

  bool shows(const std::string& line) const {
    return ("\n" + measured.exposition()).find("\n" + line) != std::string::npos;
  }
  bool names(const std::string& text) const { return measured.exposition().find(text) != std::string::npos; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(metrics, fixture)

BOOST_AUTO_TEST_CASE(a_consumer_is_counted_under_its_labels) {
  const auto consumer = measured.of_consumer(spec);
  BOOST_TEST(shows("kafka_fetcher_consumer_messages_total" + of_consumer + " 0\n"));
  consumer->consumed(10, 2000);
  consumer->consumed(5, 1000);
  consumer->restarted();
  consumer->status(2);
  BOOST_TEST(shows("kafka_fetcher_consumer_messages_total" + of_consumer + " 15\n"));
  BOOST_TEST(shows("kafka_fetcher_consumer_bytes_total" + of_consumer + " 3000\n"));
  BOOST_TEST(shows("kafka_fetcher_consumer_restarts_total" + of_consumer + " 1\n"));
  BOOST_TEST(shows("kafka_fetcher_consumer_status" + of_consumer + " 2\n"));
}

BOOST_AUTO_TEST_CASE(a_processor_is_counted_under_its_own_labels) {
  const auto consumer = measured.of_consumer(spec);
  consumer->written({"p1"}, 7, 20ms);
  consumer->failed({"p1"});
  consumer->dead_lettered({"p1"}, 3);
  consumer->skipped({"p1"}, 2);
  BOOST_TEST(shows("kafka_fetcher_processor_messages_total" + of_processor + " 7\n"));
  BOOST_TEST(shows("kafka_fetcher_processor_errors_total" + of_processor + " 1\n"));
  BOOST_TEST(shows("kafka_fetcher_dead_letters_total" + of_processor + " 3\n"));
  BOOST_TEST(shows("kafka_fetcher_skipped_records_total" + of_processor + " 2\n"));
  BOOST_TEST(shows("kafka_fetcher_processor_batch_seconds_count" + of_processor + " 1\n"));
}

BOOST_AUTO_TEST_CASE(lag_is_shown_for_the_partitions_that_the_consumer_owns) {
  const auto consumer = measured.of_consumer(spec);
  const std::string of_partition = R"({consumer_group="g",consumer_id="c1",partition="3",topic="payments"})";
  BOOST_TEST(!names(R"(partition="3")"));
  consumer->lag(3, 42);
  BOOST_TEST(shows("kafka_fetcher_consumer_lag" + of_partition + " 42\n"));
  consumer->forget_lag(3);
  BOOST_TEST(!names(R"(partition="3")"));
}

BOOST_AUTO_TEST_CASE(series_are_removed_with_their_last_owner_and_not_before) {
  auto first = measured.of_consumer(spec);
  first->consumed(1, 1);
  auto second = measured.of_consumer(spec);
  first.reset();
  second->consumed(1, 1);
  BOOST_TEST(shows("kafka_fetcher_consumer_messages_total" + of_consumer + " 2\n"));
  second.reset();
  BOOST_TEST(!names("c1"));
}

BOOST_AUTO_TEST_CASE(requests_are_counted_by_method_route_and_status) {
  measured.http_answered("GET", "/consumers/{consumer_id}", 200, 3ms);
  measured.http_answered("GET", "/consumers/{consumer_id}", 404, 1ms);
  const std::string route = R"(method="GET",route="/consumers/{consumer_id}")";
  BOOST_TEST(shows("kafka_fetcher_http_requests_total{" + route + ",status=\"200\"} 1\n"));
  BOOST_TEST(shows("kafka_fetcher_http_requests_total{" + route + ",status=\"404\"} 1\n"));
  BOOST_TEST(shows("kafka_fetcher_http_request_seconds_count{" + route + "} 2\n"));
}

BOOST_AUTO_TEST_CASE(metrics_have_help_texts_and_the_version_is_shown) {
  const auto consumer = measured.of_consumer(spec);
  BOOST_TEST(names("# HELP kafka_fetcher_consumer_messages_total "));
  BOOST_TEST(names("# TYPE kafka_fetcher_processor_batch_seconds histogram"));
  BOOST_TEST(names("kafka_fetcher_build_info{version=\""));
}

BOOST_AUTO_TEST_CASE(counting_from_several_threads_loses_nothing) {
  const auto consumer = measured.of_consumer(spec);
  const auto count = [&] {
    for (int i = 0; i < 10'000; ++i) consumer->consumed(1, 2);
  };
  std::jthread first(count);
  std::jthread second(count);
  first.join();
  second.join();
  BOOST_TEST(shows("kafka_fetcher_consumer_messages_total" + of_consumer + " 20000\n"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::metrics_test
