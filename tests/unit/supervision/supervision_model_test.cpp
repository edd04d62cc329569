// Whatever is asked of the supervisor and whatever fails below it, it does what it promises.
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string_view>

#include "tests/unit/supervision/supervision_steps.hpp"

namespace kfs::supervision_model_test {

namespace {

/// A number, or "random".
std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const auto* given = std::getenv(name);
  if (given != nullptr && std::string_view(given) == "random") return std::random_device{}();
  return given != nullptr ? std::strtoull(given, nullptr, 10) : otherwise;
}

std::string told(const test::model_coverage& all) {
  const auto legal = test::model_coverage::legal().size();
  std::string text = std::to_string(all.steps) + " steps in " + std::to_string(all.sequences) + " sequences, " +
                     std::to_string(all.situations.size()) + " situations, " +
                     std::to_string(legal - all.missed().size()) + " of " + std::to_string(legal) + " transitions";
  for (const auto& [from, to] : all.missed())
    text += ", never " + std::string(to_string(from)) + " to " + std::string(to_string(to));
  text += ", " + std::to_string(all.records) + " records written and " + std::to_string(all.repeats) +
          " repeats skipped; faults:";
  for (const auto& [kind, count] : all.faults) text += " " + kind + " " + std::to_string(count) + ",";
  text.back() = ';';
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(supervision_model)

BOOST_AUTO_TEST_CASE(whatever_fails_states_are_honest_answers_come_and_records_are_delivered_once_and_in_order) {
  constexpr std::uint64_t steps_a_sequence = 100;
  const auto seed = setting("KFS_MODEL_SEED", 20'261'125);
  const auto steps = setting("KFS_MODEL_STEPS", 20'000);
  const auto sequences = setting("KFS_MODEL_SEQUENCES", (steps + steps_a_sequence - 1) / steps_a_sequence);
  std::cout << "KFS_MODEL_SEED=" << seed << '\n';
  test::model_coverage all;
  for (std::uint64_t number = 0; number < sequences; ++number) {
    test::supervision_sequence one(seed + number, all);
    const bool well = one.run(steps_a_sequence);
    BOOST_REQUIRE_MESSAGE(well, one.report());
  }
  std::cout << told(all) << " violations 0\n";
  const bool enough = all.steps >= 10'000;
  BOOST_TEST((!enough || all.missed().empty()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::supervision_model_test
