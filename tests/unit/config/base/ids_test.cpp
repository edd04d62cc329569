#include "config/base/ids.hpp"

#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <set>
#include <thread>
#include <vector>

namespace kfs::ids_test {

using kfs::is_uuid;
using kfs::make_uuid;

BOOST_AUTO_TEST_SUITE(ids)

BOOST_AUTO_TEST_CASE(a_made_uuid_is_a_lower_case_version_4_uuid) {
  for (int i = 0; i < 1000; ++i) {
    const auto uuid = make_uuid();
    BOOST_TEST(is_uuid(uuid), uuid);
  }
}

BOOST_AUTO_TEST_CASE(uuids_made_by_several_threads_all_differ) {
  constexpr std::size_t threads = 4;
  constexpr std::size_t each = 2000;
  std::vector<std::vector<std::string>> made(threads);
  std::vector<std::thread> makers;
  for (auto& mine : made) {
    makers.emplace_back([&mine] {
      for (std::size_t i = 0; i < each; ++i) mine.push_back(make_uuid());
    });
  }
  for (auto& maker : makers) maker.join();
  std::set<std::string> different;
  for (const auto& some : made) different.insert(some.begin(), some.end());
  BOOST_TEST(different.size() == threads * each);
}

BOOST_AUTO_TEST_CASE(the_example_of_the_rfc_is_a_uuid) {
  BOOST_TEST(is_uuid("919108f7-52d1-4320-9bac-f847db4148a8"));
}

BOOST_AUTO_TEST_CASE(upper_case_other_versions_and_other_shapes_are_no_uuids) {
  BOOST_TEST(!is_uuid(""));
  BOOST_TEST(!is_uuid("919108F7-52D1-4320-9BAC-F847DB4148A8"));
  BOOST_TEST(!is_uuid("919108f7-52d1-1320-9bac-f847db4148a8"));   // version 1
  BOOST_TEST(!is_uuid("919108f7-52d1-4320-cbac-f847db4148a8"));   // variant 110
  BOOST_TEST(!is_uuid("919108f7-52d1-4320-9bac-f847db4148a"));    // short
  BOOST_TEST(!is_uuid("919108f7-52d1-4320-9bac-f847db4148a8 "));  // long
  BOOST_TEST(!is_uuid("919108f7052d1-4320-9bac-f847db4148a8"));   // a digit for a hyphen
  BOOST_TEST(!is_uuid("919108f7-52d1-4320-9bac-f847db4148ag"));
  BOOST_TEST(!is_uuid("{19108f7-52d1-4320-9bac-f847db4148a}"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::ids_test
