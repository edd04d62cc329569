#include "cluster/core/placement/singles.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace kfs {

namespace {

using index = placement_board::index;
constexpr auto nowhere = placement_board::nowhere;

/// How many units of another replica are compared for an exchange. It bounds the work where no exchange helps.
constexpr std::size_t most_compared = 32;

}  // namespace

void single_placement::keep_all() {
  for (index i = 0; i < board_.units().size(); ++i) {
    const auto& unit = board_.units()[i];
    if (unit.is_single() && board_.is_active(unit.owner)) board_.put(i, unit.owner);
  }
}

void single_placement::level() {
  const auto& replicas = board_.replicas();
  const auto share = shares(static_cast<std::size_t>(
      std::ranges::count_if(board_.units(), [](const placement_board::unit& unit) { return unit.is_single(); })));
  std::vector<std::vector<index>> kept(replicas.size());
  for (index i = 0; i < board_.units().size(); ++i) {
    const auto& unit = board_.units()[i];
    if (unit.is_single() && unit.at != nowhere) kept[unit.at].push_back(i);
  }
  for (std::size_t i = 0; i < board_.active().size(); ++i) {
    const auto replica = board_.active()[i];
    here_[replica] = std::move(kept[replica]);
    if (replicas[replica].load() > share[i]) give_up(replica, replicas[replica].load() - share[i]);
    here_[replica].clear();
    if (share[i] > replicas[replica].load()) room_.insert({share[i] - replicas[replica].load(), replica});
  }
  // What does not run is placed before what a draining replica still runs.
  for (const bool running : {false, true}) {
    for (const auto& consumer : without_place(running)) spread(consumer);
  }
  for (const auto moved : placed_anew_) improve_spread(moved);
}

// The shares of the active replicas. Those that have more than the level now keep one more before others get it.
std::vector<std::size_t> single_placement::shares(std::size_t singles) const {
  const auto& active = board_.active();
  std::vector<share_bounds> bounds;
  auto total = singles;
  for (const auto replica : active) {
    bounds.push_back(board_.replicas()[replica].bounds());
    total += bounds.back().least;
  }
  const auto fair = divide_fairly(bounds, total);
  std::vector<std::size_t> share;
  for (const auto& bound : bounds) share.push_back(fair.share(bound));
  auto extras = fair.extras;
  for (const bool has_more : {true, false}) {
    for (std::size_t i = 0; i < active.size() && extras > 0; ++i) {
      if (!fair.may_have_one_more(bounds[i])) continue;
      if ((board_.replicas()[active[i]].load() > fair.level) != has_more) continue;
      ++share[i];
      --extras;
    }
  }
  return share;
}

// Takes away instances whose consumer has another one there, then those with the highest ids.
void single_placement::give_up(index replica, std::size_t number) {
  for (const bool only_siblings : {true, false}) {
    for (auto i = here_[replica].rbegin(); i != here_[replica].rend() && number > 0; ++i) {
      if (board_.units()[*i].at == nowhere) continue;
      if (only_siblings && siblings(*i, replica) == 0) continue;
      board_.take_away(*i);
      --number;
    }
  }
}

// The consumers with the most instances come first, because they need the most replicas.
std::vector<single_placement::homeless> single_placement::without_place(bool running) const {
  std::vector<homeless> found;
  for (index i = 0; i < board_.units().size(); ++i) {
    const auto& unit = board_.units()[i];
    if (!unit.is_single() || unit.at != nowhere || (unit.owner != nowhere) != running) continue;
    const auto consumer = board_.consumer_of(unit);
    if (found.empty() || found.back().consumer != consumer) found.push_back({.consumer = consumer, .units = {}});
    found.back().units.push_back(i);
  }
  std::ranges::stable_sort(found, std::greater{}, [](const homeless& consumer) { return consumer.units.size(); });
  return found;
}

// Gives each replica one instance before any gets a second, the replica with the most room first.
void single_placement::spread(const homeless& consumer) {
  auto next = consumer.units.begin();
  for (std::size_t there = 0; next != consumer.units.end() && !room_.empty(); ++there) {
    const auto wanted = static_cast<std::size_t>(consumer.units.end() - next);
    std::vector<room> chosen;
    for (auto entry = room_.begin(); entry != room_.end() && chosen.size() < wanted; ++entry) {
      if (board_.placed(consumer.consumer, entry->replica) <= there) chosen.push_back(*entry);
    }
    for (const auto& left : chosen) {
      board_.put(*next, left.replica);
      here_[left.replica].push_back(*next);
      placed_anew_.push_back(*next++);
      room_.erase(left);
      if (left.instances > 1) room_.insert({left.instances - 1, left.replica});
    }
  }
}

std::size_t single_placement::siblings(index of, index on) const {
  const auto& unit = board_.units()[of];
  return board_.placed(board_.consumer_of(unit), on) - (unit.at == on ? 1 : 0);
}

void single_placement::move(index moved, index to) {
  std::erase(here_[board_.units()[moved].at], moved);
  board_.take_away(moved);
  board_.put(moved, to);
  here_[to].push_back(moved);
}

// An instance that shares its replica with others of its consumer moves to a replica with one instance less, or changes
// places with another instance that was placed anew.
void single_placement::improve_spread(index moved) {
  const auto& replicas = board_.replicas();
  const auto at = board_.units()[moved].at;
  if (siblings(moved, at) == 0) return;
  for (const auto other : board_.active()) {
    if (siblings(moved, other) >= siblings(moved, at) || other == at) continue;
    const auto bounds = replicas[other].bounds();
    if (replicas[other].load() + 1 == replicas[at].load() && replicas[other].load() < bounds.most)
      return move(moved, other);
    if (swap_for(moved, other)) return;
  }
}

bool single_placement::swap_for(index moved, index with) {
  const auto at = board_.units()[moved].at;
  const auto compared = std::min(most_compared, here_[with].size());
  for (std::size_t i = 0; i < compared; ++i) {
    const auto other = here_[with][i];
    if (siblings(moved, with) + siblings(other, at) >= siblings(moved, at) + siblings(other, with)) continue;
    move(moved, with);
    move(other, at);
    return true;
  }
  return false;
}

}  // namespace kfs
