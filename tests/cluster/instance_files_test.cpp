// One consumer with three instances on three servers, each of which writes a file of its own: while records flow,
// partitions go from one instance to another in every way that there is, and each record is in one of the files, once.

#include <boost/test/unit_test.hpp>
#include <csignal>

#include "tests/cluster/member_files.hpp"

namespace kfs::instance_files_test {

using namespace kfs::cluster_test;

namespace {

struct files_of_instances : member_files {
  files_of_instances() { begin(); }

  int change_to(std::size_t through, int count) const { return member_files::change_to(through, made, count); }

  json made = reading("{instance}/out.log", 3, {"0/out.log", "1/out.log", "2/out.log"});
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(instance_files, files_of_instances)

BOOST_AUTO_TEST_CASE(stops_starts_and_changes_of_the_number_while_records_flow) {
  for (std::size_t through = 0; through < size(); ++through) {
    stop_and_start(through, made);
    BOOST_TEST(flows());
    BOOST_TEST(change_to(through, 1) == 200);
    BOOST_TEST(change_to(through, 3) == 200);
    BOOST_TEST(flows());
    BOOST_TEST(change_to(through, 2) == 200);
    BOOST_TEST(flows());
    BOOST_TEST(change_to(through, 3) == 200);
  }
  check_exact();
}

BOOST_AUTO_TEST_CASE(replicas_are_killed_frozen_and_drained_while_records_flow) {
  for (std::size_t number = 0; number < size(); ++number) {
    const auto asked = (number + 1) % size();
    kill(number);
    BOOST_TEST(flows());
    start(number);
    BOOST_TEST(becomes_shared(asked, {1, 1, 1}));
    process(number).process().signal(SIGSTOP);
    BOOST_TEST(flows());
    process(number).process().signal(SIGCONT);
    BOOST_TEST(change_to(asked, 2) == 200);
    BOOST_TEST(flows());
    BOOST_TEST(change_to(asked, 3) == 200);
    BOOST_TEST(client(asked).post("/cluster/replicas/" + name(number) + "/drain").status == 202);
    BOOST_TEST(flows());
    BOOST_TEST(client(asked).post("/cluster/replicas/" + name(number) + "/resume").status == 202);
  }
  check_exact();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::instance_files_test
