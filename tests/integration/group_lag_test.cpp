// GET /consumergroups/{group_id}/lag and /consumers/{consumer_id}/lag with a real Kafka: what Kafka's own tool says,
// and the known age of records.

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <iostream>

#include "tests/integration/lag_fixture.hpp"
#include "tests/integration/running_server.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/held_port.hpp"

namespace kfs::group_lag_test {

using namespace kfs::integration;
using namespace std::chrono_literals;
using test::eventually;

namespace {

std::string shown(const std::optional<std::int64_t>& number) {
  return number ? std::to_string(*number) : "-";
}

std::optional<std::int64_t> number(const json& value) {
  return value.is_null() ? std::nullopt : std::optional(value.get<std::int64_t>());
}

struct asking_server : writing_from_shared_kafka {
  record_writer writer{kafka.bootstrap_servers()};
  timestamp began = kfs::now();

  static std::string path(const std::string& of_group, const std::string& query = {}) {
    return "/consumergroups/" + of_group + "/lag" + query;
  }
  std::string query() const { return "?bootstrap_servers=" + kafka.bootstrap_servers(); }

  json lag_of(const std::string& of_group, const std::string& more = {}) {
    const auto answered = get(path(of_group, query() + more));
    BOOST_TEST_REQUIRE(answered.status == 200, answered.body);
    return answered.parsed();
  }
  json consumer_lag(const json& consumer) {
    const auto answered = get(path_of(consumer) + "/lag");
    BOOST_TEST_REQUIRE(answered.status == 200, answered.body);
    return answered.parsed();
  }

  static const json& topic_of(const json& lag, const std::string& topic) {
    for (const auto& each : lag.at("topics"))
      if (each.at("topic") == topic) return each;
    throw std::runtime_error("no topic " + topic + " in " + lag.dump());
  }
  static const json& partition_of(const json& lag, const std::string& topic, std::size_t partition = 0) {
    return topic_of(lag, topic).at("partitions").at(partition);
  }

  void commit(const std::string& topic, std::int64_t position, std::int32_t partition = 0) {
    commit_all(kafka.bootstrap_servers(), group, {{topic, partition, position}});
  }

