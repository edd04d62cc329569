// Three built servers on one PostgreSQL tell the same events of a consumer.

#include <boost/test/unit_test.hpp>

#include "tests/cluster/bounds.hpp"
#include "tests/cluster/load.hpp"
#include "tests/cluster/replicas.hpp"
#include "tests/support/event_stream_client.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::consumer_events_test {

using namespace kfs::cluster_test;
using namespace std::chrono_literals;
using test::eventually;

namespace {

/// How soon every replica tells what happened on one of them.
constexpr auto soon = 2s;

struct telling_replicas : replicas {
  telling_replicas() : replicas(3) {}

  std::vector<json> events(std::size_t asked, const json& made, const std::string& query = "") const {
    const auto answered = client(asked).get(path_of(made) + "/events" + query);
    BOOST_TEST_REQUIRE(answered.status == 200, answered.body);
    return answered.parsed().at("events").get<std::vector<json>>();
  }

  /// Waits until all of those replicas tell the same events, the last of which is of that kind. Returns them.
  std::vector<json> same_events(const std::vector<std::size_t>& asked, const json& made,
                                const std::string& last) const {
    std::vector<json> told;
    const bool same = eventually(
        soon,
        [&] {
          told = events(asked.front(), made);
          return !told.empty() && told.back().at("kind") == last &&
                 std::ranges::all_of(asked, [&](std::size_t other) { return events(other, made) == told; });
        },
        50ms);
    for (const auto other : asked) BOOST_TEST(same, name(other) << " tells " << json(events(other, made)).dump());
    return told;
  }

  /// A consumer that runs.
  json running(std::size_t through, int number) {
    const auto made = created(through, number);
    kafka().produce_numbered(made.at("topic").get<std::string>(), 1);
    BOOST_TEST_REQUIRE(eventually(
        patience, [&] { return lines_of(out(number)).size() == 1; }, 50ms));
    return made;
  }

  std::size_t owner_of(const json& made) const {
    const auto owner = consumer(0, made).at("replica");
    for (std::size_t number = 0; number < size(); ++number)
      if (owner == name(number)) return number;
    BOOST_FAIL("nobody runs it");
    return 0;
  }

