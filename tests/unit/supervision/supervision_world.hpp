#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/unit/actors/supervisor/supervisor_fixture.hpp"
#include "tests/unit/doubles/faulty_processor.hpp"
#include "tests/unit/doubles/faulty_sink.hpp"
#include "tests/unit/doubles/memory_destination.hpp"
#include "tests/unit/doubles/simulated_kafka.hpp"

namespace kfs::test {

/// A processor of a consumer, over all of its incarnations.
struct watched_processor {
  std::shared_ptr<memory_destination> destination;
  std::shared_ptr<sink_faults> sink = std::make_shared<sink_faults>();
  std::shared_ptr<processor_faults> actor = std::make_shared<processor_faults>();
  processor_actor handle;  ///< the latest
  std::shared_ptr<work_gauge> gauge;
  dead_letter_actor letters;
  std::optional<simulated_cluster::time_point> hangs_since;  ///< in its sink, by freeze()
};

/// A question that the supervisor has not answered yet.
struct open_question {
  std::string what;
  consumer_id of;
  simulated_cluster::time_point due;
  bool answered = false;
};

/// A supervisor with real consumers and processors between a simulated cluster and destinations in memory, all of which
/// can be made to fail. Whatever breaks a promise is a complaint.
class supervision_world : public actor_fixture {
 public:
  using time_point = simulated_cluster::time_point;
  /// For everything that an answer may wait for beside the consumer's own stop time-out.
  static constexpr std::chrono::seconds answer_bound{30};

  supervision_world();
  ~supervision_world();

  simulated_cluster cluster{now_on_clock()};
  simulated_kafka kafka{cluster};
  std::shared_ptr<store_script> stored = std::make_shared<store_script>();
  change_feed_ptr changes = std::make_shared<change_feed>();
  std::shared_ptr<kept_views> kept = std::make_shared<kept_views>();
  std::vector<std::string> complaints;
  std::vector<std::shared_ptr<open_question>> questions;
  std::map<std::string, std::uint64_t> injected;  ///< faults by kind, those of sinks and processors excepted

  void complain(std::string what) { complaints.push_back(std::move(what)); }
  [[nodiscard]] time_point now() const { return cluster.now(); }
  /// Lets time pass, in both clocks, event by event.
  void pass(std::chrono::milliseconds by);

  // Asking
  template <class Answer, class... Message>
  void command(const std::string& what, const consumer_id& of, std::function<void(const Answer&)> then,
               Message... message) {
    const auto question = std::make_shared<open_question>(open_question{what, of, now() + answer_bound});
    questions.push_back(question);
    ask<Answer>(
        supervisor_,
        [question, then](const Answer& answer) {
          question->answered = true;
          then(answer);
        },
        [question](const error&) { question->answered = true; }, message...);
  }
  /// Null: it was refused, and `why` says so.
  consumer_view_ptr view(const consumer_id& of, std::optional<error>* why = nullptr);
  std::optional<std::vector<consumer_view_ptr>> list();
  /// What the store holds; none: no such consumer.
  [[nodiscard]] std::optional<consumer_spec> wanted(const consumer_id& of) const;
  [[nodiscard]] bool asked(const consumer_id& of) const;

  // Parts
  /// The instance that was started last.
  [[nodiscard]] const consumer_actor& consumer(const consumer_id& of) const { return consumers_.at(of.value).handle; }
  [[nodiscard]] bool has_consumer(const consumer_id& of) const { return consumers_.contains(of.value); }
  /// Those of what is wanted that have run.
  std::vector<watched_processor*> processors_of(const consumer_spec& spec);
  std::map<std::string, watched_processor>& processors() { return processors_; }
  template <class Handle>
  void kill(const Handle& whom) {
    caf::anon_send_exit(whom, caf::exit_reason::kill);
    run();
  }
  /// As if its call into the sink did not return.
  void hang(watched_processor& which);
  void come_back(watched_processor& which);
  /// As if no thread were free for its instance that was started last.
  void hang(const consumer_id& which);
  void come_back(const consumer_id& which);
  /// Since when; none: it does not.
  [[nodiscard]] std::optional<time_point> hangs_since(const consumer_id& which) const;
  /// Nothing is wrong with it any more.
  void mend(watched_processor& which);
  void all_faults_off();

 private:
  static std::string key_of(const consumer_spec& spec, const processor_id& id);
  /// Whether a consumer has this processor.
  [[nodiscard]] bool is_used(const std::string& key) const;
  watched_processor& watched(const consumer_spec& spec, const processor_spec& processor);
  consumer_actor start_consumer(caf::actor_system& system, consumer_environment environment);
  processor_actor start_processor(caf::actor_system& system, processor_environment environment,
                                  const consumer_spec_ptr& spec);
  void check_commit(const consumer_spec& spec, const std::vector<partition_offset>& offsets);

  metrics measured_;
  sink_environment sinks_;
  sink_type type_;
  std::map<std::string, watched_processor> processors_;
  struct started_instance {
    consumer_actor handle;
    std::shared_ptr<const bool> has_ended;
  };
  struct hung_instance {
    started_instance hung;
    time_point since;
  };
  std::map<std::string, started_instance> consumers_;  ///< by consumer: the instance that was started last
  std::map<std::string, hung_instance> hanging_;
  store_actor store_;
  rules_actor rules_ = spawn_rules(system(), whole_specifications(), runs_in::scheduler);
  supervisor_actor supervisor_;
};

}  // namespace kfs::test
