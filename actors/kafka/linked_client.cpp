#include "actors/kafka/linked_client.hpp"

#include <librdkafka/rdkafka.h>

namespace kfs {

std::string linked_client_version() {
  return rd_kafka_version_str();
}

}  // namespace kfs
