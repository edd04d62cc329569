#pragma once

#include <map>
#include <string>
#include <vector>

#include "actors/replication.hpp"
#include "cluster/coordination.hpp"

namespace kfs {

/// Knows the instances of consumers that shall run, from what changed in the store, and which of them have to run on
/// one replica: those that write to one file, because a file has one lock. So instances of a consumer run together
/// unless each has a path of its own (`{instance}`) or they write no files.
///
/// Ownership: one for each process. Threading: none.
class wanted_book {
 public:
  void apply(const wanted_changes& changes);

  [[nodiscard]] std::vector<wanted_instance> instances() const;

 private:
  struct wish {
    int instances = 1;
    std::vector<std::string> files;  ///< to which its instances write, with the consumer's topic filled in
  };
  std::map<consumer_id, wish> started_;
};

}  // namespace kfs
