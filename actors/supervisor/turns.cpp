#include "actors/supervisor/turns.hpp"

#include <utility>

namespace kfs {

/// The commands that wait, by consumer; present while a turn of that consumer is taken.
struct turns::queues {
  std::function<void(const consumer_id&)> wake;
  std::unordered_map<consumer_id, std::deque<command>> waiting;
};

class turns::holder {
 public:
  holder(std::weak_ptr<queues> queues, consumer_id id) : queues_(std::move(queues)), id_(std::move(id)) {}
  holder(const holder&) = delete;
  holder& operator=(const holder&) = delete;
  ~holder() {
    const auto queues = queues_.lock();
    if (!queues) return;
    const auto queue = queues->waiting.find(id_);
    if (queue->second.empty()) {
      queues->waiting.erase(queue);
    } else {
      queues->wake(id_);
    }
  }

 private:
  std::weak_ptr<queues> queues_;
  consumer_id id_;
};

turns::turns(std::function<void(const consumer_id&)> wake)
    : queues_(std::make_shared<queues>(queues{std::move(wake), {}})) {}

bool turns::take(const consumer_id& id, command run) {
  if (const auto free = try_take(id)) {
    run(free);
    return true;
  }
  auto& queue = queues_->waiting.at(id);
  if (queue.size() >= most_waiting) return false;
  queue.push_back(std::move(run));
  return true;
}

turns::turn turns::try_take(const consumer_id& id) {
  if (!queues_->waiting.try_emplace(id).second) return {};
  return turn(std::make_shared<holder>(queues_, id));
}

bool turns::taken(const consumer_id& id) const {
  return queues_->waiting.contains(id);
}

void turns::hand_over(const consumer_id& id) {
  auto& queue = queues_->waiting.at(id);
  const turn held(std::make_shared<holder>(queues_, id));
  const auto run = std::move(queue.front());
  queue.pop_front();
  run(held);
}

}  // namespace kfs
