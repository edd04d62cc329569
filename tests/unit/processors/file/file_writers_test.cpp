#include "processors/file/writers.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <zlib.h>

#include <atomic>
#include <boost/test/unit_test.hpp>

#include "tests/support/eventually.hpp"
#include "tests/support/holds_value.hpp"
#include "tests/unit/processors/file/file_writer_fixture.hpp"

namespace kfs::file_writers_test {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using test::file_text;

namespace {

std::string uncompressed(const fs::path& path) {
  std::string text(4096, '\0');
  const auto file = ::gzopen(path.c_str(), "rb");
  BOOST_REQUIRE(file != nullptr);
  text.resize(static_cast<std::size_t>(std::max(0, ::gzread(file, text.data(), 4096))));
  ::gzclose(file);
  return text;
}

struct fixture {
  test::temp_directory directory;
  std::atomic<std::chrono::system_clock::time_point> now{test::file_machine::first_day + 10h};
  std::unique_ptr<kfs::file_writers> writers = process();

  std::unique_ptr<kfs::file_writers> process() {
    return std::make_unique<kfs::file_writers>(logger::silent(), [this] { return now.load(); });
  }

  fs::path path(const std::string& name) const { return directory.path() / name; }

  std::shared_ptr<file_writer> writer(const std::string& name, const file_options& options) {
    auto found = writers->of(path(name), options);
    BOOST_TEST_REQUIRE(test::holds_value(found));
    return *found;
  }

  static void append(file_writer& to, std::int64_t first, std::vector<std::string> values) {
    const auto batch = test::values(first, std::move(values));
    record_lines lines(line_format::value);
    const auto appended = to.append({batch, batch.records(), batch.ranges(), lines}, {});
    BOOST_TEST_REQUIRE(test::holds_value(appended));
  }

  void is_compressed(const std::string& name, const std::string& text) const {
    BOOST_REQUIRE(test::eventually(10s, [&] { return fs::exists(path(name + ".gz")) && !fs::exists(path(name)); }));
    BOOST_TEST(uncompressed(path(name + ".gz")) == text);
  }
};

const file_options compressing{.fsync = fsync_mode::interval,
                               .rotate_max_bytes = 4,
                               .rotate_interval = std::nullopt,
                               .compress = compression::gzip};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(file_writers, fixture)

BOOST_AUTO_TEST_CASE(a_series_has_one_writer_as_long_as_somebody_holds_it) {
  const auto first = writer("out.log", {});
  BOOST_TEST(writer("out.log", {}) == first);
  BOOST_TEST(writer("other.log", {}) != first);
}

BOOST_AUTO_TEST_CASE(writers_of_one_series_with_different_options_are_refused) {
  auto first = writer("out.log", {});
  const auto refused = writers->of(path("out.log"), compressing);
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code == ec::sink_denied));
  BOOST_TEST(refused.error().message.find(path("out.log").native()) != std::string::npos);
  first.reset();
  BOOST_TEST(writers->of(path("out.log"), compressing).has_value());
}

BOOST_AUTO_TEST_CASE(a_writer_that_is_made_opens_nothing) {
  const auto made = writer("out.log", compressing);
  BOOST_TEST(fs::is_empty(directory.path()));
}

BOOST_AUTO_TEST_CASE(a_closed_file_is_compressed) {
  const auto one = writer("out.log", compressing);
  append(*one, 0, {"aa"});
  append(*one, 1, {"bb"});
  is_compressed("out.log.20261124T100000.000Z", "aa\n");
  BOOST_TEST(file_text(path("out.log")) == "bb\n");
}

BOOST_AUTO_TEST_CASE(a_file_of_an_earlier_day_is_compressed_once_the_next_is_begun) {
  auto options = compressing;
  options.rotate_max_bytes.reset();
  const auto one = writer("out-{date}.log", options);
  append(*one, 0, {"a"});
  now = now.load() + 24h;
  append(*one, 1, {"b"});
  is_compressed("out-2026-11-24.log", "a\n");
  BOOST_TEST(file_text(path("out-2026-11-25.log")) == "b\n");
}

