// Replicas tell each other through a real PostgreSQL what is wanted and what they observe.

#include <signal.h>

#include <boost/test/unit_test.hpp>
#include <map>
#include <mutex>
#include <set>

#include "cluster/news/event_outbox.hpp"
#include "cluster/news/news.hpp"
#include "config/store/postgres/store.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/stderr_capture.hpp"
#include "tests/support/store_samples.hpp"

namespace kfs::cluster_news_test {

using namespace kfs::test;
using namespace std::chrono_literals;

namespace {

/// How soon what one replica tells is known to another: at once by a notification, and after a second without one.
constexpr auto soon = 2s;
/// For the time that PostgreSQL needs to start, and the pause after a failure.
constexpr auto patience = 15s;

/// One replica's news, and everything that it was told.
class told_replica {
 public:
  explicit told_replica(const std::string& url, const logger& log = logger::silent())
      : news_(parse_postgres_url(url).value(), log, std::make_shared<event_outbox>(log), listener()) {}

  cluster_news& news() { return news_; }

  std::optional<wanted_consumer> wanted(const consumer_id& id) {
    const std::lock_guard held(mutex_);
    const auto found = wanted_.find(id);
    return found == wanted_.end() ? std::nullopt : std::optional(found->second);
  }
  bool knows(const consumer_spec& spec, change_number change) {
    const auto known = wanted(spec.id);
    return known && known->spec == spec && known->change == change.value;
  }
  std::uint64_t up_to() {
    const std::lock_guard held(mutex_);
    return up_to_;
  }
  /// How often a consumer was told as changed.
  int times_changed(const consumer_id& id) {
    const std::lock_guard held(mutex_);
    return times_changed_[id];
  }
  std::optional<instance_report> report(const consumer_id& id, int instance = 0) {
    const std::lock_guard held(mutex_);
    const auto found = reports_.find({id, instance});
    return found == reports_.end() ? std::nullopt : std::optional(found->second);
  }
  std::size_t reports() {
    const std::lock_guard held(mutex_);
    return reports_.size();
  }
  bool observes(const consumer_id& id, std::int64_t restarts) {
    const auto known = report(id);
    return known && known->view->restarts == restarts;
  }
  int times_reported(const consumer_id& id) {
    const std::lock_guard held(mutex_);
    return times_reported_[id];
  }
  bool reachable() {
    const std::lock_guard held(mutex_);
    return !fault_;
  }
  int times_unreachable() {
    const std::lock_guard held(mutex_);
    return times_unreachable_;
  }
  int times_leases() {
    const std::lock_guard held(mutex_);
    return leases_;
  }

 private:
  cluster_news::listener listener() {
    return {.wanted = [this](const wanted_changes_ptr& changes) { take(*changes); },
            .observed = [this](const instance_reports& reports) { take(*reports); },
            .event = [](const consumer_id&, const consumer_event&) {},
            .past_events = [](const consumer_id&, const std::vector<consumer_event>&) {},
            .leases =
                [this] {
                  const std::lock_guard held(mutex_);
                  ++leases_;
                },
            .reachable =
                [this](std::optional<error> fault) {
                  const std::lock_guard held(mutex_);
                  times_unreachable_ += fault ? 1 : 0;
                  fault_ = std::move(fault);
                }};
  }

  void take(const wanted_changes& changes) {
    const std::lock_guard held(mutex_);
    for (const auto& wanted : changes.changed) {
      wanted_.insert_or_assign(wanted.spec.id, wanted);
      ++times_changed_[wanted.spec.id];
    }
    const std::set<consumer_id> all(changes.all.begin(), changes.all.end());
    std::erase_if(wanted_, [&](const auto& entry) { return !all.contains(entry.first); });
    up_to_ = changes.up_to;
  }

  void take(const std::vector<instance_report>& reports) {
    const std::lock_guard held(mutex_);
    for (const auto& report : reports) {
      reports_.insert_or_assign({report.consumer, report.instance}, report);
      ++times_reported_[report.consumer];
    }
  }

