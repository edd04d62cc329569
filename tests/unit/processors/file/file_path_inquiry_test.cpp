#include "processors/file/path_inquiry.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <future>

#include "tests/support/eventually.hpp"
#include "tests/support/temp_directory.hpp"

namespace kfs::file_path_inquiry_test {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// A disk that does not respond until it is released.
class hanging_disk {
 public:
  ~hanging_disk() { release(); }

  result<path_findings> ask(std::chrono::milliseconds patience) const {
    return ask_disk(
        "/mnt/a.log",
        [responds = responds_]() -> result<path_findings> {
          responds.wait();
          return path_findings{"/mnt/a.log", {}};
        },
        patience);
  }

  void release() {
    if (responds_.wait_for(0s) != std::future_status::ready) release_.set_value();
  }

 private:
  std::promise<void> release_;
  std::shared_future<void> responds_ = release_.get_future().share();
};

}  // namespace

BOOST_AUTO_TEST_SUITE(file_path_inquiry)

BOOST_AUTO_TEST_CASE(a_path_is_resolved_and_what_is_there_is_seen) {
  const test::temp_directory root;
  const auto base = fs::canonical(root.path());
  fs::create_directory(base / "taken");
  BOOST_REQUIRE(::mkfifo((base / "pipe").c_str(), 0600) == 0);
  const file_path_policy policy{{base}, {}};
  BOOST_TEST(examine_path(policy, (base / "taken/../new.log").string()).value().resolved == base / "new.log");
  BOOST_TEST(!examine_path(policy, (base / "new.log").string()).value().obstacle.has_value());
  BOOST_TEST(examine_path(policy, (base / "taken").string()).value().obstacle.has_value());
  BOOST_TEST(examine_path(policy, (base / "pipe").string()).value().obstacle.has_value());
  BOOST_TEST((examine_path(policy, "/etc/passwd").error().code == ec::sink_denied));
}

BOOST_AUTO_TEST_CASE(what_would_stay_in_the_way_of_the_file_is_seen) {
  const test::temp_directory root;
  const auto base = fs::canonical(root.path());
  const file_path_policy policy{{base}, {}};
  const auto obstacle = [&](const char* name) {
    const auto found = examine_path(policy, (base / name).string());
    return found ? found->obstacle.value_or("none") : found.error().message;
  };
  fs::create_symlink(base / "gone", base / "dangling");
  fs::create_symlink("/etc/no-such-file", base / "outside");
  fs::create_symlink("loop", base / "loop");
  std::ofstream(base / "file") << "x";
  fs::create_symlink(base / "file", base / "link");
  fs::create_directory(base / "a.log.kfs-journal");
  fs::create_symlink(base / "file", base / "b.log.kfs-journal");
  for (const auto* name : {"dangling", "dangling/out.log", "outside"})
    BOOST_TEST(obstacle(name).find("leads nowhere") != std::string::npos, name << ": " << obstacle(name));
  BOOST_TEST(obstacle("loop") != "none");
  BOOST_TEST(obstacle("file/out.log").find("no directory") != std::string::npos, obstacle("file/out.log"));
  BOOST_TEST(obstacle("a.log").find("a.log.kfs-journal") != std::string::npos);
  BOOST_TEST(obstacle("b.log").find("b.log.kfs-journal") != std::string::npos);
  for (const auto* name : {"file", "link", "new/deep/out.log"}) BOOST_TEST(obstacle(name) == "none", name);
}

BOOST_AUTO_TEST_CASE(a_disk_that_hangs_is_an_error_that_names_the_path) {
  const hanging_disk disk;
  const auto found = disk.ask(20ms);
  BOOST_TEST_REQUIRE(!found.has_value());
  BOOST_TEST((found.error().code == ec::sink_unavailable));
  BOOST_TEST(found.error().message.find("/mnt/a.log") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(threads_that_hang_are_bounded_and_work_again_when_the_disk_does) {
  hanging_disk disk;
  for (int i = 0; i < 16; ++i) (void)disk.ask(1ms);
  const hanging_disk other;
  BOOST_TEST(!other.ask(1min).has_value());  // at once
  disk.release();
  const test::temp_directory root;
  const auto path = (fs::canonical(root.path()) / "a.log").string();
  BOOST_TEST(test::eventually(10s, [&] { return examine_path({{root.path()}, {}}, path).has_value(); }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::file_path_inquiry_test
