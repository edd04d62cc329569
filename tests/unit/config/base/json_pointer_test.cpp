#include "config/base/json_pointer.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::json_pointer_test {

BOOST_AUTO_TEST_SUITE(json_pointer)

BOOST_AUTO_TEST_CASE(the_examples_of_rfc_6901_are_pointers) {
  for (const auto* text :
       {"", "/foo", "/foo/0", "/", "/a~1b", "/c%d", "/e^f", "/g|h", "/i\\j", "/k\"l", "/ ", "/m~0n", "/~01", "//"})
    BOOST_TEST(is_json_pointer(text), text);
}

BOOST_AUTO_TEST_CASE(a_text_without_a_slash_in_front_is_no_pointer) {
  for (const auto* text : {"a", "a/b", " /a", "#/a", "$.a"}) BOOST_TEST(!is_json_pointer(text), text);
}

BOOST_AUTO_TEST_CASE(a_tilde_stands_before_0_or_1) {
  for (const auto* text : {"/x~2", "/x~", "/~", "/~~0", "/a~/b", "/a~0~", "/~a"})
    BOOST_TEST(!is_json_pointer(text), text);
}

BOOST_AUTO_TEST_CASE(the_names_in_a_pointer_are_decoded) {
  using names = std::vector<std::string>;
  BOOST_TEST((names_in_json_pointer("") == names{}));
  BOOST_TEST((names_in_json_pointer("/") == names{""}));
  BOOST_TEST((names_in_json_pointer("/realm_access/roles") == names{"realm_access", "roles"}));
  BOOST_TEST((names_in_json_pointer("/a~1b/m~0n/~01//") == names{"a/b", "m~n", "~1", "", ""}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::json_pointer_test
