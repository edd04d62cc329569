#include "http/dto/cluster_dto.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>

namespace kfs::cluster_dto_test {

using namespace std::chrono_literals;

namespace {

constexpr auto all = std::numeric_limits<std::size_t>::max();

replica_view silent_replica() {
  return {.replica = {"r1"},
          .address = {},
          .linked = false,
          .state = replica_state::lost,
          .version = "0.1.0",
          .started_at = timestamp{},
          .last_seen_at = timestamp{1ms},
          .instances = 0,
          .capacity = std::nullopt};
}

/// A cluster in which r1 runs that many instances of the consumer "c".
cluster_view cluster_of(int instances) {
  cluster_view cluster{.replica = {"r1"}, .replicas = {silent_replica()}, .assignments = {}, .unassigned = {}};
  for (int number = 0; number < instances; ++number)
    cluster.assignments.push_back({.instance = {{"c"}, number}, .replica = {"r1"}, .term = {9}, .since = timestamp{}});
  return cluster;
}

/// The numbers of the instances on a page.
std::vector<int> page_of(int instances, std::size_t limit, std::size_t offset) {
  std::vector<int> numbers;
  const auto dto = kfs::cluster_dto(cluster_of(instances), limit, offset);
  for (const auto& assignment : dto.at("assignments")) numbers.push_back(assignment.at("instance").get<int>());
  return numbers;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cluster_dto)

BOOST_AUTO_TEST_CASE(what_a_replica_lacks_is_null) {
  BOOST_TEST(kfs::cluster_dto(cluster_of(0), all, 0).dump() ==
             R"({"replica":"r1","replicas":[{"replica":"r1","address":null,"linked":false,"state":"LOST",)"
             R"("version":"0.1.0","started_at":"1970-01-01T00:00:00.000Z","last_seen_at":"1970-01-01T00:00:00.001Z",)"
             R"("instances":0,"capacity":null}],"assignments":[],"unassigned":[]})");
}

BOOST_AUTO_TEST_CASE(what_a_replica_has_is_shown) {
  auto cluster = cluster_of(0);
  auto& replica = cluster.replicas.front();
  replica.address = "10.0.0.1:7000";
  replica.linked = true;
  replica.state = replica_state::draining;
  replica.instances = 3;
  replica.capacity = 4;
  const auto dto = kfs::cluster_dto(cluster, all, 0).at("replicas").at(0);
  BOOST_TEST(dto.at("address") == "10.0.0.1:7000");
  BOOST_TEST(dto.at("linked") == true);
  BOOST_TEST(dto.at("state") == "DRAINING");
  BOOST_TEST(dto.at("instances") == 3);
  BOOST_TEST(dto.at("capacity") == 4);
  replica.state = replica_state::active;
  BOOST_TEST(kfs::cluster_dto(cluster, all, 0).at("replicas").at(0).at("state") == "ACTIVE");
}

BOOST_AUTO_TEST_CASE(assignments_and_what_is_unassigned_name_consumer_and_instance) {
  auto cluster = cluster_of(1);
  cluster.unassigned = {{.instance = {{"c"}, 1}, .reason = "no active replica has room for it"}};
  const auto dto = kfs::cluster_dto(cluster, all, 0);
  BOOST_TEST(dto.at("assignments").dump() == R"([{"consumer_id":"c","instance":0,"replica":"r1","epoch":9,)"
                                             R"("since":"1970-01-01T00:00:00.000Z"}])");
  BOOST_TEST(dto.at("unassigned").dump() ==
             R"([{"consumer_id":"c","instance":1,"reason":"no active replica has room for it"}])");
}

BOOST_AUTO_TEST_CASE(only_the_assignments_are_paged) {
  using numbers = std::vector<int>;
  BOOST_TEST((page_of(4, all, 0) == numbers{0, 1, 2, 3}));
  BOOST_TEST((page_of(4, 2, 1) == numbers{1, 2}));
  BOOST_TEST((page_of(4, 2, 3) == numbers{3}));
  BOOST_TEST(page_of(4, 2, 4).empty());
  BOOST_TEST(page_of(4, all, all).empty());
  BOOST_TEST(kfs::cluster_dto(cluster_of(4), 1, 4).at("replicas").size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::cluster_dto_test
