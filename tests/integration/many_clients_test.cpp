// Many parallel clients and many consumers.

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <latch>
#include <map>
#include <mutex>
#include <random>
#include <set>

#include "config/base/ids.hpp"
#include "tests/integration/running_server.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/kafka_broker.hpp"

namespace kfs::many_clients_test {

using namespace kfs::integration;
using namespace std::chrono_literals;
using test::eventually;
using test::unique_name;

namespace {

/// Mistakes that several threads report to the test's thread. Only that thread may check.
class notes {
 public:
  void add(const std::string& text) {
    const std::lock_guard held(mutex_);
    all_.insert(text);
  }
  [[nodiscard]] std::string text() const {
    std::string out;
    for (const auto& one : all_) out += one + '\n';
    return out;
  }

 private:
  std::mutex mutex_;
  std::set<std::string> all_;
};

/// Runs `work(client, number)` in `count` threads, each with its own client. Rethrows the first exception.
std::string in_threads(test::server_process& server, int count,
                       const std::function<void(test::http_client&, int)>& work) {
  notes thrown;
  std::vector<std::jthread> threads;
  for (int number = 0; number < count; ++number) {
    threads.emplace_back([&, number] {
      try {
        auto client = server.client();
        work(client, number);
      } catch (const std::exception& problem) {
        thrown.add(problem.what());
      }
    });
  }
  threads.clear();  // waits for all threads
  return thrown.text();
}

/// The number of threads of a process.
int threads_of(pid_t process) {
  const auto status = test::file_text("/proc/" + std::to_string(process) + "/status");
  const auto at = status.find("Threads:");
  return at == std::string::npos ? 0 : std::atoi(status.c_str() + at + 8);
}

struct crowded : running_server {
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  std::string topic = kafka.new_topic();
  std::atomic<int> changes = 0;  ///< makes each change of options different

  /// The body of a consumer with its own group, file and chosen id.
  json body(const std::string& id) const {
    auto one = consumer_body(kafka.bootstrap_servers(), topic, "group-" + id, file(id + ".log"));
    one["consumer_id"] = id;
    return one;
  }

