#include "processors/file/options.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

#include "config/base/file_descriptor.hpp"
#include "processors/file/writers.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/file_size_limit.hpp"
#include "tests/support/holds_value.hpp"
#include "tests/support/memory_batch.hpp"
#include "tests/support/temp_directory.hpp"

namespace kfs::file_sink_test {

namespace fs = std::filesystem;

namespace {

/// A batch of these values, at offsets that no other batch has; nullopt makes a tombstone.
test::memory_batch values(const std::vector<std::optional<std::string>>& values, partition_number partition = 0) {
  static std::atomic<std::int64_t> next_offset = 0;
  const auto first = next_offset.fetch_add(static_cast<std::int64_t>(values.size()));
  return {test::memory_source(), first, test::with_values(values), partition};
}

struct place {
  test::temp_directory directory;
  sink_environment environment{{directory.path()}, {}, std::make_shared<file_writers>(logger::silent())};
  fs::path file = directory.path() / "sub/out.log";

  sink_ptr make(const fs::path& path) const {
    processor_spec processor;
    processor.config = {{"file_path", path.string()}};
    return find_sink_type("file_sink")->make({}, processor, environment, {}, 0);
  }

  sink_ptr make(json config, const lifeline& watched = {}) const {
    processor_spec processor;
    processor.config = std::move(config);
    return find_sink_type("file_sink")->make({}, processor, environment, watched, 0);
  }

  sink_ptr opened(const fs::path& path) const {
    auto made = make(path);
    const auto outcome = made->open();
    BOOST_TEST_REQUIRE(test::holds_value(outcome));
    return made;
  }

