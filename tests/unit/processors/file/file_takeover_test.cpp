#include "processors/file/takeover.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <set>

#include "tests/support/file_size_limit.hpp"
#include "tests/support/known_leases.hpp"
#include "tests/unit/processors/file/file_writer_fixture.hpp"
#include "tests/unit/processors/file/journal_lines.hpp"

namespace kfs::file_takeover_test {

namespace fs = std::filesystem;

using test::has;
using test::values;

namespace {

const consumer_id orders{"orders"};

/// A process: its writer and its leases. A lock belongs to the writer, so two of them in one process are to each other
/// as two processes. Who is not asked to do anything is frozen.
struct replica {
  std::shared_ptr<test::known_leases> leases;
  file_writer_environment environment{.boot = "boot",
                                      .now = [] { return std::chrono::system_clock::time_point{}; },
                                      .closed = [](const auto&, compression) {},
                                      .opened = [](const auto&, const auto&, compression) {},
                                      .patience = {}};
  std::unique_ptr<file_writer> writer;

  replica(const fs::path& file, std::uint64_t epoch, std::set<std::uint64_t> ended = {})
      : leases(std::make_shared<test::known_leases>(epoch, std::move(ended))) {
    writer = std::make_unique<file_writer>(file, file_options{}, environment);
  }

  [[nodiscard]] result<void> open() const {
    sink_lease lease(leases, orders, 0);
    lease.take();
    return writer->open(lease, {});
  }

  [[nodiscard]] result<void> append(std::int64_t first, const std::vector<std::string>& lines) const {
    const auto batch = values(first, lines);
    record_lines as(line_format::value);
    return writer->append({batch, batch.records(), batch.ranges(), as}, {});
  }

  [[nodiscard]] std::int64_t next() const {
    const partition_number partition = 0;
    const auto found = writer->positions(*test::memory_source(), {&partition, 1}, {});
    BOOST_TEST_REQUIRE(test::holds_value(found));
    return found->front().value_or(stored_position{offset{-1}}).next.value;
  }
};

std::string reason(const result<void>& outcome, ec code = ec::sink_unavailable) {
  BOOST_TEST_REQUIRE(!outcome.has_value());
  BOOST_TEST((outcome.error().code == code), outcome.error().message);
  return outcome.error().message;
}

struct fixture {
  test::temp_directory directory;
  fs::path file = directory.path() / "out.log";
  fs::path journal = directory.path() / "out.log.kfs-journal";
  std::optional<replica> frozen;

  /// A process that has written two lines under the lease with epoch 5, and still holds the files.
  void freeze() {
    frozen.emplace(file, 5);
    BOOST_TEST_REQUIRE(test::holds_value(frozen->open()));
    BOOST_TEST_REQUIRE(test::holds_value(frozen->append(0, {"a", "b"})));
  }

  void begin_anew() {
    frozen.reset();
    for (const auto& name : names()) fs::remove(directory.path() / name);
  }

  [[nodiscard]] std::string text() const { return test::file_text(file); }

  [[nodiscard]] std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(directory.path())) found.insert(entry.path().filename());
    return found;
  }
  void check_no_leftovers() const { BOOST_TEST((names() == std::set<std::string>{"out.log", "out.log.kfs-journal"})); }

  [[nodiscard]] ino_t inode() const {
    struct stat found {};
    BOOST_TEST_REQUIRE(::stat(file.c_str(), &found) == 0);
    return found.st_ino;
  }

  /// What the replica with epoch 7 does once those before it have ended. `each_step` is called with the step's number.
  [[nodiscard]] file_takeover takeover(std::function<bool(int)> each_step, std::uint64_t epoch = 7) const {
    return {.series = file,
            .boot = "boot",
            .syncs = true,
            .new_owners = {{orders.value, 0, epoch}},
            .has_ended = [epoch](const journal::owner& other) { return other.epoch < epoch; },
            .goes_on = [each_step, number = 0](std::string_view, std::int64_t,
                                               std::int64_t) mutable { return each_step(number++); }};
  }

