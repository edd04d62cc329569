#include "actors/processor/core/destination_proof.hpp"

#include <utility>

namespace kfs {

void destination_proof::saw(const destination_evidence& evidence, std::size_t rejected) {
  present_ = evidence.version;
  rejected_ = rejected;
  if (std::exchange(accepted_, evidence.accepted) == evidence.accepted) return;
  given_up_ = 0;
  rejected_ = 0;
  if (versions_.known() != present_) versions_.remember(present_);
}

bool destination_proof::holds() const {
  return versions_.known() == present_ && given_up_ + rejected_ < longest_row;
}

}  // namespace kfs
