// When a file writer closes a file and begins the next one, and how it keeps its journal short.
#include <fcntl.h>

#include "tests/support/file_size_limit.hpp"
#include "tests/unit/processors/file/file_writer_fixture.hpp"
#include "tests/unit/processors/file/journal_lines.hpp"

namespace kfs::file_writer_rotation_test {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using test::file_text;
using test::gap_to;
using test::memory_batch;
using test::values;

BOOST_FIXTURE_TEST_SUITE(file_writer_rotation, test::file_writer_fixture)

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
  BOOST_TEST(file_text(aside) == "aaaa\nbbbb\n");
  BOOST_TEST(text() == "c\n");
  append(values(3, {std::string(20, 'd')}));  // larger than the limit: it gets a file of its own
  append(values(4, {"e"}));
  BOOST_TEST(file_text(root / "out.log.20261124T100000.000Z-1") == "c\n");
  BOOST_TEST(file_text(root / "out.log.20261124T100000.000Z-2") == std::string(20, 'd') + "\n");
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
  BOOST_TEST(file_text(closed[0]) == "a\n");
  BOOST_TEST(text().empty());
  append(values(1, {"b"}));
  now += 59s;
  writer().maintain();
  append(values(2, {"c"}));
  BOOST_TEST(closed.size() == 1u);
  now += 1s;
  append(values(3, {"d"}));
  BOOST_REQUIRE(closed.size() == 2u);
  BOOST_TEST(file_text(closed[1]) == "b\nc\n");
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
  BOOST_TEST(file_text(closed[0]) == "a\n");
}

BOOST_AUTO_TEST_CASE(a_clock_that_is_set_back_puts_off_the_end_of_a_file_by_one_interval_at_most) {
  options.rotate_interval = 60s;
  start();
  append(values(0, {"a"}));
  now -= 59s;
  writer().maintain();
  BOOST_TEST(closed.empty());
  now -= 240h;
  writer().maintain();
  BOOST_REQUIRE(closed.size() == 1u);
  BOOST_TEST(file_text(closed[0]) == "a\n");
  append(values(1, {"b"}));
  now += 59s;
  writer().maintain();
  BOOST_TEST(closed.size() == 1u);
  now += 1s;
  writer().maintain();
  BOOST_TEST(closed.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_kill_after_a_file_got_its_closed_name_doubles_and_loses_nothing) {
  options.rotate_max_bytes = 4;
  start();
  append(values(0, {"aa"}));
  kill();
  // The state between the two steps: all is whole, and the file has its closed name.
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
  BOOST_TEST(file_text(closed[0]) == "unfinished");
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
    // Room in the journal for the entry before the renaming, but not for the one after it.
    const auto entry = encode(journal::entry(journal::whole{3})).size();
    const test::file_size_limit limit(file_text(journal()).size() + entry + entry / 2);
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
  BOOST_TEST(file_text(root / "out-2026-11-24.log") == "a\n");
  BOOST_TEST(file_text(root / "out-2026-11-25.log") == "b\n");
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
  BOOST_TEST(file_text(root / "out-2026-11-24.log") == "a\n");
  BOOST_TEST(file_text(root / "out-2026-11-25.log") == "bb\n");
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
  BOOST_TEST(file_text(root / "2026-11-24/sub/out.log") == "a\n");
  BOOST_TEST(file_text(root / "2026-11-25/sub/out.log") == "b\n");
}

BOOST_AUTO_TEST_CASE(a_long_journal_is_shortened_and_says_the_same) {
  constexpr partition_number partitions = 200;
  constexpr std::int64_t rounds = 1'000;
  options.fsync = fsync_mode::never;
  start();
  std::uintmax_t most = 0;
  for (std::int64_t position = 0; position < rounds; ++position) {
    memory_batch next;
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
    memory_batch next;
    for (partition_number partition = 0; partition < 400; ++partition) next.add(partition, position, "");
    append(next);
  }
  fs::create_directories(journal().native() + ".new/in the way");
  writer().maintain();
  BOOST_TEST(count<journal::synced>() == 1);
  BOOST_TEST(journal_state().synced_length() == static_cast<std::int64_t>(fs::file_size(file())));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::file_writer_rotation_test