  /// How many steps a takeover has that nothing interrupts.
  int steps() {
    int count = 0;
    BOOST_TEST_REQUIRE(test::holds_value(take_over(takeover([&](int) { return ++count > 0; }))));
    return count;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(file_takeover, fixture)

BOOST_AUTO_TEST_CASE(the_files_of_a_process_whose_lease_ended_are_taken_over_and_what_it_writes_later_reaches_nobody) {
  freeze();
  const auto old_inode = inode();
  const replica next(file, 7, {5});
  BOOST_TEST_REQUIRE(test::holds_value(next.open()));
  BOOST_TEST(next.next() == 2);
  BOOST_TEST(inode() != old_inode);
  BOOST_TEST_REQUIRE(test::holds_value(next.append(2, {"c"})));
  BOOST_TEST(has(reason(frozen->append(2, {"c"})), "taken the file over"));
  BOOST_TEST(has(reason(frozen->append(2, {"c"})), "is held by"));
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
  BOOST_TEST(has(reason(frozen->append(2, {"c"})), "taken the file over"));
  BOOST_TEST(next->next() == 2);
  BOOST_TEST_REQUIRE(test::holds_value(next->append(2, {"c"})));
  BOOST_TEST(text() == "a\nb\nc\n");
}

BOOST_AUTO_TEST_CASE(a_process_that_may_still_write_keeps_its_files) {
  freeze();
  const replica next(file, 7);
  BOOST_TEST(has(reason(next.open()), "may still write there for instance 0 of consumer orders"));
  BOOST_TEST_REQUIRE(test::holds_value(frozen->append(2, {"c"})));
  BOOST_TEST(text() == "a\nb\nc\n");
  check_no_leftovers();
}

BOOST_AUTO_TEST_CASE(a_process_without_a_lease_keeps_its_files) {
  frozen.emplace(file, 5);
  BOOST_TEST_REQUIRE(test::holds_value(frozen->writer->open()));
  const replica next(file, 7, {5});
  BOOST_TEST(has(reason(next.open()), "which runs no consumer of these replicas"));
  BOOST_TEST_REQUIRE(test::holds_value(frozen->append(0, {"a"})));
}

BOOST_AUTO_TEST_CASE(another_program_that_locks_the_file_alone_keeps_it) {
  freeze();
  frozen.reset();
  const file_descriptor locked(::open(file.c_str(), O_RDWR | O_CLOEXEC));
  BOOST_TEST_REQUIRE(::flock(locked.get(), LOCK_EX | LOCK_NB) == 0);
  const replica next(file, 7, {5});
  BOOST_TEST(has(reason(next.open()), "is held by"));
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
    BOOST_TEST(has(reason(frozen->append(2, {"c"})), "taken the file over"));
    BOOST_TEST(text() == "c\n");
    begin_anew();
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_another_program_changed_is_not_copied) {
  freeze();
  std::ofstream(file, std::ios::app) << "of another program\n";
  const replica next(file, 7, {5});
  BOOST_TEST(has(reason(next.open(), ec::sink_denied), "another program changed it"));
  check_no_leftovers();
}

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
  BOOST_TEST(has(reason(taken), "writes to"));
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
    reason(take_over(takeover([&](int number) { return number != at; })), ec::shutting_down);
    check_no_leftovers();
  }
  BOOST_TEST_REQUIRE(test::holds_value(frozen->append(2, {"c"})));
  BOOST_TEST(text() == "a\nb\nc\n");
}

BOOST_AUTO_TEST_CASE(without_room_for_a_copy_nothing_changes_and_the_reason_is_told) {
  frozen.emplace(file, 5);
  BOOST_TEST_REQUIRE(test::holds_value(frozen->open()));
  BOOST_TEST_REQUIRE(test::holds_value(frozen->append(0, {std::string(100'000, 'x')})));
  const replica next(file, 7, {5});
  {
    const test::file_size_limit limit(50'000);
    BOOST_TEST(has(reason(next.open()), "cannot copy to"));
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
  BOOST_TEST_REQUIRE(test::holds_value(held->append(journal::owner{orders.value, 0, 5})));
  const replica next(file, 7, {5});
  BOOST_TEST_REQUIRE(test::holds_value(next.open()));
  BOOST_TEST(has(reason(held->shorten()), "taken the file over"));
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

BOOST_AUTO_TEST_CASE(names_of_copies_are_kept_for_them) {
  BOOST_TEST(is_name_of_copy("out.log.kfs-copy-0a1b2c3d"));
  BOOST_TEST(!is_name_of_copy("out.log"));
  BOOST_TEST(!is_name_of_copy("out.kfs-copy-1.log"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::file_takeover_test
