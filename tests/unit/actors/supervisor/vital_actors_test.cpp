#include "actors/supervisor/vital_actors.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/unit/actors/actor_fixture.hpp"

namespace kfs::vital_actors_test {

namespace {

struct vital_fixture : test::actor_fixture {
  // The argument is there because CAF 0.17 binds a null pointer to a reference where there is none.
  caf::actor vital = system().spawn([](caf::event_based_actor*, int) { return caf::behavior{[](done) {}}; }, 0);
  std::vector<std::string> died;
  caf::actor watching = watch_vital_actors(
      system(), {{"store", vital}},
      [this](const std::string& name, const error& why) { died.push_back(name + ": " + why.message); });

  vital_fixture() { run(); }

  void end(const caf::actor& which, const caf::error& reason) {
    caf::anon_send(which, caf::exit_msg{{}, reason});
    run();
  }

  ~vital_fixture() {
    end(watching, caf::exit_reason::kill);
    end(vital, caf::exit_reason::kill);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(vital_actors, vital_fixture)

BOOST_AUTO_TEST_CASE(the_end_of_one_is_told_with_its_name_and_reason) {
  end(vital, to_caf({ec::actor_died, "the disk caught fire"}));
  BOOST_REQUIRE(died.size() == 1u);
  BOOST_TEST(died.front() == "store: the disk caught fire");
}

BOOST_AUTO_TEST_CASE(an_end_after_that_of_the_watcher_is_told_to_nobody) {
  end(watching, caf::exit_reason::user_shutdown);
  end(vital, caf::exit_reason::user_shutdown);
  BOOST_TEST(died.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::vital_actors_test
