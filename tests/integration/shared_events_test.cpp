// Replicas tell the same events of a consumer, through a real PostgreSQL.

#include <boost/test/unit_test.hpp>
#include <thread>

#include "actors/change_feed.hpp"
#include "cluster/news/event_outbox.hpp"
#include "cluster/news/news.hpp"
#include "config/store/postgres/store.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/stderr_capture.hpp"
#include "tests/support/store_samples.hpp"

namespace kfs::shared_events_test {

using namespace kfs::test;
using namespace std::chrono_literals;

namespace {

constexpr auto soon = 10s;  // well under a second on an idle machine
/// For the time that PostgreSQL needs to start, and the pause after a failure.
constexpr auto patience = 15s;

/// The events of one replica, as a process has them.
class telling_replica {
 public:
  explicit telling_replica(const std::string& url, const logger& log = logger::silent())
      : outbox_(std::make_shared<event_outbox>(log)),
        feed_(std::make_shared<change_feed>(
            event_numbering{.take =
                                [this](const consumer_id& consumer, consumer_event event) {
                                  outbox_->add(consumer, std::move(event));
                                  if (news_) news_->send_events();
                                },
                            .opened =
                                [this](const consumer_id& consumer) {
                                  outbox_->want_past(consumer);
                                  if (news_) news_->send_events();
                                }})) {
    news_.emplace(parse_postgres_url(url).value(), log, outbox_,
                  cluster_news::listener{
                      .wanted = [](const wanted_changes_ptr&) {},
                      .observed = [](const instance_reports&) {},
                      .event = [this](const consumer_id& id, const consumer_event& event) { feed_->tell(id, event); },
                      .past_events = [this](const consumer_id& id,
                                            const std::vector<consumer_event>& past) { feed_->recall(id, past); },
                      .leases = [] {},
                      .reachable = [](const std::optional<error>&) {}});
  }

  change_feed& feed() { return *feed_; }
  cluster_news& news() { return *news_; }

  void know(const consumer_spec& spec) { feed_->open(spec.id); }
  void add(const consumer_spec& spec, const std::string& message) {
    feed_->find(spec.id)->add(event_kind::updated, message);
  }
  std::vector<consumer_event> events(const consumer_spec& spec, std::uint64_t after = 0) {
    return feed_->find(spec.id)->after(after);
  }
  std::string messages(const consumer_spec& spec) {
    std::string text;
    for (const auto& event : events(spec)) text += (text.empty() ? "" : " ") + event.message;
    return text;
  }

 private:
  std::shared_ptr<event_outbox> outbox_;
  change_feed_ptr feed_;
  std::optional<cluster_news> news_;
};

bool grows(const std::vector<consumer_event>& events) {
  return std::ranges::adjacent_find(events, std::ranges::greater_equal{}, &consumer_event::number) == events.end();
}

struct telling_replicas {
  std::string url;
  std::unique_ptr<consumer_store> store;
  std::optional<telling_replica> one;
  std::optional<telling_replica> two;

  telling_replicas() : telling_replicas(new_database()) {}
  explicit telling_replicas(std::string database)
      : url(std::move(database)), store(open_postgres_store(parse_postgres_url(url).value(), "one")) {
    succeed(store->ping());
    one.emplace(url);
    two.emplace(url);
  }

  /// A stored consumer that both replicas know.
  consumer_spec known_consumer() {
    auto spec = sample();
    succeed(store->insert(spec));
    one->know(spec);
    two->know(spec);
    return spec;
  }

  bool both_tell(const consumer_spec& spec, const std::string& messages, std::chrono::milliseconds within = soon) {
    return eventually(within, [&] { return one->messages(spec) == messages && two->messages(spec) == messages; });
  }

