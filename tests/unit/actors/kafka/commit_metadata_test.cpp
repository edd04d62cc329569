// What the metadata of commits says to the member that reads it.
#include <boost/test/unit_test.hpp>

#include "actors/kafka/rdkafka_group_offsets.hpp"
#include "tests/unit/doubles/fake_kafka.hpp"

namespace kfs::commit_metadata_test {

namespace {

consumer_spec with_processors(std::size_t number) {
  auto spec = test::example_spec();
  for (std::size_t i = 0; i < number; ++i) {
    spec.processors.push_back({.id = {"12345678-" + std::to_string(i)},
                               .type = "file_sink",
                               .config = {},
                               .created_at = {},
                               .updated_at = {}});
  }
  return spec;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(commit_metadata)

BOOST_AUTO_TEST_CASE(a_member_recognises_its_own_commits_and_reads_their_log) {
  const auto mark = mark_of(with_processors(2), 0);
  for (const auto* log : {"", "/1", "0123456789abcdef0123456789abcdef/7"}) {
    const auto read = read_commit(offset{5}, kfs::commit_metadata(mark, log), mark);
    BOOST_TEST((read.committed == offset{5}));
    BOOST_TEST(read.ours);
    BOOST_TEST(!read.by_other);
    BOOST_TEST(read.log == log);
  }
}

BOOST_AUTO_TEST_CASE(the_log_of_another_members_commit_is_read_too) {
  const auto spec = with_processors(1);
  const auto read = read_commit(offset{5}, kfs::commit_metadata(mark_of(spec, 1), "/2"), mark_of(spec, 0));
  BOOST_TEST(read.ours);
  BOOST_TEST(read.by_other);
  BOOST_TEST(read.log == "/2");
}

BOOST_AUTO_TEST_CASE(metadata_of_older_versions_has_no_log) {
  const auto mark = mark_of(with_processors(1), 0);
  BOOST_TEST(kfs::commit_metadata(mark, "") == mark);
  BOOST_TEST(read_commit(offset{5}, mark, mark).log.empty());
}

BOOST_AUTO_TEST_CASE(metadata_of_other_programs_is_an_order) {
  const auto mark = mark_of(with_processors(1), 0);
  for (const auto* metadata : {"", "other log=/3"}) {
    const auto read = read_commit(offset{5}, metadata, mark);
    BOOST_TEST((read.committed == offset{5}));
    BOOST_TEST(!read.ours);
    BOOST_TEST(read.log.empty());
  }
}

BOOST_AUTO_TEST_CASE(a_mark_that_is_cut_leaves_room_for_the_log) {
  constexpr std::size_t accepted_by_brokers = 4'096;
  const auto mark = mark_of(with_processors(1'000), 3);
  const std::string log = "0123456789abcdef0123456789abcdef/18446744073709551615";
  const auto metadata = kfs::commit_metadata(mark, log);
  BOOST_TEST(metadata.size() <= accepted_by_brokers);
  const auto read = read_commit(offset{5}, metadata, mark);
  BOOST_TEST(!read.by_other);
  BOOST_TEST(read.log == log);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::commit_metadata_test