  std::unique_ptr<test::event_stream_client> follow(std::size_t asked, const json& made, const std::string& last_seen) {
    return std::make_unique<test::event_stream_client>(
        process(asked).port(), path_of(made) + "/events",
        "Accept: text/event-stream\r\n" + (last_seen.empty() ? "" : "Last-Event-ID: " + last_seen + "\r\n"));
  }
};

std::vector<std::string> kinds(const std::vector<json>& events) {
  std::vector<std::string> found;
  for (const auto& event : events) found.push_back(event.at("kind"));
  return found;
}

std::vector<std::string> messages(const std::vector<json>& events) {
  std::vector<std::string> found;
  for (const auto& event : events) found.push_back(event.at("message"));
  return found;
}

std::size_t count(const std::vector<std::string>& texts, const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count(texts, text));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(consumer_events, telling_replicas)

BOOST_AUTO_TEST_CASE(every_replica_tells_the_same_events_under_the_same_numbers) {
  const auto made = running(0, 0);
  for (std::size_t through = 0; through < size(); ++through) {
    BOOST_TEST(eventually(
        patience, [&] { return count(messages(events(through, made)), "starting to running") == through + 1; }, 50ms));
    BOOST_TEST(client(through).post(path_of(made) + "/stop").status == 200);
    BOOST_TEST(client(through).post(path_of(made) + "/start").status == 200);
  }
  std::vector<json> told;
  BOOST_TEST_REQUIRE(eventually(
      patience,
      [&] {
        told = events(0, made);
        return count(messages(told), "starting to running") == 4 && count(kinds(told), "start_requested") == 3 &&
               events(1, made) == told && events(2, made) == told;
      },
      50ms));
  const auto found = kinds(told);
  BOOST_TEST(count(found, "created") == 1U);
  BOOST_TEST(count(found, "stop_requested") == 3U);
  BOOST_TEST(count(found, "start_requested") == 3U);
  BOOST_TEST(count(found, "loaded") == 0U);
  for (std::size_t number = 1; number < told.size(); ++number)
    BOOST_TEST(told[number - 1].at("number") < told[number].at("number"));
  const auto middle = told[told.size() / 2].at("number").dump();
  for (std::size_t asked = 0; asked < size(); ++asked) {
    const auto rest = events(asked, made, "?after=" + middle);
    BOOST_TEST((rest == std::vector(told.begin() + static_cast<std::ptrdiff_t>(told.size() / 2) + 1, told.end())));
    BOOST_TEST((events(asked, made, "?limit=2") == std::vector(told.end() - 2, told.end())));
    BOOST_TEST(events(asked, made, "?after=" + told.back().at("number").dump()).empty());
  }
}

/// Each event is read from another replica than the one before.
BOOST_AUTO_TEST_CASE(a_stream_that_goes_on_at_another_replica_has_no_gap_and_nothing_twice) {
  const auto made = created(0, 0, {{"auto_start", false}});
  std::vector<std::string> heard;
  std::size_t asked = 0;
  const auto hear = [&] {
    const auto next = follow(asked++ % size(), made, heard.empty() ? "" : heard.back())->next();
    BOOST_TEST_REQUIRE(next.has_value());
    heard.push_back(next->id);
    return next->name;
  };
  BOOST_TEST(hear() == "created");
  for (int round = 0; round < 10; ++round) {
    BOOST_TEST(client(asked % size()).post(path_of(made) + "/stop").status == 200);
    BOOST_TEST(hear() == "stop_requested");
  }
  const auto told = same_events({0, 1, 2}, made, "stop_requested");
  std::vector<std::string> numbers;
  for (const auto& event : told) numbers.push_back(event.at("number").dump());
  BOOST_TEST(heard == numbers, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_followed_consumer_is_told_of_at_once_by_a_replica_that_does_not_run_it) {
  const auto made = running(0, 0);
  const auto stranger = (owner_of(made) + 1) % size();
  const auto stream = follow(stranger, made, "");
  stream->names_until("partitions_assigned");
  const auto begun = std::chrono::steady_clock::now();
  BOOST_TEST(client(owner_of(made)).post(path_of(made) + "/stop").status == 200);
  stream->names_until("stop_requested");
  const auto took = std::chrono::steady_clock::now() - begun;
  print("an event is told by a replica that does not run the consumer, after", took);
  BOOST_TEST((took < bound_of(1s)));
}

BOOST_AUTO_TEST_CASE(what_a_killed_replica_has_told_stays_also_after_a_restart_of_all) {
  const auto made = running(0, 0);
  const auto owner = owner_of(made);
  const std::vector<std::size_t> others{(owner + 1) % size(), (owner + 2) % size()};
  std::vector<json> before;
  BOOST_TEST_REQUIRE(eventually(
      patience,
      [&] {
        before = events(owner, made);
        return !before.empty() && before.back().at("message") == "starting to running";
      },
      50ms));
  kill(owner);
  BOOST_TEST(eventually(
      patience,
      [&] {
        const auto told = events(others[0], made);
        return told.size() > before.size() && told.back().at("message") == "starting to running" &&
               told == events(others[1], made);
      },
      50ms));
  const auto after = events(others[0], made);
  BOOST_TEST_REQUIRE(after.size() > before.size());
  BOOST_TEST((std::vector(after.begin(), after.begin() + static_cast<std::ptrdiff_t>(before.size())) == before));
  BOOST_TEST(client(others[0]).post(path_of(made) + "/stop").status == 200);
  for (const auto number : others) BOOST_TEST(process(number).stop() == 0);
  for (std::size_t number = 0; number < size(); ++number) start(number);
  for (std::size_t number = 0; number < size(); ++number)
    BOOST_TEST_REQUIRE(eventually(
        patience, [&] { return client(number).get("/health/ready").status == 200; }, 50ms));
  BOOST_TEST(client(owner).post(path_of(made) + "/stop").status == 200);
  const auto told = same_events({0, 1, 2}, made, "stop_requested");
  BOOST_TEST_REQUIRE(told.size() > after.size());
  BOOST_TEST((std::vector(told.begin(), told.begin() + static_cast<std::ptrdiff_t>(after.size())) == after));
  BOOST_TEST(client(others[1]).del(path_of(made)).status == 204);
  BOOST_TEST(test::sql_number(postgres().url(), "SELECT count(*) FROM kafka_fetcher.events") == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::consumer_events_test
