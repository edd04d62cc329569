#include "cluster/coordinator.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "actors/answer.hpp"
#include "actors/exceptions.hpp"
#include "cluster/core/name_claim.hpp"

namespace kfs {
namespace {

using clock = coordination::clock;

/// So many leases are taken by one statement, so that it ends in time.
constexpr std::size_t most_taken = 256;
constexpr const char* renewal = "renewal";

class coordinator {
 public:
  coordinator(coordinator_actor::pointer self, coordinator_parts parts)
      : self_(self),
        parts_(std::move(parts)),
        store_(parts_.target, parts_.self),
        deciding_(parts_.times, parts_.self.replica),
        claim_(parts_.times) {}

  void start() {
    joined_ = true;
    schedule(clock::now());
  }

  void ticked(std::uint64_t number) {
    if (number == ticks_) step();
  }

  /// Looks at the store, and does what is to be done.
  void step() {
    if (ended_ || !joined_) return;
    scheduled_.reset();
    if (claiming_) return claim_name();
    const auto at = clock::now();
    if (deciding_.right()->must_fence(at)) return begin_again("the leases could not be renewed in time");
    const auto seen = store_.beat(deciding_.known_changes());
    if (!seen) return failed(seen.error());
    note(renewal, std::nullopt);
    deciding_.saw(*seen);
    if (deciding_.take_gone_back()) {
      parts_.log.warning(
          "the database has gone back to an earlier state, because a backup was restored or a crash lost its "
          "last changes; everything is read again");
      gone_back();
    }
    if (!seen->renewed) return not_renewed();
    carry_out(seen->when.asked);
    constexpr auto never = clock::time_point::max();
    schedule(std::min({deciding_.right()->renew_at(), deciding_.next_expiry().value_or(never),
                       scheduled_.value_or(never)}));  // what was carried out may have to go on soon
  }

  void want(const wanted_instances& wanted) {
    deciding_.want(*wanted);
    decide_soon();
  }

  void vacated(const instance_id& instance, epoch term) {
    deciding_.vacated(instance, term);
    decide_soon();
  }

  void leave(owed_answer<done> answer) {
    leaving_.push_back(std::move(answer));
    deciding_.leave();
    if (!claiming_) static_cast<void>(store_.begin_to_leave());  // without it the others wait until the end
    decide_soon();
  }

  result<void> order(const replica_id& replica, lease_store::order what) {
    auto found = store_.give_order(replica, what);
    if (!found) return tl::make_unexpected(found.error());
    if (!*found) return failure(ec::not_found, "Replica " + replica.value + " not found");
    schedule(clock::now());
    return {};
  }

  [[nodiscard]] cluster_view_ptr view() const {
    auto shown = std::make_shared<cluster_view>();
    shown->replica = parts_.self.replica;
    for (const auto& listed : deciding_.replicas())
      shown->replicas.push_back({.replica = listed.replica.row.replica,
                                 .address = listed.replica.address,
                                 .linked = false,
                                 .state = listed.state,
                                 .version = listed.replica.version,
                                 .started_at = listed.replica.started_at,
                                 .last_seen_at = listed.replica.last_seen_at,
                                 .instances = listed.instances,
                                 .capacity = listed.replica.row.capacity});
    for (const auto& lease : deciding_.assignments())
      shown->assignments.push_back(
          {.instance = lease.instance, .replica = *lease.holder, .term = lease.term, .since = lease.since});
    for (auto& [instance, reason] : deciding_.unassigned()) shown->unassigned.push_back({instance, reason});
    return shown;
  }

  /// Several causes that come together are decided together, soon also when causes follow each other without end.
  void decide_soon() {
    if (claiming_ && leaving_.empty()) return;
    if (claiming_) return finish_leaving();
    const auto soon = clock::now() + std::chrono::milliseconds{5};
    if (!scheduled_ || *scheduled_ > soon) schedule(soon);
  }

