// Each record is written once, whenever a process is killed.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "config/base/json.hpp"
#include "tests/support/file_size_limit.hpp"
#include "tests/unit/processors/file/file_writer_fixture.hpp"

namespace kfs::file_writer_test {

namespace fs = std::filesystem;
using test::file_text;
using test::gap_to;
using test::memory_batch;
using test::values;

BOOST_FIXTURE_TEST_SUITE(file_writer, test::file_writer_fixture)

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
  memory_batch mixed;
  mixed.add(0, 10, "p0-10");
  mixed.add(1, 5, "p1-5");
  mixed.add(0, 11, "p0-11");
  append(mixed);
  memory_batch overlapping;
  overlapping.add(1, 5, "p1-5");
  overlapping.add(0, 12, "p0-12");
  overlapping.add(1, 6, "p1-6");
  append(overlapping);
  const auto other = std::make_shared<const record_source>(record_source{"cluster", "other group", "orders"});
  memory_batch of_other(other);
  of_other.add(0, 10, "other");
  append(of_other);
  BOOST_TEST(text() == "p0-10\np1-5\np0-11\np0-12\np1-6\nother\n");
  BOOST_TEST(position(0) == 13);
  BOOST_TEST(position(1) == 7);
  BOOST_TEST(position(0, *other) == 11);
  BOOST_TEST(position(2) == -1);
  BOOST_TEST(position(0, {"another cluster", "g", "orders"}) == -1);
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
  const auto first = file_text(journal()).size();
  append(values(1, {"b"}));
  const auto second = file_text(journal()).size();
  stop();
  const auto whole = file_text(journal());
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

/// The kernel ends the child in the middle of a write, at a byte that the parent chose.
BOOST_AUTO_TEST_CASE(a_process_that_dies_amid_a_large_write_leaves_nothing_of_it) {
  const auto before = values(0, {std::string(100'000, 'a')});
  const auto large = values(1, {std::string(1'500'000, 'b'), std::string(40, 'c'), std::string(700'000, 'd')});
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
      if (!writer.append({before, before.records(), before.ranges(), lines}, {})) ::_exit(1);
      test::limit_file_size(size);
      static_cast<void>(writer.append({large, large.records(), large.ranges(), lines}, {}).has_value());
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
  append(values(1, {"b", "c"}));  // again, because the offset was set
  start_at(100, 4);
  stop();
  start();
  BOOST_TEST(position(0) == 3);
  BOOST_TEST(position(4) == 100);
  BOOST_TEST(text() == "a\nb\nc\nb\nc\n");
}

BOOST_AUTO_TEST_CASE(the_log_that_a_partition_belongs_to_stays_until_another_is_set) {
  start();
  append(values(0, {"a"}));
  BOOST_TEST(log().empty());
  start_at(0, 0, "a/1");
  append(values(0, {"b", "c"}));
  BOOST_TEST(log() == "a/1");
  kill();
  start();
  BOOST_TEST(log() == "a/1");
  BOOST_TEST(position() == 2);
  append(values(2, {"d"}));
  stop();
  start();
  BOOST_TEST(log() == "a/1");
  start_at(3);
  BOOST_TEST(log().empty());
  BOOST_TEST(text() == "a\nb\nc\nd\n");
}

BOOST_AUTO_TEST_CASE(a_batch_that_failed_half_way_is_taken_back_and_counts_once_it_is_written) {
  start();
  append(values(0, {"a"}));
  const auto large = values(1, {std::string(1'200'000, 'x'), std::string(1'200'000, 'y')});
  {
    const test::file_size_limit limit(2'000'000);
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
    const test::file_size_limit limit(2'000'000);
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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::file_writer_test
