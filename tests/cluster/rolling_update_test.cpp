// A rolling update: each of three replicas in turn ends and starts again under the same name, while records and
// requests keep coming. No record waits long or is doubled, and no request is answered wrongly.

#include "tests/cluster/rolling_update.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::rolling_update_test {

BOOST_AUTO_TEST_SUITE(rolling_update)

BOOST_AUTO_TEST_CASE(each_replica_restarts_in_turn_and_neither_records_nor_requests_notice) {
  cluster_test::rolling_update update;
  update.update_each([](test::server_process&) {});
  update.check();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::rolling_update_test
