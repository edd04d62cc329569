#include "processors/http/webhook_signature.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::webhook_signature_test {

BOOST_AUTO_TEST_SUITE(webhook_signature)

// The test vector of the Standard Webhooks libraries.
BOOST_AUTO_TEST_CASE(the_published_example_is_signed_as_published) {
  const auto secret = webhook_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  BOOST_REQUIRE(secret.has_value());
  BOOST_TEST(kfs::webhook_signature(*secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})") ==
             "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

BOOST_AUTO_TEST_CASE(a_secret_without_the_prefix_is_its_own_bytes) {
  BOOST_TEST(webhook_secret("hush").value_or("") == "hush");
}

BOOST_AUTO_TEST_CASE(what_follows_the_prefix_must_be_base64_of_24_to_64_bytes) {
  for (const auto* text :
       {"whsec_", "whsec_####", "whsec_c2hvcnQ=", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "whsec_============"})
    BOOST_TEST(!webhook_secret(text).has_value(), text);
  BOOST_TEST(webhook_secret("whsec_" + std::string(32, 'A')).value_or("") == std::string(24, '\0'));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::webhook_signature_test
