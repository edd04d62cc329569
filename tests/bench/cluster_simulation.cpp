// Many replicas and instances in simulated time, with the decisions of cluster/core and a store in memory.
//
// Assumed of the store and of the replicas:
// - each third of a lease a replica sends one statement. It changes the counter of the replica's row, which counts for
//   all its leases, and returns the rows of all replicas and the leases and moves that changed since the last time;
// - taking any number of leases is one statement, and so is releasing them, and writing the moves that begin;
// - replicas learn of each other only from that statement (no links, no NOTIFY);
// - draining an instance takes 200 ms, starting one 500 ms; at most 2,000 start at a time.
//
// usage: cluster_simulation [replicas] [instances]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cluster/core/held_lease.hpp"
#include "cluster/core/membership.hpp"
#include "cluster/core/placement/move_plan.hpp"
#include "cluster/core/start_limit.hpp"

using namespace kfs;
using namespace std::chrono_literals;

namespace {

using clock = look::clock;
using duration = clock::duration;

constexpr lease_times times{3s};
constexpr duration drain_time = 200ms;
constexpr duration start_time = 500ms;
constexpr std::size_t starts_at_a_time = 2000;

double seconds(duration time) {
  return std::chrono::duration<double>(time).count();
}

class simulation {
 public:
  simulation(std::size_t replicas, std::size_t instances) {
    for (std::size_t i = 0; i < instances; ++i) {
      std::string id(36, '0');
      std::snprintf(id.data(), id.size() + 1, "%08zx-0000-4000-8000-000000000000", i * 2'654'435'761U % 0xffff'ffffU);
      given_.push_back({.instance = {{id}, 0}, .owner = {}, .together = {}, .pinned = {}});
    }
    std::ranges::sort(given_, {}, &placement_instance::instance);
    leases_.resize(instances);
    for (std::size_t i = 0; i < replicas; ++i) join();
  }

  std::size_t join() {
    const auto index = replicas_.size();
    char name[16];
    std::snprintf(name, sizeof name, "replica-%04zu", index);
    replicas_.emplace_back().name.value = name;
    begin_run(index);
    return index;
  }

  void die(std::size_t index) {
    replicas_[index].alive = false;
    for (auto& held : leases_) {
      if (held.holder == index) held.runs = false;
    }
  }

  void drain(std::size_t index) { rows_.at(replicas_[index].name).draining = true; }

  /// The replica ends in order, and starts again two seconds later.
  void restart(std::size_t index) {
    replicas_[index].alive = false;
    rows_.at(replicas_[index].name).ended = true;
    at(now_ + 2s, [this, index] { begin_run(index); });
  }

  void outage(duration time) { outage_until_ = now_ + time; }

  void reset_counts() {
    counts_ = {};
    counts_.since = now_;
  }

  /// Runs until `done`, which is asked each 100 ms, or for an hour; returns how long it took.
  duration run_until(const std::function<bool()>& done) {
    const auto begun = now_;
    while (!done() && now_ - begun < 1h) run_for(100ms);
    return now_ - begun;
  }

  void run_for(duration time) {
    const auto end = now_ + time;
    while (!events_.empty() && events_.begin()->first <= end) {
      const auto next = events_.extract(events_.begin());
      now_ = next.key();
      next.mapped()();
    }
    now_ = end;
  }

