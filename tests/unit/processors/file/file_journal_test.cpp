#include "processors/file/journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <fstream>
#include <sstream>

#include "tests/support/child_process.hpp"
#include "tests/support/holds_value.hpp"
#include "tests/support/temp_directory.hpp"
#include "tests/unit/processors/file/journal_lines.hpp"

namespace kfs::file_journal_test {

namespace fs = std::filesystem;

namespace {

const record_source orders{"cluster", "group", "orders"};

struct fixture {
  test::temp_directory directory;
  fs::path series = directory.path() / "out.log";
  fs::path path = directory.path() / "out.log.kfs-journal";

  static file_journal opened(const fs::path& of) {
    auto made = file_journal::open(of);
    BOOST_TEST_REQUIRE(test::holds_value(made));
    return std::move(*made);
  }

  static void append(file_journal& to, const std::vector<journal::entry>& entries) {
    for (const auto& one : entries) {
      const auto appended = to.append(one);
      BOOST_TEST_REQUIRE(test::holds_value(appended));
    }
  }

  /// A journal with a header, a source, a file and two writes, the second of which is pending.
  void write_one() const {
    auto made = opened(series);
    append(made, {journal::header{1, "out.log"}, journal::opened{"boot", true}, journal::file{"out.log", 0, 5},
                  journal::source{orders}, journal::write{0, 10, {{0, 0, offset{3}}}},
                  journal::write{10, 20, {{0, 0, offset{5}}}}});
  }

  static void put(const fs::path& into, const std::string& text) { std::ofstream(into, std::ios::binary) << text; }

