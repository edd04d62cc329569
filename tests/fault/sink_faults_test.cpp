// The disk is full; the file is removed, truncated, changed or locked by another server; a write hangs.

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <regex>

#include "tests/fault/consuming.hpp"
#include "tests/fault/small_disk.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::sink_faults_test {

using namespace kfs::fault;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

struct failing_sink : consuming {
  void read_some(const std::string& fsync = "interval") {
    flow.produce(4'000);
    create(json::object(), {{"fsync", fsync}});
    BOOST_TEST_REQUIRE(arrives());
  }

  /// Waits for an ERROR with this code and returns its message.
  std::string error_message(const std::string& code) {
    BOOST_TEST_REQUIRE(becomes("ERROR"));
    const auto error = consumer().at("last_error");
    BOOST_TEST(error.at("code") == code, error.dump());
    say(error.at("message").get<std::string>());
    return error.at("message").get<std::string>();
  }

  /// Stops the server when the journal covers the whole file.
  void kill_when_noted() {
    const auto length = std::to_string(fs::file_size(out));
    BOOST_TEST_REQUIRE(test::eventually(patience, [&] {
      const auto last = test::last_lines(test::file_text(journal()), 1);
      return last.find("\"synced\":" + length) != std::string::npos ||
             last.find("\"whole\":" + length) != std::string::npos;
    }));
    server.kill();
  }

  /// Appends a foreign line to the file and produces records, which the server must not write.
  void meddle() {
    std::ofstream{out, std::ios::app} << "a line by hand\n";
    before_ = test::file_text(out);
    flow.produce(400);
    const auto message = error_message("sink_denied");
    for (const auto& part : {out.string(), journal().string(), std::string("Restore it"), std::string("move it away")})
      BOOST_TEST(message.find(part) != std::string::npos, part);
    BOOST_TEST((test::file_text(out) == before_));
  }

  void read_on(const std::string& what) {
    BOOST_TEST(becomes("ACTIVE", 90s));
    flow.produce(400);
    check_exact(what);
  }

  std::string before_;
};

/// About 100 bytes a line.
struct failing_long_lines : consuming {
  failing_long_lines() : consuming(99) {}
};

struct on_small_disk : failing_long_lines {
  void fill_it_up() {
    fs::create_directory(file("disk"));
    small_disk disk{file("disk"), "1m"};
    out = file("disk") / "out.log";
    create({{"recovery", {{"max_backoff_ms", 2'000}}}});
    flow.produce(40'000);
    check_error();
    server.kill();
    start_server();
    check_error();
    disk.resize("64m");
    BOOST_TEST(arrives(10s));
    BOOST_TEST(becomes("ACTIVE", 10s));
    check_exact("the disk was full");
    server.stop();
  }

  void check_error() {
    BOOST_TEST_REQUIRE(becomes("ERROR"));
    const auto error = consumer().at("last_error");
    const auto message = error.at("message").get<std::string>();
    BOOST_TEST(error.at("code") == "sink_unavailable");
    BOOST_TEST(message.find(out.string()) != std::string::npos, message);
    say(message);
  }
};

std::int64_t highest_memory_kib(pid_t process) {
  const auto text = test::file_text(fmt::format("/proc/{}/status", process));
  std::smatch found;
  BOOST_TEST_REQUIRE(std::regex_search(text, found, std::regex{R"(VmHWM:\s*(\d+) kB)"}));
  return std::stoll(found[1]);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sink_faults)

BOOST_AUTO_TEST_CASE(a_full_disk_is_an_error_until_there_is_room_and_then_all_is_written_once) {
  run_with_mounts("sink_faults/a_full_disk_is_an_error_until_there_is_room_and_then_all_is_written_once",
                  [] { on_small_disk{}.fill_it_up(); });
}

BOOST_FIXTURE_TEST_CASE(a_file_that_is_moved_away_while_it_is_written_is_created_again, failing_sink) {
  read_some();
  fs::rename(out, file("out.log.2-moved"));  // one of files_of()
  flow.produce(4'000);
  check_exact("moved away");
}

BOOST_FIXTURE_TEST_CASE(a_file_that_is_removed_while_it_is_written_is_created_again, failing_sink) {
  read_some();
  fs::remove(out);
  flow.forget();
  flow.produce(4'000);
  check_exact("removed");
}

BOOST_FIXTURE_TEST_CASE(a_file_with_foreign_lines_is_written_again_after_it_is_restored, failing_sink) {
  read_some();
  const auto length = fs::file_size(out);
  meddle();
  fs::resize_file(out, length);
  read_on("appended to and restored");
}

BOOST_FIXTURE_TEST_CASE(a_file_with_foreign_lines_is_created_again_after_it_is_moved_away, failing_sink) {
  read_some();
  flow.forget();
  meddle();
  fs::rename(out, file("elsewhere"));
  read_on("appended to and moved away");
}

BOOST_FIXTURE_TEST_CASE(a_file_with_foreign_lines_is_continued_after_its_journal_is_removed, failing_sink) {
  read_some();
  meddle();
  fs::remove(journal());
  BOOST_TEST(becomes("ACTIVE", 90s));
  flow.produce(400);
  BOOST_TEST(test::eventually(patience, [&] { return fs::file_size(out) == before_.size() + 800 * 11; }));
  stop_consumer();
  const auto text = test::file_text(out);
  BOOST_TEST(text.starts_with(before_));
  const auto all = flow.compare({out});
  BOOST_TEST((all.torn == 1 && all.lost == 0 && all.duplicated == 0 && all.unordered == 0), all);
}

BOOST_FIXTURE_TEST_CASE(a_file_that_was_removed_while_the_server_was_down_is_created_again, failing_sink) {
  read_some();
  kill_when_noted();
  fs::remove(out);
  flow.forget();
  flow.produce(400);
  start_server();
  check_exact("removed while the server was down");
}

BOOST_FIXTURE_TEST_CASE(an_unflushed_file_that_was_removed_while_the_server_was_down_is_created_again, failing_sink) {
  read_some("never");
  kill_when_noted();
  fs::remove(out);
  flow.forget();
  flow.produce(400);
  start_server();
  check_exact("never flushed, removed while the server was down");
}

BOOST_FIXTURE_TEST_CASE(a_file_that_was_emptied_while_the_server_was_down_starts_again, failing_sink) {
  read_some();
  kill_when_noted();
  fs::resize_file(out, 0);
  flow.forget();
  flow.produce(400);
  start_server();
  check_exact("emptied while the server was down");
}

BOOST_FIXTURE_TEST_CASE(a_file_that_was_truncated_while_the_server_was_down_is_not_written_until_it_is_restored,
                        failing_sink) {
  read_some();
  kill_when_noted();
  const auto whole = test::file_text(out);
  fs::resize_file(out, 105);
  flow.produce(400);
  start_server();
  error_message("sink_denied");
  BOOST_TEST(fs::file_size(out) == 105U);
  std::ofstream{out, std::ios::binary} << whole;
  read_on("cut and restored");
}

BOOST_FIXTURE_TEST_CASE(a_file_that_was_replaced_while_the_server_was_down_is_not_written_until_it_is_moved_away,
                        failing_sink) {
  read_some();
  kill_when_noted();
  fs::remove(out);
  std::ofstream{out} << "another program's\n";
  flow.forget();
  flow.produce(400);
  start_server();
  error_message("sink_denied");
  BOOST_TEST(test::file_text(out) == "another program's\n");
  fs::rename(out, file("elsewhere"));
  read_on("replaced and moved away");
}

BOOST_FIXTURE_TEST_CASE(the_second_server_waits_for_a_locked_file_and_names_the_first, failing_sink) {
  read_some();
  test::server_process second{{{"FILE_SINK_DIRECTORIES", server.files().string()}}};
  auto others = second.client();
  auto other = body({{"recovery", {{"max_backoff_ms", 2'000}}}});
  other["consumer_group"] = group + "-other";
  const auto answered = others.post("/consumers", other);
  BOOST_TEST_REQUIRE(answered.status == 201, answered.body);
  const auto other_path = "/consumers/" + answered.parsed().at("consumer_id").get<std::string>();
  const auto status = [&] { return others.get(other_path).parsed(); };
  BOOST_TEST_REQUIRE(test::eventually(
      patience, [&] { return status().at("status") == "ERROR"; }, 100ms));
  const auto message = status().at("last_error").at("message").get<std::string>();
  say(message);
  BOOST_TEST(message.find(std::to_string(server.process().pid())) != std::string::npos, message);
  flow.produce(400);
  check_exact_while_running("the first goes on");
  server.stop();
  flow.replay_from(0);
  BOOST_TEST(test::eventually(
      90s, [&] { return status().at("status") == "ACTIVE"; }, 100ms));
  check_exact_while_running("the second goes on by itself");
}

BOOST_FIXTURE_TEST_CASE(a_write_that_hangs_for_45_s_costs_no_membership_no_memory_and_no_record, failing_long_lines) {
  constexpr std::int64_t most_memory_kib = 200 * 1024;
  flow.produce(800'000);
  server.stop();
  start_server_with_fault("file.before_journal", 1, {{"KFS_FAULT_STALL_MS", "45000"}});
  create(kafka_properties(
      {{"session.timeout.ms", "6000"}, {"heartbeat.interval.ms", "1000"}, {"max.poll.interval.ms", "10000"}}));
  const auto members = [&] {
    return groups_tool(flow.bootstrap_servers(), {"--describe", "--members", "--group", group});
  };
  std::string first;
  BOOST_TEST_REQUIRE(test::eventually(patience, [&] { return (first = members()).find("kfs-") != std::string::npos; }));
  BOOST_TEST(test::stays(25s, [&] { return bytes_of({out}) == 0; }));
  BOOST_TEST(members() == first);
  BOOST_TEST(bytes_of({out}) == 0, "it went on before membership was looked at");
  const auto memory = highest_memory_kib(server.process().pid());
  say(fmt::format("at most {} MiB of memory while writing stood still", memory / 1024));
  BOOST_TEST(memory < most_memory_kib);
  BOOST_TEST(arrives(1min));
  check_exact("writing stood still");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::sink_faults_test
