#pragma once

#include "actors/kafka/ports.hpp"
#include "actors/processor/core/rejection_ledger.hpp"
#include "config/consumers/spec.hpp"
#include "processors/sink.hpp"

namespace kfs {

/// For whom a dead letter is written.
struct dead_letter_sender {
  consumer_id consumer;
  processor_id processor;
  std::string processor_type;
};

/// The dead letter of a record: its key, value and headers as they are, and headers that tell where it is from, who
/// refused it and why. They are Kafka Connect's, as text, and some of our own (README, "Records that are refused").
///
/// Its time is that of the dead letter, so that the topic's retention counts from then on.
outgoing_record_ptr make_dead_letter(const std::string& topic, const batch_ptr& in, const record& refused,
                                     const error& why, const refusal_history& so_far, const dead_letter_sender& from);

}  // namespace kfs
