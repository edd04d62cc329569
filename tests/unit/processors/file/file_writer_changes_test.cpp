// How a file writer reacts to other programs that change its files.
#include <fcntl.h>

#include "tests/unit/processors/file/file_writer_fixture.hpp"

namespace kfs::file_writer_changes_test {

namespace fs = std::filesystem;
using test::file_text;
using test::has;
using test::values;

BOOST_FIXTURE_TEST_SUITE(file_writer_changes, test::file_writer_fixture)

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
  BOOST_TEST(file_text(root / "aside") == "a\nby hand\n");
}

BOOST_AUTO_TEST_CASE(without_its_journal_a_changed_file_is_taken_as_it_is) {
  start();
  append(values(0, {"a"}));
  add(file(), "by hand\n");
  BOOST_REQUIRE(!try_append(values(1, {"b"})).has_value());
  fs::remove(journal());
  append(values(1, {"b"}));  // this process still knows its next offset
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
  BOOST_TEST(file_text(root / "moved") == "a\n");
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
  BOOST_TEST(file_text(root / "moved") == "a\n");
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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::file_writer_changes_test
