#include "actors/processor/core/rejection_disposal.hpp"

#include <fmt/format.h>

namespace kfs {
namespace {

std::string what_follows(std::string_view topic, const on_error_options& options, const rejection_history& history) {
  const auto attempt = fmt::format("attempt {} of {}, then", history.attempts, options.max_attempts);
  switch (options.policy) {
    case rejection_policy::retry:
      return "it is tried again until the sink accepts it, and nothing behind it is written before that; "
             "options.on_error "
             "can send such records to a dead-letter topic (policy dead_letter) or leave them out (policy skip)";
    case rejection_policy::dead_letter:
      return fmt::format("{} it goes to topic \"{}\"", attempt, options.dead_letter_topic_of(topic));
    case rejection_policy::skip:
      return attempt + " it is left out";
    case rejection_policy::stop:
      if (history.attempts < options.max_attempts) return attempt + " the consumer stops";
      return "the consumer has stopped at this record (options.on_error, policy stop); repair the record's destination "
             "or choose another policy, and start the consumer";
  }
  return {};
}

}  // namespace

rejection_policy dispose(const on_error_options& options, std::int64_t attempts) noexcept {
  return attempts < options.max_attempts ? rejection_policy::retry : options.policy;
}

error unproven_error(std::string_view topic, const rejection& rejected, const on_error_options& options) {
  const bool tries = options.policy == rejection_policy::dead_letter || options.policy == rejection_policy::skip;
  return {ec::record_unproven,
          fmt::format("the record at offset {} of partition {} of topic \"{}\" is rejected: {}; since the destination "
                      "or the configuration last changed, no other record was accepted, so the destination may be at "
                      "fault: correct it, or the processor's configuration. {}",
                      rejected.position.value, rejected.partition, topic, rejected.why.message,
                      tries ? "The records behind it are tried too; once one is accepted, options.on_error applies"
                            : "It is tried again")};
}

error rejection_error(std::string_view topic, const rejection& rejected, const on_error_options& options,
                      const rejection_history& history) {
  return {ec::record_rejected,
          fmt::format("the record at offset {} of partition {} of topic \"{}\" is rejected: {}; {}",
                      rejected.position.value, rejected.partition, topic, rejected.why.message,
                      what_follows(topic, options, history))};
}

}  // namespace kfs
