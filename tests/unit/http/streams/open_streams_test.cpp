#include "http/streams/open_streams.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

#include "tests/unit/http/streams/fake_stream_writer.hpp"

namespace kfs::open_streams_test {

namespace {

/// Records each call as one letter, and its destruction as ".".
struct recording_stream final : response_stream {
  explicit recording_stream(std::string& calls_to) : calls(calls_to) {}
  ~recording_stream() override { calls += '.'; }
  void start(std::shared_ptr<stream_writer>) override { calls += 's'; }
  void beat() override { calls += 'b'; }
  void check_client() override { calls += 'c'; }
  void end() override { calls += 'e'; }

  std::string& calls;
};

struct streams {
  kfs::open_streams open;
  std::string calls;

  /// Begins a stream that only `open` owns.
  const response_stream* begin() {
    const auto made = std::make_shared<recording_stream>(calls);
    open.begin(made, std::make_shared<test::fake_stream_writer>());
    return made.get();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(open_streams, streams)

BOOST_AUTO_TEST_CASE(there_are_a_hundred_places_and_each_can_be_taken_again) {
  std::vector<std::shared_ptr<void>> places;
  while (auto place = open.enter()) places.push_back(std::move(place));
  BOOST_TEST(places.size() == 100U);
  places.pop_back();
  BOOST_TEST((open.enter() != nullptr));
  const auto last = open.enter();
  BOOST_TEST((last != nullptr));
  BOOST_TEST((open.enter() == nullptr));
}

BOOST_AUTO_TEST_CASE(a_stream_is_started_and_kept_until_it_is_removed) {
  const auto* stream = begin();
  BOOST_TEST(calls == "s");
  open.beat();
  open.check_clients();
  BOOST_TEST(calls == "sbc");
  open.remove(stream);
  BOOST_TEST(calls == "sbc.");
  open.remove(stream);
  open.beat();
  open.check_clients();
  BOOST_TEST(calls == "sbc.");
}

BOOST_AUTO_TEST_CASE(end_ends_all_streams_and_each_that_begins_later) {
  begin();
  begin();
  calls.clear();
  open.end();
  BOOST_TEST(calls == "ee");
  calls.clear();
  begin();
  BOOST_TEST(calls == "es");
}

BOOST_AUTO_TEST_CASE(clear_destroys_the_remaining_streams) {
  begin();
  begin();
  calls.clear();
  open.clear();
  BOOST_TEST(calls == "..");
}

BOOST_AUTO_TEST_CASE(the_end_of_a_stream_is_reported_once) {
  int ends = 0;
  auto stream = std::make_shared<recording_stream>(calls);
  stream->when_over([&ends] { ++ends; });
  open.begin(stream, std::make_shared<test::fake_stream_writer>());
  const auto* const key = stream.get();
  stream.reset();
  BOOST_TEST(ends == 0);
  open.remove(key);
  BOOST_TEST(ends == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::open_streams_test
