#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "actors/messages.hpp"

namespace kfs {

using wanted_atom = caf::atom_constant<caf::atom("wanted")>;
using told_atom = caf::atom_constant<caf::atom("told")>;

using changed_atom = caf::atom_constant<caf::atom("changed")>;
using announce_atom = caf::atom_constant<caf::atom("announce")>;

/// Tells other replicas of changes that this one has stored.
using announcer_actor = caf::typed_actor<
    // A change of that number of a consumer is stored. Answers, within a second, when every replica with a link to
    // this one knows it, or does not respond.
    caf::replies_to<announce_atom, consumer_id, change_number>::with<done>>;

/// What changed in the store since the last delivery.
struct wanted_changes {
  bool everything = false;               ///< the first delivery, or a backup was restored: all earlier ones are void
  std::vector<wanted_consumer> changed;  ///< oldest first (created_at, then id)
  std::vector<consumer_id> all;          ///< the ids of all consumers that exist: one that is not in it was deleted
  std::uint64_t up_to = 0;               ///< the number of the last change that is in it
};
using wanted_changes_ptr = std::shared_ptr<const wanted_changes>;

/// What the holder of an instance tells of it.
struct instance_report {
  consumer_id consumer;
  int instance = 0;
  std::uint64_t epoch = 0;   ///< of the holder's lease; a report of a lower epoch than a known one is ignored
  std::uint64_t change = 0;  ///< of what is wanted, as far as the holder has made it so
  std::uint64_t number = 0;  ///< of the report among those of its replica; one that is not greater than a known one of
                             ///< the same epoch is ignored
  bool is_news = true;       ///< false: only the time of the observation has changed. Does not travel
  consumer_view_ptr view;    ///< its `spec` does not travel and is nullptr when it is received
};
using instance_reports = std::shared_ptr<const std::vector<instance_report>>;

}  // namespace kfs

// They do not leave the process as messages; the store carries them to others.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::wanted_changes_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::instance_reports)