  /// The message of the error sink_denied.
  std::string denied() const {
    const auto refused = file_journal::open(series);
    BOOST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == ec::sink_denied));
    BOOST_TEST(refused.error().message.find(path.native()) != std::string::npos, refused.error().message);
    return refused.error().message;
  }
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(file_journal, fixture)

BOOST_AUTO_TEST_CASE(it_lies_beside_the_files_and_above_directories_that_are_named_after_a_date) {
  const auto place = [](const char* of) { return kfs::file_journal::path_of(of).native(); };
  const auto name = [](const char* of) { return kfs::file_journal::name_of(of); };
  BOOST_TEST(place("/a/out.log") == "/a/out.log.kfs-journal");
  BOOST_TEST(name("/a/out.log") == "out.log");
  BOOST_TEST(place("/a/out-{date}.log") == "/a/out-{date}.log.kfs-journal");
  BOOST_TEST(name("/a/out-{date}.log") == "out-{date}.log");
  BOOST_TEST(place("/a/{date}/b/out.log") == "/a/{date}_b_out.log.kfs-journal");
  BOOST_TEST(name("/a/{date}/b/out.log") == "{date}/b/out.log");
  BOOST_TEST(place("/a/day-{date}/{date}.log") == "/a/day-{date}_{date}.log.kfs-journal");
  BOOST_TEST(place("/out.log") == "/out.log.kfs-journal");
  BOOST_TEST(place("/{date}/out.log") == "/{date}_out.log.kfs-journal");
}

BOOST_AUTO_TEST_CASE(its_name_is_known) {
  BOOST_TEST(kfs::file_journal::is_name("out.log.kfs-journal"));
  BOOST_TEST(kfs::file_journal::is_name("out.log.kfs-journal.new"));
  BOOST_TEST(kfs::file_journal::is_name(kfs::file_journal::replacement_of("out.log.kfs-journal").native()));
  BOOST_TEST(!kfs::file_journal::is_name("out.log"));
  BOOST_TEST(!kfs::file_journal::is_name("out.kfs-journal.log"));
}

BOOST_AUTO_TEST_CASE(an_empty_one_is_made_where_there_is_none) {
  const auto made = opened(directory.path() / "sub/dir/out.log");
  BOOST_TEST(made.is_new());
  BOOST_TEST(made.bytes() == 0);
  BOOST_TEST(fs::is_regular_file(directory.path() / "sub/dir/out.log.kfs-journal"));
}

BOOST_AUTO_TEST_CASE(what_was_appended_is_read_again) {
  write_one();
  const auto again = opened(series);
  BOOST_TEST(!again.is_new());
  BOOST_TEST(again.bytes() == static_cast<std::int64_t>(fs::file_size(path)));
  BOOST_TEST(again.state().length() == 10);
  BOOST_TEST((again.state().pending_end() == 20));
  BOOST_TEST((again.state().position(orders, 0) == offset{3}));
  BOOST_TEST(again.state().series() == "out.log");
}

BOOST_AUTO_TEST_CASE(one_journal_is_held_by_one_alone) {
  const auto first = opened(series);
  const auto second = kfs::file_journal::open(series);
  BOOST_REQUIRE(!second.has_value());
  BOOST_TEST((second.error().code == ec::sink_unavailable));
}

BOOST_AUTO_TEST_CASE(a_last_line_that_is_torn_anywhere_is_cut_off) {
  write_one();
  const auto whole = test::file_text(path);
  const auto last = whole.rfind('\n', whole.size() - 2) + 1;
  for (auto length = last; length < whole.size(); ++length) {
    put(path, whole.substr(0, length));
    auto torn = opened(series);
    BOOST_REQUIRE(torn.bytes() == static_cast<std::int64_t>(last));
    BOOST_REQUIRE(test::file_text(path) == whole.substr(0, last));
    BOOST_REQUIRE((torn.state().pending_end() == 10));
    append(torn, {journal::whole{10}});
  }
  BOOST_TEST(opened(series).state().length() == 10);
}

BOOST_AUTO_TEST_CASE(a_journal_torn_within_its_first_line_is_new) {
  write_one();
  put(path, test::file_text(path).substr(0, 12));
  const auto again = opened(series);
  BOOST_TEST(again.is_new());
  BOOST_TEST(fs::file_size(path) == 0u);
}

BOOST_AUTO_TEST_CASE(an_end_of_zeros_as_a_power_failure_leaves_it_is_cut_off) {
  write_one();
  const auto whole = test::file_text(path);
  put(path, whole + std::string(4096, '\0'));
  BOOST_TEST(opened(series).bytes() == static_cast<std::int64_t>(whole.size()));
  BOOST_TEST(test::file_text(path) == whole);
}

BOOST_AUTO_TEST_CASE(damage_before_the_end_is_refused_names_the_byte_and_is_left_alone) {
  write_one();
  const auto whole = test::file_text(path);
  for (std::size_t begin = 0, end = whole.find('\n'); end + 1 < whole.size();
       begin = end + 1, end = whole.find('\n', begin)) {
    auto damaged = whole;
    damaged[begin + 12] = damaged[begin + 12] == '~' ? '!' : '~';
    put(path, damaged);
    const auto message = denied();
    BOOST_TEST(has(message, "damaged at byte " + std::to_string(begin)), message);
    BOOST_TEST(test::file_text(path) == damaged);
  }
}

BOOST_AUTO_TEST_CASE(a_line_that_is_missing_or_there_twice_is_damage) {
  write_one();
  const auto whole = test::file_text(path);
  const auto second = whole.find('\n') + 1;
  put(path, whole.substr(second));  // no header
  BOOST_TEST(has(denied(), "damaged at byte 0"));
  put(path, whole + whole.substr(0, second));
  BOOST_TEST(has(denied(), "damaged at byte " + std::to_string(whole.size())));
  put(path, whole + encode(journal::entry(journal::source{orders})));
  BOOST_TEST(has(denied(), "damaged at byte " + std::to_string(whole.size())));
}

BOOST_AUTO_TEST_CASE(what_is_no_journal_is_refused_and_left_alone) {
  const std::string text = "some notes\nthat somebody keeps here\n";
  put(path, text);
  BOOST_TEST(has(denied(), "damaged at byte 0"));
  BOOST_TEST(test::file_text(path) == text);
}

BOOST_AUTO_TEST_CASE(a_journal_of_a_newer_server_is_refused_and_left_alone) {
  const auto text = encode(journal::entry(journal::header{journal::format + 1, "out.log"})) + "what only it knows\n";
  put(path, text);
  const auto message = denied();
  BOOST_TEST(has(message, "newer version"), message);
  BOOST_TEST(has(message, "format " + std::to_string(journal::format + 1)), message);
  BOOST_TEST(test::file_text(path) == text);
}

BOOST_AUTO_TEST_CASE(a_journal_of_other_files_is_refused_and_left_alone) {
  write_one();
  fs::rename(path, directory.path() / "other.kfs-journal");
  series = directory.path() / "other";
  path = directory.path() / "other.kfs-journal";
  const auto text = test::file_text(path);
  const auto message = denied();
  BOOST_TEST(has(message, "\"out.log\""), message);
  BOOST_TEST(test::file_text(path) == text);
}

BOOST_AUTO_TEST_CASE(a_directory_that_was_moved_as_a_whole_takes_its_journals_along) {
  write_one();
  fs::create_directory(directory.path() / "new place");
  fs::rename(path, directory.path() / "new place/out.log.kfs-journal");
  BOOST_TEST(opened(directory.path() / "new place/out.log").state().length() == 10);
}

BOOST_AUTO_TEST_CASE(a_link_in_its_place_is_not_followed) {
  put(directory.path() / "elsewhere", "");
  fs::create_symlink(directory.path() / "elsewhere", path);
  const auto refused = kfs::file_journal::open(series);
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code == ec::sink_denied));
}

