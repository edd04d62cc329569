#pragma once

#include <boost/test/unit_test.hpp>
#include <tl/expected.hpp>

namespace kfs::test {

/// True when `outcome` holds a value; otherwise the report of the failed check quotes the error's message.
///
///     BOOST_TEST_REQUIRE(holds_value(opened));
///
/// The text of the error is read only when there is an error: `error()` of an outcome that holds a value is undefined.
template <class T, class E>
boost::test_tools::assertion_result holds_value(const tl::expected<T, E>& outcome) {
  boost::test_tools::assertion_result answer(outcome.has_value());
  if (!outcome) answer.message() << outcome.error().message;
  return answer;
}

}  // namespace kfs::test
