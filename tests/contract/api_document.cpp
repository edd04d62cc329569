#include "tests/contract/api_document.hpp"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace kfs::contract {
namespace {

using adapter = valijson::adapters::NlohmannJsonAdapter;

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    const auto slash = path.find('/');
    segments.emplace_back(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  }
  std::erase(segments, "");
  if (segments.size() > 1 && segments.front() == "api") segments.erase(segments.begin());
  return segments;
}

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  return std::equal(pattern.begin(), pattern.end(), path.begin(), path.end(),
                    [](const auto& part, const auto& actual) { return part.starts_with('{') || part == actual; });
}

std::string media_type_of(const std::string& content_type) {
  return content_type.substr(0, content_type.find(';'));
}

bool is_json_type(std::string_view media_type) {
  return media_type == "application/json" || media_type == "application/problem+json";
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

}  // namespace

/// The compiled form of each schema that was used so far. The key is the text of the schema.
struct api_document::compiled_schemas {
  std::map<std::string, valijson::Schema> by_text;

  const valijson::Schema& find(const json& schema, const json& components) {
    const auto [entry, inserted] = by_text.try_emplace(schema.dump());
    if (inserted) {
      const json root{{"allOf", json::array({schema})}, {"components", components}};
      const auto plain = nlohmann::json::parse(root.dump());
      valijson::SchemaParser{}.populateSchema(adapter{plain}, entry->second);
    }
    return entry->second;
  }
};

api_document::api_document(const std::string& text)
    : document_(json::parse(text, nullptr, false)), schemas_(std::make_unique<compiled_schemas>()) {
  if (!document_.is_object() || !document_.contains("paths")) throw std::invalid_argument("not an OpenAPI document");
  for (const auto& [path, item] : document_.at("paths").items()) {
    for (const auto& [key, operation] : item.items()) {
      if (operation.is_object() && operation.contains("responses")) operations_[path].push_back(upper(key));
    }
  }
}

api_document::~api_document() = default;

std::optional<std::string> api_document::template_of(std::string_view path) const {
  const auto requested = segments_of(path);
  std::optional<std::string> with_placeholder;
  for (const auto& [pattern, methods] : operations_) {
    if (!matches(segments_of(pattern), requested)) continue;
    if (pattern.find('{') == std::string::npos) return pattern;
    with_placeholder = pattern;
  }
  return with_placeholder;
}

const json& api_document::resolved(const json& node) const {
  if (!node.contains("$ref")) return node;
  return document_.at(json::json_pointer(node.at("$ref").get<std::string>().substr(1)));
}

const json* api_document::response_of(const observed_answer& answer) const {
  const auto pattern = template_of(answer.path);
  if (pattern) {
    const auto& methods = operations_.at(*pattern);
    std::string method = answer.method;
    std::transform(method.begin(), method.end(), method.begin(), [](unsigned char c) { return std::tolower(c); });
    if (std::find(methods.begin(), methods.end(), answer.method) != methods.end()) {
      const auto& responses = document_.at("paths").at(*pattern).at(method).at("responses");
      const auto status = std::to_string(answer.status);
      if (responses.contains(status)) return &resolved(responses.at(status));
      return answer.status >= 400 && responses.contains("default") ? &resolved(responses.at("default")) : nullptr;
    }
  }
  return answer.status >= 400 ? &document_.at("components").at("responses").at("Error") : nullptr;
}

std::optional<std::string> api_document::mismatch(const observed_answer& answer) {
  if (answer.method == "HEAD" || answer.method == "OPTIONS") return std::nullopt;
  const json* const response = response_of(answer);
  if (response == nullptr) return "the document does not describe this status";
  if (!response->contains("content")) {
    return answer.body.empty() ? std::nullopt : std::optional<std::string>("the document describes no body");
  }
  const auto& content = response->at("content");
  const auto media_type = media_type_of(answer.content_type);
  if (!content.contains(media_type)) {
    return content.contains("*/*")
               ? std::nullopt
               : std::optional("the document does not describe the media type '" + media_type + "'");
  }
  if (!is_json_type(media_type) || !content.at(media_type).contains("schema")) return std::nullopt;

  const auto body = nlohmann::json::parse(answer.body, nullptr, false);
  if (body.is_discarded()) return "the body is not JSON";
  const auto& schema = schemas_->find(content.at(media_type).at("schema"), document_.at("components"));
  valijson::ValidationResults mistakes;
  if (valijson::Validator{}.validate(schema, adapter{body}, &mistakes)) return std::nullopt;
  std::string text = "the body does not match its schema:";
  for (valijson::ValidationResults::Error mistake; mistakes.popError(mistake);) {
    text += "\n  ";
    for (const auto& step : mistake.context) text += step;
    text += ": " + mistake.description;
  }
  return text;
}

}  // namespace kfs::contract
