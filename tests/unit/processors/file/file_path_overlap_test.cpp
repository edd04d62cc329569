#include "processors/file/path_overlap.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

namespace kfs::file_path_overlap_test {

namespace {

path_overlap both_ways(const std::string& a, const std::string& b) {
  BOOST_TEST((overlap_of(a, b) == overlap_of(b, a)), a << " and " << b);
  return overlap_of(a, b);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(file_path_overlap)

BOOST_AUTO_TEST_CASE(different_texts_never_meet) {
  for (const auto& [a, b] : {std::pair{"/a", "/b"},
                             {"/a", "/aa"},
                             {"/{partition}", "/x"},
                             {"/{partition}", "/"},
                             {"/a-{date}", "/a-2026-11-2"},
                             {"/a-{date}", "/a-2026_11_24"},
                             {"/{date}", "/{partition}"},
                             {"/{date}.log", "/{date}.txt"}})
    BOOST_TEST((both_ways(a, b) == path_overlap::none), a << " and " << b);
}

BOOST_AUTO_TEST_CASE(one_series_is_shared_also_when_a_number_is_written_out) {
  for (const auto& [a, b] : {std::pair{"/a", "/a"},
                             {"/a-{date}", "/a-{date}"},
                             {"/{partition}", "/0"},
                             {"/{partition}", "/{instance}"},
                             {"/{partition}0", "/{instance}"},
                             {"/{partition}-{date}", "/17-{date}"},
                             {"/{topic}", "/{topic}"}})
    BOOST_TEST((both_ways(a, b) == path_overlap::shared), a << " and " << b);
}

BOOST_AUTO_TEST_CASE(a_date_beside_what_it_may_become_is_two_series_in_one_file) {
  for (const auto& [a, b] : {std::pair{"/a-{date}.log", "/a-2026-11-24.log"},
                             {"/a-{date}", "/a-{partition}-11-24"},
                             {"/{date}-1", "/2026-11-24-{partition}"},
                             {"/{date}/a-{date}", "/2026-11-24/a-{date}"},
                             {"/{date}{partition}", "/2026-11-2{partition}"}})
    BOOST_TEST((both_ways(a, b) == path_overlap::by_date), a << " and " << b);
}

BOOST_AUTO_TEST_CASE(a_file_where_another_needs_a_directory_is_in_its_way) {
  for (const auto& [a, b] : {std::pair{"/a", "/a/b"},
                             {"/a/{partition}", "/a/7/b/c"},
                             {"/a-{date}", "/a-2026-11-24/b"},
                             {"/a-{date}", "/a-{date}/{partition}"}})
    BOOST_TEST((both_ways(a, b) == path_overlap::within), a << " and " << b);
  for (const auto& [a, b] : {std::pair{"/a/b", "/a/c"}, {"/a", "/ab/c"}, {"/{partition}", "/a/1"}})
    BOOST_TEST((both_ways(a, b) == path_overlap::none), a << " and " << b);
}

BOOST_AUTO_TEST_CASE(long_paths_with_many_numbers_are_compared_quickly) {
  std::string numbers;
  for (int i = 0; i < 16; ++i) numbers += "{partition}";
  BOOST_TEST((both_ways(numbers, std::string(4'000, '1')) == path_overlap::shared));
  BOOST_TEST((both_ways(numbers, std::string(4'000, '1') + 'x') == path_overlap::none));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::file_path_overlap_test
