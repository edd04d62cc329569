// Consumers of one group that write files of their own in one directory: whoever gets a partition goes on where the
// other one ended.

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "processors/file/claims.hpp"
#include "processors/file/journal.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/eventually.hpp"
#include "tests/unit/processors/file/group_of_consumers.hpp"

namespace kfs::file_group_handover_test {

using namespace file_handover_fixture;
using test::eventually;

namespace {

void is_refused(sink& by, const test::memory_batch& batch) {
  const auto refused = by.write(batch);
  BOOST_TEST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code == ec::member_fenced), refused.error().message);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(file_group_handover, group_of_consumers)

BOOST_AUTO_TEST_CASE(a_consumer_goes_on_where_the_file_of_another_one_of_its_group_ends) {
  const auto a = sink_of("a");
  const auto b = sink_of("b");
  BOOST_TEST(!position(*a).has_value());
  writes(*a, records(0, 10));
  BOOST_TEST(position(*b).value() == 10);
  writes(*b, records(0, 20));  // what is known is skipped
  BOOST_TEST(position(*a).value() == 20);
  writes(*a, records(10, 30));
  BOOST_TEST(text("a.log") == lines(0, 10) + lines(20, 30));
  BOOST_TEST(text("b.log") == lines(10, 20));
}

BOOST_AUTO_TEST_CASE(a_consumer_writes_nothing_more_of_a_partition_that_another_one_has) {
  patience = patience_to_be_refused;
  const auto a = sink_of("a");
  const auto b = sink_of("b");
  position(*a, 0);
  position(*a, 1);
  writes(*a, records(0, 10, 0));
  position(*b, 0);
  is_refused(*a, records(10, 20, 0));
  writes(*a, records(0, 5, 1));
  writes(*b, records(10, 20, 0));
  writes(*a, records(10, 20, 0));  // they are in the other file, so they count as written
  BOOST_TEST(text("a.log") == lines(0, 10, 0) + lines(0, 5, 1));
  BOOST_TEST(text("b.log") == lines(10, 20, 0));
}

BOOST_AUTO_TEST_CASE(a_consumer_takes_a_partition_back_of_which_the_other_one_writes_nothing) {
  const auto a = sink_of("a");
  position(*a);
  writes(*a, records(0, 10));
  auto b = sink_of("b");
  position(*b);
  b.reset();
  BOOST_TEST(eventually(std::chrono::seconds{5}, [&] { return a->write(records(10, 20)).has_value(); }));
  BOOST_TEST(text("a.log") == lines(0, 20));
}

BOOST_AUTO_TEST_CASE(a_write_that_a_killed_consumer_had_announced_counts_when_it_is_complete) {
  for (const bool complete : {false, true}) {
    auto a = sink_of("a");
    position(*a);
    writes(*a, records(0, 10));
    a.reset();
    {
      auto journal = file_journal::open(file("a.log"));
      BOOST_TEST_REQUIRE(test::holds_value(journal));
      const auto begin = journal->state().length();
      BOOST_TEST(test::holds_value(journal->append(journal::write{begin, begin + 3, {{0, 0, offset{11}}}})));
    }
    if (complete) std::ofstream(file("a.log"), std::ios::app) << "ab\n";
    BOOST_TEST(position(*sink_of("b")).value() == (complete ? 11 : 10));
    for (const auto& left : fs::directory_iterator(directory.path())) fs::remove(left);
  }
}

BOOST_AUTO_TEST_CASE(consumers_of_different_groups_do_not_notice_each_other) {
  const auto a = sink_of("a");
  const auto b = sink_of("b");
  position(*a);
  writes(*a, records(0, 10));
  const auto other = test::memory_source("orders", "another group");
  BOOST_TEST(!b->positions(*other, std::vector<partition_number>{0}).value().front().has_value());
  writes(*a, records(10, 20));
  BOOST_TEST(claims().size() == 2);
}

BOOST_AUTO_TEST_CASE(consumers_with_partitions_that_a_user_names_write_the_same_records) {
  const auto named = [&](const std::string& id) {
    auto reads = consumer(id, {id + ".log"});
    reads.options = {{"partitions", {0}}};
    return make(reads);
  };
  const auto a = named("a");
  const auto b = named("b");
  position(*a);
  writes(*a, records(0, 10));
  BOOST_TEST(!position(*b).has_value());
  writes(*b, records(0, 10));
  writes(*a, records(10, 20));
  BOOST_TEST(text("a.log") == lines(0, 20));
  BOOST_TEST(text("b.log") == lines(0, 10));
  BOOST_TEST(claims().empty());
}

BOOST_AUTO_TEST_CASE(consumers_whose_files_have_no_directory_in_common_do_not_notice_each_other) {
  const auto a = make(consumer("a", {"one/out.log"}));
  const auto b = make(consumer("b", {"two/out.log"}));
  position(*a);
  writes(*a, records(0, 10));
  BOOST_TEST(!position(*b).has_value());
  writes(*a, records(10, 20));
}

BOOST_AUTO_TEST_CASE(a_directory_counts_as_one_by_whatever_name) {
  fs::create_directory(file("real"));
  fs::create_directory_symlink(file("real"), file("linked"));
  const auto a = make(consumer("a", {"real/{date}/a-{partition}.log"}));
  const auto b = make(consumer("b", {"linked/b.log"}));
  position(*a, 3);
  writes(*a, records(0, 10, 3));
  BOOST_TEST(position(*b, 3).value() == 10);
}

BOOST_AUTO_TEST_CASE(the_first_files_of_consumers_exclude_each_other_and_so_do_the_second_ones) {
  const auto of_a = consumer("a", {"a1.log", "a2.log"});
  const auto of_b = consumer("b", {"b1.log", "b2.log"});
  const auto a1 = make(of_a, 0, 0);
  const auto a2 = make(of_a, 0, 1);
  position(*a2);
  position(*a1);
  writes(*a1, records(0, 11));
  writes(*a2, records(0, 10));  // and then it is killed
  const auto b2 = make(of_b, 0, 1);
  const auto b1 = make(of_b, 0, 0);
  BOOST_TEST(position(*b1).value() == 11);
  BOOST_TEST(position(*b2).value() == 10);
  for (const auto* sink : {&b1, &b2}) writes(**sink, records(10, 20));
  const auto once = [&](const std::vector<std::string>& names) {
    const auto found = lines_in(names);
    return found.size() == 20 && std::ranges::all_of(found, [](const auto& line) { return line.second == 1; });
  };
  BOOST_TEST(once({"a1.log", "b1.log"}));
  BOOST_TEST(once({"a2.log", "b2.log"}));
}

BOOST_AUTO_TEST_CASE(a_second_file_that_the_other_consumer_has_not_goes_on_alone) {
  patience = patience_to_be_refused;
  const auto of_a = consumer("a", {"a1.log", "elsewhere/a.log", "a2.log"});
  const auto a1 = make(of_a, 0, 0);
  const auto a2 = make(of_a, 0, 2);
  const auto b1 = sink_of("b");
  for (const auto* sink : {&a1, &a2}) {
    position(**sink);
    writes(**sink, records(0, 10));
  }
  BOOST_TEST(position(*b1).value() == 10);
  is_refused(*a1, records(10, 20));
  writes(*a2, records(10, 20));
  BOOST_TEST(text("a2.log") == lines(0, 20));
}

BOOST_AUTO_TEST_CASE(files_of_a_consumer_whose_order_was_changed_go_on_where_each_of_them_ends) {
  {
    const auto before = consumer("a", {"a1.log", "a2.log"});
    const auto a1 = make(before, 0, 0);
    const auto a2 = make(before, 0, 1);
    position(*a1);
    position(*a2);
    writes(*a1, records(0, 11));
    writes(*a2, records(0, 10));
  }
  const auto after = consumer("a", {"a0.log", "a2.log", "a1.log"});
  BOOST_TEST(!position(*make(after, 0, 0)).has_value());
  BOOST_TEST(position(*make(after, 0, 1)).value() == 10);
  BOOST_TEST(position(*make(after, 0, 2)).value() == 11);
}

BOOST_AUTO_TEST_CASE(a_consumer_that_is_made_again_with_another_file_goes_on_where_the_deleted_one_ended) {
  {
    const auto deleted = sink_of("a");
    position(*deleted);
    writes(*deleted, records(0, 10));
  }
  BOOST_TEST(position(*sink_of("b")).value() == 10);
}

BOOST_AUTO_TEST_CASE(a_consumer_that_cannot_write_its_file_claims_nothing) {
  const auto a = sink_of("a");
  position(*a);
  writes(*a, records(0, 10));
  fs::create_directory(file("b.log"));
  const auto blocked = sink_of("b");
  const auto found = blocked->positions(*test::memory_source(), std::vector<partition_number>{0});
  BOOST_TEST_REQUIRE(!found.has_value());
  BOOST_TEST(found.error().message.find("b.log\"") != std::string::npos, found.error().message);
  writes(*a, records(10, 20));
  BOOST_TEST(text("a.log") == lines(0, 20));
}

BOOST_AUTO_TEST_CASE(files_that_were_removed_are_not_asked) {
  for (const auto* id : {"a", "b"}) {
    const auto sink = sink_of(id);
    position(*sink);
    writes(*sink, records(0, 10));
    writes(*sink, records(10, 20));
  }
  for (const auto& part : {file("b.log"), file_journal::path_of(file("b.log"))}) fs::remove(part);
  BOOST_TEST(position(*sink_of("a")).value() == 20);
}

// As a server of an older version does, and a consumer while a user names its partitions.
BOOST_AUTO_TEST_CASE(what_a_consumer_wrote_without_claims_is_not_written_again) {
  auto a = sink_of("a");
  position(*a);
  writes(*a, records(0, 10));
  auto b = sink_of("b");
  BOOST_TEST(position(*b).value() == 10);
  a.reset();
  auto without_claims = consumer("a", {"a.log"});
  without_claims.options = {{"partitions", {0}}};
  writes(*make(without_claims), records(10, 30));
  BOOST_TEST(position(*sink_of("a")).value() == 30);
  BOOST_TEST(position(*b).value() == 30);
}

BOOST_AUTO_TEST_CASE(two_consumers_may_share_a_file) {
  const auto of_a = consumer("a", {"out.log"});
  const auto of_b = consumer("b", {"out.log"});
  {
    const auto a = make(of_a);
    position(*a);
    writes(*a, records(0, 10));
  }
  const auto b = make(of_b);
  BOOST_TEST(position(*b).value() == 10);
  writes(*b, records(10, 20));
  BOOST_TEST(text("out.log") == lines(0, 20));
}

BOOST_AUTO_TEST_CASE(instances_and_other_consumers_hand_over_to_each_other) {
  patience = patience_to_be_refused;
  const auto of_a = consumer("a", {"a-{instance}.log"});
  const auto a0 = make(of_a, 0);
  const auto a1 = make(of_a, 1);
  const auto b = sink_of("b");
  std::int64_t next = 0;
  for (const auto* sink : {&a0, &a1, &b, &a1, &a0, &b, &a0}) {
    BOOST_TEST(position(**sink).value_or(0) == next);
    writes(**sink, records(next, next + 10));
    next += 10;
  }
  BOOST_TEST(lines_in({"a-0.log", "a-1.log", "b.log"}).size() == static_cast<std::size_t>(next));
  is_refused(*b, records(next, next + 10));
}

BOOST_AUTO_TEST_CASE(a_consumer_has_no_claims_on_others_where_it_may_not_write_them) {
  const test::temp_directory elsewhere;
  sink_environment environment{{elsewhere.path() / "0"}, {}, std::make_shared<file_writers>(logger::silent())};
  const auto only = consumer_writing("a", {(elsewhere.path() / "{partition}/out.log").string()});
  const auto sink = find_sink_type("file_sink")->make(only, only.processors.front(), environment, {}, 0);
  BOOST_TEST(!position(*sink).has_value());
  writes(*sink, records(0, 10));
  BOOST_TEST(test::file_text(elsewhere.path() / "0/out.log") == lines(0, 10));
}

BOOST_AUTO_TEST_CASE(claims_of_each_group_topic_cluster_and_place_have_a_short_name_of_their_own) {
  const auto longest = std::string(255, 'g');
  std::set<std::string> names;
  for (const auto& source : std::vector<record_source>{{"cluster", "group", "topic"},
                                                       {"another", "group", "topic"},
                                                       {"cluster", "group", "another"},
                                                       {"cluster", "../group", "topic"},
                                                       {"cluster", ".._group", "topic"},
                                                       {"cluster", longest, "topic"},
                                                       {"cluster", longest + "g", "topic"}}) {
    for (const std::size_t place : {0U, 1U}) {
      const auto path = file_claims::path_for_group("/d/", source, place);
      BOOST_TEST(path.size() < 100);
      BOOST_TEST(path.starts_with("/d/"));
      const auto name = path.substr(3);
      BOOST_TEST(name.find_first_of("/.") == name.rfind(".kfs-claims"));
      BOOST_TEST(file_claims::is_name(name));
      names.insert(name);
    }
  }
  BOOST_TEST(names.size() == 14);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::file_group_handover_test
