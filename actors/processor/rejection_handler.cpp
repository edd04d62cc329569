#include "actors/processor/rejection_handler.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "actors/processor/core/rejection_disposal.hpp"

namespace kfs {

result<std::optional<error>> rejection_handler::handle(batch_delivery& delivery, const rejections& records, bool proven,
                                                       timestamp at) const {
  const auto offered = delivery.find(records);
  const auto histories = environment_.ledger->rejected(environment_.spec.id, *delivery.whole(), records, at);
  if (const auto strange = std::ranges::find(offered, nullptr); strange != offered.end()) {
    const auto& rejected = records[static_cast<std::size_t>(strange - offered.begin())];
    return failure(ec::internal, "the sink rejects a record that it was not offered: partition " +
                                     std::to_string(rejected.partition) + ", offset " +
                                     std::to_string(rejected.position.value));
  }
  count(records, histories);
  if (!proven) {
    wait_for_proof(delivery, records, histories);
    return std::nullopt;
  }
  const bool passed = std::exchange(delivery.tries_all, false);
  const auto& topic = delivery.whole()->source().topic;
  record_places skipped;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto& rejected = records[i];
    switch (dispose(environment_.on_error, passed ? environment_.on_error.max_attempts : histories[i].attempts)) {
      case rejection_policy::retry:
        if (!delivery.retry_reason)
          delivery.retry_reason = rejection_error(topic, rejected, environment_.on_error, histories[i]);
        break;
      case rejection_policy::dead_letter:
        delivery.letters.push_back({*offered[i], rejected.why, histories[i]});
        break;
      case rejection_policy::skip:
        environment_.ledger->forget(environment_.spec.id, rejected.partition, rejected.position);
        skipped.emplace(rejected.partition, rejected.position);
        break;
      case rejection_policy::stop:
        // A user's start counts its attempts from 1 again.
        environment_.ledger->forget(environment_.spec.id, rejected.partition, rejected.position);
        return rejection_error(topic, rejected, environment_.on_error, histories[i]);
    }
  }
  if (!skipped.empty()) skip(delivery, skipped);
  return std::nullopt;
}

void rejection_handler::count(const rejections& records, const std::vector<rejection_history>& histories) const {
  std::map<ec, std::size_t> first_times;
  for (std::size_t i = 0; i < records.size(); ++i)
    if (histories[i].attempts == 1) ++first_times[records[i].why.code];
  for (const auto& [code, number] : first_times) environment_.measured->rejected(environment_.spec.id, code, number);
}

void rejection_handler::wait_for_proof(batch_delivery& delivery, const rejections& records,
                                       const std::vector<rejection_history>& histories) const {
  const auto& options = environment_.on_error;
  delivery.retry_reason = unproven_error(delivery.whole()->source().topic, records.front(), options);
  if (options.policy != rejection_policy::dead_letter && options.policy != rejection_policy::skip) return;
  delivery.tries_all = delivery.tries_all || std::ranges::any_of(histories, [&](const rejection_history& history) {
                         return history.attempts >= options.max_attempts;
                       });
}

void rejection_handler::skip(batch_delivery& delivery, const record_places& skipped) const {
  delivery.leave_out(skipped);
  environment_.measured->skipped(environment_.spec.id, skipped.size());
  log_records(environment_, "records that the sink rejected were skipped", skipped);
}

void log_records(const processor_environment& environment, std::string_view message, const record_places& records) {
  environment.log.warning(message, {{"consumer_id", environment.owner.value},
                                    {"processor_id", environment.spec.id.value},
                                    {"records", std::to_string(records.size())},
                                    {"partitions_and_offsets", to_text(records)}});
}

}  // namespace kfs
