#include <cstdio>
#include <cstdlib>
#include <utility>

#include "config/base/json.hpp"
#include "config/consumers/options_schema.hpp"
#include "http/docs/assets.hpp"
#include "http/docs/embedded.hpp"
#include "processors/sink_registry.hpp"

namespace kfs {
namespace {

/// A schema of openapi.yaml that code completes. Its absence is a mistake in the embedded document, so it aborts.
json& placeholder(json& schemas, const std::string& name) {
  const auto found = schemas.find(name);
  if (found != schemas.end()) return *found;
  std::fprintf(stderr, "http/openapi.yaml lacks components.schemas.%s\n", name.c_str());
  std::abort();
}

/// "file_sink" → "FileSink".
std::string in_pascal_case(const std::string& name) {
  std::string pascal;
  bool upper = true;
  for (const char c : name) {
    if (c != '_') pascal += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = c == '_';
  }
  return pascal;
}

std::string reference(const std::string& schema) {
  return "#/components/schemas/" + schema;
}

/// Replaces the schema `name`, which has `processor_type` and `config`, by one variant for each processor type.
void split_by_type(json& schemas, const std::string& name) {
  const json common = placeholder(schemas, name);
  json variants = json::array();
  json mapping = json::object();
  for (const auto& type : sink_types()) {
    const std::string type_name = type.options->name();
    const std::string pascal = in_pascal_case(type_name);
    json variant = common;
    variant["description"] = type.options->summary();
    variant["properties"]["processor_type"] = {{"type", "string"}, {"const", type_name}};
    variant["properties"]["config"] = {{"$ref", reference(pascal + "Config")}};
    schemas[pascal + name] = std::move(variant);
    variants.push_back({{"$ref", reference(pascal + name)}});
    mapping[type_name] = reference(pascal + name);
  }
  placeholder(schemas, name) = {
      {"oneOf", std::move(variants)},
      {"discriminator", {{"propertyName", "processor_type"}, {"mapping", std::move(mapping)}}},
  };
}

}  // namespace

std::string openapi_json() {
  json document = json::parse(kfs_openapi_json, kfs_openapi_json_end);
  document["info"]["version"] = KFS_VERSION;
  json& schemas = document["components"]["schemas"];
  placeholder(schemas, "ConsumerOptions") = consumer_options_schema().json_schema();
  for (const auto& type : sink_types()) {
    schemas[in_pascal_case(type.options->name()) + "Config"] = type.options->json_schema();
  }
  split_by_type(schemas, "Processor");
  split_by_type(schemas, "ProcessorConfig");
  return document.dump();
}

}  // namespace kfs
