#include "processors/sink_catalog.hpp"

#include <algorithm>

namespace kfs {
namespace {

processor_type with_environment(const sink_type& type, const sink_environment& environment) {
  processor_type bound{.options = type.options,
                       .check = {},
                       .places_of = {},
                       .may_meet = type.may_meet,
                       .how_to_part = type.how_to_part,
                       .mistake_beside_other = type.mistake_beside_other,
                       .minds_others = type.minds_others,
                       .secrets_go_to = type.secrets_go_to,
                       .mistake_with_instances = type.mistake_with_instances};
  if (type.check) {
    bound.check = [check = type.check, &environment](const config_for_topic& checked, const json& loc,
                                                     std::vector<violation>& found) {
      check(checked, loc, environment, found);
    };
  }
  if (type.places_of) {
    bound.places_of = [places_of = type.places_of, &environment](const config_for_topic& placed) {
      return places_of(placed, environment);
    };
  }
  return bound;
}

}  // namespace

sink_catalog::sink_catalog(const sink_environment& environment) {
  for (const auto& type : sink_types()) types_.push_back(with_environment(type, environment));
}

const processor_type* sink_catalog::find(std::string_view name) const {
  const auto found = std::ranges::find(
      types_, name, [](const processor_type& type) -> std::string_view { return type.options->name(); });
  return found == types_.end() ? nullptr : &*found;
}

std::vector<std::string> sink_catalog::names() const {
  std::vector<std::string> names;
  for (const auto& type : types_) names.push_back(type.options->name());
  return names;
}

}  // namespace kfs
