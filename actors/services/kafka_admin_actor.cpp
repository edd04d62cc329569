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
/// The longest wait for a worker: longer than a question takes that reads the oldest waiting records of a group. Kafka
/// has eight more seconds to answer, so a caller waits eleven seconds at most.
constexpr auto longest_wait = 3s;

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

/// What is asked: equal ones have the same answer at the same time.
struct subject {
  std::string kind;
  std::string cluster;
  std::string as;  ///< the consumer, as it is, with whose credentials the cluster is asked
  std::string group = {};
  std::optional<std::string> topic = {};
  bool topic_is_known = false;
  bool operator==(const subject&) const = default;
};

subject subject_of(std::string kind, const asked_cluster& asked, std::string group = {},
                   std::optional<std::string> topic = {}, bool topic_is_known = false) {
  std::string as = asked.as ? asked.as->id.value + " " + std::to_string(asked.as->rev.value) : std::string();
  return {std::move(kind), asked.bootstrap_servers, std::move(as), std::move(group), std::move(topic), topic_is_known};
}

/// Who waits for the answer of a question, in the order of their tickets.
class asker_list {
 public:
  virtual ~asker_list() = default;
  /// Answers all with tickets up to this one with an error.
  virtual void decline(ticket last, const error& reason) = 0;
  [[nodiscard]] virtual bool empty() const = 0;
};

template <class Answer>
class askers final : public asker_list {
 public:
  void add(ticket number, caf::typed_response_promise<Answer> promise) { all_.push_back({number, std::move(promise)}); }
  void answer(const Answer& answer) {
    for (auto& [number, promise] : all_) promise.deliver(answer);
    all_.clear();
  }
  void fail(const caf::error& reason) {
    for (auto& [number, promise] : all_) promise.deliver(reason);
    all_.clear();
  }
  void decline(ticket last, const error& reason) override {
    for (; !all_.empty() && all_.front().first <= last; all_.pop_front()) all_.front().second.deliver(to_caf(reason));
  }
  [[nodiscard]] bool empty() const override { return all_.empty(); }

 private:
  std::deque<std::pair<ticket, caf::typed_response_promise<Answer>>> all_;
};

/// A question that has not begun.
struct question {
  subject asked;
  bool is_shared = false;  ///< whoever asks the same is answered with it
  std::shared_ptr<asker_list> by;
  std::function<void()> begin;  ///< starts a worker for it
};

class admin_desk {
 public:
  explicit admin_desk(admin_front::pointer self) : self_(self) {}

  /// Promises the result of `ask`, which a worker calls as soon as one is free. Whoever asks what another question
  /// asks that still waits shares its answer. One that has begun is not shared: its answer may be older than what the
  /// asker has changed since.
  template <class Answer, class Ask>
  caf::typed_response_promise<Answer> take(subject asked, Ask ask) {
    auto promise = self_->make_response_promise<Answer>();
    const auto number = ++last_ticket_;
    const auto same = std::ranges::find_if(
        waiting_, [&](const question& waiting) { return waiting.is_shared && waiting.asked == asked; });
    if (same != waiting_.end()) {
      static_cast<askers<Answer>&>(*same->by).add(number, promise);  // equal subjects have answers of one type
      self_->delayed_send(self_, longest_wait, tick_atom::value, number);
    } else {
      begin_or_queue(number, made<Answer>(std::move(asked), number, promise, std::move(ask), true));
    }
    return promise;
  }

  /// The same for a change, which is carried out for each who asks for it.
  template <class Answer, class Ask>
  caf::typed_response_promise<Answer> carry_out(subject asked, Ask ask) {
    auto promise = self_->make_response_promise<Answer>();
    const auto number = ++last_ticket_;
    begin_or_queue(number, made<Answer>(std::move(asked), number, promise, std::move(ask), false));
    return promise;
  }

  void waited_enough(ticket number) {
    for (const auto& waiting : waiting_) decline(waiting, number);
    std::erase_if(waiting_, [](const question& waiting) { return waiting.by->empty(); });
  }

