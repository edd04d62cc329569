#include "actors/processor/dead_letter_post.hpp"

#include <algorithm>
#include <memory>

#include "actors/processor/dead_letter.hpp"
#include "actors/processor/rejection_handler.hpp"

namespace kfs {
namespace {

/// Dead letters that were posted together.
struct posted_letters {
  std::size_t unanswered = 0;
  record_places produced;
  std::optional<error> first_error;
};

}  // namespace

void dead_letter_post::post(const batch_delivery_ptr& delivery, outcome_function finished) {
  const auto& whole = delivery->whole();
  const auto topic = environment_.on_error.dead_letter_topic_of(whole->source().topic);
  const dead_letter_sender sender{environment_.owner, environment_.spec.id, environment_.spec.type};
  std::vector<std::pair<record_place, outgoing_record_ptr>> made;
  made.reserve(std::min(delivery->letters.size(), letters_at_once));
  for (const auto& [rejected, reason, history] : delivery->letters) {
    if (made.size() == letters_at_once) break;
    made.emplace_back(record_place{rejected.partition, rejected.position},
                      make_dead_letter(topic, whole, rejected, reason, history, sender));
  }
  const auto posted = std::make_shared<posted_letters>();
  posted->unanswered = made.size();
  const auto shared_finished = std::make_shared<const outcome_function>(std::move(finished));
  for (auto& [place, letter] : made) {
    produce_(std::move(letter), [this, delivery, posted, shared_finished, place = place](const auto& failed) {
      if (!failed) posted->produced.insert(place);
      if (failed && !posted->first_error) posted->first_error = failed;
      if (--posted->unanswered > 0) return;
      if (!posted->produced.empty()) settle(*delivery, posted->produced);
      (*shared_finished)(posted->first_error);
    });
  }
}

void dead_letter_post::settle(batch_delivery& delivery, const record_places& produced) const {
  std::erase_if(delivery.letters, [&](const rejected_record& letter) {
    return produced.contains({letter.rejected.partition, letter.rejected.position});
  });
  for (const auto& [partition, position] : produced)
    environment_.ledger->forget(environment_.spec.id, partition, position);
  delivery.leave_out(produced);
  environment_.measured->dead_lettered(environment_.spec.id, produced.size());
  log_records(environment_, "records that the sink rejected went to the dead-letter topic", produced);
}

}  // namespace kfs
