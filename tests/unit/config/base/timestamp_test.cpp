#include "config/base/timestamp.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::timestamp_test {

using namespace std::chrono_literals;
using kfs::parse_rfc3339;
using kfs::to_rfc3339;

BOOST_AUTO_TEST_SUITE(timestamp)

BOOST_AUTO_TEST_CASE(a_time_is_written_in_utc_with_three_decimals) {
  BOOST_TEST(to_rfc3339(kfs::timestamp{}) == "1970-01-01T00:00:00.000Z");
  BOOST_TEST(to_rfc3339(kfs::timestamp{std::chrono::sys_days{2026y / 1 / 1} + 12h + 123ms}) ==
             "2026-01-01T12:00:00.123Z");
}

BOOST_AUTO_TEST_CASE(a_time_before_1970_is_written_rightly) {
  BOOST_TEST(to_rfc3339(kfs::timestamp{-1ms}) == "1969-12-31T23:59:59.999Z");
}

BOOST_AUTO_TEST_CASE(what_was_written_reads_back_as_the_same_time) {
  for (const kfs::timestamp at :
       {kfs::timestamp{}, kfs::timestamp{-1ms}, kfs::timestamp{1'767'268'800'123ms}, kfs::now()}) {
    BOOST_TEST((parse_rfc3339(to_rfc3339(at)) == at), to_rfc3339(at));
  }
}

BOOST_AUTO_TEST_CASE(now_is_not_before_a_time_taken_earlier_from_the_system_clock) {
  const auto before = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  BOOST_TEST((kfs::now() >= before));
}

BOOST_AUTO_TEST_CASE(the_leap_day_is_read_in_leap_years_only) {
  BOOST_TEST(parse_rfc3339("2024-02-29T00:00:00.000Z").has_value());
  BOOST_TEST(!parse_rfc3339("2026-02-29T00:00:00.000Z").has_value());
}

BOOST_AUTO_TEST_CASE(anything_but_the_written_layout_gives_nothing) {
  for (const char* const text :
       {"", "2026-01-01", "2026-01-01T12:00:00Z", "2026-01-01T12:00:00.123", "2026-01-01T12:00:00.123+00:00",
        "2026-01-01t12:00:00.123z", "2026-13-01T12:00:00.123Z", "2026-01-01T24:00:00.000Z", "2026-01-01T12:60:00.000Z",
        "2026-01-01T12:00:60.000Z", "2026-01-01T12:00:00.1234Z", "+026-01-01T12:00:00.123Z", " 2026-01-01T12:00:00.12Z",
        "2026-00-01T12:00:00.123Z", "2026-01-00T12:00:00.123Z"}) {
    BOOST_TEST(!parse_rfc3339(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(every_form_of_rfc_3339_is_read_as_the_same_instant) {
  for (const char* const text :
       {"2026-01-01T12:00:00.123Z", "2026-01-01t12:00:00.123z", "2026-01-01T12:00:00.1239999999999Z",
        "2026-01-01T14:00:00.123+02:00", "2026-01-01T11:30:00.123-00:30", "2025-12-31T23:00:00.123-13:00"}) {
    BOOST_TEST_REQUIRE(parse_any_rfc3339(text).has_value(), text);
    BOOST_TEST(to_rfc3339(*parse_any_rfc3339(text)) == "2026-01-01T12:00:00.123Z", text);
  }
  BOOST_TEST(to_rfc3339(parse_any_rfc3339("2026-01-01T12:00:00Z").value()) == "2026-01-01T12:00:00.000Z");
  BOOST_TEST(to_rfc3339(parse_any_rfc3339("2026-01-01T12:00:00.5Z").value()) == "2026-01-01T12:00:00.500Z");
}

BOOST_AUTO_TEST_CASE(a_time_without_an_offset_or_with_a_wrong_one_is_none) {
  for (const char* const text :
       {"", "now", "2026-01-01", "2026-01-01T12:00:00", "2026-01-01T12:00:00.", "2026-01-01T12:00:00.Z",
        "2026-01-01T12:00:00+02", "2026-01-01T12:00:00+0200", "2026-01-01T12:00:00+24:00", "2026-01-01T12:00:00Zx",
        "2026-01-01 12:00:00Z", "2026-01-01T12:00:00 02:00", "2026-02-30T12:00:00Z"}) {
    BOOST_TEST(!parse_any_rfc3339(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::timestamp_test
