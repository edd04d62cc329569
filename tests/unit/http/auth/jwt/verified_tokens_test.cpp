#include "http/auth/jwt/verified_tokens.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::verified_tokens_test {

using namespace std::chrono_literals;

namespace {

const verified_tokens::clock::time_point start{1h};
const timestamp wall{1'800'000'000s};

std::shared_ptr<const jwt_identity> identity_until(timestamp end) {
  jwt_identity made;
  made.subject = "alice";
  made.expires_at = end;
  return std::make_shared<const jwt_identity>(made);
}

const auto lasting = identity_until(wall + 1h);

}  // namespace

BOOST_AUTO_TEST_SUITE(verified_tokens)

BOOST_AUTO_TEST_CASE(a_digest_is_sha_256) {
  BOOST_TEST(sha256("abc")[0] == 0xba);
  BOOST_TEST(sha256("abc")[31] == 0xad);
  BOOST_TEST((sha256("abc") != sha256("abd")));
}

BOOST_AUTO_TEST_CASE(a_token_is_remembered_for_10_seconds) {
  kfs::verified_tokens tokens(10);
  const auto token = sha256("a");
  BOOST_TEST(!tokens.find(token, 1, start, wall));
  tokens.keep(token, 1, start, lasting);
  BOOST_TEST(tokens.find(token, 1, start + 10s - 1ms, wall) == lasting);
  BOOST_TEST(!tokens.find(sha256("b"), 1, start, wall));
  BOOST_TEST(!tokens.find(token, 1, start + 10s, wall));
  BOOST_TEST(tokens.size() == 0U);
}

BOOST_AUTO_TEST_CASE(being_used_does_not_lengthen_it) {
  kfs::verified_tokens tokens(10);
  tokens.keep(sha256("a"), 1, start, lasting);
  for (auto at = 0s; at < 10s; at += 1s) BOOST_TEST(tokens.find(sha256("a"), 1, start + at, wall));
  BOOST_TEST(!tokens.find(sha256("a"), 1, start + 10s, wall));
}

BOOST_AUTO_TEST_CASE(an_expired_token_is_forgotten) {
  kfs::verified_tokens tokens(10);
  tokens.keep(sha256("a"), 1, start, identity_until(wall + 2s));
  BOOST_TEST(tokens.find(sha256("a"), 1, start, wall + 2s - 1ms));
  BOOST_TEST(!tokens.find(sha256("a"), 1, start, wall + 2s));
}

BOOST_AUTO_TEST_CASE(other_keys_forget_all) {
  kfs::verified_tokens tokens(10);
  tokens.keep(sha256("a"), 1, start, lasting);
  tokens.keep(sha256("b"), 1, start, lasting);
  BOOST_TEST(!tokens.find(sha256("a"), 2, start, wall));
  BOOST_TEST(tokens.size() == 0U);
}

BOOST_AUTO_TEST_CASE(a_token_that_older_keys_verified_is_not_kept) {
  kfs::verified_tokens tokens(10);
  BOOST_TEST(!tokens.find(sha256("a"), 2, start, wall));
  tokens.keep(sha256("a"), 1, start, lasting);
  BOOST_TEST(!tokens.find(sha256("a"), 2, start, wall));
}

BOOST_AUTO_TEST_CASE(the_longest_unused_one_is_forgotten_beyond_the_limit) {
  kfs::verified_tokens tokens(3);
  for (const auto* token : {"a", "b", "c"}) tokens.keep(sha256(token), 1, start, lasting);
  BOOST_TEST(tokens.find(sha256("a"), 1, start, wall));
  tokens.keep(sha256("d"), 1, start, lasting);
  tokens.keep(sha256("d"), 1, start, lasting);
  BOOST_TEST(tokens.size() == 3U);
  BOOST_TEST(!tokens.find(sha256("b"), 1, start, wall));
  for (const auto* token : {"a", "c", "d"}) BOOST_TEST(tokens.find(sha256(token), 1, start, wall), token);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::verified_tokens_test
