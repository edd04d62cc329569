// The floor: librdkafka alone writes a topic to a file, or reads and discards it. One group member, one thread,
// batches, buffered writes. It gives no delivery guarantee: offsets are committed automatically, whether or not their
// records are in the file.
//
// usage: floor BOOTSTRAP TOPIC GROUP RECORDS [FILE]
#include <librdkafka/rdkafka.h>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace {

void set(rd_kafka_conf_t* conf, const char* name, const char* value) {
  std::array<char, 512> reason{};
  if (rd_kafka_conf_set(conf, name, value, reason.data(), reason.size()) == RD_KAFKA_CONF_OK) return;
  std::fprintf(stderr, "%s\n", reason.data());
  std::exit(2);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5 && argc != 6) {
    std::fprintf(stderr, "usage: %s BOOTSTRAP TOPIC GROUP RECORDS [FILE]\n", argv[0]);
    return 2;
  }
  const long wanted = std::strtol(argv[4], nullptr, 10);
  auto* conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", argv[1]);
  set(conf, "group.id", argv[3]);
  set(conf, "auto.offset.reset", "earliest");
  std::array<char, 512> reason{};
  auto* client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason.data(), reason.size());
  auto* file = argc == 6 ? std::fopen(argv[5], "wb") : nullptr;
  if (client == nullptr || (argc == 6 && file == nullptr)) {
    std::fprintf(stderr, "%s cannot start: %s\n", argv[0], reason.data());
    return 1;
  }
  if (file != nullptr) std::setvbuf(file, nullptr, _IOFBF, 1 << 20);
  rd_kafka_poll_set_consumer(client);
  auto* topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, argv[2], RD_KAFKA_PARTITION_UA);
  rd_kafka_subscribe(client, topics);
  rd_kafka_topic_partition_list_destroy(topics);
  auto* queue = rd_kafka_queue_get_consumer(client);
  std::array<rd_kafka_message_t*, 10'000> batch{};
  for (long done = 0; done < wanted;) {
    const auto count = rd_kafka_consume_batch_queue(queue, 1'000, batch.data(), batch.size());
    for (long i = 0; i < count; ++i) {
      auto* message = batch[static_cast<std::size_t>(i)];
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (file != nullptr) {
          std::fwrite(message->payload, 1, message->len, file);
          std::fputc('\n', file);
        }
        ++done;
      }
      rd_kafka_message_destroy(message);
    }
  }
  if (file != nullptr) std::fclose(file);
  rd_kafka_queue_destroy(queue);
  rd_kafka_consumer_close(client);
  rd_kafka_destroy(client);
  return 0;
}
