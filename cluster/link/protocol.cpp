#include "cluster/link/protocol.hpp"

namespace kfs {

int link_protocol() {
  return latest_link_protocol;
}

}  // namespace kfs
