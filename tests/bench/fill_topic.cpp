// Fills a topic for the benches with JSON values of a given size, evenly over its partitions.
//
// usage: fill_topic BOOTSTRAP TOPIC PARTITIONS RECORDS BYTES
#include <librdkafka/rdkafka.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/support/kafka_cluster.hpp"

namespace {

std::string value_of(long number, std::size_t bytes) {
  auto value = R"({"id":)" + std::to_string(number) + R"(,"amount":12.5,"currency":"EUR","note":")";
  if (value.size() + 2 < bytes) value.append(bytes - value.size() - 2, 'x');
  return value + "\"}";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: %s BOOTSTRAP TOPIC PARTITIONS RECORDS BYTES\n", argv[0]);
    return 2;
  }
  const int partitions = std::atoi(argv[3]);
  const long records = std::atol(argv[4]);
  const auto bytes = static_cast<std::size_t>(std::atol(argv[5]));
  kfs::test::kafka_cluster(argv[1]).create_topic(argv[2], partitions);

  auto* conf = rd_kafka_conf_new();
  std::array<char, 512> reason{};
  for (const auto& [name, value] : {std::pair{"bootstrap.servers", argv[1]},
                                    {"queue.buffering.max.messages", const_cast<char*>("1000000")},
                                    {"linger.ms", const_cast<char*>("50")}})
    rd_kafka_conf_set(conf, name, value, reason.data(), reason.size());
  auto* client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason.data(), reason.size());
  if (client == nullptr) {
    std::fprintf(stderr, "%s\n", reason.data());
    return 1;
  }
  for (long number = 0; number < records;) {
    const auto value = value_of(number, bytes);
    const auto code = rd_kafka_producev(client, RD_KAFKA_V_TOPIC(argv[2]),
                                        RD_KAFKA_V_PARTITION(static_cast<int32_t>(number % partitions)),
                                        RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                                        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      ++number;
    } else {
      rd_kafka_poll(client, 100);  // the queue is full
    }
  }
  const auto flushed = rd_kafka_flush(client, 120'000);
  rd_kafka_destroy(client);
  return flushed == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : 1;
}
