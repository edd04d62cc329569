#include "actors/metrics/declared_metrics.hpp"

namespace kfs {
namespace {

using bounds = prometheus::Histogram::BucketBoundaries;
using names = metric_list::names;

const names of_consumer{"consumer_group", "consumer_id", "topic"};
const names of_partition{"consumer_group", "consumer_id", "partition", "topic"};
const names of_change{"change", "consumer_group", "consumer_id", "topic"};
const names of_instance{"consumer_group", "consumer_id", "consumer_instance", "topic"};
const names of_processor{"consumer_group", "consumer_id", "processor_id", "processor_type", "topic"};
const names of_rejection{"code", "consumer_group", "consumer_id", "processor_id", "processor_type", "topic"};

const bounds records_of_a_batch{1, 10, 100, 1'000, 2'500, 5'000, 10'000, 25'000, 100'000};
/// In seconds: from a batch to a file in the page cache up to a batch to a sink that hangs.
const bounds time_of_a_batch{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
/// In seconds: a commit is one answer of a broker.
const bounds time_of_a_commit{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 10};
/// In seconds: up to 15, the time limit of a request.
const bounds time_of_a_request{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15};

}  // namespace

declared_metrics::declared_metrics()
    : messages(list.counter("kafka_fetcher_consumer_messages_total", "Records that the consumer read from Kafka.",
                            of_consumer)),
      bytes(list.counter("kafka_fetcher_consumer_bytes_total",
                         "Bytes of keys and values that the consumer read from Kafka.", of_consumer)),
      batch_records(list.histogram("kafka_fetcher_consumer_batch_records",
                                   "Records of a batch that the consumer handed to its processors.", of_consumer,
                                   records_of_a_batch)),
      lag(list.gauge("kafka_fetcher_consumer_lag",
                     "Records between the committed offset and the log end, for owned partitions.", of_partition)),
      status(list.gauge("kafka_fetcher_consumer_status", "Status of the consumer: 0 INACTIVE, 1 ACTIVE, 2 ERROR.",
                        of_consumer)),
      paused(list.gauge("kafka_fetcher_consumer_paused", "1 for a partition that an operator has paused, or for all.",
                        of_partition)),
      restarts(list.counter("kafka_fetcher_consumer_restarts_total",
                            "Times that the supervisor started the consumer again after an error.", of_consumer)),
      rebalances(list.counter("kafka_fetcher_consumer_rebalances_total",
                              "Changes of the partitions that the consumer owns, by what happened to them: assigned, "
                              "revoked, lost.",
                              of_change)),
      commit_seconds(list.histogram("kafka_fetcher_consumer_commit_seconds",
                                    "Time until the group had stored committed offsets, in seconds.", of_consumer,
                                    time_of_a_commit)),
      commit_errors(list.counter("kafka_fetcher_consumer_commit_errors_total",
                                 "Commits that failed; the offsets are committed again with the next ones.",
                                 of_consumer)),
      in_flight_batches(list.gauge("kafka_fetcher_consumer_in_flight_batches",
                                   "Batches that at least one processor has not acknowledged.", of_instance)),
      in_flight_records(list.gauge("kafka_fetcher_consumer_in_flight_records",
                                   "Records that at least one processor has not acknowledged.", of_instance)),
      client_queued(list.gauge("kafka_fetcher_client_queued_records",
                               "Records and events that the Kafka client holds ready.", of_instance)),
      client_connections(list.gauge("kafka_fetcher_client_connections",
                                    "Connections of the Kafka client to brokers that are up.", of_instance)),
      client_throttle(list.gauge("kafka_fetcher_client_throttle_seconds",
                                 "Average time by which the most throttling broker delayed the Kafka client.",
                                 of_instance)),
      client_timeouts(list.counter("kafka_fetcher_client_request_timeouts_total",
                                   "Requests of the Kafka client that no broker answered in time.", of_consumer)),
      client_disconnects(list.counter("kafka_fetcher_client_disconnects_total",
                                      "Connections of the Kafka client to brokers that ended.", of_consumer)),
      written(list.counter("kafka_fetcher_processor_messages_total", "Records that the processor wrote to its sink.",
                           of_processor)),
      write_seconds(list.histogram("kafka_fetcher_processor_batch_seconds",
                                   "Time that a successful write of one batch took, in seconds.", of_processor,
                                   time_of_a_batch)),
      errors(list.counter("kafka_fetcher_processor_errors_total", "Failed attempts of the processor to write a batch.",
                          of_processor)),
      retries(list.counter("kafka_fetcher_processor_retries_total",
                           "Attempts of the processor to do again what had failed.", of_processor)),
      processor_restarts(list.counter("kafka_fetcher_processor_restarts_total",
                                      "Times that the consumer replaced the processor's actor.", of_processor)),
      rejected(list.counter("kafka_fetcher_rejected_records_total",
                            "Records that the processor's sink rejected, each counted once, by error code.",
                            of_rejection)),
      dead_letters(list.counter("kafka_fetcher_dead_letters_total", "Records that went to the dead-letter topic.",
                                of_processor)),
      skipped(list.counter("kafka_fetcher_skipped_records_total",
                           "Records that the processor's sink rejected and that were skipped.", of_processor)),
      breakers(list.gauge("kafka_fetcher_endpoint_breaker_state",
                          "Circuit breaker of an HTTP endpoint: 0 closed, 1 half-open, 2 open.", {"endpoint"})),
      requests(
          list.counter("kafka_fetcher_http_requests_total", "Answered HTTP requests.", {"method", "route", "status"})),
      request_seconds(list.histogram("kafka_fetcher_http_request_seconds",
                                     "Time from an HTTP request to its answer, in seconds.",
                                     {"method", "route", "status_class"}, time_of_a_request)),
      store_up(list.gauge("kafka_fetcher_store_up", "1 while the store answers, 0 while it does not.")),
      store_seconds(list.histogram("kafka_fetcher_store_seconds",
                                   "Time of one operation of the store, in seconds, failed ones included.",
                                   {"operation"}, time_of_a_request)),
      store_errors(list.counter("kafka_fetcher_store_errors_total",
                                "Operations that failed because the store did not answer or did not write.",
                                {"operation"})),
      certificate_expiry(list.gauge("kafka_fetcher_certificate_expiry_timestamp_seconds",
                                    "When a certificate in use expires, in seconds since 1970.", {"certificate"})),
      replica(
          list.gauge("kafka_fetcher_replica_info", "Always 1; the label names the replica that answers.", {"replica"})),
      replicas(list.gauge("kafka_fetcher_cluster_replicas", "Replicas on the same database, by state.", {"state"})),
      leases(list.gauge("kafka_fetcher_cluster_leases", "Consumer instances that some replica runs.")),
      unassigned(list.gauge("kafka_fetcher_cluster_unassigned",
                            "Consumer instances that shall run and that no replica runs.")),
      moves(
          list.counter("kafka_fetcher_cluster_moves_total", "Consumer instances that another replica has taken over.")),
      build(list.gauge("kafka_fetcher_build_info", "Always 1; the labels describe the running server.",
                       {"librdkafka", "version"})) {}

}  // namespace kfs