  std::vector<violation> mistakes(const json& config) const {
    const auto& type = *find_sink_type("file_sink");
    std::vector<violation> found;
    type.options->validate(config, json::array({"body", "config"}), found);
    if (found.empty()) type.check({config, "orders"}, json::array({"body", "config"}), environment, found);
    return found;
  }
};

void writes(sink& to, std::vector<std::optional<std::string>> of) {
  const auto outcome = to.write(values(std::move(of)));
  BOOST_TEST_REQUIRE(test::holds_value(outcome));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(file_sink, place)

BOOST_AUTO_TEST_CASE(every_value_becomes_a_line_and_a_tombstone_an_empty_one) {
  const auto sink = opened(file);
  writes(*sink, {"one", std::nullopt, "", "two"});
  writes(*sink, {"three"});
  BOOST_TEST(test::file_text(file) == "one\n\n\ntwo\nthree\n");
}

BOOST_AUTO_TEST_CASE(bytes_are_written_as_they_are) {
  const std::string bytes("\0\xff\xfe\x80 \r\t", 7);
  writes(*opened(file), {bytes});
  BOOST_TEST(test::file_text(file) == bytes + "\n");
}

BOOST_AUTO_TEST_CASE(what_was_in_the_file_stays_and_an_unfinished_line_is_ended_first) {
  fs::create_directory(file.parent_path());
  std::ofstream(file) << "old\nunfini";
  const auto sink = opened(file);
  writes(*sink, {"new"});
  writes(*sink, {"newer"});
  BOOST_TEST(test::file_text(file) == "old\nunfini\nnew\nnewer\n");
}

BOOST_AUTO_TEST_CASE(values_larger_than_the_buffer_keep_their_place) {
  const std::string large(3'000'000, 'x');
  const std::string medium(700'000, 'y');
  writes(*opened(file), {"a", large, "b", medium, medium, "c"});
  BOOST_TEST((test::file_text(file) == "a\n" + large + "\nb\n" + medium + "\n" + medium + "\nc\n"));
}

BOOST_AUTO_TEST_CASE(two_sinks_of_one_file_never_mix_their_lines) {
  fs::create_directory_symlink(directory.path(), directory.path() / "link");
  const auto first = opened(file);
  const auto second = opened(directory.path() / "link/sub/out.log");
  constexpr int batches = 50;
  std::atomic<int> written_batches = 0;  // Boost.Test must not be used by several threads
  const auto write_all = [&](sink& to, char letter, partition_number partition) {
    const std::string line(40'000, letter);
    for (int i = 0; i < batches; ++i) written_batches += to.write(values({line, line}, partition)).has_value() ? 1 : 0;
  };
  std::jthread other([&] { write_all(*second, 'b', 1); });
  write_all(*first, 'a', 0);
  other.join();
  BOOST_TEST(written_batches == 2 * batches);

  std::ifstream written(file);
  int lines = 0;
  for (std::string line; std::getline(written, line); ++lines)
    BOOST_REQUIRE((line.size() == 40'000 && line.find_first_not_of(line[0]) == std::string::npos));
  BOOST_TEST(lines == 4 * batches);
}

BOOST_AUTO_TEST_CASE(a_batch_that_failed_half_way_leaves_nothing_and_can_be_written_again) {
  const auto sink = opened(file);
  writes(*sink, {"before"});
  const auto batch = values({std::string(1'200'000, 'x'), std::string(1'200'000, 'y')});
  {
    const test::file_size_limit limit(2'000'000);
    const auto outcome = sink->write(batch);
    BOOST_REQUIRE(!outcome.has_value());
    BOOST_TEST((outcome.error().code == ec::sink_unavailable));
    BOOST_TEST(outcome.error().message.find(file.filename()) != std::string::npos, outcome.error().message);
    BOOST_TEST(test::file_text(file) == "before\n");
  }
  BOOST_TEST(sink->write(batch).has_value());
  BOOST_TEST(
      (test::file_text(file) == "before\n" + std::string(1'200'000, 'x') + "\n" + std::string(1'200'000, 'y') + "\n"));
}

BOOST_AUTO_TEST_CASE(a_file_that_was_moved_away_is_begun_anew) {
  const auto sink = opened(file);
  writes(*sink, {"one"});
  fs::rename(file, directory.path() / "rotated.log");
  writes(*sink, {"two"});
  fs::remove(file);
  writes(*sink, {"three"});
  BOOST_TEST(test::file_text(directory.path() / "rotated.log") == "one\n");
  BOOST_TEST(test::file_text(file) == "three\n");
}

BOOST_AUTO_TEST_CASE(a_file_that_was_cut_to_nothing_goes_on_from_there) {
  const auto sink = opened(file);
  writes(*sink, {"one"});
  fs::resize_file(file, 0);
  writes(*sink, {"two"});
  BOOST_TEST(test::file_text(file) == "two\n");
}

BOOST_AUTO_TEST_CASE(a_directory_that_became_a_link_to_an_allowed_one_is_followed_with_the_next_try) {
  const auto sink = opened(file);
  writes(*sink, {"one"});
  fs::rename(directory.path() / "sub", directory.path() / "moved");
  fs::create_directory(directory.path() / "larger");
  fs::create_directory_symlink(directory.path() / "larger", directory.path() / "sub");
  BOOST_TEST((sink->write(values({"two"})).error().code == ec::sink_denied));
  writes(*sink, {"two"});
  BOOST_TEST(test::file_text(directory.path() / "larger/out.log") == "two\n");
}

BOOST_AUTO_TEST_CASE(a_file_that_somebody_else_holds_is_unavailable_until_it_lets_go) {
  fs::create_directory(file.parent_path());
  file_descriptor other(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  BOOST_REQUIRE(::flock(other.get(), LOCK_EX) == 0);
  const auto sink = opened(file);
  const auto batch = values({"one"});
  const auto refused = sink->write(batch);
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code == ec::sink_unavailable));
  BOOST_TEST(refused.error().message.find("is held by") != std::string::npos, refused.error().message);
  other.reset();
  BOOST_TEST(sink->write(batch).has_value());
  BOOST_TEST(test::file_text(file) == "one\n");
}

BOOST_AUTO_TEST_CASE(a_closed_sink_lets_another_process_have_the_file) {
  const auto sink = opened(file);
  writes(*sink, {"one"});
  const file_descriptor other(::open(file.c_str(), O_RDWR | O_CLOEXEC));
  BOOST_TEST(::flock(other.get(), LOCK_EX | LOCK_NB) != 0);
  BOOST_TEST(sink->close().has_value());
  BOOST_TEST(::flock(other.get(), LOCK_EX | LOCK_NB) == 0);
}

BOOST_AUTO_TEST_CASE(nothing_is_opened_before_it_is_needed) {
  const auto sink = opened(file);
  BOOST_TEST(!fs::exists(file));
  const partition_number partition = 3;
  const auto found = sink->positions(*test::memory_source(), {&partition, 1});
  BOOST_TEST_REQUIRE(test::holds_value(found));
  BOOST_TEST(!found->front().has_value());
  BOOST_TEST(fs::exists(file));
}

BOOST_AUTO_TEST_CASE(positions_are_told_in_the_order_asked_and_outlive_the_sink) {
  const auto batch = values({"a", "b"}, 2);
  {
    const auto sink = opened(file);
    BOOST_REQUIRE(sink->write(batch).has_value());
    const std::vector<sink_start> starts{{4, offset{40}, "a/1"}, {1, offset{10}}};
    BOOST_REQUIRE(sink->start_at(*test::memory_source(), starts).has_value());
    BOOST_REQUIRE(sink->close().has_value());
  }
  const auto sink = opened(file);
  const std::vector<partition_number> asked{4, 3, 2, 1};
  const auto found = sink->positions(*test::memory_source(), asked);
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST((*found == std::vector<std::optional<stored_position>>{stored_position{offset{40}, "a/1"}, std::nullopt,
                                                                    stored_position{batch.ranges()[0].next},
                                                                    stored_position{offset{10}}}));
  BOOST_REQUIRE(sink->write(batch).has_value());
  BOOST_TEST(test::file_text(file) == "a\nb\n");
}

BOOST_AUTO_TEST_CASE(every_partition_has_a_file_and_a_journal_where_the_path_says_so) {
  const auto sink = opened(directory.path() / "{topic}/p{partition}.log");
  BOOST_REQUIRE(sink->write(values({"a", "b"}, 0)).has_value());
  BOOST_REQUIRE(sink->write(values({"c"}, 7)).has_value());
  BOOST_TEST(test::file_text(directory.path() / "orders/p0.log") == "a\nb\n");
  BOOST_TEST(test::file_text(directory.path() / "orders/p7.log") == "c\n");
  BOOST_TEST(fs::exists(directory.path() / "orders/p7.log.kfs-journal"));
  const std::vector<partition_number> asked{0, 7, 8};
  const auto found = sink->positions(*test::memory_source(), asked);
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->at(0).has_value());
  BOOST_TEST(found->at(1).has_value());
  BOOST_TEST(!found->at(2).has_value());
}

BOOST_AUTO_TEST_CASE(lines_of_json_tell_where_a_record_is_from) {
  const auto sink = make({{"file_path", file.string()}, {"format", "json"}});
  const auto batch = values({"a", std::nullopt}, 5);
  BOOST_REQUIRE(sink->write(batch).has_value());
  BOOST_REQUIRE(sink->write(batch).has_value());
  std::ifstream lines(file);
  std::vector<json> read;
  for (std::string line; std::getline(lines, line);) read.push_back(json::parse(line));
  BOOST_REQUIRE(read.size() == 2u);
  BOOST_TEST(read[0].at("topic") == "orders");
  BOOST_TEST(read[0].at("partition") == 5);
  BOOST_TEST(read[0].at("offset") == batch.records()[0].position.value);
  BOOST_TEST(read[0].at("value") == "a");
  BOOST_TEST(read[1].at("value") == nullptr);
}

BOOST_AUTO_TEST_CASE(two_sinks_of_one_file_with_different_options_are_refused) {
  const auto first = opened(file);
  writes(*first, {"a"});
  const auto second = make({{"file_path", file.string()}, {"rotate_max_bytes", 4096}});
  const auto refused = second->write(values({"b"}));
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code == ec::sink_denied));
  BOOST_TEST(first->close().has_value());
  BOOST_TEST(second->write(values({"b"})).has_value());
}

/// While it waited for the file, its successor may have written to it.
BOOST_AUTO_TEST_CASE(a_sink_that_was_given_up_leaves_the_file_as_it_is) {
  std::stop_source given_up;
  const auto old = make({{"file_path", file.string()}}, {.cancelled = given_up.get_token(), .gauge = {}});
  writes(*old, {"a"});
  given_up.request_stop();
  const auto is_refused = [](const auto& outcome) { return !outcome && outcome.error().code == ec::shutting_down; };
  const sink_start start{0, offset{1'000'000}};
  BOOST_TEST(is_refused(old->write(values({"b"}))));
  BOOST_TEST(is_refused(old->start_at(*test::memory_source(), {&start, 1})));
  BOOST_TEST(is_refused(old->positions(*test::memory_source(), {&start.partition, 1})));
  const auto next = opened(file);
  writes(*next, {"c"});
  BOOST_TEST(test::file_text(file) == "a\nc\n");
}

BOOST_AUTO_TEST_CASE(a_path_that_is_kept_for_a_journal_is_a_mistake) {
  BOOST_TEST(mistakes({{"file_path", (directory.path() / "out.log.kfs-journal").string()}}).size() == 1u);
}

BOOST_AUTO_TEST_CASE(mistakes_in_the_path_are_found_before_anything_runs) {
  BOOST_TEST(mistakes({{"file_path", file.string()}}).empty());
  for (const auto& wrong :
       {json("/etc/passwd"), json("../out.log"), json(directory.path().string()), json("dir/"), json("dir/.."),
        json(""), json(std::string("a\0b", 3)), json("a\nb"), json(7), json(nullptr), json(std::string(5000, 'a'))}) {
    const auto found = mistakes({{"file_path", wrong}});
    BOOST_REQUIRE_MESSAGE(found.size() == 1, wrong << " gave " << found.size() << " mistakes");
    BOOST_TEST(found[0].loc == json::array({"body", "config", "file_path"}));
  }
  BOOST_TEST(mistakes(json::object()).at(0).type == "missing");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::file_sink_test
