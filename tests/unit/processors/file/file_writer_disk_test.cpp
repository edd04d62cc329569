// What a file writer forces to the disk, and what survives a power failure.
#include <fcntl.h>

#include "tests/support/file_size_limit.hpp"
#include "tests/unit/processors/file/file_writer_fixture.hpp"
#include "tests/unit/processors/file/journal_lines.hpp"

namespace kfs::file_writer_disk_test {

namespace fs = std::filesystem;
using test::file_text;
using test::has;
using test::values;

BOOST_FIXTURE_TEST_SUITE(file_writer_disk, test::file_writer_fixture)

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
  kill();  // the journal knows that the power failure is over
  start();
  BOOST_TEST(position() == 3);
  BOOST_TEST(text() == "a\nb\nc\n");
}

BOOST_AUTO_TEST_CASE(a_power_failure_that_takes_the_end_of_the_journal_too_is_one_like_others) {
  start();
  append(values(0, {"a"}));
  writer().maintain();
  const auto on_the_disk = file_text(journal()).size();
  append(values(1, {"b"}));
  append(values(2, {"c"}));
  const auto all = file_text(journal()).size();
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
  kill();  // the journal knows that the power failure is over
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
    // Room for the announcement and for the bytes, but not for the entry that notes them as on the disk.
    journal::write announced{11, 22, {{0, 0, offset{2}}}};
    const test::file_size_limit limit(file_text(journal()).size() + encode(journal::entry(announced)).size() + 5);
    BOOST_REQUIRE(!try_append(values(1, {std::string(10, 'b')})).has_value());
  }
  append(values(1, {std::string(10, 'b')}));
  lose_power();
  start();
  BOOST_TEST(position() == 2);
  BOOST_TEST(text() == "aaaaaaaaaa\nbbbbbbbbbb\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::file_writer_disk_test
