#include "processors/file_writer.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>

#include "config/json.hpp"
#include "tests/unit/file_writer_fixture.hpp"

using namespace kfs;
using namespace std::chrono_literals;
namespace fs = std::filesystem;
using test::content;
using test::written_batch;

namespace {

written_batch values(std::int64_t first, std::vector<std::string> of) {
  return {0, first, std::move(of)};
}

gap gap_to(std::int64_t next, partition_number partition = 0) {
  return {test::orders(), {partition, offset{0}, offset{next}}};
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// No file of this process, its children included, may grow beyond `bytes`: a write is cut short there.
void limit_files(rlim_t bytes) {
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = bytes;
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

/// Beyond the limit a write fails, as on a full disk.
class file_size_limit {
 public:
  explicit file_size_limit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    limit_files(bytes);
  }
  ~file_size_limit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }
  file_size_limit(const file_size_limit&) = delete;
  file_size_limit& operator=(const file_size_limit&) = delete;

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

struct fixture : test::file_machine {
  /// The message of a refusal that needs a human.
  std::string denied(const result<void>& outcome) const {
    BOOST_REQUIRE(!outcome.has_value());
    BOOST_TEST((outcome.error().code == ec::sink_denied));
    return outcome.error().message;
  }

  void put(const fs::path& into, const std::string& bytes) const { std::ofstream(into, std::ios::binary) << bytes; }
  void add(const fs::path& to, const std::string& bytes) const {
    std::ofstream(to, std::ios::binary | std::ios::app) << bytes;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(file_writer, fixture)

// Exactly once -------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(records_that_are_there_already_are_not_written_again) {
  start();
  append(values(0, {"a", "b", "c"}));
  append(values(0, {"a", "b", "c"}));
  append(values(1, {"b", "c", "d"}));
  append(values(3, {"d", "e"}));
  BOOST_TEST(text() == "a\nb\nc\nd\ne\n");
  BOOST_TEST(position() == 5);
}

BOOST_AUTO_TEST_CASE(each_partition_and_each_source_stands_where_it_stands) {
  start();
  written_batch mixed;
  mixed.add(0, 10, "p0-10");
  mixed.add(1, 5, "p1-5");
  mixed.add(0, 11, "p0-11");
  append(mixed);
  written_batch overlapping;
  overlapping.add(1, 5, "p1-5");
  overlapping.add(0, 12, "p0-12");
  overlapping.add(1, 6, "p1-6");
  append(overlapping);
  const auto other = std::make_shared<const record_source>(record_source{"cluster", "other group", "orders"});
  written_batch of_other(other);
  of_other.add(0, 10, "other");
  append(of_other);
  BOOST_TEST(text() == "p0-10\np1-5\np0-11\np0-12\np1-6\nother\n");
  BOOST_TEST(position(0) == 13);
  BOOST_TEST(position(1) == 7);
  BOOST_TEST(position(0, *other) == 11);
  BOOST_TEST(position(2) == -1);
  BOOST_TEST(position(0, {"another cluster", "group", "orders"}) == -1);
}

BOOST_AUTO_TEST_CASE(a_stop_in_good_order_and_a_start_change_nothing) {
  start();
  append(values(0, {"a", "b"}));
  stop();
  start();
  BOOST_TEST(position() == 2);
  append(values(2, {"c"}));
  stop();
  start();
  BOOST_TEST(position() == 3);
  BOOST_TEST(text() == "a\nb\nc\n");
}

BOOST_AUTO_TEST_CASE(a_killed_process_has_written_what_was_acknowledged) {
  start();
  append(values(0, {"a", "b"}));
  kill();
  start();
  BOOST_TEST(position() == 2);
  append(values(0, {"a", "b", "c"}));
  kill();
  start();
  BOOST_TEST(position() == 3);
  BOOST_TEST(text() == "a\nb\nc\n");
}

BOOST_AUTO_TEST_CASE(a_write_that_was_cut_off_by_a_kill_at_any_byte_is_written_once) {
  const std::string before = "one\ntwo\n";
  const std::string after = before + "three\n\nfive\n";
  for (auto size = before.size(); size <= after.size(); ++size) {
    test::file_machine one;
    one.start();
    one.append(values(0, {"one", "two"}));
    one.append(values(2, {"three", "", "five"}));
    BOOST_REQUIRE(one.text() == after);
    one.kill();
    fs::resize_file(one.file(), size);
    one.start();
    BOOST_TEST(one.position() == (size == after.size() ? 5 : 2));
    BOOST_TEST(one.text() == (size == after.size() ? after : before));
    one.append(values(2, {"three", "", "five"}));
    BOOST_TEST(one.text() == after);
    BOOST_TEST(one.position() == 5);
  }
}

BOOST_AUTO_TEST_CASE(a_kill_before_the_first_byte_of_a_file_leaves_nothing) {
  start();
  append(values(0, {"a"}));
  kill();
  fs::resize_file(file(), 0);
  start();
  BOOST_TEST(position() == -1);
  append(values(0, {"a"}));
  BOOST_TEST(text() == "a\n");
}

BOOST_AUTO_TEST_CASE(an_announcement_that_was_cut_off_by_a_kill_at_any_byte_is_as_if_it_was_never_begun) {
  start();
  append(values(0, {"a"}));
  const auto first = content(journal()).size();
  append(values(1, {"b"}));
  const auto second = content(journal()).size();
  stop();
  const auto whole = content(journal());
  for (auto size = first; size < second; ++size) {
    put(journal(), whole.substr(0, size));
    put(file(), "a\n");
    start();
    BOOST_TEST(position() == 1);
    append(values(1, {"b"}));
    BOOST_TEST(text() == "a\nb\n");
    stop();
  }
}

/// The child is ended by the kernel amid a write, at a byte that the parent chose.
BOOST_AUTO_TEST_CASE(a_process_that_dies_amid_a_large_write_leaves_nothing_of_it) {
  const written_batch before = values(0, {std::string(100'000, 'a')});
  const written_batch large = values(1, {std::string(1'500'000, 'b'), std::string(40, 'c'), std::string(700'000, 'd')});
  const auto whole = std::string(100'000, 'a') + "\n" + std::string(1'500'000, 'b') + "\n" + std::string(40, 'c') +
                     "\n" + std::string(700'000, 'd') + "\n";
  for (const rlim_t size : {100'001UL, 100'002UL, 1'000'000UL, 1'600'001UL, 1'600'030UL, whole.size() - 1}) {
    fs::remove_all(root);
    fs::create_directory(root);
    const auto child = ::fork();
    if (child == 0) {
      const rlimit no_core{0, 0};
      ::setrlimit(RLIMIT_CORE, &no_core);
      record_lines lines(line_format::value);
      auto& writer = process();
      if (!writer.append({before, before.records(), before.ranges(), lines})) ::_exit(1);
      limit_files(size);
      static_cast<void>(writer.append({large, large.records(), large.ranges(), lines}).has_value());
      ::_exit(2);
    }
    int status = 0;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_REQUIRE(WIFSIGNALED(status));
    BOOST_TEST(WTERMSIG(status) == SIGXFSZ);
    BOOST_TEST(fs::file_size(file()) == size);

    start();
    BOOST_TEST(position() == 1);
    BOOST_TEST(fs::file_size(file()) == 100'001u);
    append(large);
    BOOST_TEST((text() == whole));
    BOOST_TEST(position() == 4);
    stop();
  }
}

BOOST_AUTO_TEST_CASE(gaps_move_a_partition_without_a_byte) {
  start();
  append(values(0, {"a"}));
  append(gap_to(7));
  append(gap_to(3, 1));
  BOOST_TEST(text() == "a\n");
  BOOST_TEST(position(0) == 7);
  BOOST_TEST(position(1) == 3);
  append(gap_to(5));  // never backwards
  BOOST_TEST(position(0) == 7);
  kill();
  start();
  BOOST_TEST(position(0) == 7);
  BOOST_TEST(position(1) == 3);
  append(values(5, {"x", "y", "b"}));
  BOOST_TEST(text() == "a\nb\n");
}

BOOST_AUTO_TEST_CASE(a_partition_that_is_moved_to_and_fro_stays_there) {
  start();
  append(values(0, {"a", "b", "c"}));
  start_at(1);
  BOOST_TEST(position() == 1);
  kill();
  start();
  BOOST_TEST(position() == 1);
  append(values(1, {"b", "c"}));  // by order, once more
  start_at(100, 4);
  stop();
  start();
  BOOST_TEST(position(0) == 3);
  BOOST_TEST(position(4) == 100);
  BOOST_TEST(text() == "a\nb\nc\nb\nc\n");
}

BOOST_AUTO_TEST_CASE(a_batch_that_failed_half_way_is_taken_back_and_counts_once_it_is_written) {
  start();
  append(values(0, {"a"}));
  const auto large = values(1, {std::string(1'200'000, 'x'), std::string(1'200'000, 'y')});
  {
    const file_size_limit limit(2'000'000);
    const auto failed = try_append(large);
    BOOST_REQUIRE(!failed.has_value());
    BOOST_TEST((failed.error().code == ec::sink_unavailable));
    BOOST_TEST(text() == "a\n");
    BOOST_TEST(position() == 1);
  }
  append(gap_to(1, 1));
  append(large);
  append(large);
  BOOST_TEST(text().size() == 2u + 2 * 1'200'001u);
  kill();
  start();
  BOOST_TEST(position(0) == 3);
  BOOST_TEST(position(1) == 1);
}

BOOST_AUTO_TEST_CASE(a_kill_after_a_batch_that_failed_is_a_kill_like_others) {
  start();
  append(values(0, {"a"}));
  {
    const file_size_limit limit(2'000'000);
    BOOST_REQUIRE(!try_append(values(1, {std::string(1'200'000, 'x'), std::string(1'200'000, 'y')})).has_value());
  }
  kill();
  start();
  BOOST_TEST(position() == 1);
  BOOST_TEST(text() == "a\n");
}

BOOST_AUTO_TEST_CASE(json_lines_are_written_once_too) {
  start();
  const auto batch = values(0, {"a", "\n"});
  append(batch, line_format::json_object);
  kill();
  fs::resize_file(file(), fs::file_size(file()) - 3);
  start();
  BOOST_TEST(text().empty());
  append(batch, line_format::json_object);
  append(values(1, {"\n", "c"}), line_format::json_object);
  std::ifstream lines(file());
  std::vector<std::int64_t> offsets;
  for (std::string line; std::getline(lines, line);) offsets.push_back(json::parse(line).at("offset"));
  BOOST_TEST(offsets == (std::vector<std::int64_t>{0, 1, 2}), boost::test_tools::per_element());
}

// What others do to the files ----------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_file_that_was_there_before_is_gone_on_with) {
  put(file(), "old\nunfini");
  start();
  append(values(0, {"new"}));
  append(values(1, {"newer"}));
  BOOST_TEST(text() == "old\nunfini\nnew\nnewer\n");
  kill();
  start();
  BOOST_TEST(position() == 2);
}

BOOST_AUTO_TEST_CASE(a_file_that_was_changed_while_nobody_had_it_open_is_refused_and_left_alone) {
  start();
  append(values(0, {"a", "b"}));
  stop();
  for (const std::string changed : {"a\n", "a\nb\nby hand\n", "a\nb"}) {
    put(file(), changed);
    const auto message = denied(process().open());
    BOOST_TEST(has(message, file().native()), message);
    BOOST_TEST(has(message, std::to_string(changed.size()) + " bytes where 4 were written"), message);
    BOOST_TEST(has(message, journal().native()), message);
    BOOST_TEST(text() == changed);
    stop();
  }
  put(file(), "a\nb\n");  // restored
  start();
  BOOST_TEST(position() == 2);
}

BOOST_AUTO_TEST_CASE(a_file_that_was_changed_while_it_is_open_is_refused_and_left_alone_until_it_is_restored) {
  start();
  append(values(0, {"a"}));
  add(file(), "by hand\n");
  BOOST_TEST(has(denied(try_append(values(1, {"b"}))), "another program changed it"));
  BOOST_TEST(has(denied(try_append(values(1, {"b"}))), "another program changed it"));
  BOOST_TEST(text() == "a\nby hand\n");
  kill();
  BOOST_TEST(has(denied(process().open()), "another program changed it"));
  stop();
  BOOST_TEST(text() == "a\nby hand\n");
  fs::resize_file(file(), 2);
  start();
  append(values(1, {"b"}));
  BOOST_TEST(text() == "a\nb\n");
}

BOOST_AUTO_TEST_CASE(a_changed_file_that_is_moved_away_makes_room_for_a_new_one) {
  start();
  append(values(0, {"a"}));
  add(file(), "by hand\n");
  BOOST_REQUIRE(!try_append(values(1, {"b"})).has_value());
  fs::rename(file(), root / "aside");
  append(values(1, {"b"}));
  BOOST_TEST(text() == "b\n");
  BOOST_TEST(content(root / "aside") == "a\nby hand\n");
}

BOOST_AUTO_TEST_CASE(without_its_journal_a_changed_file_is_taken_as_it_is) {
  start();
  append(values(0, {"a"}));
  add(file(), "by hand\n");
  BOOST_REQUIRE(!try_append(values(1, {"b"})).has_value());
  fs::remove(journal());
  append(values(1, {"b"}));  // this process still knows where it stands
  BOOST_TEST(position() == 2);
  stop();
  BOOST_TEST(text() == "a\nby hand\nb\n");
  add(file(), "by hand\n");
  fs::remove(journal());
  start();
  BOOST_TEST(position() == -1);
  append(values(2, {"c"}));
  BOOST_TEST(text() == "a\nby hand\nb\nby hand\nc\n");
}

BOOST_AUTO_TEST_CASE(a_journal_that_was_removed_while_it_is_open_is_made_again_with_all_it_knew) {
  start();
  append(values(0, {"a"}));
  fs::remove(journal());
  append(values(1, {"b"}));
  kill();
  start();
  BOOST_TEST(position() == 2);
  BOOST_TEST(text() == "a\nb\n");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_moved_removed_or_emptied_while_it_is_open_is_begun_anew) {
  start();
  append(values(0, {"a"}));
  fs::rename(file(), root / "moved");
  append(values(1, {"b"}));
  BOOST_TEST(content(root / "moved") == "a\n");
  BOOST_TEST(text() == "b\n");
  fs::remove(file());
  append(values(2, {"c"}));
  BOOST_TEST(text() == "c\n");
  fs::resize_file(file(), 0);
  append(values(3, {"d"}));
  BOOST_TEST(text() == "d\n");
  kill();
  start();
  BOOST_TEST(position() == 4);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_moved_removed_or_emptied_while_nobody_has_it_open_is_begun_anew) {
  start();
  append(values(0, {"a"}));
  stop();
  fs::rename(file(), root / "moved");
  start();
  BOOST_TEST(position() == 1);
  append(values(1, {"b"}));
  stop();
  fs::resize_file(file(), 0);
  start();
  BOOST_TEST(position() == 2);
  append(values(2, {"c"}));
  BOOST_TEST(content(root / "moved") == "a\n");
  BOOST_TEST(text() == "c\n");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_moved_back_after_a_new_one_was_begun_is_a_change) {
  start();
  append(values(0, {"a"}));
  fs::rename(file(), root / "moved");
  append(values(1, {"bbbb"}));
  stop();
  fs::rename(root / "moved", file());
  BOOST_TEST(has(denied(process().open()), "2 bytes where 5 were written"));
}

// The disk -----------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(with_fsync_batch_every_batch_outlives_a_power_failure) {
  options.fsync = fsync_mode::batch;
  start();
  append(values(0, {"a"}));
  append(values(1, {"b"}));
  BOOST_TEST(count<journal::synced>() == 2);
  lose_power();
  start();
  BOOST_TEST(position() == 2);
  BOOST_TEST(text() == "a\nb\n");
}

BOOST_AUTO_TEST_CASE(with_fsync_interval_what_was_not_on_the_disk_is_cut_off_and_written_again) {
  start();
  append(values(0, {"a"}));
  BOOST_TEST(count<journal::synced>() == 0);
  writer().maintain();
  BOOST_TEST(count<journal::synced>() == 1);
  writer().maintain();
  BOOST_TEST(count<journal::synced>() == 1);  // nothing to do
  append(values(1, {"b", "c"}));
  lose_power();
  fs::resize_file(file(), 3);
  start();
  BOOST_TEST(position() == 1);
  BOOST_TEST(text() == "a\n");
  append(values(1, {"b", "c"}));
  kill();  // that the power had failed is known to be over
  start();
  BOOST_TEST(position() == 3);
  BOOST_TEST(text() == "a\nb\nc\n");
}

BOOST_AUTO_TEST_CASE(a_power_failure_that_takes_the_end_of_the_journal_too_is_one_like_others) {
  start();
  append(values(0, {"a"}));
  writer().maintain();
  const auto on_the_disk = content(journal()).size();
  append(values(1, {"b"}));
  append(values(2, {"c"}));
  const auto all = content(journal()).size();
  for (auto size = on_the_disk; size <= all; size += 7) {
    kill();
    const auto old = boot;
    boot = "boot after";
    fs::resize_file(journal(), size);
    start();
    BOOST_TEST(position() == 1);
    BOOST_TEST(text() == "a\n");
    boot = old;
    fs::remove_all(root);
    fs::create_directory(root);
    start();
    append(values(0, {"a"}));
    writer().maintain();
    append(values(1, {"b"}));
    append(values(2, {"c"}));
  }
}

BOOST_AUTO_TEST_CASE(a_power_failure_before_anything_was_on_the_disk_loses_no_record) {
  const auto write_all = [&] {
    BOOST_TEST(position() == -1);
    append(values(0, {"a"}));
    append(values(1, {"b"}));
    BOOST_TEST(text() == "a\nb\n");
  };
  start();
  write_all();
  lose_power();
  fs::resize_file(file(), 0);
  start();
  write_all();
  lose_power();
  fs::remove(file());
  start();
  BOOST_TEST(position() == -1);
  kill();  // that the power had failed is known to be over
  start();
  write_all();
}

BOOST_AUTO_TEST_CASE(what_a_killed_process_wrote_is_forced_to_the_disk_by_the_next_one) {
  options.fsync = fsync_mode::never;
  start();
  append(values(0, {"a"}));
  kill();
  options.fsync = fsync_mode::interval;
  start();
  append(values(1, {"b"}));
  kill();
  start();
  writer().maintain();
  lose_power();
  start();
  BOOST_TEST(position() == 2);
  BOOST_TEST(text() == "a\nb\n");
}

BOOST_AUTO_TEST_CASE(with_fsync_never_nothing_is_forced_and_the_length_of_the_file_decides) {
  options.fsync = fsync_mode::never;
  start();
  append(values(0, {"a"}));
  append(values(1, {"b"}));
  writer().maintain();
  BOOST_TEST(count<journal::synced>() == 0);
  lose_power();
  start();
  BOOST_TEST(position() == 2);
  lose_power();
  fs::resize_file(file(), 3);
  BOOST_TEST(has(denied(process().open()), "3 bytes where 4 were written"));
}

BOOST_AUTO_TEST_CASE(a_stop_in_good_order_outlives_a_power_failure) {
  start();
  append(values(0, {"a"}));
  stop();
  boot = "boot 2";
  start();
  BOOST_TEST(position() == 1);
  BOOST_TEST(text() == "a\n");
}

BOOST_AUTO_TEST_CASE(a_position_that_was_set_outlives_a_power_failure) {
  start();
  append(values(0, {"a", "b"}));
  writer().maintain();
  start_at(1);
  lose_power();
  start();
  BOOST_TEST(position() == 1);
}

BOOST_AUTO_TEST_CASE(a_batch_that_was_written_but_not_forced_to_the_disk_is_forced_when_it_comes_again) {
  options.fsync = fsync_mode::batch;
  start();
  append(values(0, {std::string(10, 'a')}));
  {
    // Room for the announcement, and for the bytes, but not for the entry that says that they are on the disk.
    journal::write announced{11, 22, {{0, 0, offset{2}}}};
    const file_size_limit limit(content(journal()).size() + encode(journal::entry(announced)).size() + 5);
    BOOST_REQUIRE(!try_append(values(1, {std::string(10, 'b')})).has_value());
  }
  append(values(1, {std::string(10, 'b')}));
  lose_power();
  start();
  BOOST_TEST(position() == 2);
  BOOST_TEST(text() == "aaaaaaaaaa\nbbbbbbbbbb\n");
}

// Closing files ------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_file_is_closed_before_a_batch_would_make_it_too_large) {
  options.rotate_max_bytes = 10;
  start();
  append(values(0, {"aaaa"}));
  append(values(1, {"bbbb"}));
  BOOST_TEST(closed.empty());
  append(values(2, {"c"}));
  const auto aside = root / "out.log.20261124T100000.000Z";
  BOOST_REQUIRE(closed.size() == 1u);
  BOOST_TEST(closed[0] == aside);
  BOOST_TEST(content(aside) == "aaaa\nbbbb\n");
  BOOST_TEST(text() == "c\n");
  append(values(3, {std::string(20, 'd')}));  // larger than a file may be: it has one of its own
  append(values(4, {"e"}));
  BOOST_TEST(content(root / "out.log.20261124T100000.000Z-1") == "c\n");
  BOOST_TEST(content(root / "out.log.20261124T100000.000Z-2") == std::string(20, 'd') + "\n");
  kill();
  start();
  BOOST_TEST(position() == 5);
  BOOST_TEST(text() == "e\n");
}

BOOST_AUTO_TEST_CASE(records_that_are_there_already_close_no_file) {
  options.rotate_max_bytes = 10;
  start();
  append(values(0, {"aaaa", "bbbb"}));
  append(values(0, {"aaaa", "bbbb"}));
  append(gap_to(5));
  BOOST_TEST(closed.empty());
  append(values(1, {"bbbb", "x", "y", "z", "c"}));
  BOOST_REQUIRE(closed.size() == 1u);
  BOOST_TEST(text() == "c\n");
}

BOOST_AUTO_TEST_CASE(a_file_is_closed_when_it_is_old_and_holds_something) {
  options.rotate_interval = 60s;
  start();
  now += 61s;
  writer().maintain();
  BOOST_TEST(closed.empty());
  append(values(0, {"a"}));
  BOOST_TEST(closed.empty());
  writer().maintain();
  BOOST_REQUIRE(closed.size() == 1u);
  BOOST_TEST(content(closed[0]) == "a\n");
  BOOST_TEST(text().empty());
  append(values(1, {"b"}));
  now += 59s;
  writer().maintain();
  append(values(2, {"c"}));
  BOOST_TEST(closed.size() == 1u);
  now += 1s;
  append(values(3, {"d"}));
  BOOST_REQUIRE(closed.size() == 2u);
  BOOST_TEST(content(closed[1]) == "b\nc\n");
  BOOST_TEST(text() == "d\n");
}

BOOST_AUTO_TEST_CASE(the_age_of_a_file_outlives_its_writer) {
  options.rotate_interval = 60s;
  start();
  append(values(0, {"a"}));
  now += 40s;
  kill();
  start();
  now += 30s;
  writer().maintain();
  BOOST_REQUIRE(closed.size() == 1u);
  BOOST_TEST(content(closed[0]) == "a\n");
}

BOOST_AUTO_TEST_CASE(a_kill_after_a_file_got_its_closed_name_doubles_and_loses_nothing) {
  options.rotate_max_bytes = 4;
  start();
  append(values(0, {"aa"}));
  kill();
  // As the process leaves it between the two steps: all is whole, and the file has its other name.
  add(journal(), encode(journal::entry(journal::whole{3})));
  fs::rename(file(), root / "out.log.20261124T100000.000Z");
  start();
  BOOST_TEST(position() == 1);
  append(values(0, {"aa", "bb"}));
  BOOST_TEST(text() == "bb\n");
}

BOOST_AUTO_TEST_CASE(a_file_that_ends_amid_a_line_leaves_no_empty_line_in_the_next_one) {
  put(file(), "unfinished");
  options.rotate_max_bytes = 12;
  start();
  append(values(0, {"aaaa"}));
  BOOST_REQUIRE(closed.size() == 1u);
  BOOST_TEST(content(closed[0]) == "unfinished");
  BOOST_TEST(text() == "aaaa\n");
  append(values(1, {"b"}));
  BOOST_TEST(text() == "aaaa\nb\n");
}

BOOST_AUTO_TEST_CASE(a_closed_file_is_told_of_although_the_next_one_could_be_begun_only_later) {
  options.fsync = fsync_mode::never;
  options.rotate_max_bytes = 4;
  start();
  append(values(0, {"aa"}));
  {
    // Room in the journal for what comes before the closed name is given, not for what comes after.
    const auto entry = encode(journal::entry(journal::whole{3})).size();
    const file_size_limit limit(content(journal()).size() + entry + entry / 2);
    BOOST_REQUIRE(!try_append(values(1, {"bb"})).has_value());
  }
  BOOST_TEST(fs::exists(root / "out.log.20261124T100000.000Z"));
  append(values(1, {"bb"}));
  BOOST_REQUIRE(closed.size() == 1u);
  BOOST_TEST(closed[0] == root / "out.log.20261124T100000.000Z");
  BOOST_TEST(text() == "bb\n");
}

BOOST_AUTO_TEST_CASE(every_day_has_its_file_where_the_name_holds_the_date) {
  name = "out-{date}.log";
  start();
  append(values(0, {"a"}));
  now += 14h;
  append(values(0, {"a", "b"}));
  BOOST_TEST(content(root / "out-2026-11-24.log") == "a\n");
  BOOST_TEST(content(root / "out-2026-11-25.log") == "b\n");
  BOOST_REQUIRE(closed.size() == 1u);
  BOOST_TEST(closed[0] == root / "out-2026-11-24.log");
  now += 24h;
  BOOST_TEST(position() == 2);
  BOOST_TEST(fs::exists(root / "out-2026-11-26.log"));
  BOOST_TEST(fs::exists(root / "out-{date}.log.kfs-journal"));
}

BOOST_AUTO_TEST_CASE(a_torn_write_of_yesterday_is_mended_today) {
  name = "out-{date}.log";
  start();
  append(values(0, {"a"}));
  append(values(1, {"bb"}));
  kill();
  fs::resize_file(root / "out-2026-11-24.log", 3);
  now += 24h;
  start();
  BOOST_TEST(position() == 1);
  append(values(0, {"a", "bb"}));
  BOOST_TEST(content(root / "out-2026-11-24.log") == "a\n");
  BOOST_TEST(content(root / "out-2026-11-25.log") == "bb\n");
}

BOOST_AUTO_TEST_CASE(every_day_has_its_directory_where_that_holds_the_date) {
  name = "{date}/sub/out.log";
  start();
  append(values(0, {"a"}));
  now += 24h;
  append(values(1, {"b"}));
  kill();
  start();
  BOOST_TEST(position() == 2);
  BOOST_TEST(content(root / "2026-11-24/sub/out.log") == "a\n");
  BOOST_TEST(content(root / "2026-11-25/sub/out.log") == "b\n");
}

BOOST_AUTO_TEST_CASE(a_long_journal_is_shortened_and_says_the_same) {
  constexpr partition_number partitions = 200;
  constexpr std::int64_t rounds = 1'000;
  options.fsync = fsync_mode::never;
  start();
  std::uintmax_t most = 0;
  for (std::int64_t position = 0; position < rounds; ++position) {
    written_batch next;
    for (partition_number partition = 0; partition < partitions; ++partition) next.add(partition, position, "");
    append(next);
    writer().maintain();
    most = std::max(most, fs::file_size(journal()));
  }
  BOOST_TEST(most > 1'000'000u);
  BOOST_TEST(most < 1'100'000u);
  kill();
  start();
  BOOST_TEST(position(0) == rounds);
  BOOST_TEST(position(partitions - 1) == rounds);
  BOOST_TEST(fs::file_size(file()) == static_cast<std::uintmax_t>(partitions * rounds));
}

BOOST_AUTO_TEST_CASE(a_journal_that_cannot_be_shortened_keeps_nothing_from_the_disk) {
  start();
  for (std::int64_t position = 0; fs::file_size(journal()) < 1'100'000; ++position) {
    written_batch next;
    for (partition_number partition = 0; partition < 400; ++partition) next.add(partition, position, "");
    append(next);
  }
  fs::create_directories(journal().native() + ".new/in the way");
  writer().maintain();
  BOOST_TEST(count<journal::synced>() == 1);
  BOOST_TEST(journal_state().synced_length() == static_cast<std::int64_t>(fs::file_size(file())));
}

BOOST_AUTO_TEST_SUITE_END()
