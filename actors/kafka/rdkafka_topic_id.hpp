#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <string>

#include "actors/kafka/rdkafka_handle.hpp"
#include "actors/kafka/rdkafka_owned.hpp"

namespace kfs {

/// Asks a cluster for the id of a consumer's topic, on the consumer's own client. A topic of the same name that is made
/// later has another id.
///
/// The id is unknown with librdkafka before 2.3, with brokers before 2.8, and without the right to describe the topic.
///
/// Threading: none; answer() blocks.
class topic_id_question {
 public:
  /// Sends the question. The handle outlives it.
  explicit topic_id_question(const rdkafka_handle& handle);

  /// Waits for the answer: 32 hexadecimal digits; empty when the id is unknown or no answer comes in time.
  std::string answer(std::chrono::milliseconds bound);

 private:
  queue_ptr answers_;  ///< null when librdkafka knows no ids
};

}  // namespace kfs
