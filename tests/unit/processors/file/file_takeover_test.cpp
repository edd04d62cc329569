// Who takes files over from a replica whose lease has ended, and what becomes of what that replica writes.
#include <fcntl.h>
#include <sys/file.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <map>

#include "tests/support/file_size_limit.hpp"
#include "tests/unit/processors/file/file_takeover_fixture.hpp"
#include "tests/unit/processors/file/journal_lines.hpp"

namespace kfs::file_takeover_test {

namespace fs = std::filesystem;

using test::has;
using test::takeover_consumer;
using test::takeover_failure;
using replica = test::takeover_replica;

BOOST_FIXTURE_TEST_SUITE(file_takeover, test::file_takeover_fixture)

BOOST_AUTO_TEST_CASE(the_files_of_a_process_whose_lease_ended_are_taken_over_and_what_it_writes_later_reaches_nobody) {
  freeze();
  const auto old_inode = inode();
  const replica next(file, 7, {5});
  BOOST_TEST_REQUIRE(test::holds_value(next.open()));
  BOOST_TEST(next.next() == 2);
  BOOST_TEST(inode() != old_inode);
  BOOST_TEST_REQUIRE(test::holds_value(next.append(2, {"c"})));
  BOOST_TEST(has(takeover_failure(frozen->append(2, {"c"})), "taken the file over"));
  BOOST_TEST(has(takeover_failure(frozen->append(2, {"c"})), "is held by"));
  BOOST_TEST_REQUIRE(test::holds_value(next.append(3, {"d"})));
  BOOST_TEST(text() == "a\nb\nc\nd\n");
  check_no_leftovers();
}

BOOST_AUTO_TEST_CASE(a_write_that_was_under_way_when_the_files_were_taken_over_is_reported_as_failed) {
  freeze();
  std::optional<replica> next;
  // The writer asks for the day between its look at the journal and the write.
  frozen->environment.now = [&] {
    if (!next) {
      next.emplace(file, 7, std::set<std::uint64_t>{5});
      BOOST_TEST_REQUIRE(test::holds_value(next->open()));
    }
    return std::chrono::system_clock::time_point{};
  };
  BOOST_TEST(has(takeover_failure(frozen->append(2, {"c"})), "taken the file over"));
  BOOST_TEST(next->next() == 2);
  BOOST_TEST_REQUIRE(test::holds_value(next->append(2, {"c"})));
  BOOST_TEST(text() == "a\nb\nc\n");
}

BOOST_AUTO_TEST_CASE(files_that_were_taken_over_while_they_were_opened_are_not_said_to_be_changed_by_another_program) {
  freeze();
  frozen.reset();
  frozen.emplace(file, 5);
  std::optional<replica> next;
  // What is left behind is looked for between the reading of the journal and the look at the file.
  frozen->environment.leftovers = [&](const fs::path& place) {
    if (!next) {
      next.emplace(file, 7, std::set<std::uint64_t>{5});
      BOOST_TEST_REQUIRE(test::holds_value(next->open()));
      BOOST_TEST_REQUIRE(test::holds_value(next->append(2, {"c"})));
    }
    return leftovers_in(place);
  };
  BOOST_TEST(has(takeover_failure(frozen->open()), "taken the file over"));
  BOOST_TEST(text() == "a\nb\nc\n");
}

BOOST_AUTO_TEST_CASE(a_process_that_may_still_write_keeps_its_files) {
  freeze();
  const replica next(file, 7);
  BOOST_TEST(has(takeover_failure(next.open()), "may still write there for instance 0 of consumer orders"));
  BOOST_TEST_REQUIRE(test::holds_value(frozen->append(2, {"c"})));
  BOOST_TEST(text() == "a\nb\nc\n");
  check_no_leftovers();
}

BOOST_AUTO_TEST_CASE(a_process_without_a_lease_keeps_its_files) {
  frozen.emplace(file, 5);
  BOOST_TEST_REQUIRE(test::holds_value(frozen->writer->open()));
  const replica next(file, 7, {5});
  BOOST_TEST(has(takeover_failure(next.open()), "which runs no consumer of these replicas"));
  BOOST_TEST_REQUIRE(test::holds_value(frozen->append(0, {"a"})));
}

BOOST_AUTO_TEST_CASE(another_program_that_locks_the_file_alone_keeps_it) {
  freeze();
  frozen.reset();
  const file_descriptor locked(::open(file.c_str(), O_RDWR | O_CLOEXEC));
  BOOST_TEST_REQUIRE(::flock(locked.get(), LOCK_EX | LOCK_NB) == 0);
  const replica next(file, 7, {5});
  BOOST_TEST(has(takeover_failure(next.open()), "is held by"));
  BOOST_TEST(text() == "a\nb\n");
}

BOOST_AUTO_TEST_CASE(a_process_that_lets_go_in_time_keeps_its_inode) {
  freeze();
  const auto before = inode();
  frozen.reset();
  const replica next(file, 7, {5});
  BOOST_TEST_REQUIRE(test::holds_value(next.open()));
  BOOST_TEST(inode() == before);
}

BOOST_AUTO_TEST_CASE(a_write_that_the_frozen_process_did_not_finish_is_left_out_and_a_finished_one_is_kept) {
  for (const auto& [written, expected] :
       std::map<std::string, std::string>{{"", "a\nb\n"}, {"c", "a\nb\n"}, {"c\nd\n", "a\nb\nc\nd\n"}}) {
    freeze();
    std::ofstream(journal, std::ios::app) << encode(journal::write{4, 8, {{0, 0, offset{4}}}});
    std::ofstream(file, std::ios::app) << written;
    {
      const replica next(file, 7, {5});
      BOOST_TEST_REQUIRE(test::holds_value(next.open()));
      BOOST_TEST(next.next() == (written.size() == 4 ? 4 : 2));
      BOOST_TEST(text() == expected);
    }
    begin_anew();
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_was_emptied_or_moved_away_is_begun_anew) {
  for (const bool emptied : {true, false}) {
    freeze();
    frozen->writer->maintain();  // notes that the lines are on the disk
    if (emptied)
      fs::resize_file(file, 0);
    else
      fs::rename(file, directory.path() / "moved");
    const replica next(file, 7, {5});
    BOOST_TEST_REQUIRE(test::holds_value(next.open()));
    BOOST_TEST(next.next() == 2);
    BOOST_TEST_REQUIRE(test::holds_value(next.append(2, {"c"})));
    BOOST_TEST(has(takeover_failure(frozen->append(2, {"c"})), "taken the file over"));
    BOOST_TEST(text() == "c\n");
    begin_anew();
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_another_program_changed_is_not_copied) {
  freeze();
  std::ofstream(file, std::ios::app) << "of another program\n";
  const replica next(file, 7, {5});
  BOOST_TEST(has(takeover_failure(next.open(), ec::sink_denied), "another program changed it"));
  check_no_leftovers();
}

BOOST_AUTO_TEST_CASE(without_room_for_a_copy_nothing_changes_and_the_reason_is_told) {
  frozen.emplace(file, 5);
  BOOST_TEST_REQUIRE(test::holds_value(frozen->open()));
  BOOST_TEST_REQUIRE(test::holds_value(frozen->append(0, {std::string(100'000, 'x')})));
  const replica next(file, 7, {5});
  {
    const test::file_size_limit limit(50'000);
    BOOST_TEST(has(takeover_failure(next.open()), "cannot copy to"));
    check_no_leftovers();
  }
  BOOST_TEST_REQUIRE(test::holds_value(next.open()));
  BOOST_TEST(next.next() == 1);
}

BOOST_AUTO_TEST_CASE(a_frozen_process_that_was_shortening_its_journal_does_not_put_it_back) {
  freeze();
  frozen->writer.reset();
  auto held = file_journal::open(file);
  BOOST_TEST_REQUIRE(test::holds_value(held));
  BOOST_TEST_REQUIRE(test::holds_value(held->append(journal::opened{"boot", true})));
  BOOST_TEST_REQUIRE(test::holds_value(held->append(journal::owner{takeover_consumer.value, 0, 5})));
  const replica next(file, 7, {5});
  BOOST_TEST_REQUIRE(test::holds_value(next.open()));
  BOOST_TEST(has(takeover_failure(held->shorten()), "taken the file over"));
  BOOST_TEST_REQUIRE(test::holds_value(next.append(2, {"c"})));
  check_no_leftovers();
}

BOOST_AUTO_TEST_CASE(a_journal_of_the_first_format_is_read_and_replaced_by_one_of_todays) {
  using namespace journal;
  std::ofstream(this->journal) << encode(header{1, "out.log"}) << encode(opened{"boot", true})
                               << encode(source{*test::memory_source()}) << encode(journal::file{"out.log", 0, 5})
                               << encode(journal::write{0, 4, {{0, 0, offset{2}}}})
                               << encode(journal::write{4, 6, {{0, 0, offset{3}}}});
  std::ofstream(this->file) << "a\nb\nc";  // torn
  const replica next(this->file, 7);
  BOOST_TEST_REQUIRE(test::holds_value(next.open()));
  BOOST_TEST(next.next() == 2);
  BOOST_TEST(has(test::file_text(this->journal), R"({"journal":2,"series":"out.log"})"));
  BOOST_TEST(!has(test::file_text(this->journal), R"({"journal":1)"));
  BOOST_TEST(has(test::file_text(this->journal), R"({"owner":["orders",0,7]})"));
  BOOST_TEST(text() == "a\nb\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::file_takeover_test
