#include "processors/file/compression.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <fstream>
#include <sstream>

#include "config/base/file_descriptor.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/file_size_limit.hpp"
#include "tests/support/holds_value.hpp"
#include "tests/support/temp_directory.hpp"

namespace kfs {
std::ostream& boost_test_print_type(std::ostream& out, compression how) {
  return out << suffix_of(how);
}
}  // namespace kfs

namespace kfs::file_compression_test {

namespace fs = std::filesystem;
namespace data = boost::unit_test::data;

namespace {

const auto both = data::make({compression::gzip, compression::zstd});

void put(const fs::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::string gunzipped(const fs::path& path) {
  const auto file = ::gzopen(path.c_str(), "rb");
  std::string out;
  std::string piece(65'536, '\0');
  for (int count = 1; count > 0; out.append(piece, 0, static_cast<std::size_t>(std::max(count, 0))))
    count = ::gzread(file, piece.data(), static_cast<unsigned>(piece.size()));
  const bool plain = ::gzdirect(file) != 0;  // zlib passes through bytes that are not compressed
  return ::gzclose(file) == Z_OK && !plain ? out : "no gzip file";
}

std::string unzstd(const fs::path& path) {
  const auto packed = test::file_text(path);
  const std::unique_ptr<ZSTD_DCtx, decltype(&::ZSTD_freeDCtx)> context(::ZSTD_createDCtx(), &::ZSTD_freeDCtx);
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  std::string out;
  std::string piece(65'536, '\0');
  for (std::size_t left = 1; left != 0;) {
    ZSTD_outBuffer to{piece.data(), piece.size(), 0};
    left = ::ZSTD_decompressStream(context.get(), &to, &in);
    if (::ZSTD_isError(left) != 0 || (to.pos == 0 && in.pos == in.size && left != 0)) return "no zstd file";
    out.append(piece, 0, to.pos);
  }
  return out;
}

std::string unpacked(const fs::path& path) {
  return path.extension() == ".gz" ? gunzipped(path) : unzstd(path);
}

/// Bytes that hardly compress, so that a file is written in many pieces.
std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 1;
  for (auto& byte : bytes) {
    state = state * 1'664'525 + 1'013'904'223;
    byte = static_cast<char>(state >> 24U);
  }
  return bytes;
}

struct place {
  test::temp_directory root;
  // The temporary directory itself may be reached by a link.
  fs::path directory = fs::canonical(root.path());
  fs::path closed = directory / "out.log.1";

  fs::path target(compression how) const { return closed.native() + std::string(suffix_of(how)); }
  fs::path partial(compression how) const { return target(how).native() + ".partial"; }

  void succeeds(compression how) const {
    const auto outcome = compress_file(closed, how, {});
    BOOST_TEST(test::holds_value(outcome));
  }

  error fails(compression how, const std::stop_token& stop = {}) const {
    const auto outcome = compress_file(closed, how, stop);
    BOOST_REQUIRE(!outcome.has_value());
    BOOST_TEST(outcome.error().message.find(closed.string()) != std::string::npos, outcome.error().message);
    return outcome.error();
  }

  /// Checks that only the compressed file exists, and that it holds `bytes`.
  void holds(compression how, const std::string& bytes) const {
    BOOST_TEST((unpacked(target(how)) == bytes));
    BOOST_TEST(std::distance(fs::directory_iterator(directory), {}) == 1);
  }

  /// Checks that the closed file is unchanged, and that no other file exists.
  void is_untouched(const std::string& bytes, std::ptrdiff_t files = 1) const {
    BOOST_TEST((test::file_text(closed) == bytes));
    BOOST_TEST(std::distance(fs::directory_iterator(directory), {}) == files);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(file_compression, place)

BOOST_DATA_TEST_CASE(a_compressed_file_takes_the_place_of_the_closed_one, both, how) {
  for (const auto& bytes : {std::string("a\nb\n"), std::string(), std::string(5'000'000, 'x'), noise(3'000'001)}) {
    put(closed, bytes);
    succeeds(how);
    holds(how, bytes);
    fs::remove(target(how));
  }
}

BOOST_AUTO_TEST_CASE(without_compression_the_file_is_left_alone) {
  put(closed, "a\n");
  succeeds(compression::none);
  is_untouched("a\n");
  BOOST_TEST(suffix_of(compression::none) == "");
}

BOOST_DATA_TEST_CASE(mode_and_time_of_the_file_are_kept, both, how) {
  put(closed, "a\n");
  fs::permissions(closed, fs::perms{0604});
  const timespec times[]{{1'700'000'000, 1}, {1'700'000'001, 123'456'789}};
  BOOST_REQUIRE(::utimensat(AT_FDCWD, closed.c_str(), times, 0) == 0);
  succeeds(how);
  struct stat found {};
  BOOST_REQUIRE(::stat(target(how).c_str(), &found) == 0);
  BOOST_TEST((found.st_mode & 07777) == 0604u);
  BOOST_TEST(found.st_mtim.tv_sec == 1'700'000'001);
  BOOST_TEST(found.st_mtim.tv_nsec == 123'456'789);
}

BOOST_DATA_TEST_CASE(what_a_crash_amid_compressing_left_is_replaced, both, how) {
  put(closed, "a\n");
  put(partial(how), "half of it");
  succeeds(how);
  holds(how, "a\n");
}

BOOST_DATA_TEST_CASE(after_a_crash_before_the_file_was_removed_it_is_removed, both, how) {
  put(closed, "a\n");
  const auto beside = directory / "kept";
  fs::create_hard_link(closed, beside);
  succeeds(how);
  fs::rename(beside, closed);
  BOOST_REQUIRE(test::file_text(closed) == "a\n");
  succeeds(how);
  holds(how, "a\n");
}

BOOST_DATA_TEST_CASE(what_was_compressed_already_is_left_as_it_is, both, how) {
  put(closed, "a\n");
  succeeds(how);
  succeeds(how);
  holds(how, "a\n");
}

BOOST_DATA_TEST_CASE(a_compressed_file_that_was_not_made_from_this_one_is_not_touched_nor_is_this_one, both, how) {
  put(closed, "first\n");
  succeeds(how);
  const auto first = test::file_text(target(how));
  put(closed, "second\n");
  const timespec times[]{{1'700'000'000, 0}, {1'700'000'000, 0}};
  BOOST_REQUIRE(::utimensat(AT_FDCWD, closed.c_str(), times, 0) == 0);
  const auto refused = fails(how);
  BOOST_TEST((refused.code == ec::sink_denied));
  BOOST_TEST(refused.message.find(target(how).string()) != std::string::npos, refused.message);
  is_untouched("second\n", 2);
  BOOST_TEST((test::file_text(target(how)) == first));
}

BOOST_DATA_TEST_CASE(a_full_disk_loses_nothing_and_the_next_try_succeeds, both, how) {
  const auto bytes = noise(2'000'000);
  put(closed, bytes);
  {
    const test::file_size_limit full(1'000'000);
    BOOST_TEST((fails(how).code == ec::sink_unavailable));
  }
  is_untouched(bytes);
  succeeds(how);
  holds(how, bytes);
}

BOOST_DATA_TEST_CASE(stopped_it_leaves_the_file_as_it_was, both, how) {
  put(closed, "a\n");
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = fails(how, stop.get_token());
  BOOST_TEST((stopped.code == ec::sink_unavailable));
  BOOST_TEST(stopped.message.find("stopped") != std::string::npos, stopped.message);
  is_untouched("a\n");
}

BOOST_DATA_TEST_CASE(no_symbolic_link_is_followed, both, how) {
  const auto secret = directory / "secret";
  put(secret, "secret\n");
  fs::create_symlink(secret, closed);
  BOOST_TEST((fails(how).code == ec::sink_denied));
  fs::remove(closed);

  put(closed, "a\n");
  fs::create_symlink(secret, target(how));
  BOOST_TEST((fails(how).code == ec::sink_denied));
  fs::remove(target(how));

  // A symbolic link in place of the partial file is replaced, not followed.
  fs::create_symlink(secret, partial(how));
  succeeds(how);
  BOOST_TEST(test::file_text(secret) == "secret\n");
  BOOST_TEST(unpacked(target(how)) == "a\n");

  const auto linked = directory / "link";
  fs::create_directory(directory / "real");
  put(directory / "real/x", "x\n");
  fs::create_directory_symlink(directory / "real", linked);
  const auto outcome = compress_file(linked / "x", how, {});
  BOOST_TEST((!outcome && outcome.error().code == ec::sink_denied));
  BOOST_TEST(test::file_text(directory / "real/x") == "x\n");
}

BOOST_DATA_TEST_CASE(what_stands_in_the_way_or_is_missing_is_named, both, how) {
  BOOST_TEST((fails(how).code == ec::sink_unavailable));
  fs::create_directory(closed);
  BOOST_TEST((fails(how).code == ec::sink_denied));
  fs::remove(closed);
  put(closed, "a\n");
  fs::create_directory(partial(how));
  BOOST_TEST((fails(how).code == ec::sink_denied));
  is_untouched("a\n", 2);
}

BOOST_DATA_TEST_CASE(a_file_that_a_writer_holds_is_not_compressed, both, how) {
  put(closed, "a\n");
  const kfs::file_descriptor writer(::open(closed.c_str(), O_RDWR | O_CLOEXEC));
  BOOST_REQUIRE(::flock(writer.get(), LOCK_EX | LOCK_NB) == 0);
  BOOST_TEST((fails(how).code == ec::sink_unavailable));
  is_untouched("a\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::file_compression_test
