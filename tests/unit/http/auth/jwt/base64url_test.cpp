#include "http/auth/jwt/base64url.hpp"

#include <boost/test/unit_test.hpp>
#include <random>

#include "tests/support/token_maker.hpp"

namespace kfs::base64url_test {

BOOST_AUTO_TEST_SUITE(base64url)

BOOST_AUTO_TEST_CASE(the_examples_of_rfc_4648_are_decoded_without_padding) {
  for (const auto& [text, bytes] : {std::pair<std::string, std::string>{"", ""},
                                    {"Zg", "f"},
                                    {"Zm8", "fo"},
                                    {"Zm9v", "foo"},
                                    {"Zm9vYg", "foob"},
                                    {"Zm9vYmE", "fooba"},
                                    {"Zm9vYmFy", "foobar"}})
    BOOST_TEST(decode_base64url(text).value_or("none") == bytes, text);
  BOOST_TEST(decode_base64url("-_-_").value_or("") == "\xfb\xff\xbf");
}

BOOST_AUTO_TEST_CASE(any_bytes_are_decoded) {
  std::minstd_rand random(7);
  for (std::size_t size = 0; size < 200; ++size) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(random());
    BOOST_TEST((decode_base64url(test::base64url(bytes)) == bytes));
  }
}

BOOST_AUTO_TEST_CASE(any_other_text_is_rejected) {
  for (const std::string text :
       {"Zg==", "Zm8=", "Z", "Zm9vY", "Zm+v", "Zm/v", "Zm9v\n", " Zm9v", "Zm9v.", "Zm9\xc3\xb6"})
    BOOST_TEST(!decode_base64url(text), text);
  BOOST_TEST(!decode_base64url(std::string("Zm9\0", 4)));
}

BOOST_AUTO_TEST_CASE(the_last_character_has_no_bits_that_no_byte_holds) {
  for (const auto* text : {"Zh", "Zv", "Zm9vYh", "Zm9"}) BOOST_TEST(!decode_base64url(text), text);
  BOOST_TEST(decode_base64url("Zm8").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::base64url_test
