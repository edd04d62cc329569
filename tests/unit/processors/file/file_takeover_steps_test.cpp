// A takeover that is interrupted, given up or disturbed between two of its steps.
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <fstream>

#include "tests/unit/processors/file/file_takeover_fixture.hpp"

namespace kfs::file_takeover_steps_test {

namespace fs = std::filesystem;

using test::has;
using test::takeover_failure;
using replica = test::takeover_replica;

BOOST_FIXTURE_TEST_SUITE(file_takeover_steps, test::file_takeover_fixture)

BOOST_AUTO_TEST_CASE(a_kill_at_any_step_leaves_files_from_which_the_next_takeover_continues) {
  freeze();
  const int all = steps();
  BOOST_TEST_REQUIRE(all > 5);
  for (const bool thaws : {false, true}) {
    for (int killed_at = 0; killed_at < all; ++killed_at) {
      begin_anew();
      freeze();
      const auto child = ::fork();
      if (child == 0) {
        static_cast<void>(
            take_over(takeover([&](int number) { return number != killed_at || ::raise(SIGKILL) == 0; })));
        ::_exit(0);
      }
      int status = 0;
      BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
      BOOST_TEST_REQUIRE(WIFSIGNALED(status), "step " << killed_at << " was not reached");
      const bool went_on = thaws && frozen->append(2, {"c"}).has_value();
      const replica next(file, 9, {5, 7});
      BOOST_TEST_REQUIRE(test::holds_value(next.open()), "killed at step " << killed_at);
      BOOST_TEST(next.next() == (went_on ? 3 : 2));
      BOOST_TEST_REQUIRE(test::holds_value(next.append(2, {"c"})));
      BOOST_TEST(!frozen->append(3, {"not this one"}).has_value());
      BOOST_TEST_REQUIRE(test::holds_value(next.append(3, {"d"})));
      BOOST_TEST(text() == "a\nb\nc\nd\n", "killed at step " << killed_at << ": " << text());
      check_no_leftovers();
    }
  }
}

BOOST_AUTO_TEST_CASE(of_two_takeovers_at_the_same_time_the_later_epoch_stays_at_any_interleaving) {
  freeze();
  const int all = steps();
  for (int at = 0; at < all; ++at) {
    begin_anew();
    freeze();
    std::optional<replica> next;
    const auto slow = take_over(takeover([&](int number) {
      if (number != at) return true;
      next.emplace(file, 9, std::set<std::uint64_t>{5, 7});
      BOOST_TEST_REQUIRE(test::holds_value(next->open()));
      BOOST_TEST_REQUIRE(test::holds_value(next->append(2, {"c"})));
      return true;
    }));
    BOOST_TEST(!slow.has_value(), "step " << at);
    BOOST_TEST_REQUIRE(test::holds_value(next->append(3, {"d"})), "step " << at);
    BOOST_TEST(next->next() == 4);
    BOOST_TEST(text() == "a\nb\nc\nd\n");
    BOOST_TEST(!frozen->append(2, {"not this one"}).has_value());
    check_no_leftovers();
  }
}

BOOST_AUTO_TEST_CASE(a_takeover_that_was_in_place_and_not_completed_is_taken_over_in_its_turn) {
  freeze();
  steps();
  BOOST_TEST(names().size() == 3u);  // the copy waits for its name
  frozen->writer.reset();
  auto holder = file_journal::open(file);  // frozen before it gives the copy its name
  BOOST_TEST_REQUIRE(test::holds_value(holder));
  const replica next(file, 9, {7});
  BOOST_TEST_REQUIRE(test::holds_value(next.open()));
  BOOST_TEST_REQUIRE(test::holds_value(next.append(2, {"c"})));
  static_cast<void>(finish_takeover(*holder, true));  // goes on
  BOOST_TEST_REQUIRE(test::holds_value(next.append(3, {"d"})));
  BOOST_TEST(text() == "a\nb\nc\nd\n");
  check_no_leftovers();
}

BOOST_AUTO_TEST_CASE(a_copy_that_has_its_name_already_is_not_placed_again) {
  freeze();
  steps();
  for (const auto& left : leftovers_in(directory.path())) fs::rename(left, file);  // and then the process was killed
  const auto copied = inode();
  const replica next(file, 9, {7});
  BOOST_TEST_REQUIRE(test::holds_value(next.open()));
  BOOST_TEST(inode() == copied);
  BOOST_TEST_REQUIRE(test::holds_value(next.append(2, {"c"})));
  BOOST_TEST(text() == "a\nb\nc\n");
}

BOOST_AUTO_TEST_CASE(leftovers_of_other_series_stay) {
  for (const auto* const name : {"out.log.kfs-copy-00000001", "out.log.b.kfs-copy-00000001", "b.kfs-copy-00000001",
                                 "out.log.kfs-journal.new-00000001", "out.log.kfs-journal.new", "out.log.new",
                                 "b.kfs-journal.new-00000001", "out.log.kfs-copy-2"})
    std::ofstream(directory.path() / name) << "x";
  remove_leftovers(journal, file);
  BOOST_TEST((names() == std::set<std::string>{"out.log.b.kfs-copy-00000001", "b.kfs-copy-00000001", "out.log.new",
                                               "b.kfs-journal.new-00000001", "out.log.kfs-copy-2"}));
}

BOOST_AUTO_TEST_CASE(a_copy_that_another_process_removed_is_made_again) {
  freeze();
  const auto old_inode = inode();
  steps();
  remove_leftovers(journal, file);
  BOOST_TEST(names().size() == 2u);
  const replica next(file, 9, {7});
  BOOST_TEST_REQUIRE(test::holds_value(next.open()));
  BOOST_TEST(inode() != old_inode);
  BOOST_TEST(next.next() == 2);
  BOOST_TEST_REQUIRE(test::holds_value(next.append(2, {"c"})));
  BOOST_TEST(text() == "a\nb\nc\n");
}

BOOST_AUTO_TEST_CASE(a_process_that_writes_after_all_is_not_disturbed) {
  freeze();
  bool wrote = false;
  const auto taken = take_over(takeover([&](int number) {
    if (number == 1) wrote = frozen->append(2, {"c"}).has_value();
    return true;
  }));
  BOOST_TEST(wrote);
  BOOST_TEST(has(takeover_failure(taken), "writes to"));
  BOOST_TEST_REQUIRE(test::holds_value(frozen->append(3, {"d"})));
  BOOST_TEST(text() == "a\nb\nc\nd\n");
  check_no_leftovers();
}

BOOST_AUTO_TEST_CASE(a_takeover_that_is_given_up_at_any_step_but_the_last_changes_nothing) {
  freeze();
  const int all = steps();
  begin_anew();
  freeze();
  for (int at = 0; at < all - 1; ++at) {
    takeover_failure(take_over(takeover([&](int number) { return number != at; })), ec::shutting_down);
    check_no_leftovers();
  }
  BOOST_TEST_REQUIRE(test::holds_value(frozen->append(2, {"c"})));
  BOOST_TEST(text() == "a\nb\nc\n");
}

BOOST_AUTO_TEST_CASE(names_of_copies_are_kept_for_them) {
  BOOST_TEST(is_name_of_copy("out.log.kfs-copy-0a1b2c3d"));
  BOOST_TEST(!is_name_of_copy("out.log"));
  BOOST_TEST(!is_name_of_copy("out.kfs-copy-1.log"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::file_takeover_steps_test
