// Two consumers of one group that read different topics.

#include <boost/test/unit_test.hpp>
#include <set>

#include "tests/integration/running_server.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/kafka_broker.hpp"

namespace kfs::shared_group_test {

using namespace kfs::integration;
using test::eventually;

namespace {

constexpr int records = 300;

boost::test_tools::assertion_result assignor_ends(boost::unit_test::test_unit_id) {
  constexpr int repaired = 0x02060100;
  boost::test_tools::assertion_result ends(test::kafka_cluster::client_version() >= repaired);
  if (!ends) ends.message() << "librdkafka is older than 2.6.1";
  return ends;
}

struct two_topics : writing_from_shared_kafka {
  /// A consumer of a topic with `records` records.
  struct reader {
    std::string topic;
    int instances;
  };

  reader reading(int partitions, int instances) {
    reader made{kafka.new_topic(partitions), instances};
    kafka.produce_numbered(made.topic, records, "", partitions);
    auto body = consumer_body(kafka.bootstrap_servers(), made.topic, group, file(made.topic + "-{instance}.log"));
    body["options"] = {{"instances", instances}};
    created(body);
    return made;
  }

  [[nodiscard]] std::size_t written(const reader& consumer) const {
    std::set<std::string> distinct;
    for (int instance = 0; instance < consumer.instances; ++instance)
      for (auto& line : lines_of(file(consumer.topic + "-" + std::to_string(instance) + ".log")))
        distinct.insert(std::move(line));
    return distinct.size();
  }

  void all_arrive(const reader& consumer) const {
    BOOST_TEST(eventually(patience, [&] { return written(consumer) == records; }), written(consumer) << " records");
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(shared_group, two_topics)

BOOST_AUTO_TEST_CASE(both_topics_are_read_with_fewer_partitions_than_members) {
  const auto one = reading(1, 3);
  const auto two = reading(2, 3);
  all_arrive(one);
  all_arrive(two);
}

// Seven members with one partition each, and two with three: the shares with which librdkafka's assignor never ended
// before 2.6.1 (its issue 4783; README of actors/consumer, known limits).
BOOST_AUTO_TEST_CASE(both_topics_are_read_with_unequal_shares_and_fewer_partitions_than_members,
                     *boost::unit_test::precondition(assignor_ends)) {
  const auto many = reading(7, 7);
  const auto few = reading(6, 2);
  all_arrive(many);
  all_arrive(few);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::shared_group_test
