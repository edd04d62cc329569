#include "config/schema/option_schema.hpp"
#include "config/schema/secret_text.hpp"

namespace kfs {
namespace {

std::string masked_text(const std::string& text, bool secret) {
  if (!secret) return mask_credentials(text);
  return parse_secret_reference(text) ? text : std::string(secret_mask);
}

/// The declaration of the elements of a container. Elements without a declaration are as secret as the container.
const option& element_of(const option& declared) {
  return declared.items ? *declared.items : declared;
}

json cleaned_value(const option& declared, const json& value) {
  if (declared.object) return declared.object->cleaned(value);
  if (!declared.items || !value.is_structured()) return value;
  json copy = value;
  for (auto& element : copy) element = cleaned_value(*declared.items, element);
  return copy;
}

json masked_value(const option& declared, const json& value, bool in_secret) {
  const bool secret = in_secret || declared.secret;
  if (declared.object) return declared.object->masked(value);
  if (value.is_string()) return masked_text(value.get_ref<const std::string&>(), secret);
  if (!value.is_structured()) return value;
  json copy = value;
  for (auto& element : copy) element = masked_value(element_of(declared), element, secret);
  return copy;
}

json unmasked_value(const option& declared, const json& changed, const json& stored, bool in_secret) {
  const bool secret = in_secret || declared.secret;
  if (declared.object) return declared.object->unmasked(changed, stored);
  if (changed.is_string()) return changed == masked_value(declared, stored, in_secret) ? stored : changed;
  json copy = changed;
  if (changed.is_object() && stored.is_object()) {
    for (const auto& [name, element] : copy.items()) {
      const auto before = stored.find(name);
      if (before != stored.end()) element = unmasked_value(element_of(declared), element, *before, secret);
    }
  } else if (changed.is_array() && stored.is_array()) {
    for (std::size_t i = 0; i < copy.size() && i < stored.size(); ++i) {
      copy[i] = unmasked_value(element_of(declared), copy[i], stored[i], secret);
    }
  }
  return copy;
}

void reject_mask(const option& declared, const json& value, const json& loc, bool in_secret,
                 std::vector<violation>& found) {
  const bool secret = in_secret || declared.secret;
  if (declared.object) return declared.object->reject_masks(value, loc, found);
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (secret ? text.find(secret_mask) == std::string::npos : !holds_masked_credentials(text)) return;
    found.push_back({"value_error", loc,
                     "Value error, send the secret itself: " + std::string(secret_mask) +
                         " stands for a stored secret only where there is one, and while it is sent to the same place, "
                         "protected in the same way",
                     nullptr});
  } else if (value.is_object()) {
    for (const auto& [name, element] : value.items()) {
      reject_mask(element_of(declared), element, below(loc, name), secret, found);
    }
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      reject_mask(element_of(declared), value[i], below(loc, i), secret, found);
    }
  }
}

}  // namespace

json object_schema::cleaned(const json& validated) const {
  json copy = json::object();
  for (const auto& [name, value] : validated.items()) {
    const auto* declared = find(name);
    if (declared == nullptr || (declared->nullable && value.is_null())) continue;
    copy[name] = cleaned_value(*declared, value);
  }
  return copy;
}

json object_schema::masked(const json& value) const {
  json copy = value;
  if (!copy.is_object()) return copy;
  for (const auto& [name, element] : copy.items()) {
    // An unknown option was stored by a newer version and may be a secret.
    const auto* declared = find(name);
    element = declared != nullptr ? masked_value(*declared, element, false) : json(secret_mask);
  }
  return copy;
}

json object_schema::unmasked(const json& changed, const json& stored) const {
  json copy = changed;
  if (!copy.is_object() || !stored.is_object()) return copy;
  for (const auto& declared : options_) {
    const auto at = copy.find(declared.name);
    const auto before = stored.find(declared.name);
    if (at != copy.end() && before != stored.end()) *at = unmasked_value(declared, *at, *before, false);
  }
  return copy;
}

void object_schema::reject_masks(const json& changed, const json& loc, std::vector<violation>& found) const {
  if (!changed.is_object()) return;
  for (const auto& declared : options_) {
    const auto at = changed.find(declared.name);
    if (at != changed.end()) reject_mask(declared, *at, below(loc, declared.name), false, found);
  }
}

}  // namespace kfs
