#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cluster/core/ids.hpp"

namespace kfs {

/// Another replica, as its row in the store shows it.
struct link_peer {
  replica_id replica;
  run_id run;
  int protocol = 0;
  std::string address;  ///< host:port of its link; empty when it has none
  bool operator==(const link_peer&) const = default;
};

/// What the coordinator tells the links: who this replica is, and which others live.
struct link_directory {
  link_peer self;
  std::vector<link_peer> others;
  bool operator==(const link_directory&) const = default;
};
using link_directory_ptr = std::shared_ptr<const link_directory>;

}  // namespace kfs
