#pragma once

#include <functional>

#include "tests/cluster/load.hpp"
#include "tests/cluster/replicas.hpp"
#include "tests/cluster/requests.hpp"

namespace kfs::cluster_test {

/// Three linked replicas that are updated one after the other, while records and requests to the others keep coming.
///
/// Threading: none. A step that fails ends the test case.
class rolling_update {
 public:
  rolling_update();

  /// Each replica in turn ends, `replace` prepares its next start, and it starts again under the same name.
  void update_each(const std::function<void(test::server_process&)>& replace);

  /// Checks that no record waited long, was lost or was doubled, and that no request was answered wrongly. Prints the
  /// numbers. Called once, at the end.
  void check();

 private:
  void update(std::size_t number, const std::function<void(test::server_process&)>& replace);

  replicas servers_{3, {{"CLUSTER_HOST", "127.0.0.1"}}};
  load under_{servers_, 4, 3};
  std::vector<json> read_ = servers_.consumers(0);
  std::vector<json> changed_;
  answers all_;
  std::optional<wait_gauge> gauge_;
};

}  // namespace kfs::cluster_test
