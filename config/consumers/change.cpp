#include "config/consumers/change.hpp"

#include <algorithm>
#include <utility>

namespace kfs {
namespace {

/// Equality without regard to the order of keys.
bool same_json(const json& a, const json& b) {
  return nlohmann::json(a) == nlohmann::json(b);
}

bool same_sink(const processor_spec& stored, const std::string& type, const json& config) {
  return stored.type == type && same_json(stored.config, config);
}

processor_spec make_processor(const requested_processor& requested, timestamp at) {
  return {processor_id{make_uuid()}, requested.type, requested.config, at, at};
}

/// Pairs requested processors with stored ones; a stored one is paired at most once.
class processor_matching {
 public:
  processor_matching(const std::vector<processor_spec>& stored, const std::vector<requested_processor>& requested)
      : stored_(stored), taken_(stored.size(), false), matches_(requested.size(), nullptr) {
    // Ids first: a stored processor that is named must not be paired with one that only happens to be equal.
    pair(requested, [](const processor_spec& candidate, const requested_processor& wanted) {
      return wanted.id && *wanted.id == candidate.id;
    });
    pair(requested, [](const processor_spec& candidate, const requested_processor& wanted) {
      return same_sink(candidate, wanted.type, wanted.config);
    });
  }

  /// The stored processor for the requested one at `index`; null when that one is new.
  [[nodiscard]] const processor_spec* match(std::size_t index) const { return matches_[index]; }

 private:
  template <class Predicate>
  void pair(const std::vector<requested_processor>& requested, Predicate fits) {
    for (std::size_t i = 0; i < requested.size(); ++i) {
      for (std::size_t j = 0; j < stored_.size() && matches_[i] == nullptr; ++j) {
        if (taken_[j] || !fits(stored_[j], requested[i])) continue;
        taken_[j] = true;
        matches_[i] = &stored_[j];
      }
    }
  }

  const std::vector<processor_spec>& stored_;
  std::vector<bool> taken_;
  std::vector<const processor_spec*> matches_;
};

std::vector<processor_spec> changed_processors(const std::vector<processor_spec>& stored,
                                               const std::vector<requested_processor>& requested, timestamp at) {
  const processor_matching matching(stored, requested);
  std::vector<processor_spec> changed;
  for (std::size_t i = 0; i < requested.size(); ++i) {
    const auto& wanted = requested[i];
    const auto* before = matching.match(i);
    if (before == nullptr) {
      changed.push_back(make_processor(wanted, at));
    } else if (same_sink(*before, wanted.type, wanted.config)) {
      changed.push_back(*before);
    } else {
      changed.push_back({before->id, wanted.type, wanted.config, before->created_at, at});
    }
  }
  return changed;
}

/// Sets `field` to the requested value, if there is one; true when that changes it.
template <class T>
bool assign(T& field, const std::optional<T>& wanted) {
  return wanted && *wanted != std::exchange(field, *wanted);
}

}  // namespace

consumer_spec make_consumer(const consumer_request& request, timestamp at) {
  consumer_spec made;
  made.id = request.id ? *request.id : consumer_id{make_uuid()};
  made.tenant = request.tenant;
  made.broker_ip = request.broker_ip;
  made.broker_port = request.broker_port;
  made.topic = request.topic;
  made.consumer_group = request.consumer_group;
  for (const auto& processor : request.processors) made.processors.push_back(make_processor(processor, at));
  made.options = request.options;
  made.target = request.auto_start ? target_state::started : target_state::stopped;
  made.created_at = at;
  made.updated_at = at;
  made.rev = revision{1};
  return made;
}

consumer_spec changed_consumer(const consumer_spec& stored, const consumer_change& change, timestamp at) {
  consumer_spec changed = stored;
  bool moved = assign(changed.broker_ip, change.broker_ip);
  moved |= assign(changed.broker_port, change.broker_port);
  moved |= assign(changed.topic, change.topic);
  moved |= assign(changed.consumer_group, change.consumer_group);
  if (moved) changed.target = target_state::stopped;
  bool tuned = false;
  if (change.processors) {
    changed.processors = changed_processors(stored.processors, *change.processors, at);
    tuned |= changed.processors != stored.processors;
  }
  if (change.options && !same_json(stored.options, *change.options)) {
    changed.options = *change.options;
    tuned = true;
  }
  if (!moved && !tuned) return stored;
  changed.rev = revision{stored.rev.value + 1};
  changed.updated_at = at;
  return changed;
}

bool reads_elsewhere(const consumer_spec& before, const consumer_spec& after) {
  return before.broker_ip != after.broker_ip || before.broker_port != after.broker_port ||
         before.topic != after.topic || before.consumer_group != after.consumer_group;
}

bool same_request(const consumer_spec& created, const consumer_spec& again) {
  const auto same_processor = [](const processor_spec& a, const processor_spec& b) {
    return same_sink(a, b.type, b.config);
  };
  return created.tenant == again.tenant && created.broker_ip == again.broker_ip &&
         created.broker_port == again.broker_port && created.topic == again.topic &&
         created.consumer_group == again.consumer_group && created.target == again.target &&
         same_json(created.options, again.options) &&
         std::equal(created.processors.begin(), created.processors.end(), again.processors.begin(),
                    again.processors.end(), same_processor);
}

}  // namespace kfs
