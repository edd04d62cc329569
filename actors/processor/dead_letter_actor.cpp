#include <deque>
#include <map>
#include <utility>

#include "actors/answer.hpp"
#include "actors/exceptions.hpp"
#include "actors/processor/spawn.hpp"

namespace kfs {
namespace {

/// One producer, made when it is first needed, and what is on its way through it.
class dead_letter_office {
 public:
  /// What is handed to the producer and not acknowledged. The rest waits in the memory of its batches.
  static constexpr std::size_t records_in_flight = 500;
  static constexpr std::size_t bytes_in_flight = 16 * 1024 * 1024;

  dead_letter_office(dead_letter_actor::pointer self, dead_letter_environment environment)
      : self_(self), environment_(std::move(environment)) {}

  ~dead_letter_office() { give_up_producer(); }

  dead_letter_office(const dead_letter_office&) = delete;
  dead_letter_office& operator=(const dead_letter_office&) = delete;

  void take(outgoing_record_ptr letter, owed_answer<done> answer) {
    waiting_.push_back({std::move(letter), std::move(answer)});
    produce();
  }

  void poll() {
    if (!producer_) return;  // it was given up meanwhile
    for (const auto& one : producer_->poll()) ended(one);
    renew_if_failed();
    produce();
  }

 private:
  struct pending {
    outgoing_record_ptr what;
    owed_answer<done> answer;
  };

  void produce() {
    while (!waiting_.empty() && !failed_ && has_room(waiting_.front())) {
      const auto next = std::move(waiting_.front());
      waiting_.pop_front();
      if (const auto begun = begin(next); !begun) {
        next.answer.refuse(begun.error());
        failed(begun.error());
      }
    }
    renew_if_failed();
  }

  [[nodiscard]] bool has_room(const pending& next) const {
    if (under_way_.empty()) return true;
    return under_way_.size() < records_in_flight && bytes_ + next.what->bytes() <= bytes_in_flight;
  }

  result<void> begin(const pending& next) {
    if (const auto there = open(); !there) return there;
    const auto number = ++numbers_;
    if (auto begun = producer_->produce(number, *next.what); !begun) return begun;
    bytes_ += next.what->bytes();
    under_way_.emplace(number, next);
    return {};
  }

  result<void> open() {
    if (producer_) return {};
    auto made = environment_.clients.make_producer(*environment_.spec, typed_options(environment_.spec->options));
    if (!made) return tl::make_unexpected(std::move(made).error());
    producer_ = std::move(*made);
    producer_->start([to = dead_letter_actor(self_)] { caf::anon_send(to, wake_atom::value); });
    return {};
  }

  void ended(const produced_record& one) {
    const auto found = under_way_.find(one.number);
    if (found == under_way_.end()) return;
    const auto sent = std::move(found->second);
    under_way_.erase(found);
    bytes_ -= sent.what->bytes();
    if (one.failed) {
      sent.answer.refuse(*one.failed);
      failed(*one.failed);
    } else {
      sent.answer.give(done{});
    }
  }

  /// What waits would most likely fail too, one delivery bound after the other: whoever sent it tries again.
  void failed(const error& why) {
    failed_ = true;
    for (const auto& letter : std::exchange(waiting_, {})) letter.answer.refuse(why);
  }

  /// After a failure a new producer asks the cluster anew. What is still under way in the old one ends first.
  void renew_if_failed() {
    if (!failed_ || !under_way_.empty()) return;
    failed_ = false;
    give_up_producer();
  }

  void give_up_producer() {
    if (producer_) environment_.clients.see_off(std::move(producer_));
  }

  dead_letter_actor::pointer self_;
  dead_letter_environment environment_;
  std::unique_ptr<kafka_producer> producer_;
  std::deque<pending> waiting_;
  std::map<std::uint64_t, pending> under_way_;
  std::size_t bytes_ = 0;  ///< under way
  std::uint64_t numbers_ = 0;
  bool failed_ = false;  ///< the producer is to be replaced
};

struct dead_letter_state {
  static inline const char* name = "dead_letter";
  std::unique_ptr<dead_letter_office> office;
};

dead_letter_actor::behavior_type dead_letters(dead_letter_actor::stateful_pointer<dead_letter_state> self,
                                              const std::shared_ptr<dead_letter_environment>& environment) {
  self->set_exception_handler([](std::exception_ptr& thrown) -> caf::error { return died_of(thrown); });
  self->state.office = std::make_unique<dead_letter_office>(self, std::move(*environment));
  return {
      [self](deliver_atom, outgoing_record_ptr& letter) -> caf::result<done> {
        auto answer = self->make_response_promise<done>();
        self->state.office->take(std::move(letter), owed_answer<done>(answer));
        return answer;
      },
      [self](wake_atom) { self->state.office->poll(); },
  };
}

}  // namespace

dead_letter_actor spawn_dead_letters(caf::actor_system& system, dead_letter_environment environment) {
  return system.spawn(dead_letters, std::make_shared<dead_letter_environment>(std::move(environment)));
}

}  // namespace kfs
