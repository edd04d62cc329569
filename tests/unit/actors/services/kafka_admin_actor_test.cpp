#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <mutex>
#include <set>

#include "actors/services/kafka_admin_actor.hpp"
#include "tests/support/eventually.hpp"
#include "tests/unit/actors/actor_fixture.hpp"

namespace kfs::kafka_admin_actor_test {

using namespace std::chrono_literals;

namespace {

/// Clusters that answer with their own names once the test has opened them.
class gated_clusters final : public kafka_admin {
 public:
  void open(const std::string& cluster) {
    const std::lock_guard lock(mutex_);
    open_.insert(cluster);
    changed_.notify_all();
  }

  std::multiset<std::string> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

  result<std::vector<std::string>> list_groups(const asked_cluster& cluster) override {
    pass(cluster);
    return std::vector{cluster.bootstrap_servers};
  }

  result<std::vector<committed_offset>> committed(const asked_cluster& cluster, const std::string& group) override {
    pass(cluster);
    return std::vector{committed_offset{group, 1, offset{2}, std::nullopt}};
  }

  result<group_description> describe(const asked_cluster& cluster, const std::string&) override {
    pass(cluster);
    return failure(ec::not_found, "the group does not exist");
  }

  result<std::vector<partition_lag>> lag(const asked_cluster& cluster, const std::string&,
                                         const std::string&) override {
    pass(cluster);
    return failure(ec::broker_unreachable, cluster.bootstrap_servers + " is away");
  }

  result<group_facts> lag_facts(const asked_cluster& cluster, const lag_query& query) override {
    pass(cluster);
    return group_facts{.state = query.group, .topics = {}};
  }

  result<std::vector<offset_step>> change_offsets(const asked_cluster& cluster, const offset_order& order) override {
    pass(cluster);
    return std::vector{offset_step{
        .partition = 0, .before = {}, .after = offset{order.dry_run ? 1 : 2}, .log_start = {}, .log_end = {}}};
  }

 private:
  void pass(const asked_cluster& cluster) {
    std::unique_lock lock(mutex_);
    asked_.insert(cluster.bootstrap_servers);
    changed_.wait(lock, [&] { return open_.contains(cluster.bootstrap_servers); });
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> open_;
  std::multiset<std::string> asked_;
};

/// An answer; nullopt until it has arrived.
template <class Answer>
using awaited = std::shared_ptr<std::optional<result<Answer>>>;

struct desk : test::actor_fixture {
  gated_clusters clusters;
  kafka_admin_actor admin = spawn_kafka_admin(system(), clusters);
  int asked_else = 0;

  ~desk() {
    caf::anon_send_exit(admin, caf::exit_reason::kill);
    run();
  }

  template <class Answer, class... Question>
  awaited<Answer> ask(Question... question) {
    auto answer = std::make_shared<std::optional<result<Answer>>>();
    // The answer is an argument because CAF 0.17 dereferences a null pointer (harmlessly) for functions without any.
    const auto asker = [this, question...](caf::event_based_actor* asking, const awaited<Answer>& into) {
      asking->request(admin, caf::infinite, question...)
          .then([into](const Answer& value) { *into = value; },
                [into](const caf::error& failure) { *into = tl::make_unexpected(from_caf(failure)); });
    };
    system().spawn(asker, answer);
    run();
    return answer;
  }

  awaited<group_names> ask_groups(const std::string& cluster) {
    return ask<group_names>(groups_atom::value, asked_cluster{cluster});
  }

  /// A question that equals no other one.
  awaited<committed_offsets> ask_else(const std::string& cluster) {
    return ask<committed_offsets>(offsets_atom::value, asked_cluster{cluster}, std::to_string(++asked_else));
  }

  /// Waits in real time, because workers have threads of their own.
  bool comes_true(const std::function<bool()>& holds) {
    return test::eventually(
        10s,
        [&] {
          run();
          return holds();
        },
        1ms);
  }

