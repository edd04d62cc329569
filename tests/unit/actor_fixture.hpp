#pragma once

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <chrono>

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

  /// Dispatches messages until there are none.
  void run() {
    while (scheduler().try_run_once()) {
    }
  }

  /// Moves CAF's clock and dispatches what becomes due.
  void advance(std::chrono::milliseconds by) {
    scheduler().advance_time(by);
    run();
  }

 private:
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
};

}  // namespace kfs::test
