#include "actors/consumer/core/kafka_health.hpp"

#include <utility>

namespace kfs {

void kafka_health::sampled(const kafka_sample& sample, clock::time_point at) {
  if (sample.joined) {
    unjoined_since_.reset();
  } else if (!unjoined_since_) {
    unjoined_since_ = at;
  }
  if (!sample.broker_up || !sample.ever_answered) return;
  if (const auto answer = at - sample.since_answer; answer > last_answer_ || !answered_) {
    last_answer_ = answer;
    answered_ = true;
  }
  if (unjoined_since_ || awaiting_since_) return;
  if (sample.since_answer < patience) connection_.reset();
  if (refusal_ && refusal_->code != ec::topic_missing && !fatal_) refusal_.reset();
}

void kafka_health::reported(const kafka_fault& fault) {
  fatal_ = fatal_ || fault.fatal;
  if (!fault.fatal && (fault.cause.code == ec::broker_unreachable || fault.cause.code == ec::broker_silent)) {
    connection_ = fault.cause;
  } else {
    refusal_ = fault.cause;
  }
}

void kafka_health::assigned() {
  if (!fatal_) refusal_.reset();
}

void kafka_health::awaiting_partitions(bool awaiting, clock::time_point at, std::optional<std::string> absent) {
  absent_ = std::move(absent);
  if (!awaiting) {
    awaiting_since_.reset();
  } else if (!awaiting_since_) {
    awaiting_since_ = at;
  }
}

std::optional<error> kafka_health::fault(clock::time_point at) const {
  if (refusal_) return refusal_;
  if (const auto silent = at - last_answer_; silent >= patience)
    return stuck("no broker of " + bootstrap_servers_ + " has answered", silent, ec::broker_silent);
  if (unjoined_since_) {
    const auto since = at - *unjoined_since_;
    if (since >= (connection_ ? patience : joining_patience))
      return stuck("the group of the consumer has not been joined", since, ec::group_unavailable);
  }
  if (awaiting_since_ && at - *awaiting_since_ >= patience) {
    if (absent_) return error{ec::topic_missing, *absent_};
    return stuck("an assigned partition has delivered nothing", at - *awaiting_since_, ec::broker_silent);
  }
  return std::nullopt;
}

error kafka_health::stuck(std::string symptom, clock::duration since, ec otherwise) const {
  auto message = std::move(symptom) + " for " +
                 std::to_string(std::chrono::duration_cast<std::chrono::seconds>(since).count()) + " s; ";
  if (connection_) {
    message += "the last connection: " + connection_->message;
  } else if (otherwise == ec::group_unavailable) {
    message += "it waits for other members of the group or for its coordinator";
  } else {
    message += "connections get no answer: check that the broker runs and that it can be reached";
  }
  message += "; the client keeps trying";
  return {connection_ ? connection_->code : otherwise, std::move(message)};
}

bool kafka_health::healthy(clock::time_point at) const {
  return answered_ && !unjoined_since_ && !awaiting_since_ && !fault(at);
}

}  // namespace kfs
