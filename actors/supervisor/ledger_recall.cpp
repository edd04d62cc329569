#include "actors/supervisor/ledger_recall.hpp"

#include "actors/supervisor/store_link.hpp"

namespace kfs {

void ledger_recall::add(const consumer_entry& entry) {
  waiting_.push_back({entry.id(), entry.wanted->rev, entry.rejections});
  ask_next();
}

void ledger_recall::ticked(clock::time_point at) {
  if (at >= pause_until_) ask_next();
}

void ledger_recall::ask_next() {
  while (!asking_ && !waiting_.empty() && waiting_.front().ledger.expired()) waiting_.pop_front();
  if (asking_ || waiting_.empty()) return;
  asking_ = true;
  self_->request(store_, store_link::timeout, recall_atom::value, waiting_.front().id, waiting_.front().rev)
      .then(
          [this](const accepted_versions_ptr& stored) {
            asking_ = false;
            if (const auto ledger = waiting_.front().ledger.lock()) ledger->recall(*stored);
            waiting_.pop_front();
            ask_next();
          },
          [this](const caf::error& why) {
            asking_ = false;
            failed(from_caf(why));
          });
}

void ledger_recall::failed(const error& why) {
  pause_until_ = self_->clock().now() + store_link::ping_interval;
  if (why.code == ec::store_unavailable || why.code == ec::standby || why.code == ec::timed_out) return;
  log_.warning(
      "cannot read from the store which destinations of a consumer accept records; rejected records wait "
      "until they have accepted one again",
      {{"consumer_id", waiting_.front().id.value},
       {"code", std::string(to_string(why.code))},
       {"reason", why.message}});
  waiting_.pop_front();
}

}  // namespace kfs
