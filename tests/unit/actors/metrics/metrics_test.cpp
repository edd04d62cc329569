#include "actors/metrics/metrics.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>
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
  BOOST_TEST(shows("kafka_fetcher_http_request_seconds_count{" + route + ",status_class=\"2xx\"} 1\n"));
  BOOST_TEST(shows("kafka_fetcher_http_request_seconds_count{" + route + ",status_class=\"4xx\"} 1\n"));
}

BOOST_AUTO_TEST_CASE(metrics_have_help_texts_and_the_version_is_shown) {
  const auto consumer = measured.of_consumer(spec);
  BOOST_TEST(names("# HELP kafka_fetcher_consumer_messages_total "));
  BOOST_TEST(names("# TYPE kafka_fetcher_processor_batch_seconds histogram"));
  BOOST_TEST(names("kafka_fetcher_build_info{librdkafka=\""));
  BOOST_TEST(names("\",version=\""));
}

BOOST_AUTO_TEST_CASE(a_batch_is_counted_with_its_size_and_one_without_records_is_none) {
  const auto consumer = measured.of_consumer(spec);
  consumer->consumed(500, 9'000);
  consumer->consumed(0, 0);
  BOOST_TEST(shows("kafka_fetcher_consumer_batch_records_count" + of_consumer + " 1\n"));
  BOOST_TEST(shows("kafka_fetcher_consumer_batch_records_sum" + of_consumer + " 500\n"));
}

BOOST_AUTO_TEST_CASE(commits_and_rebalances_are_counted) {
  const auto consumer = measured.of_consumer(spec);
  consumer->committed(20ms);
  consumer->commit_failed();
  consumer->rebalanced(partition_change::assigned);
  consumer->rebalanced(partition_change::lost);
  BOOST_TEST(shows("kafka_fetcher_consumer_commit_seconds_count" + of_consumer + " 1\n"));
  BOOST_TEST(shows("kafka_fetcher_consumer_commit_seconds_sum" + of_consumer + " 0.02\n"));
  BOOST_TEST(shows("kafka_fetcher_consumer_commit_errors_total" + of_consumer + " 1\n"));
  const auto changes = [](const std::string& change, int count) {
    return "kafka_fetcher_consumer_rebalances_total{change=\"" + change +
           R"(",consumer_group="g",consumer_id="c1",topic="payments"} )" + std::to_string(count) + "\n";
  };
  BOOST_TEST(shows(changes("assigned", 1)));
  BOOST_TEST(shows(changes("revoked", 0)));
  BOOST_TEST(shows(changes("lost", 1)));
}

BOOST_AUTO_TEST_CASE(a_client_shows_gauges_of_its_instance_while_it_lives) {
  const auto consumer = measured.of_consumer(spec);
  auto client = consumer->of_client(3);
  client->in_flight(2, 700);
  client->queued(40);
  client->sampled({.connections = 4, .throttle = 250ms, .timeouts = 0, .disconnects = 0});
  const std::string of_instance = R"({consumer_group="g",consumer_id="c1",consumer_instance="3",topic="payments"})";
  BOOST_TEST(shows("kafka_fetcher_consumer_in_flight_batches" + of_instance + " 2\n"));
  BOOST_TEST(shows("kafka_fetcher_consumer_in_flight_records" + of_instance + " 700\n"));
  BOOST_TEST(shows("kafka_fetcher_client_queued_records" + of_instance + " 40\n"));
  BOOST_TEST(shows("kafka_fetcher_client_connections" + of_instance + " 4\n"));
  BOOST_TEST(shows("kafka_fetcher_client_throttle_seconds" + of_instance + " 0.25\n"));
  client.reset();
  BOOST_TEST(!names(R"(consumer_instance="3")"));
}

BOOST_AUTO_TEST_CASE(what_clients_count_is_added_up_over_clients_and_never_goes_back) {
  const auto consumer = measured.of_consumer(spec);
  auto client = consumer->of_client(0);
  client->sampled({.connections = 1, .throttle = {}, .timeouts = 2, .disconnects = 5});
  client->sampled({.connections = 1, .throttle = {}, .timeouts = 3, .disconnects = 1});
  client = consumer->of_client(0);
  client->sampled({.connections = 1, .throttle = {}, .timeouts = 4, .disconnects = 0});
  BOOST_TEST(shows("kafka_fetcher_client_request_timeouts_total" + of_consumer + " 7\n"));
  BOOST_TEST(shows("kafka_fetcher_client_disconnects_total" + of_consumer + " 5\n"));
}

