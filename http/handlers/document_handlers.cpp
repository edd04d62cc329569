#include "http/handlers/document_handlers.hpp"

#include "http/docs/assets.hpp"
#include "http/message/answers.hpp"
#include "http/message/error_mapping.hpp"
#include "processors/sink_registry.hpp"

namespace kfs {
namespace {

void answer_asset(const exchange_ptr& exchanged, std::string_view name) {
  const auto asset = find_docs_asset(name);
  exchanged->respond.answer(asset ? ok(std::string(asset->content), std::string(asset->content_type))
                                  : route_not_found());
}

}  // namespace

void index(application_context& context, const exchange_ptr& exchanged) {
  json body{{"name", "kafka-fetcher-server"}, {"version", context.environment.version}};
  body["links"] = {{"consumers", "/consumers"},
                   {"consumer_groups", "/consumergroups"},
                   {"processor_types", "/processor-types"},
                   {"health", "/health"},
                   {"metrics", "/metrics"},
                   {"docs", "/docs"},
                   {"openapi", "/openapi.json"}};
  exchanged->respond.answer(ok(body));
}

void processor_types(application_context&, const exchange_ptr& exchanged) {
  json types = json::array();
  for (const auto& type : sink_types()) {
    types.push_back({{"name", type.options->name()},
                     {"summary", type.options->summary()},
                     {"schema", type.options->json_schema()}});
  }
  exchanged->respond.answer(ok(types));
}

void openapi_document(application_context&, const exchange_ptr& exchanged) {
  static const std::string document = openapi_json();
  exchanged->respond.answer(ok_json(document));
}

void docs_index(application_context&, const exchange_ptr& exchanged) {
  answer_asset(exchanged, "index.html");
}

void docs_file(application_context&, const exchange_ptr& exchanged) {
  answer_asset(exchanged, exchanged->request.parameters.front());
}

}  // namespace kfs
