#include "actors/processor/core/destination_proof.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

namespace kfs::destination_proof_test {

namespace {

struct fixture {
  std::optional<std::string> known;  ///< the version that the memory holds
  std::vector<std::string> remembered;

  kfs::destination_proof made(std::optional<std::string> version = std::nullopt) {
    known = std::move(version);
    return kfs::destination_proof({.known = [this] { return known; },
                                   .remember =
                                       [this](const std::string& accepted) {
                                         known = accepted;
                                         remembered.push_back(accepted);
                                       }});
  }
};

constexpr auto longest_row = kfs::destination_proof::longest_row;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(destination_proof, fixture)

BOOST_AUTO_TEST_CASE(a_destination_is_trusted_once_it_accepted_a_record) {
  auto proof = made();
  BOOST_TEST(!proof.holds());
  proof.saw({.accepted = 0, .version = "1"}, 3);
  BOOST_TEST(!proof.holds());
  proof.saw({.accepted = 1, .version = "1"}, 3);
  BOOST_TEST(proof.holds());
  proof.saw({.accepted = 1, .version = "1"}, 3);
  BOOST_TEST(proof.holds());
  BOOST_TEST(remembered == std::vector<std::string>{"1"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_change_of_the_destination_ends_the_trust) {
  auto proof = made();
  proof.saw({.accepted = 5, .version = "1"}, 0);
  proof.saw({.accepted = 5, .version = "2"}, 1);
  BOOST_TEST(!proof.holds());
  proof.saw({.accepted = 6, .version = "2"}, 1);
  BOOST_TEST(proof.holds());
  BOOST_TEST(remembered == (std::vector<std::string>{"1", "2"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_an_earlier_life_saw_counts_for_the_same_version) {
  auto same = made("1");
  same.saw({.accepted = 0, .version = "1"}, 1);
  BOOST_TEST(same.holds());
  auto other = made("1");
  other.saw({.accepted = 0, .version = "2"}, 1);
  BOOST_TEST(!other.holds());
  auto without_versions = made("");
  without_versions.saw({}, 1);
  BOOST_TEST(without_versions.holds());
  BOOST_TEST(remembered.empty());
}

BOOST_AUTO_TEST_CASE(a_version_that_becomes_known_late_counts_from_then_on) {
  auto proof = made();
  proof.saw({.accepted = 0, .version = "1"}, 1);
  known = "2";
  BOOST_TEST(!proof.holds());
  known = "1";
  BOOST_TEST(proof.holds());
}

BOOST_AUTO_TEST_CASE(a_version_that_another_processor_has_remembered_is_not_remembered_again) {
  auto proof = made();
  proof.saw({.accepted = 1, .version = "1"}, 0);
  known = "2";
  proof.saw({.accepted = 2, .version = "2"}, 0);
  BOOST_TEST(remembered == std::vector<std::string>{"1"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_long_row_of_rejected_records_ends_the_trust) {
  auto proof = made();
  proof.saw({.accepted = 1}, 0);
  for (std::size_t i = 1; i < longest_row; ++i) {
    proof.saw({.accepted = 1}, 1);
    BOOST_TEST(proof.holds());
    proof.gave_up(1);
  }
  proof.saw({.accepted = 1}, 1);
  BOOST_TEST(!proof.holds());
  proof.saw({.accepted = 2}, 1);
  BOOST_TEST(proof.holds());
  proof.saw({.accepted = 2}, longest_row);
  BOOST_TEST(!proof.holds());
}

BOOST_AUTO_TEST_CASE(a_record_that_is_rejected_again_and_again_counts_once) {
  auto proof = made();
  proof.saw({.accepted = 1}, 0);
  for (std::size_t i = 0; i < 3 * longest_row; ++i) proof.saw({.accepted = 1}, 1);
  BOOST_TEST(proof.holds());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::destination_proof_test
