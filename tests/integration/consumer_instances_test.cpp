// One consumer as several members of its group.

#include <boost/test/unit_test.hpp>
#include <set>

#include "tests/integration/running_server.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/kafka_broker.hpp"

namespace kfs::consumer_instances_test {

using namespace kfs::integration;
using test::eventually;

namespace {

constexpr int instances = 3;
constexpr int partitions = 4;

struct spread_over_instances : writing_from_shared_kafka {
  std::string topic = kafka.new_topic(partitions);

  json spread_body() const {
    auto spread = consumer_body(kafka.bootstrap_servers(), topic, group, file("out-{instance}.log"));
    spread["options"] = {{"instances", instances}};
    return spread;
  }

  std::vector<std::string> lines_of_instance(int instance) const {
    return lines_of(file("out-" + std::to_string(instance) + ".log"));
  }

  std::vector<std::string> lines_of_all() const {
    std::vector<std::string> lines;
    for (int instance = 0; instance < instances; ++instance) {
      const auto own = lines_of_instance(instance);
      lines.insert(lines.end(), own.begin(), own.end());
    }
    return lines;
  }

  void each_has_written() const {
    const bool all = eventually(patience, [&] {
      for (int instance = 0; instance < instances; ++instance)
        if (lines_of_instance(instance).empty()) return false;
      return true;
    });
    BOOST_TEST_REQUIRE(all);
  }

  /// Checks that no record is lost and that no file has a record twice.
  void all_is_written(int records) const {
    const bool whole = eventually(patience, [&] { return missing(lines_of_all(), records).empty(); });
    BOOST_TEST(whole);
    for (int instance = 0; instance < instances; ++instance) {
      const auto lines = lines_of_instance(instance);
      BOOST_TEST(std::set<std::string>(lines.begin(), lines.end()).size() == lines.size());
    }
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(consumer_instances, spread_over_instances)

BOOST_AUTO_TEST_CASE(the_group_divides_the_partitions_among_the_instances) {
  endless_producer producer{kafka.bootstrap_servers(), topic, partitions};
  created(spread_body());
  each_has_written();
  all_is_written(producer.finish());
}

BOOST_AUTO_TEST_CASE(a_killed_server_continues_with_all_instances) {
  endless_producer producer{kafka.bootstrap_servers(), topic, partitions};
  created(spread_body());
  each_has_written();
  restart_killed();
  all_is_written(producer.finish());
}

BOOST_AUTO_TEST_CASE(a_stop_and_a_new_number_of_instances_lose_and_duplicate_nothing_in_a_file) {
  endless_producer producer{kafka.bootstrap_servers(), topic, partitions};
  const auto consumer = created(spread_body());
  each_has_written();
  changed(consumer, {{"options", {{"instances", 2}}}});
  all_is_written(producer.finish());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::consumer_instances_test
