// GET /cluster and orders about replicas, as a server that is alone answers them.

#include <boost/test/unit_test.hpp>
#include <set>

#include "tests/contract/contract_server.hpp"

namespace kfs::cluster_test {

using namespace kfs::contract;

namespace {

const std::vector<std::string> orders{"drain", "resume", "evict"};

struct lone_server : contract_server {
  lone_server() : contract_server("127.0.0.1:1", {{"REPLICA_ID", "fetcher/0%41"}, {"REPLICA_CAPACITY", "7"}}) {}

  /// Creates a consumer that has that many instances, and returns its id.
  std::string consumer_of(int instances, bool started = true) {
    auto body = mission_consumer(file("values-{instance}.log"));
    body["auto_start"] = started;
    body["options"] = {{"instances", instances}};
    return created(body).at("consumer_id").get<std::string>();
  }

  static std::string order_path(const std::string& replica, const std::string& order) {
    return "/cluster/replicas/" + replica + "/" + order;
  }
};

const std::string own_name = "fetcher%2F0%2541";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(cluster, lone_server)

BOOST_AUTO_TEST_CASE(a_server_that_is_alone_shows_itself) {
  const auto answered = get("/cluster");
  BOOST_TEST(answered.status == 200);
  BOOST_TEST(answered.header("x-total-count") == "0");
  const auto content = answered.content();
  const std::vector<std::string> keys{"replica", "replicas", "assignments", "unassigned"};
  BOOST_TEST(keys_of(content) == keys, boost::test_tools::per_element());
  BOOST_TEST(content.at("replica") == "fetcher/0%41");
  BOOST_TEST(content.at("assignments") == json::array());
  BOOST_TEST(content.at("unassigned") == json::array());
  BOOST_TEST_REQUIRE(content.at("replicas").size() == 1U);
  const auto& replica = content.at("replicas").at(0);
  const std::vector<std::string> replica_keys{"replica",    "address",      "linked",    "state",   "version",
                                              "started_at", "last_seen_at", "instances", "capacity"};
  BOOST_TEST(keys_of(replica) == replica_keys, boost::test_tools::per_element());
  BOOST_TEST(replica.at("replica") == "fetcher/0%41");
  BOOST_TEST(replica.at("address").is_null());
  BOOST_TEST(replica.at("linked") == false);
  BOOST_TEST(replica.at("state") == "ACTIVE");
  BOOST_TEST(replica.at("version") == get("/").content().at("version"));
  BOOST_TEST(replica.at("started_at").get<std::string>() <= replica.at("last_seen_at").get<std::string>());
  BOOST_TEST(replica.at("instances") == 0);
  BOOST_TEST(replica.at("capacity") == 7);
}

BOOST_AUTO_TEST_CASE(without_settings_the_name_is_made_and_there_is_no_capacity) {
  contract_server plain;
  const auto content = plain.get("/cluster").content();
  BOOST_TEST(!content.at("replica").get<std::string>().empty());
  BOOST_TEST(content.at("replicas").at(0).at("capacity").is_null());
  const auto consumer = plain.created(mission_consumer(plain.file("values.log")));
  BOOST_TEST(plain.get("/cluster").content().at("replica") == consumer.at("replica"));
}

BOOST_AUTO_TEST_CASE(every_instance_of_a_started_consumer_is_assigned_to_it) {
  consumer_of(1, false);
  const auto id = consumer_of(3);
  const auto content = get("/cluster").content();
  const auto& replica = content.at("replicas").at(0);
  BOOST_TEST(replica.at("instances") == 3);
  BOOST_TEST_REQUIRE(content.at("assignments").size() == 3U);
  for (int number = 0; number < 3; ++number) {
    const auto& assignment = content.at("assignments").at(static_cast<std::size_t>(number));
    const json expected{{"consumer_id", id},
                        {"instance", number},
                        {"replica", "fetcher/0%41"},
                        {"epoch", 1},
                        {"since", replica.at("started_at")}};
    BOOST_TEST(assignment.dump() == expected.dump());
  }
  BOOST_TEST(content.at("unassigned").empty());

  post("/consumers/" + id + "/stop");
  BOOST_TEST(get("/cluster").content().at("assignments").empty());
}

BOOST_AUTO_TEST_CASE(the_assignments_are_sorted_paged_and_counted) {
  std::set<std::string> ids;
  for (const int instances : {2, 1, 2}) ids.insert(consumer_of(instances));
  const auto all = get("/cluster");
  BOOST_TEST(all.header("x-total-count") == "5");
  const auto assignments = all.content().at("assignments");
  BOOST_TEST_REQUIRE(assignments.size() == 5U);
  std::vector<std::string> in_order;
  for (const auto& assignment : assignments) {
    const auto id = assignment.at("consumer_id").get<std::string>();
    if (in_order.empty() || in_order.back() != id) in_order.push_back(id);
  }
  BOOST_TEST(in_order == std::vector<std::string>(ids.begin(), ids.end()), boost::test_tools::per_element());

  const auto page = get("/cluster?limit=2&offset=1");
  BOOST_TEST(page.header("x-total-count") == "5");
  BOOST_TEST_REQUIRE(page.content().at("assignments").size() == 2U);
  BOOST_TEST(page.content().at("assignments").at(0) == assignments.at(1));
  BOOST_TEST(page.content().at("assignments").at(1) == assignments.at(2));
  BOOST_TEST(page.content().at("replicas").at(0).at("instances") == 5);

  BOOST_TEST(get("/cluster?offset=4").content().at("assignments").size() == 1U);
  for (const auto* const beyond : {"5", "9223372036854775807"}) {
    const auto empty = get("/cluster?limit=1000&offset=" + std::string(beyond));
    BOOST_TEST(empty.content().at("assignments") == json::array(), beyond);
    BOOST_TEST(empty.header("x-total-count") == "5", beyond);
  }
}

BOOST_AUTO_TEST_CASE(wrong_pages_are_rejected_as_in_the_list_of_consumers) {
  for (const auto* const query :
       {"?limit=0", "?limit=1001", "?limit=x", "?offset=-1", "?limit=0&offset=x", "?limit=99999999999999999999"}) {
    const auto answered = get("/cluster" + std::string(query));
    BOOST_TEST(answered.status == 422, query);
    BOOST_TEST(answered.content() == get("/consumers" + std::string(query)).content(), query);
  }
}

BOOST_AUTO_TEST_CASE(the_cluster_has_the_paths_and_methods_of_other_lists) {
  for (const auto* const path : {"/cluster/", "/api/cluster", "/api/cluster/"})
    BOOST_TEST(get(path).status == 200, path);
  const auto head = send("HEAD", "/cluster", std::nullopt);
  BOOST_TEST(head.status == 200);
  BOOST_TEST(head.body.empty());
  BOOST_TEST(head.header("x-total-count") == "0");
  BOOST_TEST(post("/cluster").status == 405);
  BOOST_TEST(get("/cluster/replicas").detail() == "Not Found");
  BOOST_TEST(get("/cluster/replicas/" + own_name).detail() == "Not Found");
  BOOST_TEST(post("/cluster/replicas/" + own_name + "/stop").detail() == "Not Found");
  for (const auto& order : orders) {
    const auto answered = get(order_path(own_name, order));
    BOOST_TEST(answered.status == 405, order);
    BOOST_TEST(answered.header("allow").find("POST") != std::string::npos, order);
  }
}

BOOST_AUTO_TEST_CASE(orders_to_the_only_replica_are_a_conflict_and_change_nothing) {
  consumer_of(1);
  for (const auto& order : orders) {
    const auto answered = post(order_path(own_name, order));
    BOOST_TEST(answered.status == 409, order);
    BOOST_TEST(answered.detail().find("Replica fetcher/0%41 is the only one") == 0U, answered.detail());
    BOOST_TEST(answered.detail().find("DATABASE_URL") != std::string::npos, answered.detail());
    BOOST_TEST(answered.header("retry-after").empty(), order);
  }
  const auto as_problem =
      send("POST", order_path(own_name, "drain"), std::nullopt, {"Accept: application/problem+json"});
  BOOST_TEST(as_problem.content().at("title") == "Conflict");
  const auto content = get("/cluster").content();
  BOOST_TEST(content.at("replicas").at(0).at("state") == "ACTIVE");
  BOOST_TEST(content.at("assignments").size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_replica_that_is_not_listed_is_404) {
  for (const auto& order : orders) {
    const auto answered = post(order_path("fetcher-9", order));
    BOOST_TEST(answered.status == 404, order);
    BOOST_TEST(answered.detail() == "Replica fetcher-9 not found");
  }
}

BOOST_AUTO_TEST_CASE(a_name_is_compared_byte_by_byte) {
  for (const auto* const name :
       {"FETCHER%2F0%2541", "fetcher%2F0%41", "fetcher%2F0A", "fetcher%2F0%2541%20", "fetcher%2F0%2541%00", "fetcher"})
    BOOST_TEST(post(order_path(name, "evict")).status == 404, name);
  BOOST_TEST(post(order_path("%66etcher%2f0%2541", "evict")).status == 409);
}

BOOST_AUTO_TEST_CASE(hostile_names_are_404_and_the_answer_stays_short) {
  const std::vector<std::string> names{"%00",
                                       "a%0D%0AX-Evil:%201",
                                       "%ff%fe",
                                       "%F0%9F%98%80",
                                       "%22%7D%5C",
                                       "%7B0%7D%7Bx%7D",
                                       "%20",
                                       "%7F",
                                       "%2e%2e%2f%2e%2e",
                                       "..",
                                       "%",
                                       "%zz",
                                       "%3Cscript%3E",
                                       std::string(255, 'a'),
                                       std::string(256, 'a'),
                                       std::string(5'000, 'a')};
  for (const auto& name : names) {
    for (const auto& order : orders) {
      const auto answered = post(order_path(name, order));
      BOOST_TEST(answered.status == 404, name);
      BOOST_TEST(answered.detail().starts_with("Replica "), name);
      BOOST_TEST(answered.body.size() < 1'024U, name);
      BOOST_TEST(answered.header("x-evil").empty(), name);
    }
  }
  BOOST_TEST(post("/cluster/replicas//drain").detail() == "Not Found");
  BOOST_TEST(get("/cluster").status == 200);
}

BOOST_AUTO_TEST_CASE(a_body_of_an_order_is_ignored) {
  const auto path = order_path(own_name, "drain");
  BOOST_TEST(send("POST", path, "{not json").status == 409);
  BOOST_TEST(send("POST", path, "x", {"Content-Type: text/plain"}).status == 409);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::cluster_test