  [[nodiscard]] bool all_run() const {
    return std::ranges::all_of(leases_, [](const auto& held) { return held.runs; });
  }
  [[nodiscard]] bool holds_nothing(std::size_t index) const { return holds(index) == 0; }
  [[nodiscard]] std::size_t holds(std::size_t index) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(leases_, [index](const auto& held) { return held.holder == index; }));
  }
  void report(const char* event, duration took, std::size_t unavoidable) {
    const auto time = std::max(1e-9, seconds(now_ - counts_.since));
    std::sort(counts_.placements.begin(), counts_.placements.end());
    const auto median = counts_.placements.empty() ? 0.0 : counts_.placements[counts_.placements.size() / 2];
    std::printf("%-44s %8.1f %9zu %9zu %7.0f ms %9.0f %10.0f\n", event, seconds(took), counts_.moved, unavoidable,
                median, static_cast<double>(counts_.renewals) / time, static_cast<double>(counts_.others) / time);
    std::fflush(stdout);
  }

 private:
  static constexpr auto nobody = static_cast<std::size_t>(-1);

  struct replica {
    replica_id name;
    run_id run;
    bool alive = false;
    std::optional<membership> view;
    std::optional<held_lease> held;
    start_limit starts;
    std::vector<std::size_t> waiting;  ///< instances whose leases it holds and that it has to start
    std::uint64_t checked = 0;         ///< the version of leases and placement that it has acted on
    std::string members;               ///< that it has acted on
  };
  struct lease {
    std::size_t holder = nobody;
    run_id run;
    std::uint64_t term = 0;
    bool runs = false;
  };
  struct counts {
    std::size_t moved = 0;
    std::size_t renewals = 0;
    std::size_t others = 0;
    clock::time_point since;
    std::vector<double> placements;  ///< milliseconds
  };

  void at(clock::time_point when, std::function<void()> what) { events_.emplace(when, std::move(what)); }

  void begin_run(std::size_t index) {
    auto& self = replicas_[index];
    self.run.value = self.name.value + '/' + std::to_string(++runs_);
    self.alive = true;
    self.view.emplace(times, self.name, self.run);
    self.held.emplace(times, now_);
    self.waiting.clear();
    self.checked = 0;
    rows_[self.name] = {.replica = self.name, .run = self.run, .evicted = {}, .capacity = {}};
    const auto phase = times.renewal * static_cast<int>(index * 37 % 100) / 100;
    at(now_ + phase, [this, index, run = self.run] { tick(index, run); });
  }

  void tick(std::size_t index, const run_id& run) {
    auto& self = replicas_[index];
    if (!self.alive || self.run != run) return;
    at(now_ + (now_ < outage_until_ ? times.retry : times.renewal), [this, index, run] { tick(index, run); });
    if (self.held && self.held->must_fence(now_)) fence(index);
    if (now_ < outage_until_) return;
    ++counts_.renewals;
    ++rows_.at(self.name).heartbeats;
    if (self.held)
      self.held->renewed(now_, now_);
    else
      self.held.emplace(times, now_);
    std::vector<replica_row> rows;
    for (const auto& [name, row] : rows_) rows.push_back(row);
    self.view->saw({.asked = now_, .answered = now_}, rows);
    if (!self.view->is_settled()) return;
    std::string members;
    for (const auto& [name, member] : self.view->members()) members += name.value + to_string(member.state);
    if (std::exchange(self.members, std::move(members)) != self.members) self.checked = 0;
    plan(index);
    take(index);
  }

  void fence(std::size_t index) {
    auto& self = replicas_[index];
    self.held.reset();
    self.waiting.clear();
    self.starts = {};
    for (auto& held : leases_) {
      if (held.holder == index) held.runs = false, held.run = {};
    }
    ++version_;
  }

  // The first replica that lives places and plans; the answer is the same on every replica with the same view.
  void plan(std::size_t index) {
    auto& self = replicas_[index];
    std::vector<placement_replica> replicas;
    const member* first = nullptr;
    for (const auto& [name, member] : self.view->members()) {
      replicas.push_back({name, member.state, member.row.capacity});
      if (first == nullptr && member.state != replica_state::lost) first = &member;
    }
    if (first == nullptr || first->row.replica != self.name) return;
    if (self.members != placed_for_) {
      placed_for_ = self.members;
      const auto begun = std::chrono::steady_clock::now();
      wanted_ = place(replicas, given_);
      counts_.placements.push_back(seconds(std::chrono::steady_clock::now() - begun) * 1000);
      wanted_by_.clear();
      for (std::size_t i = 0; i < wanted_.size(); ++i) {
        if (wanted_[i].owner) wanted_by_[*wanted_[i].owner].push_back(i);
      }
      ++version_;
    }
    std::erase_if(running_,
                  [this](const instance_move& begun) { return leases_[position(begun)].runs && has_arrived(begun); });
    if (std::pair{version_, running_.size()} == planned_) return;
    const auto chosen = next_moves(replicas, given_, wanted_, running_, {});
    planned_ = {version_, running_.size() + chosen.size()};
    if (!chosen.empty()) ++counts_.others;
    for (const auto& next : chosen) {
      running_.push_back(next);
      // The giver reads of the move with its next renewal.
      at(now_ + times.renewal / 2 + drain_time, [this, moved = position(next)] { release(moved); });
    }
  }

  [[nodiscard]] std::size_t position(const instance_move& moved) const {
    const auto found = std::ranges::lower_bound(given_, moved.instances.front(), {}, &placement_instance::instance);
    return static_cast<std::size_t>(found - given_.begin());
  }
  [[nodiscard]] bool has_arrived(const instance_move& moved) const { return given_[position(moved)].owner == moved.to; }

  void release(std::size_t moved) {
    auto& held = leases_[moved];
    if (released_at_ != std::pair{now_, held.holder}) ++counts_.others;  // one statement for all that end together
    released_at_ = {now_, held.holder};
    held.holder = nobody;
    held.runs = false;
    given_[moved].owner.reset();
    ++version_;
  }

  void take(std::size_t index) {
    auto& self = replicas_[index];
    if (self.checked == version_ && self.waiting.empty()) return;
    const auto before = self.waiting.size();
    for (const auto i : self.checked == version_ ? std::vector<std::size_t>{} : wanted_by_[self.name]) {
      auto& free = leases_[i];
      if (free.holder == index && free.run == self.run) continue;
      const bool is_free =
          free.holder == nobody || free.holder == index || self.view->is_gone(replicas_[free.holder].name, free.run);
      if (!is_free) continue;
      if (free.term > 0 && free.holder != index) ++counts_.moved;
      free = {.holder = index, .run = self.run, .term = free.term + 1, .runs = false};
      given_[i].owner = self.name;
      self.waiting.push_back(i);
    }
    if (self.waiting.size() > before) ++counts_.others, ++version_;
    self.checked = version_;
    start(index);
  }

  void start(std::size_t index) {
    auto& self = replicas_[index];
    std::vector<start_demand> demands;
    for (const auto& one : replicas_) {
      if (one.alive) demands.push_back({one.name, one.waiting.size() + one.starts.starting()});
    }
    const auto shares = divide_starts(starts_at_a_time, demands);
    for (std::size_t i = 0; i < demands.size(); ++i) {
      if (demands[i].replica == self.name) self.starts.set_share(shares[i]);
    }
    while (!self.waiting.empty() && self.starts.begin(given_[self.waiting.back()].instance)) {
      const auto started = self.waiting.back();
      self.waiting.pop_back();
      at(now_ + start_time, [this, index, started, run = self.run, term = leases_[started].term] {
        auto& starter = replicas_[index];
        if (!starter.alive || starter.run != run) return;
        starter.starts.end(given_[started].instance);
        auto& held = leases_[started];
        if (held.holder == index && held.term == term) held.runs = true;
        if (!starter.waiting.empty() || starter.starts.starting() == 0) start(index);
      });
    }
  }

  clock::time_point now_{1h};
  clock::time_point outage_until_{};
  std::multimap<clock::time_point, std::function<void()>> events_;
  std::map<replica_id, replica_row> rows_;
  std::vector<replica> replicas_;
  std::vector<placement_instance> given_;
  std::vector<lease> leases_;
  std::vector<placed_instance> wanted_;
  std::map<replica_id, std::vector<std::size_t>> wanted_by_;
  std::vector<instance_move> running_;
  std::string placed_for_;
  std::uint64_t version_ = 1;
  std::pair<std::uint64_t, std::size_t> planned_;  ///< version and running moves for which moves were chosen
  std::uint64_t runs_ = 0;
  std::pair<clock::time_point, std::size_t> released_at_;
  counts counts_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::size_t replicas = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 100;
  const std::size_t instances = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 100'000;
  std::printf("%zu replicas, %zu instances, a lease of %.0f s\n", replicas, instances, seconds(times.lease));
  std::printf("%-44s %8s %9s %9s %10s %9s %10s\n", "event", "seconds", "moved", "minimum", "placement", "renewals/s",
              "others/s");
  simulation world(replicas, instances);
  const auto all_run = [&] { return world.all_run(); };
  world.reset_counts();
  world.report("all start", world.run_until(all_run), 0);

  world.reset_counts();
  world.run_for(60s);
  world.report("nothing happens", 60s, 0);

  const auto lost = world.holds(replicas / 2);
  world.reset_counts();
  world.die(replicas / 2);
  world.report("a replica dies: until all run", world.run_until(all_run), lost);

  const auto lost_ten = [&] {
    std::size_t sum = 0;
    for (std::size_t i = 1; i <= replicas / 10; ++i) sum += world.holds(i);
    return sum;
  }();
  world.reset_counts();
  for (std::size_t i = 1; i <= replicas / 10; ++i) world.die(i);
  world.report("a tenth of the replicas dies: until all run", world.run_until(all_run), lost_ten);

  world.reset_counts();
  world.outage(60s);
  world.run_for(60s);
  world.report("the store was away for 60 s: until all run", world.run_until(all_run), 0);

  const auto live = replicas - 1 - replicas / 10;
  world.reset_counts();
  const auto joined = world.join();
  const auto share = instances / (live + 1);
  const auto took = world.run_until([&] { return world.holds(joined) >= share && world.all_run(); });
  world.report("a replica joins: until loads are even", took, share);

  std::size_t restarted = 0;
  std::size_t unavoidable = 0;
  duration longest{};
  world.reset_counts();
  for (auto i = replicas - 1; restarted < std::max<std::size_t>(1, replicas / 10); --i, ++restarted) {
    unavoidable += world.holds(i);
    world.drain(i);
    longest = std::max(longest, world.run_until([&] { return world.holds_nothing(i); }));
    world.restart(i);
    world.run_for(5s);
  }
  world.report("a tenth restarts in turn: the longest drain", longest, unavoidable);

  return 0;
}
