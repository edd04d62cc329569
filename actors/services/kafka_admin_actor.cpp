#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "actors/exceptions.hpp"
#include "actors/services/kafka_admin_actor.hpp"

namespace kfs {
namespace {

using namespace std::chrono_literals;

/// Questions under way at once: in all, and of one cluster, so that one that is silent leaves room for others.
constexpr std::size_t most_running = 8;
constexpr std::size_t most_running_of_one_cluster = 2;
/// Questions that wait for a worker: in all, and of one cluster.
constexpr std::size_t most_waiting = 64;
constexpr std::size_t most_waiting_of_one_cluster = 16;
/// The longest wait for a worker. With the eight seconds of an answer it makes the promised ten.
constexpr auto longest_wait = 2s;

using work_atom = caf::atom_constant<caf::atom("work")>;
using ticket = std::uint64_t;

/// The actor's own messages: a question has waited long enough.
using admin_front = kafka_admin_actor::extend<caf::reacts_to<tick_atom, ticket>>;

/// Asks one question in a thread of its own, answers, ends.
template <class Answer>
using worker = caf::typed_actor<caf::replies_to<work_atom>::with<Answer>>;

template <class Answer, class Ask>
typename worker<Answer>::behavior_type work(typename worker<Answer>::pointer self, Ask ask) {
  self->set_exception_handler([](std::exception_ptr& thrown) { return died_of(thrown); });
  return {[self, ask = std::move(ask)](work_atom) -> caf::result<Answer> {
    self->quit();
    auto answer = ask();
    if (!answer) return to_caf(answer.error());
    using value = std::remove_cvref_t<decltype(*answer)>;
    return Answer(std::make_shared<value>(std::move(*answer)));
  }};
}

/// One question between its arrival and its answer.
struct question {
  ticket number = 0;
  std::string cluster;
  std::function<void()> begin;  ///< hands it to a worker
  std::function<void(const error&)> refuse;
};

class admin_desk {
 public:
  explicit admin_desk(admin_front::pointer self) : self_(self) {}

  /// Answers with what `ask` finds out, as soon as a worker is free.
  template <class Answer, class Ask>
  caf::typed_response_promise<Answer> take(const std::string& cluster, Ask ask) {
    auto promise = self_->make_response_promise<Answer>();
    auto begin = [this, promise, cluster, ask = std::move(ask)] {
      const auto hand = self_->spawn<caf::detached>(work<Answer, Ask>, ask);
      self_->request(hand, caf::infinite, work_atom::value)
          .then(
              [this, promise, cluster](const Answer& answer) mutable {
                promise.deliver(answer);
                ended(cluster);
              },
              [this, promise, cluster](caf::error& why) mutable {
                promise.deliver(std::move(why));
                ended(cluster);
              });
    };
    auto refuse = [promise](const error& why) mutable { promise.deliver(to_caf(why)); };
    enter({++last_ticket_, cluster, std::move(begin), std::move(refuse)});
    return promise;
  }

  void waited_enough(ticket number) {
    const auto found =
        std::find_if(waiting_.begin(), waiting_.end(), [number](const question& one) { return one.number == number; });
    if (found == waiting_.end()) return;
    refuse(*found);
    waiting_.erase(found);
  }

 private:
  void enter(question one) {
    if (has_worker_for(one.cluster)) {
      begin(one);
    } else if (waiting_.size() >= most_waiting || waiting_of(one.cluster) >= most_waiting_of_one_cluster) {
      refuse(one);
    } else {
      self_->delayed_send(self_, longest_wait, tick_atom::value, one.number);
      waiting_.push_back(std::move(one));
    }
  }

  void begin(const question& one) {
    ++running_;
    ++running_of_[one.cluster];
    one.begin();
  }

  static void refuse(const question& one) {
    one.refuse({ec::overloaded, fmt::format("too many questions to Kafka are under way, {} has yet to answer earlier "
                                            "ones or others have; try again in a few seconds",
                                            one.cluster)});
  }

  void ended(const std::string& cluster) {
    --running_;
    if (const auto found = running_of_.find(cluster); --found->second == 0) running_of_.erase(found);
    const auto next = std::find_if(waiting_.begin(), waiting_.end(),
                                   [this](const question& one) { return has_worker_for(one.cluster); });
    if (next == waiting_.end()) return;
    const auto chosen = std::move(*next);
    waiting_.erase(next);
    begin(chosen);
  }

  [[nodiscard]] bool has_worker_for(const std::string& cluster) const {
    const auto found = running_of_.find(cluster);
    return running_ < most_running && (found == running_of_.end() || found->second < most_running_of_one_cluster);
  }

  [[nodiscard]] std::size_t waiting_of(const std::string& cluster) const {
    return static_cast<std::size_t>(
        std::count_if(waiting_.begin(), waiting_.end(), [&](const question& one) { return one.cluster == cluster; }));
  }

  const admin_front::pointer self_;
  ticket last_ticket_ = 0;
  std::size_t running_ = 0;
  std::map<std::string, std::size_t> running_of_;
  std::deque<question> waiting_;
};

admin_front::behavior_type behave(admin_front::stateful_pointer<std::optional<admin_desk>> self, kafka_admin* admin) {
  self->set_exception_handler([](std::exception_ptr& thrown) { return died_of(thrown); });
  auto& desk = self->state.emplace(self);
  return {
      [&desk, admin](groups_atom, const std::string& cluster) {
        return desk.take<group_names>(cluster, [=] {
          return admin->list_groups(cluster).map([](auto names) { return group_list{std::move(names)}; });
        });
      },
      [&desk, admin](offsets_atom, const std::string& cluster, const std::string& group) {
        return desk.take<committed_offsets>(cluster, [=] { return admin->committed(cluster, group); });
      },
      [&desk, admin](lag_atom, const std::string& cluster, const std::string& group, const std::string& topic) {
        return desk.take<partition_lags>(cluster, [=] { return admin->lag(cluster, group, topic); });
      },
      [&desk](tick_atom, ticket number) { desk.waited_enough(number); },
  };
}

}  // namespace

kafka_admin_actor spawn_kafka_admin(caf::actor_system& system, kafka_admin& admin) {
  return system.spawn(behave, &admin);
}

}  // namespace kfs
