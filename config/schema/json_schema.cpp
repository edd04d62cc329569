#include <array>
#include <string>
#include <string_view>

#include "config/schema/option_schema.hpp"

namespace kfs {
namespace {

std::string_view type_name(value_kind kind) {
  switch (kind) {
    case value_kind::string:
      return "string";
    case value_kind::integer:
      return "integer";
    case value_kind::boolean:
      return "boolean";
    case value_kind::object:
      return "object";
    case value_kind::array:
      return "array";
  }
  return "null";
}

/// JSON Schema's keywords for `min_length` and `max_length` of a kind.
std::array<const char*, 2> length_keywords(value_kind kind) {
  if (kind == value_kind::array) return {"minItems", "maxItems"};
  if (kind == value_kind::object) return {"minProperties", "maxProperties"};
  return {"minLength", "maxLength"};
}

std::string description_of(const option& declared) {
  const bool may_refer = declared.holds_secret || (declared.secret && declared.kind == value_kind::string);
  return may_refer ? declared.summary + " Or a reference: ${env:KFS_SECRET_NAME} or ${file:/path}." : declared.summary;
}

void add_bounds(const option& declared, json& schema) {
  const auto [least, most] = length_keywords(declared.kind);
  if (declared.minimum) schema["minimum"] = *declared.minimum;
  if (declared.maximum) schema["maximum"] = *declared.maximum;
  if (declared.min_length) schema[least] = *declared.min_length;
  if (declared.max_length) schema[most] = *declared.max_length;
  if (!declared.pattern.empty()) schema["pattern"] = declared.pattern;
  if (declared.one_of.empty()) return;
  schema["enum"] = declared.one_of;
  if (declared.nullable) schema["enum"].push_back(nullptr);
}

json option_json_schema(const option& declared) {
  json schema = json::object();
  if (declared.or_object) {
    auto plain = declared;
    plain.or_object.reset();
    schema["anyOf"] = json::array({option_json_schema(plain), declared.or_object->json_schema()});
    return schema;
  }
  if (declared.object) schema = declared.object->json_schema();
  const std::string type(type_name(declared.kind));
  schema["type"] = declared.nullable ? json::array({type, "null"}) : json(type);
  if (!declared.summary.empty()) schema["description"] = description_of(declared);
  add_bounds(declared, schema);
  if (declared.items) {
    schema[declared.kind == value_kind::array ? "items" : "additionalProperties"] = option_json_schema(*declared.items);
  }
  if (!declared.default_value.is_null()) schema["default"] = declared.default_value;
  if (!declared.example.is_null()) schema["examples"] = json::array({declared.example});
  if (declared.secret) schema["writeOnly"] = true;
  return schema;
}

}  // namespace

json object_schema::json_schema() const {
  json properties = json::object();
  json required = json::array();
  for (const auto& declared : options_) {
    properties[declared.name] = option_json_schema(declared);
    if (declared.required) required.push_back(declared.name);
  }
  for (const auto& name : ignored_) properties[name] = json{{"readOnly", true}};

  json schema = json::object();
  schema["title"] = name_;
  schema["description"] = summary_;
  schema["type"] = "object";
  schema["properties"] = std::move(properties);
  if (!required.empty()) schema["required"] = std::move(required);
  schema["additionalProperties"] = false;
  return schema;
}

}  // namespace kfs
