// Instances of a consumer that write files of their own: whoever gets a partition goes on where the other one ended.

#include "processors/file/handover.hpp"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "processors/file/journal.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/eventually.hpp"
#include "tests/unit/processors/file/file_handover_fixture.hpp"

namespace kfs::file_handover_test {

using namespace file_handover_fixture;

namespace fs = std::filesystem;
using test::eventually;

namespace {

struct instances : handover_place {
  std::string path = (directory.path() / "out-{instance}.log").string();

  /// The sink of that instance, in a process of its own.
  sink_ptr make(int instance) { return handover_place::make(consumer_writing("one", {path}), instance); }
  [[nodiscard]] fs::path file(int instance) const { return directory.path() / fmt::format("out-{}.log", instance); }
  [[nodiscard]] fs::path claims() const { return directory.path() / "out-{instance}.log.kfs-claims"; }
};

/// Instance 0 has written ten records, and a process has announced an eleventh of three bytes.
struct announcing : instances {
  /// The journal, which the process holds while this lives.
  std::optional<file_journal> announced_write() {
    auto first = make(0);
    position(*first);
    writes(*first, records(0, 10));
    first.reset();
    auto journal = file_journal::open(file(0));
    BOOST_TEST_REQUIRE(test::holds_value(journal));
    const auto begin = journal->state().length();
    BOOST_TEST(test::holds_value(journal->append(journal::write{begin, begin + 3, {{0, 0, offset{11}}}})));
    return std::move(*journal);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(file_handover, announcing)

BOOST_AUTO_TEST_CASE(whoever_gets_a_partition_goes_on_where_the_other_file_ends) {
  const auto first = make(0);
  const auto second = make(1);
  BOOST_TEST(!position(*first).has_value());
  writes(*first, records(0, 10));
  BOOST_TEST(position(*second).value() == 10);
  writes(*second, records(0, 20));  // what is known is skipped
  BOOST_TEST(test::file_text(file(0)) == lines(0, 10));
  BOOST_TEST(test::file_text(file(1)) == lines(10, 20));
}

BOOST_AUTO_TEST_CASE(whoever_had_a_partition_writes_nothing_more_of_it_and_goes_on_with_others) {
  patience = patience_to_be_refused;
  const auto first = make(0);
  const auto second = make(1);
  position(*first, 0);
  position(*first, 1);
  writes(*first, records(0, 10, 0));
  position(*second, 0);
  const auto refused = first->write(records(10, 20, 0));
  BOOST_TEST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code == ec::member_fenced));
  BOOST_TEST(refused.error().message.find("partition 0") != std::string::npos, refused.error().message);
  writes(*first, records(0, 5, 1));
  BOOST_TEST(test::file_text(file(0)) == lines(0, 10, 0) + lines(0, 5, 1));
}

BOOST_AUTO_TEST_CASE(records_that_the_file_of_another_instance_has_by_now_count_as_written) {
  patience = patience_to_be_refused;
  const auto first = make(0);
  const auto second = make(1);
  position(*first, 0);
  position(*first, 1);
  position(*second, 0);
  test::memory_batch both = records(0, 10, 0);
  both.add(1, 0, "1:0");
  BOOST_TEST(!first->write(both).has_value());
  writes(*second, records(0, 10, 0));
  writes(*first, both);
  BOOST_TEST(test::file_text(file(0)) == "1:0\n");
  BOOST_TEST(test::file_text(file(1)) == lines(0, 10, 0));
}

BOOST_AUTO_TEST_CASE(whoever_gets_a_partition_back_does_not_write_what_the_other_one_has) {
  const auto first = make(0);
  const auto second = make(1);
  position(*first);
  writes(*first, records(0, 10));
  position(*second);
  writes(*second, records(10, 20));
  BOOST_TEST(position(*first).value() == 20);
  writes(*first, records(10, 30));
  BOOST_TEST(test::file_text(file(0)) == lines(0, 10) + lines(20, 30));
}

BOOST_AUTO_TEST_CASE(a_claim_of_which_nothing_comes_is_taken_back) {
  const auto first = make(0);
  position(*first);
  writes(*first, records(0, 10));
  const auto text = test::file_text(claims());
  const std::string both = R"("out-0.log","out-0.log")";
  const auto at = text.find(both);
  BOOST_TEST_REQUIRE(at != std::string::npos);
  std::ofstream(claims()) << text.substr(0, at) + R"("out-0.log","out-1.log")" + text.substr(at + both.size());
  BOOST_TEST(eventually(std::chrono::seconds{5}, [&] { return first->write(records(10, 20)).has_value(); }));
  BOOST_TEST(test::file_text(file(0)) == lines(0, 20));
}

BOOST_AUTO_TEST_CASE(an_order_of_an_operator_counts_for_the_next_one_too) {
  const auto first = make(0);
  const auto second = make(1);
  position(*first);
  writes(*first, records(0, 100));
  position(*second);
  BOOST_TEST(
      test::holds_value(second->start_at(*test::memory_source(), std::vector<sink_start>{{0, offset{5}, "log"}})));
  const auto back = first->positions(*test::memory_source(), std::vector<partition_number>{0});
  BOOST_TEST_REQUIRE(test::holds_value(back));
  BOOST_TEST((back->front() == stored_position{offset{5}, "log"}));
}

BOOST_AUTO_TEST_CASE(a_new_process_of_the_same_instance_still_has_the_partition) {
  auto first = make(0);
  position(*first);
  writes(*first, records(0, 10));
  first.reset();
  const auto again = make(0);
  writes(*again, records(0, 20));  // a processor that was replaced gets what was not acknowledged
  BOOST_TEST(test::file_text(file(0)) == lines(0, 20));
}

BOOST_AUTO_TEST_CASE(a_write_that_a_killed_process_had_announced_counts_when_it_is_complete) {
  for (const bool complete : {false, true}) {
    announced_write().reset();
    if (complete) std::ofstream(file(0), std::ios::app) << "ab\n";
    BOOST_TEST(position(*make(1)).value() == (complete ? 11 : 10));
    for (const auto& left : fs::directory_iterator(directory.path())) fs::remove(left);
  }
}

BOOST_AUTO_TEST_CASE(a_write_of_a_live_process_is_waited_for) {
  const auto journal = announced_write();
  const auto second = make(1);
  std::jthread writer([&] {
    // Its claim tells that it has begun to look.
    while (test::file_text(claims()).find(R"("out-1.log")") == std::string::npos) std::this_thread::yield();
    std::ofstream(file(0), std::ios::app) << "ab\n";
  });
  BOOST_TEST(position(*second).value() == 11);
}

BOOST_AUTO_TEST_CASE(a_wait_ends_when_the_processor_is_given_up) {
  const auto journal = announced_write();
  const auto second = make(1);
  given_up.request_stop();
  const auto found = second->positions(*test::memory_source(), std::vector<partition_number>{0});
  BOOST_TEST_REQUIRE(!found.has_value());
  BOOST_TEST((found.error().code == ec::shutting_down));
}

BOOST_AUTO_TEST_CASE(a_file_that_was_moved_away_with_its_journal_leaves_the_own_position) {
  const auto first = make(0);
  auto second = make(1);
  position(*first);
  writes(*first, records(0, 10));
  position(*second);
  writes(*second, records(10, 20));
  second.reset();
  for (const auto& part : {file(1), file_journal::path_of(file(1))}) fs::remove(part);
  BOOST_TEST(position(*first).value() == 10);
}

BOOST_AUTO_TEST_CASE(without_claims_the_file_that_is_furthest_counts) {
  const auto first = make(0);
  const auto second = make(1);
  position(*first);
  writes(*first, records(0, 10));
  position(*second);
  writes(*second, records(10, 30));
  fs::remove(claims());
  BOOST_TEST(position(*first).value() == 30);
  writes(*first, records(10, 40));
  BOOST_TEST(test::file_text(file(0)) == lines(0, 10) + lines(30, 40));
}

BOOST_AUTO_TEST_CASE(claims_that_cannot_be_read_are_said_to_be_so) {
  const auto first = make(0);
  std::ofstream(claims()) << R"({"claims":1,"files":"other-{instance}.log","sources":[]})";
  const auto found = first->positions(*test::memory_source(), std::vector<partition_number>{0});
  BOOST_TEST_REQUIRE(!found.has_value());
  BOOST_TEST((found.error().code == ec::sink_denied));
  BOOST_TEST(found.error().message.find(claims().native()) != std::string::npos, found.error().message);
}

BOOST_AUTO_TEST_CASE(a_name_in_the_claims_leads_nowhere_that_is_not_allowed) {
  const auto first = make(0);
  position(*first);
  const auto text = test::file_text(claims());
  const auto at = text.find("out-0.log");
  std::ofstream(claims()) << text.substr(0, at) + "../../etc/passwd" + text.substr(at + 9);
  const auto found = make(1)->positions(*test::memory_source(), std::vector<partition_number>{0});
  BOOST_TEST_REQUIRE(!found.has_value());
  BOOST_TEST((found.error().code == ec::sink_denied));
}

BOOST_AUTO_TEST_CASE(removed_claims_hold_nobody_up) {
  const auto first = make(0);
  position(*first);
  fs::remove(claims());
  writes(*first, records(0, 10));
  BOOST_TEST(test::file_text(file(0)) == lines(0, 10));
}

BOOST_AUTO_TEST_CASE(topics_have_claims_of_their_own_and_each_group_its_part) {
  const auto first = make(0);
  const auto second = make(1);
  position(*first);
  writes(*first, records(0, 10));
  const auto other = test::memory_source("orders", "another group");
  BOOST_TEST(!second->positions(*other, std::vector<partition_number>{0}).value().front().has_value());
  writes(*first, records(10, 20));
}

BOOST_AUTO_TEST_CASE(directories_and_days_of_instances_share_the_claims_above_them) {
  path = (directory.path() / "{instance}/{date}/out-{partition}.log").string();
  const auto first = make(0);
  position(*first, 3);
  writes(*first, records(0, 10, 3));
  BOOST_TEST(fs::exists(directory.path() / "{instance}%2F{date}%2Fout-{partition}.log.kfs-claims"));
  BOOST_TEST(position(*make(1), 3).value() == 10);
}

BOOST_AUTO_TEST_CASE(different_paths_have_different_claims) {
  std::set<std::string> claims;
  const std::vector<std::string> paths{"/d/{instance}/o",       "/d/{instance}_o", "/d/{instance}%2Fo",
                                       "/d/{instance}%252Fo",   "/d/{instance}%o", "/d/{date}/{instance}",
                                       "/d/{date}%2F{instance}"};
  for (const auto& one : paths) claims.insert(file_claims::path_for(one));
  BOOST_TEST(claims.size() == paths.size());
}

/// Members that believe to have partitions, rightly or not, in any order.
BOOST_AUTO_TEST_CASE(each_record_is_in_one_file_whoever_writes_when) {
  constexpr int members = 3;
  constexpr partition_number partitions = 3;
  const auto seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  std::vector<sink_ptr> sinks;
  std::map<std::pair<int, partition_number>, std::int64_t> reads;  ///< the next offset of each member
  for (int instance = 0; instance < members; ++instance) sinks.push_back(make(instance));
  for (int step = 0; step < 500; ++step) {
    const int who = static_cast<int>(random() % members);
    const auto partition = static_cast<partition_number>(random() % partitions);
    if (random() % 20 == 0) {
      sinks[static_cast<std::size_t>(who)] = make(who);  // killed between two batches
    } else if (random() % 5 == 0 || !reads.contains({who, partition})) {
      reads[{who, partition}] = position(*sinks[static_cast<std::size_t>(who)], partition).value_or(0);
    } else {
      auto& next = reads[{who, partition}];
      const auto end = next + 1 + static_cast<std::int64_t>(random() % 5);
      if (sinks[static_cast<std::size_t>(who)]->write(records(next, end, partition))) next = end;
    }
  }
  std::map<std::string, int> found;
  for (int instance = 0; instance < members; ++instance) {
    std::istringstream text(test::file_text(file(instance)));
    for (std::string line; std::getline(text, line);) ++found[line];
  }
  std::int64_t expected = 0;
  for (partition_number partition = 0; partition < partitions; ++partition) {
    const auto end = position(*sinks.front(), partition).value();
    BOOST_TEST(end > 0);
    expected += end;
    for (std::int64_t at = 0; at < end; ++at)
      BOOST_TEST(found[fmt::format("{}:{}", partition, at)] == 1, partition << ":" << at << ", seed " << seed);
  }
  BOOST_TEST(found.size() == static_cast<std::size_t>(expected));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::file_handover_test
