#include "processors/file/path_policy.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "tests/support/temp_directory.hpp"

namespace kfs::file_path_policy_test {

namespace fs = std::filesystem;

namespace {

/// Two allowed directories, a forbidden one, and the server's data directory.
struct tree {
  test::temp_directory root;
  // The temporary directory itself may be reached by a link.
  fs::path base = fs::canonical(root.path());
  fs::path logs = base / "logs";
  fs::path more = base / "more";
  fs::path secret = base / "secret";
  fs::path data = base / "data";
  file_path_policy policy{{logs, more, data}, data};

  tree() {
    for (const auto& directory : {logs, more, secret, data}) fs::create_directory(directory);
  }

  void refuses(const fs::path& path) const {
    const auto resolved = policy.resolve(path.string());
    BOOST_REQUIRE_MESSAGE(!resolved, path << " was allowed");
    BOOST_TEST((resolved.error().code == ec::sink_denied));
    BOOST_TEST(resolved.error().message.find(path.string()) != std::string::npos, resolved.error().message);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(file_path_policy, tree)

BOOST_AUTO_TEST_CASE(a_path_below_an_allowed_directory_is_its_own_place) {
  BOOST_TEST(policy.resolve((logs / "a/b/c.log").string()).value() == logs / "a/b/c.log");
  BOOST_TEST(policy.resolve((more / "c.log").string()).value() == more / "c.log");
}

BOOST_AUTO_TEST_CASE(a_relative_path_is_relative_to_the_working_directory) {
  const kfs::file_path_policy here{{"."}, {}};
  BOOST_TEST(here.resolve("a/b.log").value() == fs::canonical(fs::current_path()) / "a/b.log");
  BOOST_TEST(!here.resolve("../b.log").has_value());
}

BOOST_AUTO_TEST_CASE(a_path_elsewhere_is_refused_with_the_directories_that_are_allowed) {
  refuses(secret / "x.log");
  refuses(base / "logs-of-others/x.log");
  refuses(logs);
  refuses("/etc/passwd");
  const auto message = policy.resolve((secret / "x.log").string()).error().message;
  for (const auto* part : {"file_path", logs.c_str(), more.c_str(), "FILE_SINK_DIRECTORIES"})
    BOOST_TEST(message.find(part) != std::string::npos, message << " lacks " << part);
}

BOOST_AUTO_TEST_CASE(dots_do_not_lead_out_of_an_allowed_directory) {
  refuses(logs / "../secret/x.log");
  refuses(logs / "not/there/../../../secret/x.log");
  BOOST_TEST(policy.resolve((logs / "a/../b.log").string()).value() == logs / "b.log");
}

BOOST_AUTO_TEST_CASE(a_link_counts_as_what_it_leads_to) {
  fs::create_symlink(secret, logs / "out");
  fs::create_symlink(more, logs / "across");
  fs::create_symlink(secret / "x.log", logs / "x.log");
  std::ofstream(secret / "x.log") << "secret\n";

  refuses(logs / "out/y.log");
  refuses(logs / "x.log");
  BOOST_TEST(policy.resolve((logs / "across/y.log").string()).value() == more / "y.log");
}

BOOST_AUTO_TEST_CASE(an_allowed_directory_may_itself_be_a_link) {
  fs::create_symlink(secret, base / "linked");
  const kfs::file_path_policy linked{{base / "linked"}, {}};
  BOOST_TEST(linked.resolve((base / "linked/x.log").string()).value() == secret / "x.log");
}

BOOST_AUTO_TEST_CASE(links_in_a_circle_are_an_error) {
  fs::create_symlink(logs / "b", logs / "a");
  fs::create_symlink(logs / "a", logs / "b");
  refuses(logs / "a/x.log");
}

BOOST_AUTO_TEST_CASE(the_servers_own_files_are_refused_and_others_beside_them_are_not) {
  for (const auto* name : {"consumers.sqlite3", "consumers.sqlite3-wal", "consumers.sqlite3.lock", "lock"})
    refuses(data / name);
  BOOST_TEST(policy.resolve((data / "locks.log").string()).has_value());
  BOOST_TEST(policy.resolve((data / "sub/lock").string()).has_value());
  BOOST_TEST(policy.resolve((logs / "consumers.sqlite3").string()).has_value());
}

BOOST_AUTO_TEST_CASE(what_the_server_reads_is_refused_by_each_of_its_names) {
  std::ofstream(logs / "access.yaml") << "bindings: []\n";
  std::ofstream(secret / "keys.json") << "{}\n";
  fs::create_directory(logs / "secrets");
  fs::create_symlink(logs / "access.yaml", secret / "access");
  fs::create_symlink(logs / "secrets", secret / "directory");
  fs::create_hard_link(secret / "keys.json", logs / "keys.json");
  policy = {{logs}, data, {secret / "access", secret / "keys.json", secret / "directory", logs / "missing.pem"}};
  for (const auto* name :
       {"access.yaml", "keys.json", "secrets/password", "secrets/a/b", "missing.pem", "x/../access.yaml"})
    refuses(logs / name);
  for (const auto* name : {"access.yaml.log", "secrets.log", "keys", "sub/access.yaml"})
    BOOST_TEST(policy.resolve((logs / name).string()).has_value(), name);
}

BOOST_AUTO_TEST_CASE(what_may_become_a_file_of_the_server_on_some_day_is_refused) {
  fs::create_directory(logs / "2026-12-01");
  policy = {{logs},
            data,
            {logs / "access-2026-12-01.yaml", logs / "2026-12-01" / "keys.json", logs / "7" / "secrets",
             logs / "in-3.log.kfs-journal", logs / "old-2026-12-01.log.gz"}};
  for (const auto* name : {"access-{date}.yaml", "{date}/keys.json", "{date}/keys.json/x", "access-{date}.yaml/x",
                           "{partition}/secrets/password", "{instance}/secrets", "in-{partition}.log",
                           "in-{instance}.log", "old-{date}.log"})
    refuses(logs / name);
  for (const auto* name : {"access-{date}.log", "{date}/other.json", "{partition}/other", "{date}.yaml"})
    BOOST_TEST(policy.resolve((logs / name).string()).has_value(), name);
}

BOOST_AUTO_TEST_CASE(a_file_of_the_server_is_known_by_every_name_of_its_directory) {
  // A hard link of a directory is not possible; a bind mount has the same effect as a link that is not resolved.
  const server_files own(data, {logs / "access.yaml", secret / "directory"});
  fs::create_directory_symlink(logs, base / "mounted");
  fs::create_directories(secret / "directory" / "deep");
  fs::create_directory_symlink(secret / "directory", base / "secrets");
  fs::create_directory_symlink(data, base / "kept");
  for (const auto* name :
       {"mounted/access.yaml", "secrets/password", "secrets/deep/x", "kept/consumers.sqlite3", "kept/lock"})
    BOOST_TEST(own.meet(base / name), name);
  std::ofstream(secret / "directory" / "deep" / "word") << "secret";
  fs::create_hard_link(secret / "directory" / "deep" / "word", base / "linked.log");
  std::ofstream(base / "plain.log") << "text";
  fs::create_hard_link(base / "plain.log", base / "plain again.log");
  BOOST_TEST(own.meet(base / "linked.log"));
  BOOST_TEST(!own.meet(base / "plain.log"));
  for (const auto* name : {"mounted/other.yaml", "kept/other", "access.yaml"}) BOOST_TEST(!own.meet(base / name), name);
}

BOOST_AUTO_TEST_CASE(opening_makes_directories_and_the_file_with_narrow_modes) {
  const auto mask = ::umask(0);
  const auto opened = open_resolved(logs / "a/b/c.log");
  ::umask(mask);
  BOOST_REQUIRE(opened.has_value());
  BOOST_TEST((fs::status(logs / "a/b").permissions() == fs::perms{0750}));
  BOOST_TEST((fs::status(logs / "a/b/c.log").permissions() == fs::perms{0640}));
}

BOOST_AUTO_TEST_CASE(opening_follows_no_link_that_was_made_after_the_check) {
  const auto file = policy.resolve((logs / "a/x.log").string()).value();
  fs::create_symlink(secret, logs / "a");
  const auto opened = open_resolved(file);
  BOOST_REQUIRE(!opened.has_value());
  BOOST_TEST((opened.error().code == ec::sink_denied));
  BOOST_TEST(fs::is_empty(secret));

  const auto last = policy.resolve((logs / "y.log").string()).value();
  fs::create_symlink(secret / "y.log", logs / "y.log");
  BOOST_TEST((open_resolved(last).error().code == ec::sink_denied));
  BOOST_TEST(fs::is_empty(secret));
}

BOOST_AUTO_TEST_CASE(only_a_regular_file_is_opened) {
  fs::create_directory(logs / "directory");
  BOOST_REQUIRE(::mkfifo((logs / "fifo").c_str(), 0600) == 0);
  BOOST_TEST((open_resolved(logs / "directory").error().code == ec::sink_denied));
  BOOST_TEST((open_resolved(logs / "fifo").error().code == ec::sink_denied));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::file_path_policy_test
