// The floor of idle consumers: librdkafka clients, each in its own group, polled once a second by one thread. Ends when
// its standard input ends.
//
// usage: idle_floor BOOTSTRAP TOPIC CONSUMERS
#include <librdkafka/rdkafka.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

rd_kafka_t* member(const char* bootstrap, const char* topic, int number) {
  auto* conf = rd_kafka_conf_new();
  const auto group = "idle-floor-" + std::to_string(number);
  for (const auto& [name, value] : std::array<std::array<const char*, 2>, 3>{
           {{"bootstrap.servers", bootstrap}, {"group.id", group.c_str()}, {"auto.offset.reset", "earliest"}}})
    rd_kafka_conf_set(conf, name, value, nullptr, 0);
  std::array<char, 512> reason{};
  auto* client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason.data(), reason.size());
  if (client == nullptr) {
    std::fprintf(stderr, "%s\n", reason.data());
    std::exit(1);
  }
  rd_kafka_poll_set_consumer(client);
  auto* topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA);
  rd_kafka_subscribe(client, topics);
  rd_kafka_topic_partition_list_destroy(topics);
  return client;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: %s BOOTSTRAP TOPIC CONSUMERS\n", argv[0]);
    return 2;
  }
  std::vector<rd_kafka_t*> members;
  for (int number = 0; number < std::atoi(argv[3]); ++number) members.push_back(member(argv[1], argv[2], number));
  pollfd input{STDIN_FILENO, POLLIN, 0};
  while (::poll(&input, 1, 1'000) == 0) {
    for (auto* one : members) {
      while (auto* message = rd_kafka_consumer_poll(one, 0)) rd_kafka_message_destroy(message);
    }
  }
  std::_Exit(0);  // closing the clients is not measured
}
