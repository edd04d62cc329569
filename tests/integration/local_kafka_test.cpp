#include "tests/support/kafka_broker.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>

#include "tests/support/eventually.hpp"
#include "tests/support/kafka_cluster.hpp"

namespace kfs::local_kafka_test {

using namespace std::chrono_literals;
using namespace kfs::test;

BOOST_AUTO_TEST_SUITE(local_kafka)

BOOST_AUTO_TEST_CASE(the_shared_broker_accepts_records_and_stores_offsets_of_groups) {
  kafka_cluster kafka{shared_bootstrap_servers()};
  const auto topic = kafka.new_topic(2);
  const auto group = unique_name("group");

  kafka.produce(topic, {{.value = "v", .key = "k", .partition = 1, .headers = {{"trace", "1"}}},
                        {.value = {}, .key = "k", .partition = 1, .headers = {}}});
  kafka.produce_numbered(topic, 6, "n", 2);

  BOOST_TEST(kafka.log_end(topic, 0) == 3);
  BOOST_TEST(kafka.log_end(topic, 1) == 5);
  BOOST_TEST(!kafka.committed(group, topic, 1).has_value());
  kafka.commit(group, topic, 1, 4);
  BOOST_TEST(kafka.committed(group, topic, 1).value() == 4);
}

BOOST_AUTO_TEST_CASE(a_deleted_topic_accepts_no_records) {
  kafka_cluster kafka{shared_bootstrap_servers()};
  const auto topic = kafka.new_topic();
  kafka.delete_topic(topic);
  BOOST_CHECK_THROW(kafka.delete_topic(topic), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(a_broker_is_silent_while_frozen_and_keeps_its_data_when_killed) {
  kafka_broker broker;
  kafka_cluster kafka{broker.bootstrap_servers()};
  const auto topic = kafka.new_topic();
  kafka.produce_numbered(topic, 10);
  const auto port = broker.port();

  broker.freeze();
  BOOST_TEST(!kafka_cluster{broker.bootstrap_servers()}.answers(1s));
  broker.thaw();
  BOOST_TEST(eventually(30s, [&] { return kafka.answers(1s); }));

  broker.kill();
  BOOST_TEST(!kafka_cluster{broker.bootstrap_servers()}.answers(1s));
  broker.start();
  BOOST_TEST(broker.port() == port);
  BOOST_TEST(eventually(30s, [&] { return kafka_cluster{broker.bootstrap_servers()}.log_end(topic, 0) == 10; }));

  broker.stop();
  BOOST_TEST(!kafka_cluster{broker.bootstrap_servers()}.answers(1s));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::local_kafka_test
