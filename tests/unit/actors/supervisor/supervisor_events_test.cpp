// The events of a supervisor whose consumers, and events, are shared with other replicas.
#include <boost/test/unit_test.hpp>
#include <set>

#include "tests/unit/actors/supervisor/sharing_fixture.hpp"

namespace kfs::supervisor_events_test {

namespace {

struct sharing_events : test::sharing {
  std::shared_ptr<std::vector<consumer_event>> taken = std::make_shared<std::vector<consumer_event>>();
  std::shared_ptr<int> opened = std::make_shared<int>(0);

  sharing_events() {
    changes = std::make_shared<change_feed>(event_numbering{
        .take = [into = taken](const consumer_id&, consumer_event event) { into->push_back(std::move(event)); },
        .opened = [count = opened](const consumer_id&) { ++*count; }});
  }

  std::set<event_kind> kinds() const {
    std::set<event_kind> found;
    for (const auto& event : *taken) found.insert(event.kind);
    return found;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(supervisor_events, sharing_events)

BOOST_AUTO_TEST_CASE(what_another_replica_has_told_already_is_not_told_again) {
  begin_sharing();
  auto changed = spec;
  changed.rev.value += 1;
  changed.topic = "other";
  store_by_other(changed);
  tell(2, false);
  BOOST_TEST(taken->empty());
  give(1);
  BOOST_TEST(runs());
  BOOST_TEST(kinds().contains(event_kind::state_changed));
  BOOST_TEST(!kinds().contains(event_kind::loaded));
}

BOOST_AUTO_TEST_CASE(a_consumer_that_was_deleted_and_created_again_has_a_new_log) {
  begin_sharing();
  const auto before = changes->find(spec.id);
  BOOST_TEST(*opened == 1);
  auto changed = spec;
  changed.rev.value += 1;
  store_by_other(changed);
  tell(2, false);
  BOOST_TEST(changes->find(spec.id) == before);
  changed.created_at += std::chrono::seconds{1};
  store_by_other(changed);
  tell(3, false);
  BOOST_TEST(changes->find(spec.id) != before);
  BOOST_TEST(*opened == 2);
  give(1);
  BOOST_TEST(kinds().contains(event_kind::state_changed));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::supervisor_events_test