BOOST_AUTO_TEST_CASE(rejected_records_are_counted_by_code) {
  const auto consumer = measured.of_consumer(spec);
  const auto rejected = [](const std::string& code, int count) {
    return "kafka_fetcher_rejected_records_total{code=\"" + code +
           R"(",consumer_group="g",consumer_id="c1",processor_id="p1",processor_type="file_sink",topic="payments"} )" +
           std::to_string(count) + "\n";
  };
  BOOST_TEST(shows(rejected("record_rejected", 0)));
  consumer->rejected({"p1"}, ec::record_rejected, 3);
  consumer->rejected({"p1"}, ec::sink_denied, 1);
  BOOST_TEST(shows(rejected("record_rejected", 3)));
  BOOST_TEST(shows(rejected("sink_denied", 1)));
}

BOOST_AUTO_TEST_CASE(retries_and_restarts_of_a_processor_are_counted) {
  const auto consumer = measured.of_consumer(spec);
  consumer->retried({"p1"});
  consumer->retried({"p1"});
  consumer->processor_restarted({"p1"});
  BOOST_TEST(shows("kafka_fetcher_processor_retries_total" + of_processor + " 2\n"));
  BOOST_TEST(shows("kafka_fetcher_processor_restarts_total" + of_processor + " 1\n"));
}

BOOST_AUTO_TEST_CASE(the_store_and_its_operations_are_measured) {
  BOOST_TEST(!names("\nkafka_fetcher_store_up "));
  measured.store_answers(true);
  BOOST_TEST(shows("kafka_fetcher_store_up 1\n"));
  measured.store_answers(false);
  BOOST_TEST(shows("kafka_fetcher_store_up 0\n"));
  measured.store_operation("ping", 2ms, false);
  measured.store_operation("ping", 4ms, true);
  BOOST_TEST(shows("kafka_fetcher_store_seconds_count{operation=\"ping\"} 2\n"));
  BOOST_TEST(shows("kafka_fetcher_store_errors_total{operation=\"ping\"} 1\n"));
}

BOOST_AUTO_TEST_CASE(a_certificate_shows_when_it_expires) {
  measured.certificate("cluster", timestamp(std::chrono::seconds(1'800'000'000)));
  BOOST_TEST(shows("kafka_fetcher_certificate_expiry_timestamp_seconds{certificate=\"cluster\"} 1800000000\n"));
}

BOOST_AUTO_TEST_CASE(the_cluster_is_shown_as_it_was_counted_last_and_moves_add_up) {
  measured.cluster({.active = 3, .draining = 1, .lost = 2, .leases = 40, .unassigned = 5, .moves = 7});
  measured.cluster({.active = 2, .draining = 0, .lost = 0, .leases = 41, .unassigned = 0, .moves = 1});
  BOOST_TEST(shows("kafka_fetcher_cluster_replicas{state=\"ACTIVE\"} 2\n"));
  BOOST_TEST(shows("kafka_fetcher_cluster_replicas{state=\"LOST\"} 0\n"));
  BOOST_TEST(shows("kafka_fetcher_cluster_leases 41\n"));
  BOOST_TEST(shows("kafka_fetcher_cluster_moves_total 8\n"));
}

BOOST_AUTO_TEST_CASE(the_process_is_shown_under_the_names_of_prometheus_libraries) {
  for (const char* name : {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_virtual_memory_bytes",
                           "process_threads", "process_start_time_seconds", "process_open_fds", "process_max_fds"})
    BOOST_TEST(names("\n" + std::string(name) + " "), name);
}

BOOST_AUTO_TEST_CASE(every_series_has_the_declared_labels_and_every_declared_metric_is_written) {
  const auto described = measured.described();
  for (const auto& metric : described) {
    const auto shown = metric.type == "counter" && metric.name.ends_with("_total");
    BOOST_TEST((shown || metric.type != "counter"), metric.name);
    BOOST_TEST(names("# TYPE " + metric.name + " " + metric.type + "\n"), metric.name);
    BOOST_TEST(metric.help.ends_with('.'), metric.name);
  }
  BOOST_TEST(described.size() > 40u);
}

BOOST_AUTO_TEST_CASE(open_metrics_has_an_end_and_names_counters_without_total) {
  const auto text = measured.exposition(exposition_format::open_metrics);
  BOOST_TEST(text.ends_with("\n# EOF\n"));
  BOOST_TEST(text.find("# TYPE kafka_fetcher_consumer_messages counter\n") != std::string::npos);
  BOOST_TEST(text.find("# TYPE process_cpu_seconds counter\n") != std::string::npos);
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
