#include "config/schema/option_schema.hpp"
#include "config/schema/secret_text.hpp"

namespace kfs {
namespace {

const option& element_of(const option& declared) {
  return declared.items ? *declared.items : declared;
}

void visit_value(const option& declared, json& value, const json::json_pointer& at, bool in_secret,
                 const secret_visitor& visit) {
  const bool secret = in_secret || declared.secret;
  if (declared.object) return declared.object->visit_secrets(value, at, visit);
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (secret || declared.holds_secret || mask_credentials(text) != text)
      visit({.at = at, .value = value, .whole = secret, .may_refer = secret || declared.holds_secret});
  } else if (value.is_object()) {
    for (auto& [name, element] : value.items()) visit_value(element_of(declared), element, at / name, secret, visit);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) visit_value(element_of(declared), value[i], at / i, secret, visit);
  }
}

}  // namespace

void object_schema::visit_secrets(json& value, const json::json_pointer& at, const secret_visitor& visit) const {
  if (!value.is_object()) return;
  for (auto& [name, element] : value.items()) {
    const auto* declared = find(name);
    if (declared != nullptr)
      visit_value(*declared, element, at / name, false, visit);
    else
      visit({.at = at / name, .value = element, .whole = true});
  }
}

bool place_of_secret::holds_secret() const {
  if (!value.is_string()) return true;
  const auto& text = value.get_ref<const std::string&>();
  if (whole) return !parse_secret_reference(text);
  return mask_credentials(text) != text;
}

}  // namespace kfs
