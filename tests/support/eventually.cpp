#include "tests/support/eventually.hpp"

#include "config/base/ids.hpp"

namespace kfs::test {

std::string unique_name(std::string_view prefix) {
  return std::string{prefix} + '-' + make_uuid().substr(24);
}

}  // namespace kfs::test