 private:
  void claim_name() {
    const auto seen = store_.see(0);
    note(renewal, seen ? std::nullopt : std::optional(seen.error()));
    if (!seen) return schedule(clock::now() + parts_.times.retry);
    std::optional<replica_row> own;
    for (const auto& replica : seen->replicas)
      if (replica.row.replica == parts_.self.replica) own = replica.row;
    // It is this process that wrote the row, also where the answer to that was lost.
    if (own && (own->run == run_ || own->run == entering_)) return enter(own);
    const auto answer = claim_.saw(seen->when, own);
    if (answer == name_claim::answer::taken) {
      return parts_.name_is_taken({ec::invalid_request, "another process with the REPLICA_ID \"" +
                                                            parts_.self.replica.value +
                                                            "\" works on the same database; give each its own"});
    }
    if (answer == name_claim::answer::wait) return schedule(clock::now() + parts_.times.renewal);
    enter(own);
  }

  /// Writes the own row with a new run.
  void enter(const std::optional<replica_row>& seen) {
    if (entering_.value.empty()) entering_ = run_id{make_uuid()};
    const auto sent = clock::now();
    const auto entered = store_.claim(entering_, seen);
    note("claim", entered ? std::nullopt : std::optional(entered.error()));
    claiming_ = !entered || !*entered;
    if (claiming_) return schedule(clock::now() + parts_.times.retry);
    run_ = std::exchange(entering_, {});
    deciding_.began(run_, sent);
    parts_.log.info("this replica takes part", {{"run", run_.value}});
    if (!leaving_.empty()) static_cast<void>(store_.begin_to_leave());
    step();
  }

  /// What was held is lost; another run follows as soon as the store answers.
  void begin_again(const std::string& why) {
    if (!deciding_.holds_nothing()) {
      parts_.log.warning("the leases of this replica are lost; its consumers stop, and are taken anew",
                         {{"reason", why}});
    }
    deciding_.lose_all();
    tell();
    parts_.view->set(view());
    if (!leaving_.empty()) return finish_leaving();
    claiming_ = true;
    claim_ = name_claim(parts_.times);
    claim_name();
  }

  void gone_back() {
    if (parts_.gone_back) parts_.gone_back();
    decide_soon();
  }

  void not_renewed() {
    using enum membership::standing;
    switch (deciding_.standing()) {
      case evicted:
        return begin_again("this replica was evicted");
      case replaced:
        gone_back();
        return begin_again("another process, or a restored backup of the database, has replaced this replica's row");
      case unknown:
      case member:
        gone_back();
        return begin_again("the database does not know this replica any more");
    }
  }

  void failed(const error& why) {
    deciding_.renewal_failed(clock::now());
    note(renewal, why);
    schedule(std::min(deciding_.right()->renew_at(), deciding_.right()->fence_at()));
  }

  /// Decides, and carries out what was decided.
  void carry_out(clock::time_point seen_at) {
    auto todo = deciding_.decide(clock::now());
    tell();
    parts_.table->extend(deciding_.right()->fence_at(), seen_at);
    if (!todo.release.empty()) {
      const auto released = store_.release(todo.release);
      note("release", released ? std::nullopt : std::optional(released.error()));
      if (released) {
        deciding_.released(todo.release);
        tell();
      }
    }
    if (todo.take.size() > most_taken) todo.take.resize(most_taken);
    if (!todo.take.empty()) {
      const auto sent = clock::now();
      const auto taken = store_.take(todo.take);
      note("take", taken ? std::nullopt : std::optional(taken.error()));
      if (taken) {
        deciding_.took(*taken, sent);
        tell();
        if (taken->size() < todo.take.size() || todo.take.size() == most_taken) decide_soon();
      }
    }
    if (!todo.free.empty()) {
      const auto freed = store_.free(todo.free);
      note("free", freed ? std::nullopt : std::optional(freed.error()));
    }
    if (!todo.forget.empty()) static_cast<void>(store_.forget(todo.forget));
    parts_.view->set(view());
    finish_leaving();
  }

  void finish_leaving() {
    if (leaving_.empty() || !deciding_.holds_nothing()) return;
    if (const auto left = store_.leave(); !left) note("leave", left.error());
    for (const auto& answer : std::exchange(leaving_, {})) answer.give(done{});
    ended_ = true;
  }

  void tell() {
    parts_.table->replace(deciding_.table());
    tell_links();
    if (parts_.measured != nullptr) parts_.measured->cluster(deciding_.counts());
  }

