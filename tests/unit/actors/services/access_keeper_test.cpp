// The keeper of keys, tenants and the audit, with a store that fails: what the audit shall hold is in it once.
#include "actors/services/access_keeper.hpp"

#include <boost/test/unit_test.hpp>
#include <mutex>
#include <set>

#include "tests/support/eventually.hpp"

namespace kfs::access_keeper_test {

using namespace std::chrono_literals;

namespace {

/// The part of a store that the keeper works with. Safe from any thread.
struct kept_audit {
  std::mutex mutex;
  bool is_away = false;       ///< takes nothing
  bool says_nothing = false;  ///< takes all, and its answer is lost
  std::vector<audit_entry> entries;
  std::vector<audit_finish> finished;
  int refused = 0;

  caf::result<done> write(const audit_batch& batch) {
    const std::lock_guard lock(mutex);
    if (is_away) {
      ++refused;
      return to_caf({ec::store_unavailable, "away"});
    }
    const auto added = batch.again ? missing_entries(batch.entries, entries) : batch.entries;
    entries.insert(entries.end(), added.begin(), added.end());
    finished.insert(finished.end(), batch.finished.begin(), batch.finished.end());
    if (!says_nothing) return done{};
    ++refused;
    return to_caf({ec::timed_out, "the answer is lost"});
  }
  template <class Change>
  auto with(Change change) {
    const std::lock_guard lock(mutex);
    return change(*this);
  }
};

struct keeper_fixture {
  caf::actor_system_config configuration;
  caf::actor_system system{configuration};
  std::shared_ptr<kept_audit> kept = std::make_shared<kept_audit>();
  store_actor store =
      caf::actor_cast<store_actor>(system.spawn([kept = kept](caf::event_based_actor*) -> caf::behavior {
        return {[kept](audit_atom, const audit_batch_ptr& batch) { return kept->write(*batch); },
                [](access_atom, std::uint64_t) { return stored_access_ptr(); },
                [](prune_atom, timestamp, std::uint64_t) { return std::uint64_t{0}; }};
      }));
  access_actor keeper = spawn_access_keeper(
      system, {.store = store, .book = std::make_shared<access_book>(), .log = logger::silent(), .file = {}});

  ~keeper_fixture() {
    caf::anon_send_exit(keeper, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(store, caf::exit_reason::user_shutdown);
  }

  /// Enters as many denied requests, each different.
  void deny(int count) {
    for (int i = 0; i < count; ++i) {
      audit_entry entry;
      entry.action = "consumer.delete";
      entry.request_id = std::to_string(denied++);
      entry.decision = audit_decision::deny;
      caf::anon_send(keeper, audit_atom::value, entry);
    }
  }
  /// Each that was denied is in the audit once, and the order 7 is finished.
  bool all_are_there() const {
    return kept->with([this](const kept_audit& audit) {
      std::set<std::string> ids;
      for (const auto& entry : audit.entries) ids.insert(entry.request_id);
      return ids.size() == static_cast<std::size_t>(denied) && audit.entries.size() == ids.size() &&
             !audit.finished.empty();
    });
  }
  void refuses_once() const {
    BOOST_TEST_REQUIRE(
        test::eventually(5s, [this] { return kept->with([](const kept_audit& audit) { return audit.refused > 0; }); }));
  }
  void order_is_carried_out() const {
    caf::anon_send(keeper, finish_atom::value, audit_finish{7, audit_outcome::done, 202});
  }

  int denied = 0;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(access_keeper, keeper_fixture)

BOOST_AUTO_TEST_CASE(what_happened_while_the_store_was_away_is_entered_once) {
  kept->with([](kept_audit& audit) { audit.is_away = true; });
  deny(300);
  order_is_carried_out();
  deny(300);
  refuses_once();
  kept->with([](kept_audit& audit) { audit.is_away = false; });
  BOOST_TEST(test::eventually(5s, [this] { return all_are_there(); }));
}

BOOST_AUTO_TEST_CASE(what_was_written_without_an_answer_is_entered_once) {
  kept->with([](kept_audit& audit) { audit.says_nothing = true; });
  deny(300);
  order_is_carried_out();
  refuses_once();
  deny(300);
  kept->with([](kept_audit& audit) { audit.says_nothing = false; });
  BOOST_TEST(test::eventually(5s, [this] { return all_are_there(); }));
}

BOOST_AUTO_TEST_CASE(a_drained_keeper_has_written_what_was_entered_before) {
  deny(2'000);
  order_is_carried_out();
  caf::scoped_actor self(system);
  self->request(keeper, 5s, drain_atom::value)
      .receive([](done) {}, [](const caf::error&) { BOOST_ERROR("not drained"); });
  BOOST_TEST(all_are_there());
}

BOOST_AUTO_TEST_CASE(a_keeper_whose_store_is_away_is_drained_at_once) {
  kept->with([](kept_audit& audit) { audit.is_away = true; });
  deny(1);
  caf::scoped_actor self(system);
  self->request(keeper, 5s, drain_atom::value)
      .receive([](done) {}, [](const caf::error&) { BOOST_ERROR("not drained"); });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::access_keeper_test
