#include "cluster/replica_identity.hpp"

#include <limits.h>
#include <unistd.h>

#include <array>

#include "config/base/ids.hpp"

namespace kfs {

std::string make_replica_id() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "replica-" + make_uuid().substr(0, 8);
  return std::string(name.data()) + "-" + make_uuid().substr(0, 8);
}

}  // namespace kfs