BOOST_AUTO_TEST_CASE(a_shortened_one_says_the_same_is_shorter_and_is_still_held) {
  write_one();
  auto made = opened(series);
  append(made, {journal::whole{20}});
  for (std::int64_t i = 0; i < 100; ++i)
    append(made, {journal::write{20 + i, 21 + i, {{0, 0, offset{6 + i}}, {0, 1, offset{i}}}}});
  made.settle(true);
  const auto before = made.bytes();
  BOOST_REQUIRE(made.shorten().has_value());
  BOOST_TEST(made.bytes() < before / 10);
  BOOST_TEST(made.bytes() == static_cast<std::int64_t>(fs::file_size(path)));
  BOOST_TEST(made.state().length() == 120);
  BOOST_TEST(made.is_in_place());
  BOOST_TEST((kfs::file_journal::open(series).error().code == ec::sink_unavailable));
  {
    auto longer = std::move(made);
    append(longer, {journal::write{120, 130, {{0, 0, offset{200}}}}});
  }
  const auto again = opened(series);
  BOOST_TEST(again.state().length() == 120);
  BOOST_TEST((again.state().pending_end() == 130));
  BOOST_TEST((again.state().position(orders, 0) == offset{105}));
  BOOST_TEST((again.state().position(orders, 1) == offset{99}));
}

BOOST_AUTO_TEST_CASE(a_journal_that_was_removed_is_made_again_by_shortening) {
  write_one();
  auto made = opened(series);
  BOOST_TEST(made.is_in_place());
  fs::remove(path);
  BOOST_TEST(!made.is_in_place());
  BOOST_TEST(!made.was_replaced());
  BOOST_REQUIRE(made.shorten().has_value());
  BOOST_TEST(made.is_in_place());
}

BOOST_AUTO_TEST_CASE(shortening_leaves_a_journal_that_another_process_has_put_there) {
  write_one();
  auto made = opened(series);
  put(directory.path() / "x", "of another process");
  fs::rename(directory.path() / "x", path);
  BOOST_TEST(made.was_replaced());
  const auto refused = made.shorten();
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code == ec::sink_unavailable));
  BOOST_TEST(test::file_text(path) == "of another process");
  BOOST_TEST(std::distance(fs::directory_iterator(directory.path()), {}) == 1);
}

BOOST_AUTO_TEST_CASE(an_entry_that_could_not_be_written_leaves_the_journal_as_it_was) {
  write_one();
  auto made = opened(series);
  append(made, {journal::whole{20}});
  const auto before = test::file_text(path);
  {
    rlimit old{};
    ::getrlimit(RLIMIT_FSIZE, &old);
    const rlimit limit{before.size() + 5, old.rlim_max};
    const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto failed = made.append(journal::write{20, 30, {{0, 0, offset{9}}}});
    ::setrlimit(RLIMIT_FSIZE, &old);
    std::signal(SIGXFSZ, old_handler);
    BOOST_REQUIRE(!failed.has_value());
    BOOST_TEST((failed.error().code == ec::sink_unavailable));
  }
  BOOST_TEST(test::file_text(path) == before);
  BOOST_TEST(!made.state().pending_end().has_value());
  append(made, {journal::write{20, 30, {{0, 0, offset{9}}}}});
  BOOST_TEST(test::file_text(path).size() > before.size());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::file_journal_test