  void tell_links() {
    if (!parts_.tell_links) return;
    link_directory present{.self = {.replica = parts_.self.replica,
                                    .run = run_,
                                    .protocol = parts_.self.protocol,
                                    .address = parts_.self.address},
                           .others = {}};
    for (const auto& listed : deciding_.replicas()) {
      const auto& row = listed.replica.row;
      if (row.replica == parts_.self.replica || listed.state == replica_state::lost) continue;
      present.others.push_back(
          {.replica = row.replica, .run = row.run, .protocol = row.protocol, .address = listed.replica.address});
    }
    if (present == told_links_) return;
    told_links_ = present;
    parts_.tell_links(present);
  }

  void schedule(clock::time_point at) {
    if (ended_ || !joined_) return;
    const auto number = ++ticks_;
    scheduled_ = at;
    const auto wait = std::max(clock::duration::zero(), at - clock::now());
    self_->delayed_send(self_, std::chrono::ceil<std::chrono::milliseconds>(wait), tick_atom::value, number);
  }

  /// Logs when something that is tried again and again begins to fail, and when it succeeds again. Before this replica
  /// takes part, the supervisor tells of a store that does not answer, or has no schema yet.
  void note(const std::string& tried, const std::optional<error>& fault) {
    if (tried == renewal && run_.value.empty() && (!fault || fault->code == ec::store_unavailable)) return;
    const auto known = faults_.find(tried);
    if (fault && (known == faults_.end() || known->second != fault->code)) {
      parts_.log.warning("the leases cannot be read or renewed",
                         {{"code", std::string(to_string(fault->code))}, {"reason", fault->message}});
      faults_[tried] = fault->code;
    } else if (!fault && known != faults_.end()) {
      faults_.erase(known);
      if (faults_.empty()) parts_.log.info("the leases can be renewed again");
    }
  }

  coordinator_actor::pointer self_;
  coordinator_parts parts_;
  lease_store store_;
  coordination deciding_;
  name_claim claim_;
  run_id run_;            ///< the last one
  run_id entering_;       ///< that is being written; empty otherwise
  bool claiming_ = true;  ///< this process has no row with its run
  bool joined_ = false;   ///< this replica can serve
  bool ended_ = false;
  std::uint64_t ticks_ = 0;
  std::optional<clock::time_point> scheduled_;  ///< the next tick; nullopt when none is under way
  std::map<std::string, ec> faults_;            ///< of what failed when it was tried last
  link_directory told_links_;
  std::vector<owed_answer<done>> leaving_;
};

caf::result<done> answered(const result<void>& outcome) {
  if (!outcome) return to_caf(outcome.error());
  return done{};
}

coordinator_actor::behavior_type coordinate(coordinator_actor::stateful_pointer<std::unique_ptr<coordinator>> self,
                                            const std::shared_ptr<coordinator_parts>& parts) {
  self->set_exception_handler([](std::exception_ptr& thrown) -> caf::error { return died_of(thrown); });
  self->state = std::make_unique<coordinator>(self, std::move(*parts));
  auto& run = *self->state;
  using enum lease_store::order;
  return {
      [&run](get_atom) { return run.view(); },
      [&run](drain_atom, const replica_id& replica) { return answered(run.order(replica, drain)); },
      [&run](resume_atom, const replica_id& replica) { return answered(run.order(replica, resume)); },
      [&run](evict_atom, const replica_id& replica) { return answered(run.order(replica, evict)); },
      [&run](want_atom, const wanted_instances& wanted) { run.want(wanted); },
      [&run](vacated_atom, const consumer_id& consumer, int instance, std::uint64_t term) {
        run.vacated({consumer, instance}, epoch{term});
      },
      [&run](join_atom) { run.start(); },
      [&run](look_atom) { run.step(); },
      [&run](wake_atom) { run.decide_soon(); },
      [&run](tick_atom, std::uint64_t number) { run.ticked(number); },
      [self, &run](leave_atom) -> caf::result<done> {
        auto answer = self->make_response_promise<done>();
        run.leave(owed_answer<done>(answer));
        return answer;
      },
  };
}

}  // namespace

coordinator_actor spawn_coordinator(caf::actor_system& system, coordinator_parts parts) {
  return system.spawn<caf::detached>(coordinate, std::make_shared<coordinator_parts>(std::move(parts)));
}

}  // namespace kfs
