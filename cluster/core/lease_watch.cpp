#include "cluster/core/lease_watch.hpp"

namespace kfs {

void lease_watch::saw(const look& present, std::span<const lease_row> rows) {
  if (!signs_.begin(present)) return;
  for (const auto& row : rows) {
    if (row.holder) signs_.show(row.instance, {*row.holder, row.term, row.renewals});
  }
  signs_.finish();
}

}  // namespace kfs