  std::mutex mutex_;
  std::map<consumer_id, wanted_consumer> wanted_;
  std::map<consumer_id, int> times_changed_;
  std::map<std::pair<consumer_id, int>, instance_report> reports_;
  std::map<consumer_id, int> times_reported_;
  std::uint64_t up_to_ = 0;
  std::optional<error> fault_;
  int times_unreachable_ = 0;
  int leases_ = 0;
  cluster_news news_;  // last: its thread uses the rest
};

instance_report report_of(const consumer_id& id, int instance, std::uint64_t epoch, std::int64_t restarts) {
  consumer_view view;
  view.spec = std::make_shared<const consumer_spec>();
  view.status = consumer_status::active;
  view.state = consumer_state::running;
  view.replica = "one";
  view.restarts = restarts;
  return {.consumer = id,
          .instance = instance,
          .epoch = epoch,
          .change = 7,
          .view = std::make_shared<const consumer_view>(std::move(view))};
}

struct two_replicas {
  std::string url;
  std::unique_ptr<consumer_store> store;
  std::optional<told_replica> one;
  std::optional<told_replica> two;

  two_replicas() : two_replicas(new_database()) {}
  explicit two_replicas(std::string database)
      : url(std::move(database)), store(open_postgres_store(parse_postgres_url(url).value(), "one")) {
    succeed(store->ping());
    one.emplace(url);
    two.emplace(url);
  }

  template <class Predicate>
  bool both(std::chrono::milliseconds within, Predicate holds) {
    return eventually(within, [&] { return holds(*one) && holds(*two); });
  }

