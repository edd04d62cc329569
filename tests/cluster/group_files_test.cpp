// A consumer with two instances and another one of the same group on three servers, all with files of their own in one
// directory: while records flow, partitions go from one to another, and each record is in one of the files, once.

#include <boost/test/unit_test.hpp>
#include <csignal>

#include "tests/cluster/member_files.hpp"

namespace kfs::group_files_test {

using namespace kfs::cluster_test;

namespace {

struct files_of_consumers : member_files {
  files_of_consumers() { begin(); }

  json two = reading("two-{instance}.log", 2, {"two-0.log", "two-1.log"});
  json one = reading("one.log", 1, {"one.log"});
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(group_files, files_of_consumers)

BOOST_AUTO_TEST_CASE(consumers_are_stopped_started_and_changed_while_records_flow) {
  for (std::size_t through = 0; through < size(); ++through) {
    for (const auto* consumer : {&one, &two}) {
      stop_and_start(through, *consumer);
      BOOST_TEST(flows());
    }
    BOOST_TEST(client(through).post(path_of(one) + "/stop").status == 200);
    BOOST_TEST(flows());
    BOOST_TEST(client(through).post(path_of(one) + "/start").status == 200);
    BOOST_TEST(change_to(through, two, 1) == 200);
    BOOST_TEST(flows());
    BOOST_TEST(change_to(through, two, 2) == 200);
  }
  check_exact();
}

BOOST_AUTO_TEST_CASE(replicas_are_killed_and_frozen_while_a_consumer_is_stopped_and_records_flow) {
  for (std::size_t number = 0; number < size(); ++number) {
    const auto asked = (number + 1) % size();
    const auto& stopped = number % 2 == 0 ? one : two;
    kill(number);
    BOOST_TEST(flows());
    BOOST_TEST(client(asked).post(path_of(stopped) + "/stop").status == 200);
    BOOST_TEST(flows());
    start(number);
    BOOST_TEST(client(asked).post(path_of(stopped) + "/start").status == 200);
    BOOST_TEST(becomes_shared(asked, {1, 1, 1}));
    process(number).process().signal(SIGSTOP);
    BOOST_TEST(flows());
    process(number).process().signal(SIGCONT);
    stop_and_start(asked, stopped);
    BOOST_TEST(flows());
  }
  check_exact();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::group_files_test
