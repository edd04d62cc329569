#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>

namespace kfs {

/// Owning pointers for librdkafka's objects.
template <auto Destroy>
struct rdkafka_destroyer {
  void operator()(auto* object) const noexcept { Destroy(object); }
};

using conf_ptr = std::unique_ptr<rd_kafka_conf_t, rdkafka_destroyer<rd_kafka_conf_destroy>>;
using queue_ptr = std::unique_ptr<rd_kafka_queue_t, rdkafka_destroyer<rd_kafka_queue_destroy>>;
using topic_ptr = std::unique_ptr<rd_kafka_topic_t, rdkafka_destroyer<rd_kafka_topic_destroy>>;
using event_ptr = std::unique_ptr<rd_kafka_event_t, rdkafka_destroyer<rd_kafka_event_destroy>>;
using headers_ptr = std::unique_ptr<rd_kafka_headers_t, rdkafka_destroyer<rd_kafka_headers_destroy>>;
using error_ptr = std::unique_ptr<rd_kafka_error_t, rdkafka_destroyer<rd_kafka_error_destroy>>;
using partitions_ptr =
    std::unique_ptr<rd_kafka_topic_partition_list_t, rdkafka_destroyer<rd_kafka_topic_partition_list_destroy>>;
using admin_options_ptr = std::unique_ptr<rd_kafka_AdminOptions_t, rdkafka_destroyer<rd_kafka_AdminOptions_destroy>>;
using metadata_ptr = std::unique_ptr<const rd_kafka_metadata_t, rdkafka_destroyer<rd_kafka_metadata_destroy>>;
using offsets_question_ptr =
    std::unique_ptr<rd_kafka_ListConsumerGroupOffsets_t, rdkafka_destroyer<rd_kafka_ListConsumerGroupOffsets_destroy>>;
using offsets_change_ptr = std::unique_ptr<rd_kafka_AlterConsumerGroupOffsets_t,
                                           rdkafka_destroyer<rd_kafka_AlterConsumerGroupOffsets_destroy>>;

}  // namespace kfs