  /// A stored consumer that both replicas know.
  consumer_spec known_consumer() {
    auto spec = sample();
    const auto change = store->insert(spec);
    succeed(change);
    BOOST_TEST_REQUIRE(both(soon, [&](told_replica& replica) { return replica.knows(spec, *change); }));
    return spec;
  }
};

struct own_postgres {
  postgres_server server;
};

struct two_replicas_on_own_server : own_postgres, two_replicas {
  two_replicas_on_own_server() : two_replicas(server.url()) {}
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(cluster_news, two_replicas)

BOOST_AUTO_TEST_CASE(a_consumer_that_is_created_changed_started_and_deleted_is_told_to_all_with_its_number) {
  auto spec = sample();
  const auto created = store->insert(spec).value();
  BOOST_TEST(both(soon, [&](told_replica& replica) { return replica.knows(spec, created); }));
  auto changed = next_revision(spec);
  changed.topic = "other";
  const auto updated = store->update(changed).value();
  BOOST_TEST(both(soon, [&](told_replica& replica) { return replica.knows(changed, updated); }));
  changed.target = target_state::stopped;
  const auto stopped = store->set_target(spec.id, target_state::stopped).value();
  BOOST_TEST(both(soon, [&](told_replica& replica) { return replica.knows(changed, stopped); }));
  const auto repeated = store->set_target(spec.id, target_state::stopped).value();
  BOOST_TEST(both(soon, [&](told_replica& replica) { return replica.knows(changed, repeated); }));
  const auto removed = store->remove(spec.id).value();
  BOOST_TEST(
      both(soon, [&](told_replica& replica) { return !replica.wanted(spec.id) && replica.up_to() == removed.value; }));
}

BOOST_AUTO_TEST_CASE(only_what_changed_is_told_and_a_new_replica_is_told_everything) {
  const auto first = known_consumer();
  const auto second = known_consumer();
  BOOST_TEST(one->times_changed(first.id) == 1);
  told_replica three(url);
  BOOST_TEST(eventually(soon, [&] { return three.wanted(first.id) && three.wanted(second.id); }));
}

BOOST_AUTO_TEST_CASE(a_report_reaches_all_replicas_and_a_newer_one_replaces_it) {
  const auto spec = known_consumer();
  one->news().publish({report_of(spec.id, 0, 3, 1)});
  BOOST_TEST(both(soon, [&](told_replica& replica) { return replica.observes(spec.id, 1); }));
  const auto told = two->report(spec.id).value();
  BOOST_TEST(told.epoch == 3U);
  BOOST_TEST(told.change == 7U);
  BOOST_TEST(told.view->replica == "one");
  BOOST_TEST((told.view->state == consumer_state::running));
  BOOST_TEST(told.view->spec == nullptr);
  one->news().publish({report_of(spec.id, 0, 3, 2)});
  one->news().publish({report_of(spec.id, 0, 3, 3)});
  BOOST_TEST(both(soon, [&](told_replica& replica) { return replica.observes(spec.id, 3); }));
}

BOOST_AUTO_TEST_CASE(a_thousand_reports_are_told_in_one_go) {
  const auto spec = known_consumer();
  std::vector<instance_report> reports;
  for (int instance = 0; instance < 1'000; ++instance) reports.push_back(report_of(spec.id, instance, 1, instance));
  one->news().publish(std::move(reports));
  BOOST_TEST(both(3s, [&](told_replica& replica) { return replica.reports() == 1'000U; }));
  BOOST_TEST(two->report(spec.id, 999)->view->restarts == 999);
  BOOST_TEST(sql_number(url, "SELECT count(DISTINCT number) FROM kafka_fetcher.reports") == 1);
}

BOOST_AUTO_TEST_CASE(a_report_of_an_older_epoch_does_not_replace_a_newer_one) {
  const auto spec = known_consumer();
  const auto other = known_consumer();
  one->news().publish({report_of(spec.id, 0, 5, 1)});
  BOOST_TEST_REQUIRE(both(soon, [&](told_replica& replica) { return replica.observes(spec.id, 1); }));
  two->news().publish({report_of(spec.id, 0, 4, 2), report_of(other.id, 0, 1, 9)});
  BOOST_TEST(both(soon, [&](told_replica& replica) { return replica.observes(other.id, 9); }));
  BOOST_TEST(one->observes(spec.id, 1));
  two->news().publish({report_of(spec.id, 0, 6, 3)});
  BOOST_TEST(both(soon, [&](told_replica& replica) { return replica.observes(spec.id, 3); }));
}

BOOST_AUTO_TEST_CASE(reports_of_a_consumer_that_does_not_exist_are_not_kept) {
  const auto spec = known_consumer();
  const auto deleted = known_consumer();
  one->news().publish({report_of(deleted.id, 0, 1, 1)});
  BOOST_TEST(both(soon, [&](told_replica& replica) { return replica.observes(deleted.id, 1); }));
  succeed(store->remove(deleted.id));
  one->news().publish({report_of(deleted.id, 0, 2, 2), report_of(spec.id, 0, 1, 5)});
  BOOST_TEST(both(soon, [&](told_replica& replica) { return replica.observes(spec.id, 5); }));
  BOOST_TEST(sql_number(url, "SELECT count(*) FROM kafka_fetcher.reports") == 1);
}

BOOST_AUTO_TEST_CASE(a_flush_sends_what_waits) {
  const auto spec = known_consumer();
  one->news().publish({report_of(spec.id, 0, 1, 1)});
  one->news().flush(5s);
  one->news().publish({report_of(spec.id, 0, 1, 2)});
  one->news().flush(5s);
  BOOST_TEST(sql_number(url, "SELECT (report::json->>'restarts')::int FROM kafka_fetcher.reports") == 2);
}

BOOST_AUTO_TEST_CASE(a_notification_of_leases_is_passed_on) {
  static_cast<void>(known_consumer());
  const auto before = two->times_leases();
  sql(url, "NOTIFY kafka_fetcher, 'leases'");
  BOOST_TEST(eventually(soon, [&] { return two->times_leases() > before; }));
}

BOOST_AUTO_TEST_CASE(a_change_without_a_notification_is_found_within_a_second_or_at_a_look) {
  const auto spec = known_consumer();
  const auto change = [&] {
    sql(url,
        "BEGIN; UPDATE kafka_fetcher.counters SET last_change = last_change + 1; UPDATE kafka_fetcher.consumers "
        "SET change = (SELECT last_change FROM kafka_fetcher.counters); COMMIT");
    return change_number{static_cast<std::uint64_t>(sql_number(url, "SELECT last_change FROM kafka_fetcher.counters"))};
  };
  const auto found = change();
  BOOST_TEST(both(soon, [&](told_replica& replica) { return replica.knows(spec, found); }));
  const auto looked = change();
  one->news().look();
  BOOST_TEST(eventually(soon, [&] { return one->knows(spec, looked); }));
}

BOOST_AUTO_TEST_CASE(a_database_whose_counters_went_back_is_told_from_the_beginning) {
  const auto spec = known_consumer();
  succeed(store->set_target(spec.id, spec.target));
  one->news().publish({report_of(spec.id, 0, 1, 1)});
  BOOST_TEST_REQUIRE(
      both(soon, [&](told_replica& replica) { return replica.observes(spec.id, 1) && replica.up_to() > 2; }));
  const auto changed = two->times_changed(spec.id);
  const auto reported = two->times_reported(spec.id);
  sql(url,
      "BEGIN; UPDATE kafka_fetcher.counters SET last_change = 1, last_report = 1; UPDATE kafka_fetcher.consumers "
      "SET change = 1; UPDATE kafka_fetcher.reports SET number = 1; COMMIT");
  BOOST_TEST(both(soon, [&](told_replica& replica) { return replica.knows(spec, {1}) && replica.up_to() == 1U; }));
  BOOST_TEST(eventually(
      soon, [&] { return two->times_changed(spec.id) > changed && two->times_reported(spec.id) > reported; }));
}

BOOST_AUTO_TEST_CASE(a_report_that_cannot_be_read_is_skipped_and_logged_once) {
  const auto spec = known_consumer();
  stderr_capture capture;
  told_replica three(url, logger(log_level::info, log_format::text));
  const auto tell = [&](int number) {
    sql(url,
        "BEGIN; UPDATE kafka_fetcher.counters SET last_report = last_report + 1; DELETE FROM "
        "kafka_fetcher.reports; INSERT INTO kafka_fetcher.reports SELECT '" +
            spec.id.value +
            "', v.i, 1, last_report"
            ", 1, v.report FROM kafka_fetcher.counters, (VALUES (0, '{\"state\":\"levitating\"}'), (1, "
            "'{\"restarts\":" +
            std::to_string(number) + "}')) AS v (i, report); COMMIT");
    BOOST_TEST(eventually(soon, [&] {
      const auto known = three.report(spec.id, 1);
      return known && known->view->restarts == number;
    }));
  };
  tell(1);
  tell(2);
  BOOST_TEST(!three.report(spec.id, 0).has_value());
  const auto lines = capture.lines();
  BOOST_TEST_REQUIRE(lines.size() == 1U);
  for (const auto* part : {"WARNING", "levitating", spec.id.value.c_str()})
    BOOST_TEST(lines[0].find(part) != std::string::npos, lines[0]);
}

BOOST_FIXTURE_TEST_CASE(all_go_on_by_themselves_after_a_crash_of_postgresql_and_nothing_is_lost,
                        two_replicas_on_own_server) {
  const auto spec = known_consumer();
  const auto silent = known_consumer();
  one->news().publish({report_of(spec.id, 0, 1, 1), report_of(silent.id, 0, 1, 8)});
  BOOST_TEST_REQUIRE(both(soon, [&](told_replica& replica) { return replica.observes(silent.id, 8); }));
  server.stop_immediately();
  BOOST_TEST(both(patience, [](told_replica& replica) { return !replica.reachable(); }));
  one->news().publish({report_of(spec.id, 0, 1, 2)});
  const auto reported = two->times_reported(silent.id);
  server.start();
  BOOST_TEST(
      both(patience, [&](told_replica& replica) { return replica.reachable() && replica.observes(spec.id, 2); }));
  // The crash has emptied the table of reports.
  BOOST_TEST(eventually(patience, [&] { return two->times_reported(silent.id) > reported; }));
  BOOST_TEST(eventually(patience, [&] { return store->ping().has_value(); }));
  const auto change = store->set_target(spec.id, spec.target);
  succeed(change);
  BOOST_TEST(both(soon, [&](told_replica& replica) { return replica.knows(spec, *change); }));
  BOOST_TEST(one->times_unreachable() == 1);
}

BOOST_FIXTURE_TEST_CASE(a_frozen_postgresql_is_noticed_and_the_end_does_not_wait_for_it, two_replicas_on_own_server) {
  const auto spec = known_consumer();
  std::vector<pid_t> sessions;
  for (const auto& row : sql(url, "SELECT pid FROM pg_stat_activity WHERE application_name = 'kafka-fetcher-server'"))
    sessions.push_back(std::stoi(row.at(0).value()));
  server.freeze();
  for (const auto session : sessions) ::kill(session, SIGSTOP);
  BOOST_TEST(both(patience, [](told_replica& replica) { return !replica.reachable(); }));
  const auto began = std::chrono::steady_clock::now();
  one.reset();
  BOOST_TEST((std::chrono::steady_clock::now() - began < 8s));
  for (const auto session : sessions) ::kill(session, SIGCONT);
  server.thaw();
  BOOST_TEST(eventually(patience, [&] { return two->reachable(); }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::cluster_news_test
