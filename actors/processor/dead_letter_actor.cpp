#include <deque>
#include <map>
#include <utility>

#include "actors/answer.hpp"
#include "actors/exceptions.hpp"
#include "actors/processor/spawn.hpp"

namespace kfs {
namespace {

/// The producer of dead letters, made when the first one comes, and the letters that it has not acknowledged yet.
class dead_letter_office {
 public:
  /// Bounds of what is handed to the producer and not acknowledged. Further letters wait.
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
    if (!producer_) return;  // the wake-up came from a producer that has been given up
    for (const auto& produced : producer_->poll()) ended(produced);
    renew_if_failed();
    produce();
  }

 private:
  struct pending {
    outgoing_record_ptr letter;
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
    return under_way_.size() < records_in_flight && bytes_ + next.letter->bytes() <= bytes_in_flight;
  }

  result<void> begin(const pending& next) {
    if (const auto opened = open(); !opened) return opened;
    const auto number = ++numbers_;
    if (auto begun = producer_->produce(number, *next.letter); !begun) return begun;
    bytes_ += next.letter->bytes();
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

  void ended(const produced_record& produced) {
    const auto found = under_way_.find(produced.number);
    if (found == under_way_.end()) return;
    const auto sent = std::move(found->second);
    under_way_.erase(found);
    bytes_ -= sent.letter->bytes();
    if (produced.failed) {
      sent.answer.refuse(*produced.failed);
      failed(*produced.failed);
    } else {
      sent.answer.give(done{});
    }
  }

  /// The letters that wait would most likely fail too, each after its own delivery time-out. They fail at once, and
  /// their processors try again.
  void failed(const error& reason) {
    failed_ = true;
    for (const auto& waiting : std::exchange(waiting_, {})) waiting.answer.refuse(reason);
  }

  /// Replaces the producer after a failure, so that the next one connects anew. Letters under way in the old producer
  /// end first.
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
  std::size_t bytes_ = 0;  ///< of the letters under way
  std::uint64_t numbers_ = 0;
  bool failed_ = false;  ///< the producer must be replaced
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