  [[nodiscard]] bool writes(const std::string& id, std::int64_t lines, std::chrono::milliseconds within = patience) {
    return eventually(within, [&] { return line_count(file(id + ".log")) >= lines; });
  }
};

/// A request of the race and the status codes of its possible answers.
struct move {
  std::string name;
  std::function<test::http_response(test::http_client&, const std::string& id)> send;
  std::set<long> legal;
};

std::vector<move> moves(crowded& server) {
  const auto path = [](const std::string& id) { return "/consumers/" + id; };
  const auto processors = [&server](const std::string& id, std::size_t count) {
    json all = json::array({file_sink(server.file(id + ".log"))});
    if (count > 1) all.push_back(file_sink(server.file(id + "-more.log")));
    return json{{"processor_configs", all}};
  };
  const std::set<long> usual{200, 404, 503};
  return {
      {"create",
       [&](auto& client, auto& id) { return client.post("/consumers/", server.body(id)); },
       {200, 201, 409, 503}},
      {"start", [=](auto& client, auto& id) { return client.post(path(id) + "/start"); }, usual},
      {"stop", [=](auto& client, auto& id) { return client.post(path(id) + "/stop"); }, usual},
      {"one processor", [=](auto& client, auto& id) { return client.put(path(id), processors(id, 1)); }, usual},
      {"two processors", [=](auto& client, auto& id) { return client.put(path(id), processors(id, 2)); }, usual},
      {"options",
       [=, &server](auto& client, auto& id) {
         return client.put(path(id), {{"options", {{"batch", {{"max_messages", 100 + ++server.changes}}}}}});
       },
       usual},
      {"get", [=](auto& client, auto& id) { return client.get(path(id)); }, {200, 404}},
      {"list", [](auto& client, auto&) { return client.get("/consumers/"); }, {200}},
      {"delete", [=](auto& client, auto& id) { return client.del(path(id)); }, {204, 404, 503}},
  };
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(many_clients, crowded)

BOOST_AUTO_TEST_CASE(racing_commands_are_answered_and_the_consumers_work_afterwards) {
  constexpr int clients = 16;
  constexpr int requests = 30;
  const std::array ids{make_uuid(), make_uuid(), make_uuid()};
  const auto possible = moves(*this);
  notes illegal;
  const auto thrown = in_threads(process(), clients, [&](test::http_client& client, int number) {
    std::mt19937 random{static_cast<unsigned>(number)};
    for (int request = 0; request < requests; ++request) {
      const auto& next = possible[random() % possible.size()];
      const auto answered = next.send(client, ids[random() % ids.size()]);
      if (!next.legal.contains(answered.status))
        illegal.add(next.name + " was answered " + std::to_string(answered.status) + ": " + answered.body);
    }
  });
  BOOST_TEST(thrown.empty(), thrown);
  BOOST_TEST(illegal.text().empty(), illegal.text());

  const auto listed = get("/consumers/").parsed();
  std::map<std::string, json> left;
  for (const auto& consumer : listed) left.emplace(consumer.at("consumer_id").get<std::string>(), consumer);
  BOOST_TEST(left.size() == listed.size(), "a consumer is listed twice: " << listed);
  for (const auto& id : ids) {
    if (!left.contains(id)) left.emplace(id, created(body(id)));
  }
  for (const auto& [id, consumer] : left) {
    const std::set<std::string> states{"ACTIVE", "INACTIVE"};
    BOOST_TEST(states.contains(status(consumer)), now(consumer));
    BOOST_TEST(stopped(consumer).at("status") == "INACTIVE");
    BOOST_TEST(started(consumer).at("status") == "ACTIVE");
    const auto before = line_count(file(id + ".log"));
    kafka.produce_numbered(topic, 1);
    BOOST_TEST(writes(id, before + 1), now(consumer));
    BOOST_TEST(status(consumer) == "ACTIVE", now(consumer));
    deleted(consumer);
    BOOST_TEST(get(path_of(consumer)).status == 404);
  }
  BOOST_TEST(get("/consumers/").parsed() == json::array());
}

BOOST_AUTO_TEST_CASE(one_of_several_parallel_updates_of_a_revision_succeeds_and_the_others_are_stale) {
  constexpr int clients = 30;
  for (int round = 0; round < 5; ++round) {
    const auto consumer = created(body(make_uuid()));
    std::latch all_ready{clients};
    std::array<test::http_response, clients> answers;
    const auto thrown = in_threads(process(), clients, [&](test::http_client& client, int number) {
      const json change{{"options", {{"batch", {{"max_messages", 100 + number}}}}}};
      all_ready.arrive_and_wait();
      answers.at(static_cast<std::size_t>(number)) = client.put(path_of(consumer), change, {"If-Match: \"1\""});
    });
    BOOST_TEST(thrown.empty(), thrown);
    std::map<long, int> counts;
    for (const auto& answered : answers) ++counts[answered.status];
    const std::map<long, int> expected{{200, 1}, {412, clients - 1}};
    BOOST_TEST((counts == expected), json(counts) << " in round " << round);

    const auto winner = std::ranges::find(answers, 200, &test::http_response::status);
    BOOST_TEST_REQUIRE((winner != answers.end()));
    const auto left = now(consumer);
    BOOST_TEST(left.at("revision") == 2);
    BOOST_TEST(left.at("options") == winner->parsed().at("options"));
    deleted(consumer);
    BOOST_TEST_REQUIRE(process().process().running());
  }
}

BOOST_AUTO_TEST_CASE(two_hundred_consumers_deliver_everything_and_leave_nothing_behind) {
  constexpr int clients = 8;
  constexpr int consumers_each = 25;
  kafka.produce_numbered(topic, 1, "record");
  const int threads_before = threads_of(process().process().pid());
  std::array<std::vector<std::string>, clients> made;
  notes wrong;
  auto thrown = in_threads(process(), clients, [&](test::http_client& client, int number) {
    for (int consumer = 0; consumer < consumers_each; ++consumer) {
      const auto id = make_uuid();
      const auto answered = client.post("/consumers/", body(id));
      if (answered.status != 201) wrong.add("create: " + answered.body);
      made[static_cast<std::size_t>(number)].push_back(id);
    }
  });
  BOOST_TEST(thrown.empty(), thrown);
  BOOST_TEST(get("/consumers/").header("x-total-count") == std::to_string(clients * consumers_each));
  int silent = 0;
  for (const auto& of_client : made) {
    for (const auto& id : of_client) silent += writes(id, 1) ? 0 : 1;
  }
  BOOST_TEST(silent == 0);

  thrown = in_threads(process(), clients, [&](test::http_client& client, int number) {
    for (const auto& id : made[static_cast<std::size_t>(number)]) {
      const auto answered = client.del("/consumers/" + id);
      if (answered.status != 204) wrong.add("delete: " + answered.body);
    }
  });
  BOOST_TEST(thrown.empty(), thrown);
  BOOST_TEST(wrong.text().empty(), wrong.text());
  BOOST_TEST(get("/consumers/").parsed() == json::array());
  BOOST_TEST(eventually(patience, [&] { return threads_of(process().process().pid()) <= threads_before + 8; }),
             threads_before << " threads before, " << threads_of(process().process().pid()) << " after");
  for (const auto& of_client : made) {
    for (const auto& id : of_client) BOOST_TEST(test::file_text(file(id + ".log")) == "record0\n");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::many_clients_test
