#include "cluster/core/name_claim.hpp"

namespace kfs {

name_claim::answer name_claim::saw(const look& present, const std::optional<replica_row>& row) {
  if (!signs_.begin(present)) return answer::wait;
  if (!begun_) begun_ = present.answered;
  if (!row || row->ended) return answer::free;
  const sign shown{row->run, row->heartbeats};
  signs_.show(row->replica, shown);
  signs_.finish();
  if (last_ && *last_ != shown) ++changes_;
  last_ = shown;
  if (signs_.silent(row->replica)) return answer::free;
  return changes_ > 1 && present.asked - *begun_ >= times_.lease ? answer::taken : answer::wait;
}

}  // namespace kfs
