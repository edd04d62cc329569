#include "cluster/core/membership.hpp"

#include <boost/test/unit_test.hpp>
#include <map>
#include <vector>

namespace kfs::membership_test {

using namespace std::chrono_literals;

namespace {

using standing = kfs::membership::standing;

struct fixture {
  kfs::membership view{lease_times{3s}, replica_id{"a"}, run_id{"a1"}};
  look::clock::time_point at{1h};
  std::map<std::string, replica_row> rows;

  fixture() {
    for (const auto* name : {"a", "b", "c"}) add(name);
  }

  replica_row& add(const std::string& name) {
    return rows[name] = {.replica = replica_id{name}, .run = run_id{name + "1"}, .evicted = {}, .capacity = {}};
  }

  /// Looks each second, for `time`; all but `silent` renew before.
  void pass(std::chrono::seconds time, const std::string& silent = "") {
    for (auto second = 0s; second < time; ++second) {
      at += 1s;
      std::vector<replica_row> shown;
      for (auto& [name, row] : rows) {
        if (name != silent) ++row.heartbeats;
        shown.push_back(row);
      }
      view.saw({.asked = at, .answered = at}, shown);
    }
  }

  [[nodiscard]] bool lists(const std::string& name) const { return view.members().contains(replica_id{name}); }
  [[nodiscard]] std::string state(const std::string& name) const {
    return to_string(view.members().at(replica_id{name}).state);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(membership, fixture)

BOOST_AUTO_TEST_CASE(a_replica_that_renews_is_active) {
  pass(10s);
  BOOST_TEST(view.members().size() == 3U);
  BOOST_TEST(state("b") == "ACTIVE");
  BOOST_TEST(!view.is_gone(replica_id{"b"}, run_id{"b1"}));
}

BOOST_AUTO_TEST_CASE(a_replica_that_is_silent_for_a_lease_is_lost_and_its_leases_are_free) {
  pass(2s);
  pass(2s, "b");
  BOOST_TEST(state("b") == "ACTIVE");
  pass(1s, "b");
  BOOST_TEST(state("b") == "LOST");
  BOOST_TEST((view.members().at(replica_id{"b"}).lost_since == at));
  BOOST_TEST(view.is_gone(replica_id{"b"}, run_id{"b1"}));
}

BOOST_AUTO_TEST_CASE(a_lost_replica_that_renews_is_active_again) {
  pass(2s);
  pass(4s, "b");
  pass(1s);
  BOOST_TEST(state("b") == "ACTIVE");
  BOOST_TEST(!view.members().at(replica_id{"b"}).lost_since);
}

BOOST_AUTO_TEST_CASE(a_lost_replica_is_listed_for_an_hour_and_then_to_be_deleted) {
  pass(2s);
  pass(3s, "b");
  pass(3599s, "b");
  BOOST_TEST(state("b") == "LOST");
  BOOST_TEST(view.forgotten().empty());
  pass(2s, "b");
  BOOST_TEST(!lists("b"));
  BOOST_TEST_REQUIRE(view.forgotten().size() == 1U);
  BOOST_TEST((view.forgotten().front() == rows["b"]));
}

BOOST_AUTO_TEST_CASE(a_drain_outlives_the_run) {
  rows["b"].draining = true;
  pass(2s);
  BOOST_TEST(state("b") == "DRAINING");
  rows["b"].run = run_id{"b2"};
  pass(1s);
  BOOST_TEST(state("b") == "DRAINING");
  rows["b"].draining = false;
  pass(1s);
  BOOST_TEST(state("b") == "ACTIVE");
}

BOOST_AUTO_TEST_CASE(an_evicted_run_is_lost_at_once_although_it_renews_and_its_next_run_is_a_member) {
  pass(2s);
  rows["b"].evicted = run_id{"b1"};
  pass(1s);
  BOOST_TEST(state("b") == "LOST");
  BOOST_TEST(view.is_gone(replica_id{"b"}, run_id{"b1"}));
  rows["b"].run = run_id{"b2"};
  pass(1s);
  BOOST_TEST(state("b") == "ACTIVE");
  BOOST_TEST(view.is_gone(replica_id{"b"}, run_id{"b1"}));
  BOOST_TEST(!view.is_gone(replica_id{"b"}, run_id{"b2"}));
}

BOOST_AUTO_TEST_CASE(a_replica_that_ended_in_order_is_no_member) {
  pass(2s);
  rows["b"].ended = true;
  pass(1s);
  BOOST_TEST(!lists("b"));
  BOOST_TEST(view.is_gone(replica_id{"b"}, run_id{"b1"}));
}

BOOST_AUTO_TEST_CASE(a_process_knows_its_own_standing) {
  BOOST_TEST((view.own_standing() == standing::unknown));
  pass(1s);
  BOOST_TEST((view.own_standing() == standing::member));
  rows["a"].evicted = run_id{"a1"};
  pass(1s);
  BOOST_TEST((view.own_standing() == standing::evicted));
  rows["a"].run = run_id{"a2"};
  pass(1s);
  BOOST_TEST((view.own_standing() == standing::replaced));
  rows.erase("a");
  pass(1s);
  BOOST_TEST((view.own_standing() == standing::unknown));
}

BOOST_AUTO_TEST_CASE(a_view_is_settled_once_every_other_replica_was_seen_alive_or_is_lost) {
  pass(1s);
  BOOST_TEST(!view.is_settled());
  pass(1s, "b");
  BOOST_TEST(!view.is_settled());
  pass(1s);
  BOOST_TEST(view.is_settled());
}

BOOST_AUTO_TEST_CASE(a_row_of_a_replica_that_died_long_ago_settles_as_lost) {
  pass(3s, "b");
  BOOST_TEST(!view.is_settled());
  pass(1s, "b");
  BOOST_TEST(state("b") == "LOST");
  BOOST_TEST(view.is_settled());
}

BOOST_AUTO_TEST_CASE(a_replica_that_joins_a_settled_view_leaves_it_settled) {
  pass(3s);
  add("d");
  pass(1s);
  BOOST_TEST(state("d") == "ACTIVE");
  BOOST_TEST(view.is_settled());
}

BOOST_AUTO_TEST_CASE(after_a_gap_between_looks_the_view_has_to_settle_again_and_nobody_is_lost) {
  pass(3s);
  at += 1h;
  pass(1s, "b");
  BOOST_TEST(!view.is_settled());
  BOOST_TEST(state("b") == "ACTIVE");
  pass(1s);
  BOOST_TEST(view.is_settled());
}

BOOST_AUTO_TEST_CASE(the_lowest_protocol_is_that_of_replicas_that_live) {
  BOOST_TEST(view.lowest_protocol() == 0);
  rows["a"].protocol = 3;
  rows["b"].protocol = 2;
  rows["c"].protocol = 4;
  pass(2s);
  BOOST_TEST(view.lowest_protocol() == 2);
  pass(3s, "b");
  BOOST_TEST(view.lowest_protocol() == 3);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::membership_test
