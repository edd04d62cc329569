#include "http/dto/processor_body.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace kfs {
namespace {

std::string text_of(const json& item, const char* name) {
  if (!item.is_object()) return {};
  const auto at = item.find(name);
  return at != item.end() && at->is_string() ? at->get<std::string>() : std::string();
}

/// The declared type of an item that has one and whose config is an object.
const sink_type* checkable_type(const json& item) {
  if (!item.is_object() || !item.contains("config") || !item["config"].is_object()) return nullptr;
  return find_sink_type(text_of(item, "processor_type"));
}

json below(const json& loc, std::initializer_list<json> steps) {
  json place = loc;
  for (const auto& step : steps) place.push_back(step);
  return place;
}

/// True where the config has no mistake.
bool check_config(const sink_type& type, const json& config, const json& loc, const sink_environment& sinks,
                  std::vector<violation>& found) {
  const auto mistakes_before = found.size();
  if (mistakes_before >= most_violations) return false;
  type.options->validate(config, loc, found);
  type.options->reject_masks(config, loc, found);
  if (found.size() == mistakes_before && type.check) type.check(config, loc, sinks, found);
  return found.size() == mistakes_before;
}

const processor_spec* with_id(const std::vector<processor_spec>& stored, const std::string& id) {
  const auto at = std::find_if(stored.begin(), stored.end(), [&](const auto& spec) { return spec.id.value == id; });
  return at == stored.end() ? nullptr : &*at;
}

/// The stored processor whose secrets an item may mean by its masks.
const processor_spec* counterpart(const json& item, const sink_type& type, std::size_t place,
                                  const std::vector<processor_spec>& stored) {
  const auto same_type = [&](const processor_spec& spec) { return spec.type == type.options->name(); };
  if (const auto id = text_of(item, "id"); !id.empty()) {
    const auto* named = with_id(stored, id);
    return named != nullptr && same_type(*named) ? named : nullptr;
  }
  const auto same_but_masked = [&](const processor_spec& spec) {
    return same_type(spec) && type.options->masked(spec.config) == item["config"];
  };
  const auto* in_place = place < stored.size() && same_type(stored[place]) ? &stored[place] : nullptr;
  if (in_place != nullptr && same_but_masked(*in_place)) return in_place;
  const auto elsewhere = std::find_if(stored.begin(), stored.end(), same_but_masked);
  return elsewhere != stored.end() ? &*elsewhere : in_place;
}

/// Else whoever may change a consumer could have its secrets sent to a place of their own.
bool secrets_stay(const sink_type& type, const json& changed, const json& stored) {
  return !type.secrets_go_to || type.secrets_go_to(changed) == type.secrets_go_to(stored);
}

}  // namespace

void check_processors(const json& list, const json& loc, const sink_environment& sinks, std::int64_t instances,
                      std::vector<violation>& found) {
  std::set<std::string> ids;
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto& item = list[i];
    if (const auto id = text_of(item, "id"); !id.empty() && !ids.insert(id).second) {
      found.push_back({"value_error", below(loc, {i, "id"}),
                       "Value error, another processor of the list has this id; "
                       "give each its own, or leave ids out",
                       nullptr});
    }
    if (const auto* type = checkable_type(item)) {
      const auto config_loc = below(loc, {i, "config"});
      if (!check_config(*type, item["config"], config_loc, sinks, found)) continue;
      if (instances > 1 && type->mistake_with_instances) {
        if (auto mistake = type->mistake_with_instances(item["config"], config_loc))
          found.push_back(std::move(*mistake));
      }
      if (!type->place) continue;
      const auto [first, alone] = places.emplace(type->place(item["config"], sinks), i);
      if (alone) continue;
      found.push_back({"value_error", config_loc,
                       "Value error, processor_configs[" + std::to_string(first->second) +
                           "] writes to the same place, so that every record would be there twice; give each its own",
                       nullptr});
    }
  }
}

json unmasked_processors(const json& list, const std::vector<processor_spec>& stored) {
  json unmasked = list;
  for (std::size_t i = 0; i < unmasked.size(); ++i) {
    auto& item = unmasked[i];
    const auto* type = checkable_type(item);
    const auto* before = type == nullptr ? nullptr : counterpart(item, *type, i, stored);
    if (before != nullptr && secrets_stay(*type, item["config"], before->config))
      item["config"] = type->options->unmasked(item["config"], before->config);
  }
  return unmasked;
}

std::vector<requested_processor> requested_processors(const json& checked) {
  std::vector<requested_processor> processors;
  for (const auto& item : checked) {
    requested_processor processor;
    if (item.contains("id")) processor.id = processor_id{item["id"].get<std::string>()};
    processor.type = item["processor_type"].get<std::string>();
    processor.config = find_sink_type(processor.type)->options->cleaned(item["config"]);
    processors.push_back(std::move(processor));
  }
  return processors;
}

}  // namespace kfs
