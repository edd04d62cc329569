#include "processors/file/claims.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

#include "tests/support/holds_value.hpp"
#include "tests/support/memory_batch.hpp"
#include "tests/support/temp_directory.hpp"

namespace kfs::file_claims_seen_test {

namespace {

/// Files of one group in one directory.
struct claims_of_group {
  test::temp_directory directory;
  record_source source = *test::memory_source();

  /// The claims as one of the processes sees them.
  [[nodiscard]] file_claims view() const { return {directory.path() / "g.kfs-claims", "files of g"}; }

  /// The file has the partition 0 afterwards.
  void gives(file_claims& through, const file_claims::owner& to) const {
    const std::vector<file_claims::claim> wanted{{0, to}};
    BOOST_TEST_REQUIRE(test::holds_value(through.take(source, wanted, [] { return true; })));
    BOOST_TEST_REQUIRE(test::holds_value(through.hold(source, wanted, [] { return true; })));
  }

  [[nodiscard]] bool sees(file_claims& through, const file_claims::owner& one) const {
    BOOST_TEST_REQUIRE(test::holds_value(through.look()));
    return through.holds(source, 0, one.file);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(file_claims_seen, claims_of_group)

// The file that replaces another one may get the inode of the one before, has its size, and both have the same time.
BOOST_AUTO_TEST_CASE(every_change_is_seen_however_quickly_they_follow) {
  const file_claims::owner one{"1.log", "1"};
  const file_claims::owner other{"2.log", "2"};
  auto mine = view();
  auto theirs = view();
  for (int round = 0; round < 200; ++round) {
    gives(mine, one);
    BOOST_TEST_REQUIRE(sees(mine, one), "round " << round);
    gives(theirs, other);
    BOOST_TEST_REQUIRE(!sees(mine, one), "round " << round);
  }
}

// Whoever takes the partition next reads the file of its holder, and no other one of that consumer.
BOOST_AUTO_TEST_CASE(an_instance_does_not_hold_what_another_one_of_its_consumer_has) {
  const file_claims::owner first{"a-0.log", "a"};
  const file_claims::owner second{"a-1.log", "a"};
  auto claims = view();
  gives(claims, first);
  BOOST_TEST(sees(claims, first));
  BOOST_TEST(!sees(claims, second));
  const std::vector<file_claims::claim> wanted{{0, second}};
  BOOST_TEST_REQUIRE(test::holds_value(claims.take(source, wanted, [] { return true; })));
  BOOST_TEST(!sees(claims, first));
  BOOST_TEST(!sees(claims, second));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::file_claims_seen_test
