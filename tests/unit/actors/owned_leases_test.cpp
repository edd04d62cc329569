#include "actors/owned_leases.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::owned_leases_test {

using clock = ownership::clock;

namespace {

const consumer_id orders{"orders"};

/// One instance of one consumer.
class known_owner final : public ownership {
 public:
  std::optional<instance_tenure> mine;
  std::optional<instance_owner> whose;
  bool renewed = true;

  [[nodiscard]] std::optional<instance_tenure> tenure(const consumer_id&, int instance) const override {
    return instance == 1 ? mine : std::nullopt;
  }
  [[nodiscard]] std::optional<instance_owner> owner(const consumer_id&, int) const override { return whose; }
  [[nodiscard]] std::vector<int> instances_held(const consumer_id&) const override { return {}; }
  [[nodiscard]] std::string why_nobody(const consumer_id&, int) const override { return {}; }
  [[nodiscard]] bool is_renewed(clock::time_point) const override { return renewed; }
  [[nodiscard]] clock::time_point seen_at() const override { return {}; }
  void vacated(const consumer_id&, int, std::uint64_t) override {}
  void listen(listener) override {}
};

struct fixture {
  std::shared_ptr<known_owner> owners = std::make_shared<known_owner>();
  std::shared_ptr<owned_leases> leases = std::make_shared<owned_leases>();
  clock::time_point now = clock::now();

  fixture() { leases->follow(owners); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(owned_leases, fixture)

BOOST_AUTO_TEST_CASE(a_server_that_is_alone_has_no_leases_and_knows_of_none) {
  const kfs::owned_leases alone;
  BOOST_TEST(!alone.held(orders, 0).has_value());
  BOOST_TEST(!alone.has_ended(orders, 0, 1));
  sink_lease lease(std::make_shared<kfs::owned_leases>(), orders, 0);
  BOOST_TEST(!lease.take().has_value());
  BOOST_TEST(!lease.has_ended(now));
}

BOOST_AUTO_TEST_CASE(the_lease_of_an_instance_is_its_tenure) {
  owners->mine = instance_tenure{.epoch = 7, .since = {}, .until = now};
  BOOST_TEST_REQUIRE(leases->held(orders, 1).has_value());
  BOOST_TEST(leases->held(orders, 1)->epoch == 7u);
  BOOST_TEST((leases->held(orders, 1)->until == now));
  BOOST_TEST(!leases->held(orders, 0).has_value());
}

BOOST_AUTO_TEST_CASE(a_lease_has_ended_when_nobody_has_it_or_somebody_has_a_later_one) {
  BOOST_TEST(leases->has_ended(orders, 1, 5));
  owners->whose = instance_owner{.replica = "b", .epoch = 5};
  BOOST_TEST(!leases->has_ended(orders, 1, 5));
  BOOST_TEST(leases->has_ended(orders, 1, 4));
  owners->renewed = false;  // what is known may be old
  BOOST_TEST(!leases->has_ended(orders, 1, 4));
}

BOOST_AUTO_TEST_CASE(the_lease_of_a_sink_ends_with_its_time_and_does_not_become_the_next_one) {
  owners->mine = instance_tenure{.epoch = 7, .since = {}, .until = now};
  sink_lease lease(leases, orders, 1);
  BOOST_TEST((lease.take() == 7u));
  BOOST_TEST(!lease.has_ended(now - std::chrono::milliseconds(1)));
  BOOST_TEST(lease.has_ended(now));
  owners->mine = instance_tenure{.epoch = 9, .since = {}, .until = std::nullopt};
  BOOST_TEST(lease.has_ended(now));
  BOOST_TEST((lease.take() == 7u));
  owners->mine.reset();
  BOOST_TEST(lease.has_ended(now));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::owned_leases_test
