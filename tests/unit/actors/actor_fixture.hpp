#pragma once

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <vector>

#include "actors/messages.hpp"

namespace kfs::test {

/// Runs actors deterministically: messages are dispatched by run(), and CAF's clock stands still until advance().
class actor_fixture {
 public:
  actor_fixture() : system_(configuration_), self_(system_) {
    // At zero CAF takes a time point for "no time-out".
    scheduler().advance_time(std::chrono::seconds(1));
  }

  caf::actor_system& system() { return system_; }
  caf::scoped_actor& self() { return self_; }

  /// Dispatches messages until there are none, but for actors that are frozen.
  void run() {
    scheduler().run_jobs_filtered([this](caf::resumable* job) { return !frozen_.contains(job); });
  }

  /// Lets an actor have no thread until it is thawed, as if a call that it makes did not return.
  template <class Handle>
  void freeze(const Handle& whom) {
    frozen_.insert(job_of(whom));
    frozen_handles_.push_back(caf::actor_cast<caf::strong_actor_ptr>(whom));  // so that its address stays its own
  }
  template <class Handle>
  void thaw(const Handle& whom) {
    frozen_.erase(job_of(whom));
    run();
  }
  void thaw_all() {
    frozen_.clear();
    frozen_handles_.clear();
    run();
  }

  /// Asks `whom`, from an actor of its own; `then` or `otherwise` is called when it answers.
  template <class Answer, class Handle, class... Message>
  void ask(const Handle& whom, std::function<void(const Answer&)> then, std::function<void(const error&)> otherwise,
           Message... message) {
    // The argument is there because CAF 0.17 binds a null pointer to a reference where there is none.
    system_.spawn(
        [=](caf::event_based_actor* asking, int) {
          asking->request(whom, caf::infinite, message...)
              .then([then](const Answer& answer) { then(answer); },
                    [otherwise](const caf::error& why) { otherwise(from_caf(why)); });
        },
        0);
    run();
  }

  /// Calls `then` with the reason when `whom` has ended.
  template <class Handle>
  void watch(const Handle& whom, std::function<void(const caf::error&)> then) {
    // Kept, because an actor to which nobody refers is destroyed although it monitors.
    watchers_.push_back(system_.spawn(
        [=](caf::event_based_actor* watching, int) -> caf::behavior {
          watching->monitor(whom);
          watching->set_down_handler([=](const caf::down_msg& down) {
            then(down.reason);
            watching->quit();
          });
          return {[](int) {}};
        },
        0));
    run();
  }

  static void ignore_refusal(const error&) {}

  /// Moves CAF's clock and dispatches what becomes due.
  void advance(std::chrono::milliseconds by) {
    scheduler().advance_time(by);
    run();
  }

  using time_point = caf::actor_clock::time_point;
  time_point now_on_clock() { return scheduler().clock().now(); }

  void move_clock(std::chrono::nanoseconds by) {
    scheduler().clock().advance_time(by);
    run();
  }

  /// When CAF's clock next has something to dispatch.
  std::optional<time_point> next_due() {
    const auto& due = scheduler().clock().schedule();
    return due.empty() ? std::nullopt : std::optional(due.begin()->first);
  }

 private:
  template <class Handle>
  static caf::resumable* job_of(const Handle& whom) {
    return dynamic_cast<caf::resumable*>(caf::actor_cast<caf::abstract_actor*>(whom));
  }

  struct testing_configuration : caf::actor_system_config {
    testing_configuration() {
      set("scheduler.policy", caf::atom("testing"));
      set("logger.verbosity", caf::atom("quiet"));
    }
  };
  caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler());
  }

  testing_configuration configuration_;
  caf::actor_system system_;
  caf::scoped_actor self_;
  std::vector<caf::actor> watchers_;
  std::set<caf::resumable*> frozen_;
  std::vector<caf::strong_actor_ptr> frozen_handles_;
};

}  // namespace kfs::test
