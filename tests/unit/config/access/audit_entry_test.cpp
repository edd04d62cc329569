#include "config/access/audit_entry.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::audit_entry_test {

BOOST_AUTO_TEST_SUITE(audit_entry)

BOOST_AUTO_TEST_CASE(keys_come_in_their_order_and_what_is_not_there_is_null) {
  kfs::audit_entry entry;
  entry.action = "consumers.start";
  entry.method = "POST";
  entry.path = "/consumers/c/start";
  entry.actor.kind = "anonymous";
  BOOST_TEST(to_json(entry).dump() ==
             R"({"id":0,"at":"1970-01-01T00:00:00.000Z","request_id":null,)"
             R"("actor":{"kind":"anonymous","name":null,"credential_id":null},"source":null,"tenant":null,)"
             R"("action":"consumers.start","method":"POST","path":"/consumers/c/start","consumer_id":null,)"
             R"("decision":"allow","rule":null,"status":null,"revision_before":null,"revision_after":null,)"
             R"("reason":null,"outcome":"done"})");
  entry.revision_before = revision{1};
  entry.decision = audit_decision::deny;
  entry.status = 403;
  BOOST_TEST(to_json(entry).at("revision_before") == 1);
  BOOST_TEST(to_json(entry).at("decision") == "deny");
  BOOST_TEST(to_json(entry).at("status") == 403);
}

BOOST_AUTO_TEST_CASE(outcomes_are_known_by_their_names_and_other_names_are_unknown) {
  for (const auto outcome :
       {audit_outcome::pending, audit_outcome::done, audit_outcome::failed, audit_outcome::unknown})
    BOOST_TEST((to_audit_outcome(to_string(outcome)) == outcome));
  BOOST_TEST((to_audit_outcome("levitated") == audit_outcome::unknown));
}

BOOST_AUTO_TEST_CASE(texts_are_cut_and_made_readable) {
  kfs::audit_entry entry;
  entry.reason =
      "a\xFF"
      "b";
  entry.path = std::string(5'000, 'x');
  entry.actor.name = std::string(5'000, 'x');
  const auto kept = bounded(entry);
  BOOST_TEST(kept.reason ==
             "a\xEF\xBF\xBD"
             "b");
  BOOST_TEST(kept.path == std::string(longest_audit_text, 'x') + "\xE2\x80\xA6");
  BOOST_TEST(kept.actor.name.size() == longest_audit_name + 3);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::audit_entry_test
