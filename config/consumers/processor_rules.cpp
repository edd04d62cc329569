#include "config/consumers/processor_rules.hpp"

#include <algorithm>
#include <set>

#include "config/consumers/request_schema.hpp"
#include "config/secrets/resolution.hpp"

namespace kfs {
namespace {

/// The string member `name` of an item; empty when there is none.
std::string text_of(const json& item, const char* name) {
  if (!item.is_object()) return {};
  const auto member = item.find(name);
  return member != item.end() && member->is_string() ? member->get<std::string>() : std::string();
}

bool is_accepted(const processor_type& type, const json& config, std::span<const processor_spec> accepted) {
  return std::ranges::any_of(accepted, [&](const processor_spec& spec) {
    return spec.type == type.options->name() && spec.config == type.options->cleaned(config);
  });
}

bool have_in_common(const place_names& a, const place_names& b) {
  return std::ranges::any_of(a, [&](const std::string& place) { return std::ranges::find(b, place) != b.end(); });
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

/// Checks where the processors of one list write: whether each may write there, and whether two are in each other's
/// way.
class processor_rules::surroundings_check {
 public:
  surroundings_check(const processor_rules& rules, const processor_surroundings& with, std::vector<violation>& found)
      : rules_(rules), with_(with), found_(found) {}

  /// Checks the processor with that index in its list. Its config is valid by the declaration of its type.
  void add(const processor_type& type, const json& config, const json& loc, std::size_t index) {
    const config_for_topic placed{config, with_.topic};
    if (!is_accepted(type, config, with_.accepted)) {
      const auto mistakes_before = found_.size();
      if (type.check) type.check(placed, loc, found_);
      if (found_.size() != mistakes_before) return;
      check_beside_others(type, placed, loc);
    }
    if (type.places_of) check_meeting(type, type.places_of(placed), loc, index);
  }

 private:
  /// Where a processor that was checked before writes.
  struct settled {
    const processor_type* type;
    std::size_t index;
    place_names at;
  };

  void check_meeting(const processor_type& type, place_names at, const json& loc, std::size_t index) {
    const auto meets = [&](const settled& before) {
      if (before.type != &type) return false;
      return type.may_meet ? type.may_meet(before.at, at) : have_in_common(before.at, at);
    };
    if (const auto first = std::ranges::find_if(settled_, meets); first != settled_.end()) {
      found_.push_back({"value_error", loc,
                        "Value error, processor_configs[" + std::to_string(first->index) +
                            "] writes, or may write, to the same place, so that they would be in each other's way; " +
                            type.how_to_part,
                        nullptr});
    }
    settled_.push_back({&type, index, std::move(at)});
  }

  void check_beside_others(const processor_type& type, const config_for_topic& placed, const json& loc) {
    if (!type.mistake_beside_other || !with_.all_consumers || !type.minds_others(placed)) return;
    if (!all_) all_ = with_.all_consumers();
    if (!all_) return;  // the store does not answer, so that nothing will be stored either
    for (const auto& consumer : *all_) {
      if (consumer.id.value == with_.consumer_id) continue;
      for (const auto& processor : consumer.processors) {
        if (rules_.catalog_.find(processor.type) != &type) continue;
        const auto wrong = type.mistake_beside_other(placed, {processor.config, consumer.topic});
        if (!wrong) continue;
        const auto told = consumer.tenant == with_.tenant
                              ? *wrong + " (consumer " + consumer.id.value + ")"
                              : "it is in the way of what another tenant writes; choose another destination";
        found_.push_back({"value_error", loc, "Value error, " + told, nullptr});
        return;
      }
    }
  }

  const processor_rules& rules_;
  const processor_surroundings& with_;
  std::vector<violation>& found_;
  std::vector<settled> settled_;
  std::shared_ptr<const std::vector<consumer_spec>> all_;
};

/// The type of an item whose config is an object, or null.
const processor_type* processor_rules::checkable_type(const json& item) const {
  if (!item.is_object() || !item.contains("config") || !item["config"].is_object()) return nullptr;
  return catalog_.find(text_of(item, "processor_type"));
}

void processor_rules::check(const json& list, const json& loc, const processor_surroundings& with,
                            std::vector<violation>& found) const {
  std::set<std::string> ids;
  surroundings_check surroundings(*this, with, found);
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
    const auto mistakes_before = found.size();
    if (mistakes_before >= most_violations) continue;
    type->options->validate(config, config_loc, found);
    type->options->reject_masks(config, config_loc, found);
    check_references(*type->options, config, config_loc, secrets_, found);
    if (found.size() != mistakes_before) continue;
    // Each is compared with all others; a list that is too long is refused for that anyway.
    if (list.size() <= most_processors) surroundings.add(*type, config, config_loc, i);
    if (with.instances > 1 && type->mistake_with_instances) {
      if (auto mistake = type->mistake_with_instances(config, config_loc)) found.push_back(std::move(*mistake));
    }
  }
}

void processor_rules::check_with_topic(const std::vector<processor_spec>& stored, const json& loc,
                                       const processor_surroundings& with, std::vector<violation>& found) const {
  std::vector<violation> mistakes;
  surroundings_check surroundings(*this, with, mistakes);
  for (std::size_t i = 0; i < stored.size(); ++i) {
    const auto* type = catalog_.find(stored[i].type);
    if (type == nullptr) continue;
    std::vector<violation> by_itself;
    type->options->validate(stored[i].config, loc, by_itself);
    if (by_itself.empty()) surroundings.add(*type, stored[i].config, loc, i);  // else the topic is not to blame
  }
  for (const auto& mistake : mistakes) found.push_back({mistake.type, loc, mistake.msg, with.topic});
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
    if (before == nullptr) continue;
    // The place itself may have a masked part, which means the same place only where nothing else of it changed.
    auto complete = type->options->unmasked(item["config"], before->config);
    if (secrets_stay(*type, complete, before->config)) item["config"] = std::move(complete);
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
