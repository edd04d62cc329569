#include "http/streams/open_streams.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

#include "tests/unit/http/streams/fake_stream_writer.hpp"

using namespace kfs;

namespace {

/// Notes what is asked of it, one letter each.
struct noting_stream final : response_stream {
  explicit noting_stream(std::string& into) : notes(into) {}
  ~noting_stream() override { notes += '.'; }
  void start(std::shared_ptr<stream_writer>) override { notes += 's'; }
  void beat() override { notes += 'b'; }
  void end() override { notes += 'e'; }

  std::string& notes;
};

struct streams {
  kfs::open_streams open;
  std::string notes;

  /// Begins a stream that only `open` holds, and names it.
  const response_stream* begin() {
    const auto made = std::make_shared<noting_stream>(notes);
    open.begin(made, std::make_shared<test::fake_stream_writer>());
    return made.get();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(open_streams, streams)

BOOST_AUTO_TEST_CASE(there_are_a_hundred_places_and_each_that_is_left_is_free_again) {
  std::vector<std::shared_ptr<void>> places;
  while (auto place = open.enter()) places.push_back(std::move(place));
  BOOST_TEST(places.size() == 100U);
  places.pop_back();
  BOOST_TEST((open.enter() != nullptr));
  const auto last = open.enter();
  BOOST_TEST((last != nullptr));
  BOOST_TEST((open.enter() == nullptr));
}

BOOST_AUTO_TEST_CASE(a_stream_is_started_and_kept_until_it_leaves) {
  const auto* stream = begin();
  BOOST_TEST(notes == "s");
  open.beat();
  BOOST_TEST(notes == "sb");
  open.leave(stream);
  BOOST_TEST(notes == "sb.");
  open.leave(stream);
  open.beat();
  BOOST_TEST(notes == "sb.");
}

BOOST_AUTO_TEST_CASE(all_are_ended_and_each_that_begins_later_too) {
  begin();
  begin();
  notes.clear();
  open.end();
  BOOST_TEST(notes == "ee");
  notes.clear();
  begin();
  BOOST_TEST(notes == "es");
}

BOOST_AUTO_TEST_CASE(what_is_left_is_let_go) {
  begin();
  begin();
  notes.clear();
  open.clear();
  BOOST_TEST(notes == "..");
}

BOOST_AUTO_TEST_CASE(what_is_to_be_done_when_a_stream_is_over_is_done_once) {
  int over = 0;
  auto stream = std::make_shared<noting_stream>(notes);
  stream->when_over([&over] { ++over; });
  open.begin(stream, std::make_shared<test::fake_stream_writer>());
  const auto* const key = stream.get();
  stream.reset();
  BOOST_TEST(over == 0);
  open.leave(key);
  BOOST_TEST(over == 1);
}

BOOST_AUTO_TEST_SUITE_END()