  /// Whether the age is what has passed since the record's time, at any moment of the question.
  static bool is_age(const json& seconds, timestamp of_record, timestamp asked) {
    if (!seconds.is_number()) return false;
    const auto least = std::chrono::duration<double>(asked - of_record).count();
    const auto most = std::chrono::duration<double>(kfs::now() - of_record).count();
    return seconds >= std::floor(least * 1'000) / 1'000 && seconds <= std::ceil(most * 1'000) / 1'000;
  }
};

std::string verdict(const json& judged) {
  return judged.at("verdict").get<std::string>() +
         (judged.at("reason").is_null() ? "" : " " + judged.at("reason").get<std::string>());
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(group_lag, asking_server)

BOOST_AUTO_TEST_CASE(offsets_and_lag_are_those_of_kafkas_tool_in_every_case_or_explained) {
  const auto plain = kafka.new_topic(2);
  writer.write(plain, 0, 10);
  const auto expired = kafka.new_topic();
  writer.write(expired, 0, 10);
  const auto compacted = test::unique_name("topic");
  kafka.create_topic(compacted, 1, {{"cleanup.policy", "compact"}});
  writer.write(compacted, 0, 10);
  const auto aborted = kafka.new_topic();
  const auto hanging = kafka.new_topic();
  record_writer transactions(kafka.bootstrap_servers(), test::unique_name("transactions"));
  transactions.begin();
  transactions.write(aborted, 0, 3);
  transactions.commit();
  transactions.begin();
  transactions.write(aborted, 0, 4);
  transactions.abort();
  record_writer open(kafka.bootstrap_servers(), test::unique_name("transactions"));
  open.begin();
  open.write(hanging, 0, 5, began - 5min);
  const auto remade = kafka.new_topic();
  writer.write(remade, 0, 10);
  const auto grown = kafka.new_topic();
  writer.write(grown, 0, 6);
  const auto wide = kafka.new_topic(1'000);
  writer.write_to_each(wide, 1'000, 2);

  const auto& brokers = kafka.bootstrap_servers();
  commit_all(brokers, group, {{plain, 0, 4}, {plain, 1, 0}}, "some metadata");
  std::vector<std::tuple<std::string, std::int32_t, std::int64_t>> offsets{
      {expired, 0, 3}, {compacted, 0, 5}, {aborted, 0, 4}, {hanging, 0, 0}, {grown, 0, 6}};
  for (int partition = 0; partition < 1'000; ++partition) offsets.emplace_back(wide, partition, partition % 3);
  commit_all(brokers, group, offsets);
  writer.remove_before(expired, 0, 7);
  kafka.delete_topic(remade);
  BOOST_TEST_REQUIRE(eventually(30s, [&] {
    try {
      kafka.create_topic(remade);
      return true;
    } catch (const std::runtime_error&) {
      return false;  // it is still being deleted
    }
  }));
  record_writer(brokers).write(remade, 0, 5);
  commit(remade, 8);  // by a member that does not know of it
  kafka.add_partitions(grown, 3);
  record_writer(brokers).write(grown, 2, 4);

  const auto rows = described_by_tool(brokers, group);
  const auto asked = std::chrono::steady_clock::now();
  auto lag = lag_of(group);
  const auto took = std::chrono::steady_clock::now() - asked;
  std::cout << "1,008 partitions answered in " << std::chrono::duration_cast<std::chrono::milliseconds>(took).count()
            << " ms\n";
  BOOST_TEST((took < 5s));
  // On a busy machine not every record is read in time; the next answer knows those that were.
  BOOST_TEST_REQUIRE(eventually(30s, [&] {
    lag = lag_of(group);
    return std::ranges::none_of(std::array{aborted, hanging, plain, compacted, expired}, [&](const auto& topic) {
      return partition_of(lag, topic).at("lag_seconds").is_null();
    });
  }));

  const std::map<std::string, std::string> cases{{plain, "committed with metadata"}, {expired, "after retention"},
                                                 {compacted, "compacted"},           {aborted, "aborted transaction"},
                                                 {hanging, "hanging transaction"},   {remade, "deleted and made again"},
                                                 {grown, "added partitions"},        {wide, "1,000 partitions"}};
  std::size_t equal = 0;
  for (const auto& [place, row] : rows) {
    const auto& [topic, partition] = place;
    const auto& ours = partition_of(lag, topic, static_cast<std::size_t>(partition));
    BOOST_TEST((number(ours.at("committed_offset")) == row.current), cases.at(topic));
    BOOST_TEST((number(ours.at("log_end_offset")) == row.log_end), cases.at(topic));
    if (number(ours.at("lag")) == row.lag) ++equal;
    if (topic == wide && partition > 2) continue;
    std::cout << cases.at(topic) << '/' << partition << ": committed " << shown(row.current) << ", end "
              << shown(row.log_end) << ", lag " << shown(row.lag) << "; here " << ours.at("lag") << ", "
              << ours.at("lag_seconds") << " s, " << verdict(ours) << '\n';
  }
  BOOST_TEST(rows.size() == 1'008U);
  // The tool counts 3 records that are gone, and less than no records.
  BOOST_TEST(equal == rows.size() - 2);
  BOOST_TEST(partition_of(lag, expired).at("lag") == 3);
  BOOST_TEST(verdict(partition_of(lag, expired)) == "STOPPED records_expired");
  BOOST_TEST(partition_of(lag, remade).at("lag") == 0);
  BOOST_TEST(verdict(partition_of(lag, remade)) == "WARNING committed_beyond_end");
  // The aborted records and the marks are no work.
  BOOST_TEST(partition_of(lag, aborted).at("lag") == 5);
  BOOST_TEST(partition_of(lag, aborted).at("lag_seconds") == 0);
  BOOST_TEST(verdict(partition_of(lag, aborted)) == "OK");
  BOOST_TEST(partition_of(lag, hanging).at("lag") == 5);
  BOOST_TEST(partition_of(lag, hanging).at("lag_seconds") >= 300.0);
  BOOST_TEST(partition_of(lag, hanging).at("reason") == "open_transaction");
  // The tool leaves out what was added.
  BOOST_TEST(topic_of(lag, grown).at("partitions").size() == 3U);
  BOOST_TEST(partition_of(lag, grown, 2).at("committed_offset").is_null());
  BOOST_TEST(partition_of(lag, grown, 2).at("lag").is_null());
  BOOST_TEST(verdict(partition_of(lag, grown, 2)) == "UNKNOWN no_commit");
  BOOST_TEST(verdict(partition_of(lag, plain)) == "STOPPED no_member");
  BOOST_TEST(verdict(partition_of(lag, plain, 1)) == "OK");
  BOOST_TEST(lag.at("state") == "Empty");
}

BOOST_AUTO_TEST_CASE(lag_seconds_is_the_age_of_the_first_record_that_was_not_processed) {
  const auto topic = kafka.new_topic(4);
  for (int i = 0; i < 4; ++i) {
    writer.write(topic, i, 3, began - 2h);
    writer.write(topic, i, 1, began - std::chrono::minutes(10 * (i + 1)));
    writer.write(topic, i, 2, began - 1s);
  }
  commit_all(kafka.bootstrap_servers(), group, {{topic, 0, 3}, {topic, 1, 3}, {topic, 2, 0}, {topic, 3, 6}});
  // The second answer has the times of the first one.
  for (int i = 0; i < 2; ++i) {
    const auto asked = kfs::now();
    const auto lag = lag_of(group, "&topic=" + topic);
    BOOST_TEST(is_age(partition_of(lag, topic, 0).at("lag_seconds"), began - 10min, asked), lag.dump());
    BOOST_TEST(is_age(partition_of(lag, topic, 1).at("lag_seconds"), began - 20min, asked), lag.dump());
    BOOST_TEST(is_age(partition_of(lag, topic, 2).at("lag_seconds"), began - 2h, asked), lag.dump());
    BOOST_TEST(partition_of(lag, topic, 3).at("lag_seconds") == 0);
    BOOST_TEST(is_age(topic_of(lag, topic).at("lag_seconds"), began - 2h, asked));
  }
  // A record of the future is not younger than now.
  writer.write(topic, 3, 1, began + 1h);
  BOOST_TEST(partition_of(lag_of(group), topic, 3).at("lag_seconds") == 0);
}

BOOST_AUTO_TEST_CASE(the_first_answer_knows_the_age_in_each_of_many_partitions_with_large_records) {
  constexpr int partitions = 40;
  const auto topic = kafka.new_topic(partitions);
  writer.write_to_each(topic, partitions, 2, 100'000);
  std::vector<std::tuple<std::string, std::int32_t, std::int64_t>> offsets;
  for (int i = 0; i < partitions; ++i) offsets.emplace_back(topic, i, 0);
  commit_all(kafka.bootstrap_servers(), group, offsets);
  const auto lag = lag_of(group, "&topic=" + topic);
  for (const auto& partition : topic_of(lag, topic).at("partitions"))
    BOOST_TEST(partition.at("lag_seconds").is_number(), partition.dump());
}

BOOST_AUTO_TEST_CASE(records_that_will_soon_be_gone_are_near_retention) {
  const auto topic = test::unique_name("topic");
  kafka.create_topic(topic, 2, {{"retention.ms", "100000000"}});
  writer.write(topic, 0, 1, began - 95'000s);
  writer.write(topic, 1, 1, began - 50'000s);
  commit_all(kafka.bootstrap_servers(), group, {{topic, 0, 0}, {topic, 1, 0}});
  const auto lag = lag_of(group);
  BOOST_TEST(verdict(partition_of(lag, topic, 0)) == "STOPPED near_retention");
  BOOST_TEST(verdict(partition_of(lag, topic, 1)) == "STOPPED no_member");
}

BOOST_AUTO_TEST_CASE(groups_and_topics_without_offsets_are_404) {
  const auto topic = kafka.new_topic();
  const auto unknown = get(path("no-such-group", query()));
  BOOST_TEST(unknown.status == 404);
  BOOST_TEST(unknown.parsed().at("detail") == "Consumer group 'no-such-group' not found or no offsets committed.");
  commit(topic, 0);
  BOOST_TEST(get(path(group, query() + "&topic=another")).status == 404);
  BOOST_TEST(lag_of(group, "&topic=" + topic).at("topics").size() == 1U);
  BOOST_TEST(get(path(group, "?topic=a%20b")).status == 422);
}

BOOST_AUTO_TEST_CASE(a_deleted_topic_is_said_to_be_missing) {
  const auto topic = kafka.new_topic();
  commit(topic, 3);
  kafka.delete_topic(topic);
  BOOST_TEST(eventually(30s, [&] {
    const auto answered = get(path(group, query()));
    // The coordinator forgets the offsets of a topic that is gone.
    return answered.status == 404 || verdict(partition_of(answered.parsed(), topic)) == "UNKNOWN topic_missing";
  }));
}

BOOST_AUTO_TEST_CASE(a_cluster_that_does_not_answer_is_named_within_five_seconds) {
  const test::held_port silent(true);
  for (const auto& [where, status] : {std::pair(silent.address(), 504), std::pair(std::string("127.0.0.1:1"), 502)}) {
    const auto asked = std::chrono::steady_clock::now();
    const auto answered = get(path("some_group", "?bootstrap_servers=" + where));
    BOOST_TEST((std::chrono::steady_clock::now() - asked < 5s));
    BOOST_TEST(answered.status == status);
    BOOST_TEST(answered.body.find(where) != std::string::npos, answered.body);
  }
}

BOOST_AUTO_TEST_CASE(a_consumer_is_ok_while_it_keeps_up_stopped_when_it_stops_and_stalled_when_its_sink_fails) {
  const auto topic = kafka.new_topic(2);
  writer.write(topic, 0, 5);
  auto wanted = body(topic);
  wanted["options"] = {{"lag", {{"window_ms", 10'000}}}};
  const auto consumer = created(wanted);
  BOOST_TEST_REQUIRE(eventually(patience, [&] {
    const auto lag = consumer_lag(consumer);
    return lag.at("verdict") == "OK" && lag.at("lag") == 0 && lag.at("topics").at(0).at("partitions").size() == 2U &&
           partition_of(lag, topic).at("committed_offset") == 5 && partition_of(lag, topic).at("position") == 5;
  }));
  const auto at_rest = consumer_lag(consumer);
  BOOST_TEST(at_rest.at("consumer_id") == consumer.at("consumer_id"));
  BOOST_TEST(at_rest.at("group_id") == group);
  BOOST_TEST(at_rest.at("lag_seconds") == 0);
  BOOST_TEST(partition_of(at_rest, topic, 0).at("reason").is_null());
  BOOST_TEST(partition_of(at_rest, topic, 1).at("lag") == 0);  // nothing is committed, and nothing is there

  stopped(consumer);
  const auto asked = kfs::now();
  writer.write(topic, 0, 4, began - 10min);
  writer.write(topic, 1, 2, began - 20min);
  const auto at_stop = consumer_lag(consumer);
  BOOST_TEST(verdict(partition_of(at_stop, topic, 0)) == "STOPPED no_member");
  BOOST_TEST(partition_of(at_stop, topic, 0).at("lag") == 4);
  BOOST_TEST(is_age(partition_of(at_stop, topic, 0).at("lag_seconds"), began - 10min, asked));
  BOOST_TEST(partition_of(at_stop, topic, 1).at("verdict") == "STOPPED");
  BOOST_TEST(partition_of(at_stop, topic, 1).at("lag") == 2);  // auto_offset_reset is earliest
  BOOST_TEST(at_stop.at("lag") == 6);
  BOOST_TEST(at_stop.at("verdict") == "STOPPED");

  changed(consumer, {{"processor_configs", json::array({{{"processor_type", "streaming_forwarder"},
                                                         {"config", {{"endpoint_url", "http://127.0.0.1:1/in"}}}}})}});
  started(consumer);
  json seen;
  BOOST_TEST(eventually(patience,
                        [&] {
                          seen = consumer_lag(consumer);
                          return verdict(partition_of(seen, topic)) == "STALLED sink_failing";
                        }),
             seen.dump());
}

BOOST_AUTO_TEST_CASE(a_consumer_whose_cluster_does_not_answer_shows_what_it_observed) {
  test::kafka_broker broker;
  test::kafka_cluster cluster{broker.bootstrap_servers()};
  cluster.create_topic("payments");
  cluster.produce_numbered("payments", 3);
  const auto consumer = created(consumer_body(broker.bootstrap_servers(), "payments", group, out));
  BOOST_TEST_REQUIRE(eventually(patience, [&] {
    const auto status = get(path_of(consumer) + "/status").parsed();
    return status.at("lag") == 0 && status.at("partitions").at(0).at("committed_offset") == 3;
  }));
  broker.freeze();
  const auto asked = std::chrono::steady_clock::now();
  const auto lag = consumer_lag(consumer);
  BOOST_TEST((std::chrono::steady_clock::now() - asked < 5s));
  BOOST_TEST(verdict(lag) == "UNKNOWN broker");
  BOOST_TEST(partition_of(lag, "payments").at("committed_offset") == 3);
  BOOST_TEST(lag.at("lag_seconds").is_null());
  // Another cluster is answered for meanwhile.
  const auto other = kafka.new_topic();
  commit(other, 0);
  BOOST_TEST(lag_of(group).at("verdict") == "OK");
  broker.thaw();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::group_lag_test
