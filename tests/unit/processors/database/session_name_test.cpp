#include "processors/database/session_name.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>

namespace kfs::session_name_test {

namespace {

const consumer_id uuid{"0b54a7f4-6a9c-4c39-9b0d-2f1f6b0f3a10"};
constexpr std::size_t most_bytes = 63;

std::string name(const consumer_id& consumer, int instance, std::uint64_t epoch) {
  return session_name(consumer, instance, epoch).text();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(session_name)

BOOST_AUTO_TEST_CASE(it_shows_consumer_instance_and_epoch) {
  BOOST_TEST(name(uuid, 2, 10) == "kfs:0b54a7f4-6a9c-4c39-9b0d-2f1f6b0f3a10:2:000000000000000a");
}

BOOST_AUTO_TEST_CASE(it_always_fits) {
  BOOST_TEST(name(uuid, 0xfffff, std::numeric_limits<std::uint64_t>::max()).size() == most_bytes);
  BOOST_TEST(name({std::string(1'000, 'x')}, std::numeric_limits<int>::max(), 1).size() <= most_bytes);
}

BOOST_AUTO_TEST_CASE(names_of_one_instance_sort_like_their_epochs) {
  for (const std::uint64_t epoch : {0ULL, 9ULL, 10ULL, 255ULL, 256ULL, 1ULL << 40U})
    BOOST_TEST(name(uuid, 0, epoch) < name(uuid, 0, epoch + 1));
}

BOOST_AUTO_TEST_CASE(other_instances_and_consumers_have_other_names) {
  const auto of = [](const char* consumer, int instance) {
    return kfs::session_name(consumer_id{consumer}, instance, 1).instance;
  };
  BOOST_TEST(of("a", 1) != of("a", 11));
  BOOST_TEST(of("a", 0) != of("b", 0));
  BOOST_TEST(of("gr\xc3\xbc\x6e", 0) != of("gr\xc3\xb6\x6e", 0));
}

BOOST_AUTO_TEST_CASE(an_id_that_postgresql_would_change_or_that_could_end_a_literal_is_replaced) {
  for (const auto* const id : {"gr\xc3\xbcn", "it's", "a:b", "a b"}) {
    const auto text = name({id}, 0, 1);
    BOOST_TEST(text.starts_with("kfs:#"), text);
    BOOST_TEST(text.find_first_not_of("kfs:#0123456789abcdef") == std::string::npos, text);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::session_name_test
