#include "config/consumers/processor_rules.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace kfs {
namespace {

/// The string member `name` of an item; empty when there is none.
std::string text_of(const json& item, const char* name) {
  if (!item.is_object()) return {};
  const auto member = item.find(name);
  return member != item.end() && member->is_string() ? member->get<std::string>() : std::string();
}

bool is_stored(const processor_type& type, const json& config, std::span<const processor_spec> stored) {
  return std::ranges::any_of(stored, [&](const processor_spec& spec) {
    return spec.type == type.options->name() && spec.config == type.options->cleaned(config);
  });
}

/// True when the config has no mistake.
bool check_config(const processor_type& type, const json& config, const json& loc,
                  std::span<const processor_spec> stored, std::vector<violation>& found) {
  const auto mistakes_before = found.size();
  if (mistakes_before >= most_violations) return false;
  type.options->validate(config, loc, found);
  type.options->reject_masks(config, loc, found);
  if (found.size() == mistakes_before && type.check && !is_stored(type, config, stored)) type.check(config, loc, found);
  return found.size() == mistakes_before;
}

/// The stored processor whose secrets the masks of an item may stand for, or null.
const processor_spec* counterpart(const json& item, const processor_type& type, std::size_t index,
                                  const std::vector<processor_spec>& stored) {
  const auto same_type = [&](const processor_spec& spec) { return spec.type == type.options->name(); };
  if (const auto id = text_of(item, "id"); !id.empty()) {
    const auto named = std::ranges::find(stored, id, [](const processor_spec& spec) { return spec.id.value; });
    return named != stored.end() && same_type(*named) ? &*named : nullptr;
  }
  const auto same_but_masked = [&](const processor_spec& spec) {
    return same_type(spec) && type.options->masked(spec.config) == item["config"];
  };
  const auto* at_index = index < stored.size() && same_type(stored[index]) ? &stored[index] : nullptr;
  if (at_index != nullptr && same_but_masked(*at_index)) return at_index;
  const auto elsewhere = std::ranges::find_if(stored, same_but_masked);
  return elsewhere != stored.end() ? &*elsewhere : at_index;
}

/// Without this rule, whoever may change a consumer could have its secrets sent to a place of their own.
bool secrets_stay(const processor_type& type, const json& changed, const json& stored) {
  return !type.secrets_go_to || type.secrets_go_to(changed) == type.secrets_go_to(stored);
}

}  // namespace

/// The type of an item whose config is an object, or null.
const processor_type* processor_rules::checkable_type(const json& item) const {
  if (!item.is_object() || !item.contains("config") || !item["config"].is_object()) return nullptr;
  return catalog_.find(text_of(item, "processor_type"));
}

void processor_rules::check(const json& list, const json& loc, std::int64_t instances,
                            std::span<const processor_spec> stored, std::vector<violation>& found) const {
  std::set<std::string> ids;
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto& item = list[i];
    if (const auto id = text_of(item, "id"); !id.empty() && !ids.insert(id).second) {
      found.push_back({"value_error", below(below(loc, i), "id"),
                       "Value error, another processor of the list has this id; "
                       "give each its own, or leave ids out",
                       nullptr});
    }
    const auto* type = checkable_type(item);
    if (type == nullptr) continue;
    const auto& config = item["config"];
    const auto config_loc = below(below(loc, i), "config");
    if (!check_config(*type, config, config_loc, stored, found)) continue;
    if (instances > 1 && type->mistake_with_instances) {
      if (auto mistake = type->mistake_with_instances(config, config_loc)) found.push_back(std::move(*mistake));
    }
    if (!type->place) continue;
    const auto [first, is_only] = places.emplace(type->place(config), i);
    if (is_only) continue;
    found.push_back({"value_error", config_loc,
                     "Value error, processor_configs[" + std::to_string(first->second) +
                         "] writes to the same place, so that every record would be there twice; give each its own",
                     nullptr});
  }
}

void processor_rules::check_with_instances(const std::vector<processor_spec>& stored, const json& loc,
                                           const json& instances, std::vector<violation>& found) const {
  for (const auto& processor : stored) {
    const auto* type = catalog_.find(processor.type);
    if (type == nullptr || !type->mistake_with_instances) continue;
    if (auto mistake = type->mistake_with_instances(processor.config, loc))
      found.push_back({mistake->type, loc, mistake->msg, instances});
  }
}

json processor_rules::unmasked(const json& list, const std::vector<processor_spec>& stored) const {
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

std::vector<requested_processor> processor_rules::requested(const json& checked) const {
  std::vector<requested_processor> processors;
  for (const auto& item : checked) {
    requested_processor processor;
    if (item.contains("id")) processor.id = processor_id{item["id"].get<std::string>()};
    processor.type = item["processor_type"].get<std::string>();
    processor.config = catalog_.find(processor.type)->options->cleaned(item["config"]);
    processors.push_back(std::move(processor));
  }
  return processors;
}

processor_spec processor_rules::masked(processor_spec processor) const {
  const auto* type = catalog_.find(processor.type);
  processor.config = type == nullptr ? json::object() : type->options->masked(processor.config);
  return processor;
}

}  // namespace kfs
