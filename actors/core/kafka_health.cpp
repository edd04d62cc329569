#include "actors/core/kafka_health.hpp"

namespace kfs {

void kafka_health::sampled(const kafka_sample& sample, clock::time_point at) {
  joined_ = sample.joined;
  if (!sample.broker_up || !sample.ever_answered) return;
  if (const auto answer = at - sample.since_answer; answer > last_answer_ || !answered_) {
    last_answer_ = answer;
    answered_ = true;
  }
  if (sample.since_answer < patience) connection_.reset();
  if (refusal_ && refusal_->code != ec::topic_missing && joined_) refusal_.reset();
}

void kafka_health::reported(const kafka_fault& fault) {
  fatal_ = fatal_ || fault.fatal;
  if (!fault.fatal && (fault.what.code == ec::broker_unreachable || fault.what.code == ec::broker_silent)) {
    connection_ = fault.what;
  } else {
    refusal_ = fault.what;
  }
}

void kafka_health::assigned() {
  if (!fatal_) refusal_.reset();
}

std::optional<error> kafka_health::fault(clock::time_point at) const {
  if (refusal_) return refusal_;
  const auto silent = at - last_answer_;
  if (silent < patience) return std::nullopt;
  const auto seconds = std::to_string(std::chrono::duration_cast<std::chrono::seconds>(silent).count());
  auto message = "no broker of " + bootstrap_servers_ + " has answered for " + seconds + " s";
  message += connection_ ? "; the last attempt: " + connection_->message
                         : "; connections get no answer: check that the broker runs and that it can be reached";
  message += "; the client keeps trying";
  return error{connection_ ? connection_->code : ec::broker_silent, std::move(message)};
}

bool kafka_health::healthy(clock::time_point at) const {
  return answered_ && joined_ && !fault(at);
}

}  // namespace kfs
