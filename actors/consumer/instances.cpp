#include "actors/consumer/instances.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "actors/answer.hpp"
#include "actors/consumer/spawn.hpp"
#include "actors/exceptions.hpp"

namespace kfs {

// Observations --------------------------------------------------------------------------------------------------------

joint_observation::joint_observation(std::size_t instances, std::function<void(observation_ptr)> observe)
    : observe_(std::move(observe)), seen_(instances) {}

void joint_observation::observed(std::size_t instance, observation_ptr seen) {
  const std::lock_guard lock(mutex_);
  seen_.at(instance) = std::move(seen);
  observe_(std::make_shared<const observation>(joint()));
}

void joint_observation::ended(std::size_t instance, const error& reason) {
  observation last;
  last.fault = fault_report{
      .code = reason.code, .message = reason.message, .source = fault_source::of_supervisor(), .at = now()};
  observed(instance, std::make_shared<const observation>(std::move(last)));
}

namespace {

/// Joins one instance's processor into that of all instances: the worst state, and the sums.
void join(processor_standing& all, const processor_standing& added) {
  if (added.report.fault && !all.report.fault) all.report = added.report;
  all.state = std::max(all.state, added.state);
  all.in_flight_batches += added.in_flight_batches;
  all.in_flight_records += added.in_flight_records;
  all.records += added.records;
  all.records_per_second += added.records_per_second;
  all.restarts += added.restarts;
}

}  // namespace

observation joint_observation::joint() const {
  observation all;
  all.healthy = true;
  std::map<partition_number, partition_report> partitions;
  for (std::size_t instance = 0; instance < seen_.size(); ++instance) {
    const auto& seen = seen_[instance];
    all.healthy = all.healthy && seen && seen->healthy;
    if (!seen) continue;
    if (seen->fault && !all.fault) {
      all.fault = seen->fault;
      all.fault->message = "instance " + std::to_string(instance) + ": " + all.fault->message;
      all.recovery = seen->recovery;
    }
    for (const auto& partition : seen->partitions) partitions[partition.partition] = partition;
    for (const auto& processor : seen->processors) {
      const auto known = std::ranges::find(all.processors, processor.report.id,
                                           [](const auto& standing) { return standing.report.id; });
      if (known == all.processors.end())
        all.processors.push_back(processor);
      else
        join(*known, processor);
    }
    all.members.insert(all.members.end(), seen->members.begin(), seen->members.end());
    all.paused = all.paused || seen->paused;
  }
  for (const auto& [number, partition] : partitions) all.partitions.push_back(partition);
  return all;
}

// The actor -----------------------------------------------------------------------------------------------------------

namespace {

/// Runs several members of one group under one handle. They end together: when one ends by itself, the others are
/// drained, and the supervisor starts all of them again.
class consumer_instances {
 public:
  consumer_instances(consumer_actor::pointer self, const consumer_environment& environment, int count)
      : self_(self), joint_(std::make_shared<joint_observation>(count, environment.observe)) {
    for (int instance = 0; instance < count; ++instance) {
      auto own = environment;
      own.instance = instance;
      own.observe = [joint = joint_, instance](observation_ptr seen) {
        joint->observed(static_cast<std::size_t>(instance), std::move(seen));
      };
      const auto member = spawn_instance(self_->system(), std::move(own));
      self_->monitor(member);
      members_.push_back(member);
    }
    running_ = members_.size();
  }

  ~consumer_instances() {
    for (const auto& member : members_) caf::anon_send_exit(member, caf::exit_reason::kill);
  }

  consumer_instances(const consumer_instances&) = delete;
  consumer_instances& operator=(const consumer_instances&) = delete;

  void ended(const caf::actor_addr& address, const caf::error& reason) {
    const auto member =
        std::ranges::find_if(members_, [&](const auto& candidate) { return candidate.address() == address; });
    const auto instance = static_cast<std::size_t>(member - members_.begin());
    if (reason && !end_reason_) {
      end_reason_ = from_caf(reason);
      end_reason_->message = "instance " + std::to_string(instance) + ": " + end_reason_->message;
      joint_->ended(instance, from_caf(reason));
    }
    if (--running_ > 0) {
      drain_all(departure::leave);
      return;
    }
    for (const auto& answer : drained_) answer.give(done{});
    drained_.clear();
    self_->quit(end_reason_ ? to_caf(*end_reason_) : caf::error{});
  }

  void retry_now() {
    for (const auto& member : members_) self_->send(member, retry_atom::value);
  }

  void drain(departure how, owed_answer<done> answer) {
    drained_.push_back(std::move(answer));
    drain_all(how);
  }

 private:
  /// The ends of the members count, which this actor monitors; their answers do not.
  void drain_all(departure how) {
    if (std::exchange(draining_, true)) return;
    for (const auto& member : members_)
      self_->request(member, caf::infinite, drain_atom::value, how).then([](done) {}, [](const caf::error&) {});
  }

  consumer_actor::pointer self_;
  const std::shared_ptr<joint_observation> joint_;
  std::vector<consumer_actor> members_;
  std::size_t running_ = 0;  ///< members that have not ended
  bool draining_ = false;
  std::optional<error> end_reason_;  ///< of the first member that ended by itself
  std::vector<owed_answer<done>> drained_;
};

struct instances_state {
  static inline const char* name = "instances";
  std::unique_ptr<consumer_instances> all;
};

consumer_actor::behavior_type instances(consumer_actor::stateful_pointer<instances_state> self,
                                        const std::shared_ptr<const consumer_environment>& environment, int count) {
  self->set_exception_handler([](std::exception_ptr& thrown) -> caf::error { return died_of(thrown); });
  self->set_down_handler([self](const caf::down_msg& down) { self->state.all->ended(down.source, down.reason); });
  self->state.all = std::make_unique<consumer_instances>(self, *environment, count);
  return {
      [](wake_atom) {},
      [](flush_atom) {},
      [](tick_atom) {},
      [](observed_atom, const processor_report&) {},
      [self](retry_atom) { self->state.all->retry_now(); },
      [self](drain_atom, departure how) -> caf::result<done> {
        auto answer = self->make_response_promise<done>();
        self->state.all->drain(how, owed_answer<done>(answer));
        return answer;
      },
  };
}

}  // namespace

consumer_actor spawn_consumer(caf::actor_system& system, consumer_environment environment) {
  const auto count = environment.options.instances;
  if (count == 1) return spawn_instance(system, std::move(environment));
  return system.spawn(instances, std::make_shared<const consumer_environment>(std::move(environment)), count);
}

}  // namespace kfs
