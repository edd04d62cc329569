#include <boost/test/unit_test.hpp>

#include "config/schema/option_schema.hpp"

namespace kfs::credentials_test {

using kfs::holds_masked_credentials;
using kfs::mask_credentials;

BOOST_AUTO_TEST_SUITE(credentials)

BOOST_AUTO_TEST_CASE(the_password_of_a_url_is_masked_and_nothing_else) {
  BOOST_TEST(mask_credentials("postgresql://user:password@db-host/payments") ==
             "postgresql://user:********@db-host/payments");
  BOOST_TEST(mask_credentials("postgresql://user:pw@[::1]:5432/db?sslmode=require") ==
             "postgresql://user:********@[::1]:5432/db?sslmode=require");
}

BOOST_AUTO_TEST_CASE(a_parameter_whose_name_is_percent_encoded_is_masked) {
  BOOST_TEST(mask_credentials("postgresql://u@h/d?passwor%64=pw&a=b") == "postgresql://u@h/d?passwor%64=********&a=b");
  BOOST_TEST(mask_credentials("http://h/?%70%61%73%73%77%6F%72%64=pw") ==
             "http://h/?%70%61%73%73%77%6F%72%64=********");
}

BOOST_AUTO_TEST_CASE(every_url_of_a_text_is_masked) {
  BOOST_TEST(mask_credentials("from http://a:1@x/ to http://b:2@y/, then http://c@z") ==
             "from http://a:********@x/ to http://b:********@y/, then http://c@z");
}

BOOST_AUTO_TEST_CASE(a_password_that_was_not_percent_encoded_is_masked_whole) {
  BOOST_TEST(mask_credentials("postgresql://user:p@ss@host/db") == "postgresql://user:********@host/db");
  BOOST_TEST(mask_credentials("postgresql://user:p/a?s#s@host/db") == "postgresql://user:********@host/db");
  BOOST_TEST(mask_credentials("postgresql://user:a:b@host/db") == "postgresql://user:********@host/db");
}

BOOST_AUTO_TEST_CASE(a_password_that_looks_like_a_port_or_follows_a_bracket_is_masked) {
  BOOST_TEST(mask_credentials("postgresql://user:123#4@host/db") == "postgresql://user:********@host/db");
  BOOST_TEST(mask_credentials("postgres://user:1234/5@host/db") == "postgres://user:********@host/db");
  BOOST_TEST(mask_credentials("postgresql://[user:secret@host/db") == "postgresql://[user:********@host/db");
}

BOOST_AUTO_TEST_CASE(a_url_without_a_password_comes_back_as_it_is) {
  for (const std::string url : {"http://host:8080/path?q=a:b@c", "http://user@host/x", "http://user:@host/x",
                                "http://[::1]:8080/x@y", "http://host/x", "://", "http://", "kafka:9092"}) {
    BOOST_TEST(mask_credentials(url) == url);
  }
}

BOOST_AUTO_TEST_CASE(the_password_of_a_keyword_string_is_masked) {
  BOOST_TEST(mask_credentials("host=db password=secret user=me") == "host=db password=******** user=me");
  BOOST_TEST(mask_credentials("password = secret") == "password = ********");
  BOOST_TEST(mask_credentials(R"(password='it\'s a secret' host=db)") == "password='********' host=db");
  BOOST_TEST(mask_credentials(R"(password=a\ b host=db)") == "password=******** host=db");
  BOOST_TEST(mask_credentials("password='never closed") == "password='********");
  BOOST_TEST(mask_credentials("sslpassword=x PASSWORD=y") == "sslpassword=******** PASSWORD=********");
}

BOOST_AUTO_TEST_CASE(the_password_in_the_query_of_a_url_is_masked) {
  BOOST_TEST(mask_credentials("postgresql://host/db?user=me&password=se'cret&sslmode=require") ==
             "postgresql://host/db?user=me&password=********&sslmode=require");
}

BOOST_AUTO_TEST_CASE(words_that_only_resemble_a_password_come_back_as_they_are) {
  for (const std::string text : {"", "passwordless=1", "my_password_file=x", "/tmp/password=1", "password",
                                 "password=", "the password is = secret"}) {
    BOOST_TEST(mask_credentials(text) == text);
  }
}

BOOST_AUTO_TEST_CASE(masking_twice_changes_nothing_more) {
  for (const std::string text : {"postgresql://u:p@h/d?password=x", "host=h password='x y'"}) {
    const auto once = mask_credentials(text);
    BOOST_TEST(mask_credentials(once) == once);
  }
}

BOOST_AUTO_TEST_CASE(a_mask_in_place_of_a_password_is_recognised) {
  BOOST_TEST(holds_masked_credentials("postgresql://user:********@host/db"));
  BOOST_TEST(holds_masked_credentials("host=h password=********"));
  BOOST_TEST(holds_masked_credentials("host=h password='********'"));
  BOOST_TEST(!holds_masked_credentials("postgresql://user:secret@host/db"));
  BOOST_TEST(!holds_masked_credentials("********"));
}

BOOST_AUTO_TEST_CASE(a_long_hostile_text_is_masked_in_linear_time) {
  std::string text;
  while (text.size() < 1'000'000) text += "a://a:b=password=";
  BOOST_TEST(mask_credentials(text).size() >= text.size() / 2);
  BOOST_TEST(mask_credentials(std::string(1'000'000, '=')).size() == 1'000'000U);
  BOOST_TEST(mask_credentials(std::string(1'000'000, ' ') + '=').size() == 1'000'001U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::credentials_test
