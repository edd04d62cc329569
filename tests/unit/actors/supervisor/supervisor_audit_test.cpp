// What a user asks for is audited: with the change, or before what changes nothing stored is carried out.

#include <boost/test/unit_test.hpp>

#include "tests/unit/actors/supervisor/supervisor_fixture.hpp"

namespace kfs::supervisor_audit_test {

using namespace kfs::test;

namespace {

struct fixture : supervisor_fixture {
  /// The commands that follow are audited as that action.
  void audit_as(const std::string& action) {
    context.audit.emplace();
    context.audit->entry.action = action;
  }
  [[nodiscard]] bool is_written() const { return context.audit->written->load(); }

  [[nodiscard]] std::vector<std::string> actions() const {
    std::vector<std::string> all;
    for (const auto& entry : stored->audit) all.push_back(entry.action);
    return all;
  }
  void are_written(const std::vector<std::string>& expected) const {
    BOOST_TEST(actions() == expected, boost::test_tools::per_element());
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(supervisor_audit, fixture)

BOOST_AUTO_TEST_CASE(each_change_is_written_with_its_entry) {
  begin();
  audit_as("create");
  BOOST_TEST(create(spec)->value.has_value());
  BOOST_TEST(is_written());
  audit_as("update");
  auto changed = spec;
  changed.options["stop_timeout_ms"] = 500;
  const auto updated = update(changed);
  settle();
  BOOST_TEST(updated->value.has_value());
  BOOST_TEST(is_written());
  audit_as("stop");
  stop();
  settle();
  BOOST_TEST(is_written());
  audit_as("start");
  start();
  settle();
  BOOST_TEST(is_written());
  audit_as("delete");
  const auto removed = remove();
  settle();
  BOOST_TEST(removed->value.has_value());
  BOOST_TEST(is_written());
  are_written({"create", "update", "stop", "start", "delete"});
}

BOOST_AUTO_TEST_CASE(a_start_that_changes_nothing_stored_is_written_before_it_is_carried_out) {
  begin({spec});
  const auto writes = stored->writes;
  audit_as("start");
  start();
  settle();
  BOOST_TEST(stored->writes == writes);
  BOOST_TEST(is_written());
  are_written({"start"});
  BOOST_TEST(stored->audit.front().consumer == spec.id.value);
  BOOST_CHECK((stored->audit.front().revision_after == spec.rev));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_audited_is_not_carried_out) {
  begin({spec});
  const auto before = events().size();
  stored->fails = error{ec::store_unavailable, "the disk is full"};
  audit_as("start");
  const auto refused = start();
  settle();
  BOOST_TEST_REQUIRE(refused->refused.has_value());
  BOOST_TEST((refused->refused->code == ec::store_unavailable));
  BOOST_TEST(!is_written());
  BOOST_TEST(events().size() == before);
}

BOOST_AUTO_TEST_CASE(a_command_that_fails_or_has_no_effect_leaves_its_entry_to_the_sender) {
  begin({spec});
  audit_as("create");
  BOOST_TEST(!create(spec)->value->created);
  BOOST_TEST(!is_written());
  auto other = spec;
  other.topic = "other";
  BOOST_TEST(create(other)->refused.has_value());
  BOOST_TEST(!is_written());
  BOOST_TEST(update(spec)->value.has_value());
  BOOST_TEST(!is_written());
  are_written({});
}

BOOST_AUTO_TEST_CASE(what_happens_by_itself_leaves_no_entry) {
  begin({spec});
  context.audit.reset();
  stop();
  settle();
  are_written({});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::supervisor_audit_test
