// How many tokens one thread verifies in a second of its CPU time: each for the first time, and the same one again and
// again.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <time.h>

#include "http/auth/jwt/verifier.hpp"
#include "tests/support/temp_directory.hpp"
#include "tests/support/token_maker.hpp"

namespace {

/// The CPU time of this thread, so that other programs do not count.
double seconds_of_cpu() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

std::int64_t seconds_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(kfs::now().time_since_epoch()).count();
}

/// The rate of `call`, which is called with the numbers from 0 on, for a second or `most` times.
template <class Call>
double rate(std::size_t most, Call call) {
  const auto start = seconds_of_cpu();
  std::size_t done = 0;
  while (done < most && seconds_of_cpu() - start < 1) call(done++);
  return static_cast<double>(done) / (seconds_of_cpu() - start);
}

}  // namespace

int main() {
  const kfs::test::temp_directory directory;
  const auto rsa = kfs::test::token_key::rsa("rsa");
  const auto ec = kfs::test::token_key::ec("ec");
  const auto ed = kfs::test::token_key::ed25519("ed");
  kfs::jwt_settings accepted;
  accepted.issuer = "https://idp.example/realm";
  accepted.audience = "kfs";
  accepted.jwks = (directory.path() / "keys.json").string();
  accepted.algorithms = {kfs::jwt_algorithm::rs256, kfs::jwt_algorithm::ps256, kfs::jwt_algorithm::es256,
                         kfs::jwt_algorithm::eddsa};
  accepted.subject_claim = {"sub"};
  accepted.groups_claim = {"groups"};
  accepted.tenants_claim = {"tenants"};
  std::ofstream(accepted.jwks) << kfs::test::key_set_of({rsa, ec, ed});
  kfs::jwt_verifier verifier(accepted, kfs::logger::silent());
  while (!verifier.has_keys()) std::this_thread::yield();

  std::printf("%-8s %12s %12s %8s\n", "alg", "first/s", "repeated/s", "bytes");
  for (const auto& [algorithm, key] : {std::pair<std::string, const kfs::test::token_key*>{"RS256", &rsa},
                                       {"PS256", &rsa},
                                       {"ES256", &ec},
                                       {"EdDSA", &ed}}) {
    std::vector<std::string> tokens;
    for (int i = 0; i < 4'000; ++i) {
      const kfs::json claims{{"iss", accepted.issuer},
                             {"aud", {"kfs", "account"}},
                             {"sub", "user-1"},
                             {"exp", seconds_now() + 300},
                             {"iat", seconds_now()},
                             {"jti", "token-" + std::to_string(i)},
                             {"groups", {"payments-oncall", "staff", "kafka-operators"}},
                             {"tenants", {"payments"}}};
      tokens.push_back(kfs::test::token_of({{"alg", algorithm}, {"typ", "JWT"}, {"kid", key->id()}}, claims, *key));
    }
    std::size_t accepted_ones = 0;
    std::size_t asked = 0;
    const auto verify = [&](const std::string& token) {
      ++asked;
      verifier.verify(token, [&](const kfs::jwt_outcome& outcome) { accepted_ones += outcome ? 1 : 0; });
    };
    const auto first = rate(tokens.size(), [&](std::size_t i) { verify(tokens[i]); });
    const auto repeated = rate(10'000'000, [&](std::size_t) { verify(tokens.back()); });
    std::printf("%-8s %12.0f %12.0f %8zu\n", algorithm.c_str(), first, repeated, tokens.back().size());
    if (accepted_ones != asked) {
      std::printf("%zu of %zu tokens were rejected\n", asked - accepted_ones, asked);
      return EXIT_FAILURE;
    }
  }
}