 private:
  template <class Answer, class Ask>
  question made(subject asked, ticket number, caf::typed_response_promise<Answer> promise, Ask ask, bool is_shared) {
    auto by = std::make_shared<askers<Answer>>();
    by->add(number, std::move(promise));
    auto begin = [this, by, cluster = asked.cluster, ask = std::move(ask)] {
      const auto worker_actor = self_->spawn<caf::detached>(work<Answer, Ask>, ask);
      self_->request(worker_actor, caf::infinite, work_atom::value)
          .then(
              [this, by, cluster](const Answer& answer) {
                by->answer(answer);
                ended(cluster);
              },
              [this, by, cluster](const caf::error& failure) {
                by->fail(failure);
                ended(cluster);
              });
    };
    return {std::move(asked), is_shared, by, std::move(begin)};
  }

  void begin_or_queue(ticket number, question asked) {
    const auto& cluster = asked.asked.cluster;
    if (has_worker_for(cluster)) {
      begin(asked);
    } else if (waiting_.size() >= most_waiting || waiting_of(cluster) >= most_waiting_of_one_cluster) {
      decline(asked, number);
    } else {
      self_->delayed_send(self_, longest_wait, tick_atom::value, number);
      waiting_.push_back(std::move(asked));
    }
  }

  void begin(const question& asked) {
    ++running_;
    ++running_of_[asked.asked.cluster];
    asked.begin();
  }

  static void decline(const question& asked, ticket last) {
    asked.by->decline(last,
                      {ec::overloaded, fmt::format("cannot ask Kafka at {}: too many earlier questions to this cluster "
                                                   "or to others are still unanswered; try again in a few seconds",
                                                   asked.asked.cluster)});
  }

  void ended(const std::string& cluster) {
    --running_;
    if (const auto found = running_of_.find(cluster); --found->second == 0) running_of_.erase(found);
    const auto next = std::find_if(waiting_.begin(), waiting_.end(),
                                   [this](const question& waiting) { return has_worker_for(waiting.asked.cluster); });
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
    return static_cast<std::size_t>(std::count_if(
        waiting_.begin(), waiting_.end(), [&](const question& waiting) { return waiting.asked.cluster == cluster; }));
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
        return desk.take<group_names>(subject_of("groups", cluster), [=] {
          return admin->list_groups(cluster).map([](auto names) { return group_list{std::move(names)}; });
        });
      },
      [&desk, admin](offsets_atom, const asked_cluster& cluster, const std::string& group) {
        return desk.take<committed_offsets>(subject_of("offsets", cluster, group),
                                            [=] { return admin->committed(cluster, group); });
      },
      [&desk, admin](describe_atom, const asked_cluster& cluster, const std::string& group) {
        return desk.take<group_description_ptr>(subject_of("description", cluster, group),
                                                [=] { return admin->describe(cluster, group); });
      },
      [&desk, admin](lag_atom, const asked_cluster& cluster, const std::string& group, const std::string& topic) {
        return desk.take<partition_lags>(subject_of("lag", cluster, group, topic),
                                         [=] { return admin->lag(cluster, group, topic); });
      },
      [&desk, admin](lag_atom, const asked_cluster& cluster, const lag_query& query) {
        return desk.take<group_facts_ptr>(subject_of("facts", cluster, query.group, query.topic, query.topic_is_known),
                                          [=] { return admin->lag_facts(cluster, query); });
      },
      [&desk, admin](commit_atom, const asked_cluster& cluster, const offset_order& order) {
        return desk.carry_out<offset_steps>(subject_of("change", cluster, order.group),
                                            [=] { return admin->change_offsets(cluster, order); });
      },
      [&desk](tick_atom, ticket number) { desk.waited_enough(number); },
  };
}

}  // namespace

kafka_admin_actor spawn_kafka_admin(caf::actor_system& system, kafka_admin& admin) {
  return system.spawn(answer_questions, &admin);
}

}  // namespace kfs
