#pragma once

#include <map>
#include <string>
#include <vector>

#include "actors/replication.hpp"
#include "cluster/coordination.hpp"

namespace kfs {

/// Knows the consumers that shall run, from what changed in the store, and which of them have to run on one replica.
///
/// Consumers that write to one file do, because a file has one lock, and so do all instances of a consumer.
/// Ownership: one for each process. Threading: none.
class wanted_book {
 public:
  void apply(const wanted_changes& changes);

  [[nodiscard]] std::vector<wanted_instance> instances() const;

 private:
  struct wish {
    int instances = 1;
    std::vector<std::string> files;  ///< to which it writes, with what the consumer itself decides filled in
  };
  std::map<consumer_id, wish> started_;
};

}  // namespace kfs
