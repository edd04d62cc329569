#pragma once

#include <vector>

#include "processors/batch.hpp"

namespace kfs {

/// The records that an endpoint has accepted of batches that are not written yet, so that they are not sent twice. The
/// processor may offer the same records again in another batch, for example joined with the next one.
///
/// Ownership: one sink. Threading: none.
class accepted_places {
 public:
  [[nodiscard]] const record_places& all() const noexcept { return places_; }

  /// More records were accepted.
  void add(const record_places& more) { places_.insert(more.begin(), more.end()); }

  /// These ranges are written, so none of their partitions' records below their ends is offered again.
  void written(const std::vector<batch_range>& ranges);

  /// The same offsets may belong to other records from now on.
  void forget_all() { places_.clear(); }

 private:
  record_places places_;
};

}  // namespace kfs