  template <class Answer>
  result<Answer> answer_of(const awaited<Answer>& answer) {
    BOOST_REQUIRE(comes_true([&] { return answer->has_value(); }));
    return **answer;
  }
};

template <class Answer>
bool is_overloaded(const awaited<Answer>& answer) {
  return answer->has_value() && !(*answer)->has_value() && (*answer)->error().code == ec::overloaded;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(kafka_admin_actor, desk)

BOOST_AUTO_TEST_CASE(every_kind_of_question_gets_the_answer_of_the_cluster) {
  clusters.open("one:9092");
  BOOST_TEST(answer_of(ask_groups("one:9092")).value()->names.at(0) == "one:9092");
  const auto offsets = ask<committed_offsets>(offsets_atom::value, asked_cluster{"one:9092"}, std::string("g"));
  BOOST_TEST(answer_of(offsets).value()->at(0).topic == "g");
  const auto lags = ask<partition_lags>(lag_atom::value, asked_cluster{"one:9092"}, std::string("g"), std::string("t"));
  BOOST_TEST((answer_of(lags).error() == error{ec::broker_unreachable, "one:9092 is away"}));
  const auto described = ask<group_description_ptr>(describe_atom::value, asked_cluster{"one:9092"}, std::string("g"));
  BOOST_TEST((answer_of(described).error().code == ec::not_found));
  const auto changed = ask<offset_steps>(commit_atom::value, asked_cluster{"one:9092"}, offset_order{});
  BOOST_TEST((answer_of(changed).value()->at(0).after == offset{2}));
}

BOOST_AUTO_TEST_CASE(a_silent_cluster_does_not_hold_up_another) {
  std::vector<awaited<committed_offsets>> silent;
  for (int i = 0; i < 5; ++i) silent.push_back(ask_else("silent:9092"));
  clusters.open("other:9092");
  BOOST_TEST(answer_of(ask_else("other:9092")).has_value());
  BOOST_TEST(clusters.asked().count("silent:9092") <= 2u);

  clusters.open("silent:9092");
  for (const auto& answer : silent) BOOST_TEST(answer_of(answer).has_value());
}

BOOST_AUTO_TEST_CASE(no_more_than_eight_questions_run_at_the_same_time) {
  std::vector<awaited<committed_offsets>> answers;
  for (int i = 0; i < 5; ++i) {
    for (int twice = 0; twice < 2; ++twice) answers.push_back(ask_else(std::to_string(i) + ":9092"));
  }
  BOOST_REQUIRE(comes_true([&] { return clusters.asked().size() == 8; }));
  BOOST_TEST(clusters.asked().count("4:9092") == 0u);
  for (int i = 0; i < 5; ++i) clusters.open(std::to_string(i) + ":9092");
  for (const auto& answer : answers) BOOST_TEST(answer_of(answer).has_value());
}

BOOST_AUTO_TEST_CASE(a_question_that_waits_three_seconds_for_a_worker_is_answered_overloaded) {
  const auto first = ask_else("silent:9092");
  const auto second = ask_else("silent:9092");
  const auto third = ask_else("silent:9092");
  advance(2s);
  BOOST_TEST(!third->has_value());
  advance(1s);
  BOOST_TEST(is_overloaded(third));
  clusters.open("silent:9092");
  BOOST_TEST(answer_of(first).has_value());
  BOOST_TEST(answer_of(second).has_value());
}

BOOST_AUTO_TEST_CASE(a_full_queue_answers_overloaded_at_once_and_one_cluster_cannot_fill_it) {
  std::vector<awaited<committed_offsets>> answers;
  const auto overloaded_of = [&](const std::string& cluster, int questions) {
    int overloaded = 0;
    for (int i = 0; i < questions; ++i) overloaded += is_overloaded(answers.emplace_back(ask_else(cluster))) ? 1 : 0;
    return overloaded;
  };
  BOOST_TEST(overloaded_of("0:9092", 2 + 16 + 3) == 3);
  for (const auto* cluster : {"1:9092", "2:9092", "3:9092"}) BOOST_TEST(overloaded_of(cluster, 2 + 16) == 0);
  BOOST_TEST(overloaded_of("4:9092", 1) == 1);

  for (int i = 0; i < 5; ++i) clusters.open(std::to_string(i) + ":9092");
  for (const auto& answer : answers) BOOST_TEST((answer_of(answer).has_value() || is_overloaded(answer)));
}

BOOST_AUTO_TEST_CASE(equal_questions_that_wait_are_asked_once_and_each_gets_the_answer) {
  std::vector<awaited<group_names>> answers;
  for (int i = 0; i < 100; ++i) answers.push_back(ask_groups("slow:9092"));
  BOOST_REQUIRE(comes_true([&] { return clusters.asked().count("slow:9092") == 2; }));
  const auto other = ask_else("slow:9092");
  clusters.open("slow:9092");
  for (const auto& answer : answers) BOOST_TEST(answer_of(answer).value()->names.at(0) == "slow:9092");
  BOOST_TEST(answer_of(other).value()->at(0).topic == "1");
  BOOST_TEST(clusters.asked().count("slow:9092") == 4u);
}

BOOST_AUTO_TEST_CASE(questions_with_other_credentials_or_of_another_kind_are_asked_apart_and_changes_each) {
  const auto spec_of = [](const char* id, int revision) {
    auto spec = std::make_shared<consumer_spec>();
    spec->id = consumer_id{id};
    spec->rev = kfs::revision{revision};
    return std::shared_ptr<const consumer_spec>(std::move(spec));
  };
  std::vector<awaited<group_facts_ptr>> facts;
  std::vector<awaited<offset_steps>> changes;
  const auto ask_facts = [&](const std::shared_ptr<const consumer_spec>& as, bool topic_is_known) {
    facts.push_back(
        ask<group_facts_ptr>(lag_atom::value, asked_cluster{"one:9092", as},
                             lag_query{.group = "g", .topic = "t", .topic_is_known = topic_is_known, .deadline = {}}));
  };
  const auto filling = {ask_else("one:9092"), ask_else("one:9092")};
  for (int twice = 0; twice < 2; ++twice) {
    ask_facts(nullptr, true);
    ask_facts(nullptr, false);
    ask_facts(spec_of("a", 1), true);
    ask_facts(spec_of("a", 2), true);
    ask_facts(spec_of("b", 1), true);
    changes.push_back(ask<offset_steps>(commit_atom::value, asked_cluster{"one:9092"}, offset_order{}));
  }
  clusters.open("one:9092");
  for (const auto& answer : filling) BOOST_TEST(answer_of(answer).has_value());
  for (const auto& answer : facts) BOOST_TEST(answer_of(answer).has_value());
  for (const auto& answer : changes) BOOST_TEST(answer_of(answer).has_value());
  BOOST_TEST(clusters.asked().size() == 2u + 5u + 2u);
}

BOOST_AUTO_TEST_CASE(who_joins_a_waiting_question_waits_as_long_as_others_and_no_longer) {
  const auto filling = {ask_else("slow:9092"), ask_else("slow:9092")};
  const auto first = ask_groups("slow:9092");
  advance(2s);
  const auto later = ask_groups("slow:9092");
  advance(1s);
  BOOST_TEST(is_overloaded(first));
  BOOST_TEST(!later->has_value());
  advance(1s);
  clusters.open("slow:9092");
  for (const auto& answer : filling) BOOST_TEST(answer_of(answer).has_value());
  BOOST_TEST(answer_of(later).has_value());
  BOOST_TEST(clusters.asked().size() == 3u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::kafka_admin_actor_test
