// Makes of the server one of a later version, as far as other replicas can tell: see cluster/link/protocol.hpp.
#include "cluster/link/protocol.hpp"

namespace kfs {

int link_protocol() {
  return latest_link_protocol + 1;
}

}  // namespace kfs
