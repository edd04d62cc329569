#include "config/secrets/key_ring.hpp"

#include <boost/test/unit_test.hpp>
#include <set>

#include "tests/support/holds_value.hpp"

namespace kfs::key_ring_test {

namespace {

const std::string first_key(key_ring::key_bytes, 'a');
const std::string second_key(key_ring::key_bytes, 'b');
constexpr const char* place = "consumer/options/kafka/sasl_password";

std::string code_of(const result<std::string>& opened) {
  return opened ? "opened" : std::string(to_string(opened.error().code));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(key_ring)

BOOST_AUTO_TEST_CASE(what_was_sealed_is_opened_whatever_bytes_it_has) {
  const kfs::key_ring ring({first_key});
  for (const auto& text :
       {std::string(), std::string("s3cret"), std::string("\0\xFF\n", 3), std::string(100'000, 'x')}) {
    const auto sealed = ring.seal(ring.current(), text, place);
    const auto opened = ring.open(sealed, place);
    BOOST_TEST_REQUIRE(test::holds_value(opened));
    BOOST_TEST(*opened == text);
    BOOST_TEST(kfs::key_ring::key_of(sealed) == ring.current());
    if (text == "s3cret") BOOST_TEST(sealed.find(text) == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_sealed_text_is_of_one_key_and_one_place) {
  const kfs::key_ring ring({first_key});
  const auto sealed = ring.seal(ring.current(), "s3cret", place);
  BOOST_TEST(code_of(ring.open(sealed, "another consumer/options/kafka/sasl_password")) == "secret_unavailable");
  BOOST_TEST(code_of(ring.open(sealed, "")) == "secret_unavailable");
  BOOST_TEST(code_of(kfs::key_ring({second_key}).open(sealed, place)) == "secret_unavailable");
  BOOST_TEST(code_of(kfs::key_ring().open(sealed, place)) == "secret_unavailable");
  BOOST_TEST(code_of(kfs::key_ring({second_key, first_key}).open(sealed, place)) == "opened");
}

BOOST_AUTO_TEST_CASE(the_missing_key_is_named_and_nothing_of_the_secret) {
  const kfs::key_ring ring({first_key});
  const auto opened = kfs::key_ring({second_key}).open(ring.seal(ring.current(), "s3cret", place), place);
  BOOST_REQUIRE(!opened.has_value());
  BOOST_TEST(opened.error().message.find(ring.current()) != std::string::npos);
  BOOST_TEST(opened.error().message.find("s3cret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_sealed_text_that_was_changed_in_any_place_is_not_opened) {
  const kfs::key_ring ring({first_key, second_key});
  const auto sealed = ring.seal(ring.current(), "s3cret", place);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    BOOST_TEST(code_of(ring.open(changed, place)) == "secret_unavailable", "changed at " << i);
    BOOST_TEST(code_of(ring.open(sealed.substr(0, i), place)) == "secret_unavailable", "cut at " << i);
  }
  BOOST_TEST(code_of(ring.open(sealed + "AAAA", place)) == "secret_unavailable");
}

BOOST_AUTO_TEST_CASE(a_key_relabelled_as_another_one_that_is_held_opens_nothing) {
  const kfs::key_ring ring({first_key, second_key});
  auto sealed = ring.seal(ring.ids()[0], "s3cret", place);
  sealed.replace(sealed.find(ring.ids()[0]), ring.ids()[0].size(), ring.ids()[1]);
  BOOST_TEST(code_of(ring.open(sealed, place)) == "secret_unavailable");
}

BOOST_AUTO_TEST_CASE(no_nonce_is_used_twice) {
  const kfs::key_ring ring({first_key});
  constexpr std::size_t nonce_digits = 16;  // 12 bytes in base64
  const auto begins = ring.seal(ring.current(), "", place).rfind(':') + 1;
  std::set<std::string> nonces;
  constexpr std::size_t often = 100'000;
  for (std::size_t i = 0; i < often; ++i)
    nonces.insert(ring.seal(ring.current(), "", place).substr(begins, nonce_digits));
  BOOST_TEST(nonces.size() == often);
}

BOOST_AUTO_TEST_CASE(the_names_of_keys_differ_and_tell_nothing_of_them) {
  const kfs::key_ring ring({first_key, second_key, first_key});
  BOOST_TEST(ring.ids().size() == 2U);
  BOOST_TEST(ring.ids()[0] != ring.ids()[1]);
  BOOST_TEST(ring.current() == ring.ids()[0]);
  BOOST_TEST(ring.current().find("6161") == std::string::npos);
  BOOST_TEST(ring.current() == kfs::key_ring({first_key}).current());
}

BOOST_AUTO_TEST_CASE(a_key_is_the_base64_of_32_bytes_and_nothing_else) {
  const std::string right = "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=";
  BOOST_TEST(parse_store_key(right).value() == first_key);
  for (const auto& wrong : {std::string(), right.substr(0, 43), right + "=", " " + right, right.substr(1),
                            right.substr(0, 40) + "YQ==", std::string("YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWF="),
                            std::string(44, '=')}) {
    const auto read = parse_store_key(wrong);
    BOOST_TEST(!read.has_value(), wrong);
    if (!read && wrong.size() > 4) BOOST_TEST(read.error().message.find(wrong) == std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::key_ring_test
