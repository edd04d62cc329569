#include "config/secrets/secret_source.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "tests/support/temp_directory.hpp"

namespace kfs::secret_source_test {

namespace {

namespace fs = std::filesystem;

struct secrets_fixture {
  test::temp_directory scratch;
  fs::path secrets = scratch.path() / "secrets";
  fs::path outside = scratch.path() / "outside";

  secrets_fixture() {
    fs::create_directories(secrets);
    fs::create_directories(outside);
    write(outside / "other", "not for you");
  }

  static void write(const fs::path& file, const std::string& content) {
    std::ofstream(file, std::ios::binary) << content;
  }

  /// The value, or "code: message".
  std::string looked_up(const std::string& reference) const {
    const kfs::secret_source source({secrets},
                                    {{"KFS_SECRET_A", "value of a"}, {"KFS_SECRET_EMPTY", ""}, {"HOME", "/"}});
    const auto parsed = parse_secret_reference(reference);
    BOOST_TEST_REQUIRE(parsed.has_value(), reference);
    const auto value = source.value_of(*parsed);
    return value ? *value : std::string(to_string(value.error().code)) + ": " + value.error().message;
  }
  std::string in_file(const fs::path& file) const { return looked_up("${file:" + file.string() + "}"); }

  bool is_unavailable(const std::string& reference) const {
    const auto answer = looked_up(reference);
    BOOST_TEST(answer.find("not for you") == std::string::npos);
    return answer.starts_with("secret_unavailable: ") && answer.find(reference) != std::string::npos;
  }
  bool is_unavailable(const fs::path& file) const { return is_unavailable("${file:" + file.string() + "}"); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(secret_source, secrets_fixture)

BOOST_AUTO_TEST_CASE(a_file_of_the_server_is_no_secret_of_a_consumer_under_any_name) {
  write(secrets / "admin-key", "not for you");
  write(secrets / "hook", "for you");
  fs::create_symlink(secrets / "admin-key", secrets / "linked");
  fs::create_hard_link(secrets / "admin-key", secrets / "second");
  fs::create_directory(secrets / "..data");
  fs::create_directory_symlink(secrets, secrets / "again");
  const kfs::secret_source source({secrets}, {}, {secrets / "admin-key", outside / "missing"});
  for (const char* name : {"admin-key", "linked", "second", "..data/../admin-key", "again/admin-key"}) {
    const secret_reference reference{secret_reference::place::file, (secrets / name).string()};
    const auto mistake = source.mistake_in(reference);
    BOOST_TEST_REQUIRE(mistake.has_value(), name);
    BOOST_TEST(mistake->find("a setting of the server itself") != std::string::npos, *mistake);
    const auto value = source.value_of(reference);
    BOOST_TEST_REQUIRE(!value.has_value(), name);
    BOOST_TEST(value.error().message.find("not for you") == std::string::npos);
  }
  BOOST_TEST(source.value_of({secret_reference::place::file, (secrets / "hook").string()}).value() == "for you");
}

BOOST_AUTO_TEST_CASE(only_a_whole_text_with_the_prefix_or_an_absolute_path_is_a_reference) {
  for (const char* text : {"${env:KFS_SECRET_A}", "${env:KFS_SECRET_}", "${file:/a}", "${file:/a b}"})
    BOOST_TEST(parse_secret_reference(text).has_value(), text);
  for (const char* text :
       {"", "${env:HOME}", "${env:kfs_secret_a}", "${env:KFS_SECRET_A-B}", "${file:a}", "${file:}", "Bearer ${file:/a}",
        "${file:/a} ", "${file:/a}${file:/b}", "${file:/a", "${vault:/a}", "$", "${file:/a\n}", "${}"})
    BOOST_TEST(!parse_secret_reference(text).has_value(), text);
  for (const char* text : {"${env:HOME}", "${env:KFS_SECRET_A-B}", "${file:a}", "${file:}"})
    BOOST_TEST(mistake_in_secret_reference(text).has_value(), text);
  for (const char* text : {"", "${vault:/a}", "pass${word}", "Bearer ${file:/a}"})
    BOOST_TEST(!mistake_in_secret_reference(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(a_variable_is_looked_up_by_its_name) {
  BOOST_TEST(looked_up("${env:KFS_SECRET_A}") == "value of a");
  BOOST_TEST(is_unavailable(std::string("${env:KFS_SECRET_B}")));
  BOOST_TEST(is_unavailable(std::string("${env:KFS_SECRET_EMPTY}")));
}

BOOST_AUTO_TEST_CASE(a_file_is_read_each_time_without_one_line_end) {
  const auto file = secrets / "password";
  BOOST_TEST(is_unavailable(file));
  write(file, "first\n");
  BOOST_TEST(in_file(file) == "first");
  write(file, "second\n\n");
  BOOST_TEST(in_file(file) == "second\n");
  write(file, "third\r\n");
  BOOST_TEST(in_file(file) == "third");
  write(file, " fourth ");
  BOOST_TEST(in_file(file) == " fourth ");
  write(file, "\n");
  BOOST_TEST(is_unavailable(file));
  fs::remove(file);
  BOOST_TEST(is_unavailable(file));
}

BOOST_AUTO_TEST_CASE(a_file_has_at_most_64_KiB) {
  const auto file = secrets / "large";
  write(file, std::string(64 * 1024, 'x'));
  BOOST_TEST(in_file(file) == std::string(64 * 1024, 'x'));
  write(file, std::string(64 * 1024 + 1, 'x'));
  BOOST_TEST(is_unavailable(file));
}

BOOST_AUTO_TEST_CASE(nothing_outside_of_the_directories_is_read_whatever_the_path_and_its_links) {
  fs::create_symlink(outside / "other", secrets / "link");
  fs::create_directory_symlink(outside, secrets / "directory");
  fs::create_directories(scratch.path() / "secrets-of-others");
  write(scratch.path() / "secrets-of-others" / "other", "not for you");
  for (const auto& path :
       {outside / "other", secrets / "link", secrets / "directory" / "other", secrets / ".." / "outside" / "other",
        scratch.path() / "secrets-of-others" / "other", secrets, secrets / "", fs::path("/etc/passwd"),
        fs::path("/proc/self/environ"), fs::path("/")})
    BOOST_TEST(is_unavailable(path), path);
}

BOOST_AUTO_TEST_CASE(links_within_the_directories_are_followed_as_kubernetes_makes_them) {
  fs::create_directories(secrets / "..2026");
  write(secrets / "..2026" / "password", "s3cret\n");
  fs::create_directory_symlink("..2026", secrets / "..data");
  fs::create_symlink("..data/password", secrets / "password");
  BOOST_TEST(in_file(secrets / "password") == "s3cret");
}

BOOST_AUTO_TEST_CASE(a_directory_may_be_named_by_a_link_to_it) {
  write(secrets / "password", "s3cret");
  const auto named = scratch.path() / "named";
  fs::create_directory_symlink(secrets, named);
  for (const auto& [directory, file] : {std::pair{named, secrets}, {secrets, named}, {named, named}}) {
    const kfs::secret_source source({directory}, {});
    const auto value = source.value_of({secret_reference::place::file, (file / "password").string()});
    BOOST_TEST(value.value_or("") == "s3cret");
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_regular_file_is_not_read_and_nobody_waits_for_it) {
  BOOST_REQUIRE_EQUAL(::mkfifo((secrets / "fifo").c_str(), 0600), 0);
  fs::create_directories(secrets / "directory");
  fs::create_symlink("/dev/zero", secrets / "device");
  fs::create_symlink("circle", secrets / "circle");
  for (const char* name : {"fifo", "directory", "device", "circle"}) BOOST_TEST(is_unavailable(secrets / name), name);
}

BOOST_AUTO_TEST_CASE(without_directories_no_file_may_be_named) {
  const kfs::secret_source source({}, {});
  const auto mistake = source.mistake_in({secret_reference::place::file, "/etc/passwd"});
  BOOST_REQUIRE(mistake.has_value());
  BOOST_TEST(mistake->find("SECRETS_DIRECTORIES") != std::string::npos);
  BOOST_TEST(!source.mistake_in({secret_reference::place::variable, "KFS_SECRET_A"}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::secret_source_test
