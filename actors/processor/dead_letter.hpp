#pragma once

#include "actors/kafka/ports.hpp"
#include "actors/processor/core/rejection_ledger.hpp"
#include "config/consumers/spec.hpp"
#include "processors/sink.hpp"

namespace kfs {

/// The processor that rejected a record.
struct dead_letter_sender {
  consumer_id consumer;
  processor_id processor;
  std::string processor_type;
};

/// Makes the dead letter of a record of `whole`. It has the record's key, value and headers, and further headers that
/// say where the record comes from, which processor rejected it, and why (README, "A dead letter").
///
/// It has no timestamp: it gets the time at which it is produced, so that the topic's retention counts from then on.
outgoing_record_ptr make_dead_letter(const std::string& topic, const batch_ptr& whole, const record& rejected,
                                     const error& reason, const rejection_history& history,
                                     const dead_letter_sender& sender);

}  // namespace kfs