  std::int64_t stored_events() const { return sql_number(url, "SELECT count(*) FROM kafka_fetcher.events"); }
};

struct own_postgres {
  postgres_server server;
};

struct telling_replicas_on_own_server : own_postgres, telling_replicas {
  telling_replicas_on_own_server() : telling_replicas(server.url()) {}
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(shared_events, telling_replicas)

BOOST_AUTO_TEST_CASE(replicas_tell_the_same_events_under_the_same_numbers) {
  const auto spec = known_consumer();
  one->feed().find(spec.id)->add(event_kind::failed, "no topic", ec::topic_missing, fault_source::of_kafka());
  one->add(spec, "b");
  BOOST_TEST(both_tell(spec, "no topic b"));
  two->add(spec, "c");
  BOOST_TEST(both_tell(spec, "no topic b c"));
  BOOST_TEST((one->events(spec) == two->events(spec)));
  BOOST_TEST(grows(one->events(spec)));
  BOOST_TEST((two->events(spec).front().code == ec::topic_missing));
  BOOST_TEST(two->events(spec, two->events(spec)[1].number).size() == 1U);
}

BOOST_AUTO_TEST_CASE(replicas_that_add_events_at_once_tell_them_in_one_order) {
  const auto spec = known_consumer();
  {
    const auto add = [&](telling_replica& replica, const std::string& name) {
      for (int number = 0; number < 200; ++number) replica.add(spec, name + std::to_string(number));
    };
    const std::jthread first([&] { add(*one, "a"); });
    const std::jthread second([&] { add(*two, "b"); });
  }
  BOOST_TEST(eventually(5s, [&] { return one->events(spec).size() == 400U && two->events(spec).size() == 400U; }));
  BOOST_TEST((one->events(spec) == two->events(spec)));
  BOOST_TEST(grows(one->events(spec)));
  int next = 0;
  for (const auto& event : one->events(spec))
    if (event.message.starts_with('a')) BOOST_TEST(event.message == 'a' + std::to_string(next++));
}

BOOST_AUTO_TEST_CASE(a_replica_that_starts_later_tells_the_past_and_what_comes) {
  const auto spec = known_consumer();
  one->add(spec, "a");
  one->add(spec, "b");
  BOOST_TEST(both_tell(spec, "a b"));
  two.emplace(url);
  two->know(spec);
  one->add(spec, "c");
  BOOST_TEST(both_tell(spec, "a b c"));
  BOOST_TEST((one->events(spec) == two->events(spec)));
}

BOOST_AUTO_TEST_CASE(the_latest_are_kept_in_the_store) {
  const auto spec = known_consumer();
  const auto other = known_consumer();
  one->add(other, "stays");
  for (std::size_t number = 0; number < event_log::most_kept; ++number) one->add(spec, "old");
  BOOST_TEST(eventually(soon, [&] { return two->events(spec).size() == event_log::most_kept; }));
  for (int number = 0; number < 20; ++number) one->add(spec, "new");
  const auto told = [&](telling_replica& replica) {
    const auto events = replica.events(spec);
    return !events.empty() && events.back().message == "new";
  };
  BOOST_TEST(eventually(soon, [&] { return told(*one) && told(*two); }));
  BOOST_TEST(eventually(soon, [&] { return one->events(spec) == two->events(spec); }));
  BOOST_TEST(stored_events() == static_cast<std::int64_t>(event_log::most_kept) + 1);
  telling_replica three(url);
  three.know(spec);
  BOOST_TEST(eventually(soon, [&] { return three.events(spec) == one->events(spec); }));
}

BOOST_AUTO_TEST_CASE(the_events_of_a_deleted_consumer_go_with_it_and_numbers_are_not_used_again) {
  const auto spec = known_consumer();
  const auto other = known_consumer();
  one->add(spec, "a");
  BOOST_TEST(both_tell(spec, "a"));
  const auto before = one->events(spec).back().number;
  succeed(store->remove(spec.id));
  BOOST_TEST(stored_events() == 0);
  one->add(spec, "late");
  one->add(other, "b");
  BOOST_TEST(both_tell(other, "b"));
  BOOST_TEST(stored_events() == 1);
  succeed(store->insert(spec));
  one->know(spec);
  two->know(spec);
  two->add(spec, "again");
  BOOST_TEST(both_tell(spec, "again"));
  BOOST_TEST(one->events(spec).front().number > before);
}

BOOST_AUTO_TEST_CASE(an_event_that_cannot_be_read_is_skipped_and_logged_once) {
  const auto spec = known_consumer();
  stderr_capture capture;
  telling_replica three(url, logger(log_level::info, log_format::text));
  three.know(spec);
  for (int number = 1; number <= 2; ++number) {
    sql(url, "INSERT INTO kafka_fetcher.events SELECT coalesce(max(number), 0) + 1, '" + spec.id.value +
                 "', 'later', " + std::to_string(number) + ", '{\"kind\":\"levitated\"}' FROM kafka_fetcher.events");
    const auto message = std::to_string(number);
    one->add(spec, message);
    BOOST_TEST(eventually(soon, [&] {
      const auto events = three.events(spec);
      return !events.empty() && events.back().message == message;
    }));
  }
  BOOST_TEST(three.messages(spec) == "1 2");
  const auto lines = capture.lines();
  BOOST_TEST_REQUIRE(lines.size() == 1U);
  BOOST_TEST(lines[0].find("levitated") != std::string::npos, lines[0]);
}

BOOST_AUTO_TEST_CASE(a_flush_stores_what_waits) {
  const auto spec = known_consumer();
  for (int number = 0; number < 3; ++number) {
    one->add(spec, std::to_string(number));
    one->news().flush(5s);
    BOOST_TEST(stored_events() == number + 1);
  }
}

BOOST_FIXTURE_TEST_CASE(events_wait_while_the_store_is_away_and_nothing_waits_for_them,
                        telling_replicas_on_own_server) {
  const auto spec = known_consumer();
  const auto other = known_consumer();
  one->add(spec, "before");
  two->add(other, "before");
  BOOST_TEST(both_tell(spec, "before"));
  BOOST_TEST(both_tell(other, "before"));
  server.stop_immediately();
  const auto begun = std::chrono::steady_clock::now();
  for (std::size_t number = 1; number <= event_outbox::most_waiting + 5; ++number)
    one->add(spec, std::to_string(number));
  two->add(other, "meanwhile");
  BOOST_TEST((std::chrono::steady_clock::now() - begun < 1s));
  BOOST_TEST(one->messages(spec) == "before");
  server.start();
  BOOST_TEST(both_tell(other, "before meanwhile", patience));
  std::string kept;
  for (std::size_t number = 6; number <= event_outbox::most_waiting + 5; ++number)
    kept += (kept.empty() ? "" : " ") + std::to_string(number);
  BOOST_TEST(both_tell(spec, kept, patience));
  BOOST_TEST((one->events(spec) == two->events(spec)));
  BOOST_TEST(grows(two->events(spec)));
}

/// The commit waits for a standby that does not exist, and its session ends: the events are stored, and no answer
/// comes.
BOOST_FIXTURE_TEST_CASE(events_whose_answer_was_lost_are_told_once, telling_replicas_on_own_server) {
  const auto spec = known_consumer();
  std::string added = "first";
  one->add(spec, added);
  BOOST_TEST(both_tell(spec, added));
  sql(url, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  sql(url, "SELECT pg_reload_conf()");
  const std::string waiting = " FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
  std::int64_t count = 1;
  BOOST_TEST_REQUIRE(eventually(soon, [&] {
    one->add(spec, std::to_string(count));
    added += ' ' + std::to_string(count++);
    return sql_number(url, "SELECT count(*)" + waiting) == 1;
  }));
  const auto stored = stored_events();
  sql(url, "SELECT pg_terminate_backend(pid)" + waiting);
  BOOST_TEST(eventually(soon, [&] { return stored_events() > stored; }));
  sql(url, "ALTER SYSTEM RESET synchronous_standby_names");
  sql(url, "SELECT pg_reload_conf()");
  BOOST_TEST(both_tell(spec, added, patience));
  BOOST_TEST(stored_events() == count);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::shared_events_test
