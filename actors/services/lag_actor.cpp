#include "actors/services/lag_actor.hpp"

#include <algorithm>
#include <utility>

#include "actors/core/history/consumer_history.hpp"
#include "actors/exceptions.hpp"
#include "actors/services/lag_reports.hpp"

namespace kfs {
namespace {

using namespace std::chrono_literals;

/// How often consumers are looked at.
constexpr auto watch_interval = 5s;
constexpr auto supervisor_timeout = 5s;
/// What is remembered: about ten megabytes.
constexpr std::size_t most_partitions = 20'000;
/// How much longer than the cluster the question waits, which has already been given a deadline.
constexpr auto answer_margin = 3s;

bool is_silence(const error& reason) {
  return reason.code == ec::broker_unreachable || reason.code == ec::broker_silent;
}

class lag_keeper final : public lag_actor::base {
 public:
  lag_keeper(caf::actor_config& config, lag_actor_parts parts) : lag_actor::base(config), parts_(std::move(parts)) {}

 protected:
  behavior_type make_behavior() override {
    set_exception_handler([](std::exception_ptr& thrown) { return died_of(thrown); });
    tick();
    return {
        [this](lag_atom, const lag_question& question) { return answer(question); },
        [this](history_atom, const consumer_spec_ptr& spec) -> history_steps_ptr {
          return std::make_shared<const history_steps>(histories_.of(spec->id, spec->created_at, kfs::now()));
        },
        [this](tick_atom) { tick(); },
    };
  }

 private:
  void tick() {
    delayed_send(this, watch_interval, tick_atom::value);
    if (const auto all = parts_.kept->all()) return look(*all);
    request(parts_.supervisor, supervisor_timeout, list_atom::value)
        .then([this](const consumer_views& all) { look(*all); },
              [](const caf::error&) {});  // consumers that are not loaded yet have no lag
  }

  void look(const std::vector<consumer_view_ptr>& consumers) {
    const auto at = std::chrono::steady_clock::now();
    for (const auto& consumer : consumers) add_samples(windows_, *consumer, at);
    histories_.look(consumers, kfs::now(), at);
  }

  caf::typed_response_promise<lag_report_ptr> answer(const lag_question& question) {
    auto promise = make_response_promise<lag_report_ptr>();
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(question.query.deadline - std::chrono::steady_clock::now());
    request(parts_.admin, std::max<std::chrono::milliseconds>(left, 0ms) + answer_margin, lag_atom::value,
            question.cluster, question.query)
        .then(
            [this, promise, question](const group_facts_ptr& facts) mutable {
              const report_time present{kfs::now(), std::chrono::steady_clock::now()};
              promise.deliver(std::make_shared<const lag_report>(report_of(*facts, question, windows_, present)));
            },
            [promise, question](caf::error& failure) mutable {
              const auto* observed = observed_alone(question);
              if (observed != nullptr && is_silence(from_caf(failure)))
                promise.deliver(std::make_shared<const lag_report>(report_without_cluster(*observed)));
              else
                promise.deliver(std::move(failure));
            });
    return promise;
  }

  /// The consumer that the question is about, when it observes partitions.
  static const consumer_view* observed_alone(const lag_question& question) {
    if (!question.query.topic_is_known || question.consumers.empty()) return nullptr;
    const auto& consumer = *question.consumers.front();
    return consumer.partitions.empty() ? nullptr : &consumer;
  }

  const lag_actor_parts parts_;
  lag_windows windows_{most_partitions};
  consumer_histories histories_;
};

}  // namespace

lag_actor spawn_lag_actor(caf::actor_system& system, lag_actor_parts parts) {
  return system.spawn<lag_keeper>(std::move(parts));
}

}  // namespace kfs
