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

/// Questions that run at the same time: in all, and for one cluster, so that a silent cluster leaves workers for
/// others.
constexpr std::size_t most_running = 8;
constexpr std::size_t most_running_of_one_cluster = 2;
/// Questions that wait for a worker: in all, and for one cluster.
constexpr std::size_t most_waiting = 64;
constexpr std::size_t most_waiting_of_one_cluster = 16;
/// The longest wait for a worker. Kafka has eight more seconds to answer, so a caller waits ten seconds at most.
constexpr auto longest_wait = 2s;

using work_atom = caf::atom_constant<caf::atom("work")>;
using ticket = std::uint64_t;

/// The actor's interface with its message to itself: the question with this ticket has waited for `longest_wait`.
using admin_front = kafka_admin_actor::extend<caf::reacts_to<tick_atom, ticket>>;

/// Asks one question in a thread of its own, replies with the answer, and ends.
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

/// A question that has not been answered yet.
struct question {
  ticket number = 0;
  std::string cluster;
  std::function<void()> begin;                ///< starts a worker for it
  std::function<void(const error&)> decline;  ///< answers it with an error
};

class admin_desk {
 public:
  explicit admin_desk(admin_front::pointer self) : self_(self) {}

  /// Promises the result of `ask`, which a worker calls as soon as one is free.
  template <class Answer, class Ask>
  caf::typed_response_promise<Answer> take(const asked_cluster& asked, Ask ask) {
    auto promise = self_->make_response_promise<Answer>();
    const auto& cluster = asked.bootstrap_servers;
    auto begin = [this, promise, cluster = cluster, ask = std::move(ask)] {
      const auto worker_actor = self_->spawn<caf::detached>(work<Answer, Ask>, ask);
      self_->request(worker_actor, caf::infinite, work_atom::value)
          .then(
              [this, promise, cluster](const Answer& answer) mutable {
                promise.deliver(answer);
                ended(cluster);
              },
              [this, promise, cluster](caf::error& failure) mutable {
                promise.deliver(std::move(failure));
                ended(cluster);
              });
    };
    auto decline = [promise](const error& reason) mutable { promise.deliver(to_caf(reason)); };
    begin_or_queue({++last_ticket_, cluster, std::move(begin), std::move(decline)});
    return promise;
  }

  void waited_enough(ticket number) {
    const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                    [number](const question& waiting) { return waiting.number == number; });
    if (found == waiting_.end()) return;
    decline(*found);
    waiting_.erase(found);
  }

 private:
  void begin_or_queue(question asked) {
    if (has_worker_for(asked.cluster)) {
      begin(asked);
    } else if (waiting_.size() >= most_waiting || waiting_of(asked.cluster) >= most_waiting_of_one_cluster) {
      decline(asked);
    } else {
      self_->delayed_send(self_, longest_wait, tick_atom::value, asked.number);
      waiting_.push_back(std::move(asked));
    }
  }

  void begin(const question& asked) {
    ++running_;
    ++running_of_[asked.cluster];
    asked.begin();
  }

  static void decline(const question& asked) {
    asked.decline({ec::overloaded, fmt::format("cannot ask Kafka at {}: too many earlier questions to this cluster or "
                                               "to others are still unanswered; try again in a few seconds",
                                               asked.cluster)});
  }

  void ended(const std::string& cluster) {
    --running_;
    if (const auto found = running_of_.find(cluster); --found->second == 0) running_of_.erase(found);
    const auto next = std::find_if(waiting_.begin(), waiting_.end(),
                                   [this](const question& waiting) { return has_worker_for(waiting.cluster); });
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
    return static_cast<std::size_t>(std::count_if(waiting_.begin(), waiting_.end(),
                                                  [&](const question& waiting) { return waiting.cluster == cluster; }));
  }

  const admin_front::pointer self_;
  ticket last_ticket_ = 0;
  std::size_t running_ = 0;
  std::map<std::string, std::size_t> running_of_;
  std::deque<question> waiting_;
};

admin_front::behavior_type answer_questions(admin_front::stateful_pointer<std::optional<admin_desk>> self,
                                            kafka_admin* admin) {
  self->set_exception_handler([](std::exception_ptr& thrown) { return died_of(thrown); });
  auto& desk = self->state.emplace(self);
  return {
      [&desk, admin](groups_atom, const asked_cluster& cluster) {
        return desk.take<group_names>(cluster, [=] {
          return admin->list_groups(cluster).map([](auto names) { return group_list{std::move(names)}; });
        });
      },
      [&desk, admin](offsets_atom, const asked_cluster& cluster, const std::string& group) {
        return desk.take<committed_offsets>(cluster, [=] { return admin->committed(cluster, group); });
      },
      [&desk, admin](describe_atom, const asked_cluster& cluster, const std::string& group) {
        return desk.take<group_description_ptr>(cluster, [=] { return admin->describe(cluster, group); });
      },
      [&desk, admin](lag_atom, const asked_cluster& cluster, const std::string& group, const std::string& topic) {
        return desk.take<partition_lags>(cluster, [=] { return admin->lag(cluster, group, topic); });
      },
      [&desk, admin](lag_atom, const asked_cluster& cluster, const lag_query& query) {
        return desk.take<group_facts_ptr>(cluster, [=] { return admin->lag_facts(cluster, query); });
      },
      [&desk, admin](commit_atom, const asked_cluster& cluster, const offset_order& order) {
        return desk.take<offset_steps>(cluster, [=] { return admin->change_offsets(cluster, order); });
      },
      [&desk](tick_atom, ticket number) { desk.waited_enough(number); },
  };
}

}  // namespace

kafka_admin_actor spawn_kafka_admin(caf::actor_system& system, kafka_admin& admin) {
  return system.spawn(answer_questions, &admin);
}

}  // namespace kfs
