// Tokens, claims and key sets that were changed at random: none is accepted, nothing crashes.

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <iostream>
#include <random>

#include "http/auth/jwt/claims.hpp"
#include "tests/support/token_fixture.hpp"

namespace kfs::jwt_mutations_test {
namespace {

struct mutations : test::with_key_file {
  std::uint32_t seed = std::getenv("KFS_TEST_SEED") != nullptr
                           ? static_cast<std::uint32_t>(std::strtoul(std::getenv("KFS_TEST_SEED"), nullptr, 10))
                           : std::random_device{}();
  std::mt19937 random{seed};

  mutations() {
    std::cout << "KFS_TEST_SEED=" << seed << '\n';
    publish(test::key_set_of({test::rsa_key(), test::ec_key(), test::ed_key()}));
    start();
  }

  std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random); }

  /// `text` with one to four changes.
  std::string changed(std::string text) {
    static constexpr std::string_view alphabet = "ABab01-_=.{}[]\":,eE+\\/nul\0\n\xff";
    for (auto left = below(4) + 1; left > 0; --left) {
      const auto at = below(text.size() + 1);
      const auto end = at + below(text.size() - at + 1);
      switch (below(7)) {
        case 0:
          if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
          break;
        case 1:
          if (at < text.size()) text[at] = alphabet[below(alphabet.size())];
          break;
        case 2:
          text.insert(at, 1, alphabet[below(alphabet.size())]);
          break;
        case 3:
          text.erase(at, below(4) + 1);
          break;
        case 4:
          text.erase(at, end - at);
          break;
        case 5:
          text.insert(below(text.size() + 1), text.substr(at, end - at));
          break;
        default:
          if (at < text.size()) text[at] = text[below(text.size())];
      }
      if (text.empty()) return "x";
    }
    return text;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(jwt_mutations, mutations)

BOOST_AUTO_TEST_CASE(a_flipped_bit_in_any_part_is_rejected) {
  for (const auto& token : {test::good_token(test::ec_key(), "ES256"), test::good_token(test::ed_key(), "EdDSA"),
                            test::good_token(test::rsa_key(), "PS256")}) {
    std::size_t accepted_ones = 0;
    for (std::size_t at = 0; at < token.size(); ++at) {
      for (int bit = 0; bit < 8; ++bit) {
        auto flipped = token;
        flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
        verifier->verify(flipped, [&](const jwt_outcome& outcome) { accepted_ones += outcome ? 1 : 0; });
      }
    }
    BOOST_TEST(accepted_ones == 0U);
    BOOST_TEST(reason(token) == "");
  }
}

BOOST_AUTO_TEST_CASE(no_changed_token_is_accepted) {
  const std::vector<std::string> tokens{test::good_token(test::rsa_key(), "RS256"),
                                        test::good_token(test::ec_key(), "ES256"),
                                        test::good_token(test::ed_key(), "EdDSA")};
  std::size_t answers = 0;
  std::size_t accepted_ones = 0;
  constexpr std::size_t rounds = 100'000;
  for (std::size_t round = 0; round < rounds; ++round) {
    const auto& original = tokens[round % tokens.size()];
    auto token = changed(original);
    if (token == original) token += 'A';
    verifier->verify(token, [&](const jwt_outcome& outcome) {
      ++answers;
      accepted_ones += outcome ? 1 : 0;
    });
  }
  verifier.reset();  // answers what waits for an unknown key
  BOOST_TEST(answers == rounds);
  BOOST_TEST(accepted_ones == 0U);
}

BOOST_AUTO_TEST_CASE(changed_headers_and_claims_with_a_good_signature_do_no_harm) {
  const auto header = test::header_for(test::ed_key(), "EdDSA").dump();
  const auto claims = test::good_claims().dump();
  std::size_t answers = 0;
  for (int round = 0; round < 10'000; ++round) {
    const auto token = test::token_of_text(round % 2 == 0 ? changed(header) : header,
                                           round % 2 == 0 ? claims : changed(claims), test::ed_key(), "EdDSA");
    verifier->verify(token, [&](const jwt_outcome& outcome) {
      ++answers;
      if (outcome) BOOST_TEST(!(*outcome)->subject.empty());
    });
  }
  verifier.reset();
  BOOST_TEST(answers == 10'000U);
}

BOOST_AUTO_TEST_CASE(changed_key_sets_and_garbage_do_no_harm) {
  const auto set = test::key_set_of({test::ec_key(), test::ed_key()});
  int verified = 0;
  const auto token = test::good_token();
  for (int round = 0; round < 20'000; ++round) {
    const auto read = read_key_set(changed(set));
    if (!read) continue;
    for (const auto* key : read->keys.fitting(jwt_algorithm::es256, std::nullopt))
      verified += key->verifies(token, jwt_algorithm::es256) ? 1 : 0;
  }
  BOOST_TEST(verified < 20'000);  // where the change is in the other key, this one still verifies
  for (int round = 0; round < 20'000; ++round) {
    std::string garbage;
    for (auto left = below(200); left > 0; --left) garbage += static_cast<char>(random());
    BOOST_TEST(!read_key_set(garbage).has_value());
    BOOST_TEST(!read_identity(garbage, accepted, now(), "").has_value());
    BOOST_TEST(!verify(garbage).has_value());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::jwt_mutations_test