BOOST_AUTO_TEST_CASE(a_day_that_leads_to_a_file_of_the_server_is_not_written) {
  const auto own = path("access.yaml");
  std::ofstream(own) << "bindings: []\n";
  writers = std::make_unique<kfs::file_writers>(
      logger::silent(), [this] { return now.load(); }, std::chrono::seconds{2}, server_files({}, {own}));
  const auto dated = writer("log-{date}", {});
  append(*dated, 0, {"a"});
  now = now.load() + 24h;
  const auto tomorrow = with_date("log-{date}", std::chrono::floor<std::chrono::days>(now.load()));
  fs::create_hard_link(own, path(tomorrow));
  const auto batch = test::values(1, {"b"});
  record_lines lines(line_format::value);
  const auto refused = dated->append({batch, batch.records(), batch.ranges(), lines}, {});
  BOOST_TEST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code == ec::sink_denied));
  BOOST_TEST(test::file_text(own) == "bindings: []\n");
}

BOOST_AUTO_TEST_CASE(closed_files_that_an_earlier_process_left_are_compressed_and_no_others) {
  for (const auto* name :
       {"out.log.20261123T100000.000Z", "out.log.20261123T100000.000Z-12", "out.log.2026",
        "out_log.20261123T100000.000Z", "out.log.20261123T100000.000Z.bak", "my-out.log.20261123T100000.000Z"})
    std::ofstream(path(name)) << name;
  const auto one = writer("out.log", compressing);
  append(*one, 0, {"a"});
  is_compressed("out.log.20261123T100000.000Z", "out.log.20261123T100000.000Z");
  is_compressed("out.log.20261123T100000.000Z-12", "out.log.20261123T100000.000Z-12");
  append(*one, 1, {"bbb"});  // compressed after all others
  is_compressed("out.log.20261124T100000.000Z", "a\n");
  for (const auto* name : {"out.log.2026", "out_log.20261123T100000.000Z", "out.log.20261123T100000.000Z.bak",
                           "my-out.log.20261123T100000.000Z"})
    BOOST_TEST(fs::exists(path(name)), name);
}

BOOST_AUTO_TEST_CASE(the_file_of_yesterday_is_compressed_only_after_its_journal_was_asked_what_of_it_is_whole) {
  auto options = compressing;
  options.rotate_max_bytes.reset();
  {
    const auto one = writer("out-{date}.log", options);
    append(*one, 0, {"a"});
    append(*one, 1, {"bb"});
  }
  writers = process();
  now = now.load() + 24h;
  const auto again = writer("out-{date}.log", options);
  const auto other = writer("other.log", compressing);
  append(*other, 0, {"aa"});
  append(*other, 1, {"bb"});
  is_compressed("other.log.20261125T100000.000Z", "aa\n");  // the earlier files were handled before this one
  BOOST_TEST(fs::exists(path("out-2026-11-24.log")));
  append(*again, 0, {"a", "bb", "c"});
  is_compressed("out-2026-11-24.log", "a\nbb\n");
  BOOST_TEST(file_text(path("out-2026-11-25.log")) == "c\n");
}

BOOST_AUTO_TEST_CASE(a_closed_file_that_somebody_still_holds_is_compressed_later) {
  file_descriptor other(::open(path("out.log.20261123T100000.000Z").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  BOOST_REQUIRE(::flock(other.get(), LOCK_EX) == 0);
  const auto one = writer("out.log", compressing);
  append(*one, 0, {"aa"});
  append(*one, 1, {"bb"});
  is_compressed("out.log.20261124T100000.000Z", "aa\n");  // the earlier file was tried before this one
  BOOST_TEST(fs::exists(path("out.log.20261123T100000.000Z")));
  other.reset();
  is_compressed("out.log.20261123T100000.000Z", "");
}

BOOST_AUTO_TEST_CASE(what_is_due_is_done_for_every_writer) {
  const file_options old_ones{.fsync = fsync_mode::interval,
                              .rotate_max_bytes = std::nullopt,
                              .rotate_interval = 60s,
                              .compress = compression::none};
  const auto one = writer("one.log", old_ones);
  const auto other = writer("other.log", old_ones);
  append(*one, 0, {"a"});
  append(*other, 0, {"b"});
  now = now.load() + 60s;
  writers->maintain();
  BOOST_TEST(file_text(path("one.log.20261124T100100.000Z")) == "a\n");
  BOOST_TEST(file_text(path("other.log.20261124T100100.000Z")) == "b\n");
}

BOOST_AUTO_TEST_CASE(what_is_due_is_done_without_being_asked) {
  const auto one = writer("one.log", {});
  append(*one, 0, {"a"});
  BOOST_TEST(test::eventually(
      10s, [&] { return file_text(path("one.log.kfs-journal")).find("\"synced\":2") != std::string::npos; }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::file_writers_test
