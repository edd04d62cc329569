// The OpenAPI document matches the routes. contract_server checks in every suite that answers match their schemas.

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "tests/contract/contract_server.hpp"
#include "tests/support/paths.hpp"

namespace kfs::openapi_test {

using namespace kfs::contract;

namespace {

const std::set<std::string> implied_methods{"HEAD", "OPTIONS"};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::set<std::string> allowed_methods(const answer& answered) {
  std::set<std::string> methods;
  std::istringstream words(replaced(answered.header("allow"), ",", " "));
  for (std::string method; words >> method;) {
    if (!implied_methods.contains(method)) methods.insert(method);
  }
  return methods;
}

/// Collects every $ref of a document.
void collect_references(const json& node, std::set<std::string>& found) {
  if (node.is_object() && node.contains("$ref")) found.insert(node.at("$ref").get<std::string>());
  if (!node.is_structured()) return;
  for (const auto& child : node) collect_references(child, found);
}

struct documented_server : contract_server {
  const json& spec = document().document();

  /// A path of the document with an existing consumer and file in place of its placeholders.
  std::string real_path(const std::string& pattern, const json& consumer) const {
    auto path = replaced(pattern, "{consumer_id}", consumer.at("consumer_id").get<std::string>());
    path = replaced(path, "{group_id}", "some_group");
    path = replaced(path, "{replica}", "some-replica");
    path = replaced(path, "{tenant}", "payments");
    path = replaced(path, "{key_id}", "0123456789abcdef");
    return replaced(path, "{file}", "swagger-ui.css");
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(openapi, documented_server)

BOOST_AUTO_TEST_CASE(the_document_is_openapi_3_1_and_names_this_version) {
  BOOST_TEST(spec.at("openapi").get<std::string>().starts_with("3.1."));
  BOOST_TEST(spec.at("info").at("version") == get("/").content().at("version"));
}

BOOST_AUTO_TEST_CASE(every_reference_has_a_target) {
  std::set<std::string> references;
  collect_references(spec, references);
  BOOST_TEST(references.size() > 20U);
  for (const auto& reference : references) {
    BOOST_TEST_REQUIRE(reference.starts_with("#/"), reference);
    BOOST_TEST(spec.contains(json::json_pointer(reference.substr(1))), reference);
  }
}

BOOST_AUTO_TEST_CASE(each_operation_has_a_unique_id_a_summary_and_a_tag) {
  std::set<std::string> tags;
  for (const auto& tag : spec.at("tags")) tags.insert(tag.at("name").get<std::string>());
  std::set<std::string> ids;
  for (const auto& [path, item] : spec.at("paths").items()) {
    for (const auto& [method, operation] : item.items()) {
      if (method == "parameters") continue;
      BOOST_TEST(ids.insert(operation.at("operationId").get<std::string>()).second, method << ' ' << path);
      BOOST_TEST(!operation.at("summary").get<std::string>().empty(), method << ' ' << path);
      BOOST_TEST(tags.contains(operation.at("tags").at(0).get<std::string>()), method << ' ' << path);
      BOOST_TEST(operation.at("responses").contains("default"), method << ' ' << path);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_server_has_every_operation_of_the_document) {
  const auto body = mission_consumer(file("values.log"));
  for (const auto& [pattern, methods] : document().operations()) {
    for (const auto& method : methods) {
      const auto path = real_path(pattern, created(body));
      const auto sent = pattern == "/consumers" && method == "POST" ? std::optional(body.dump()) : std::nullopt;
      const auto answered = send(method, path, sent);
      BOOST_TEST(answered.status != 405, method << ' ' << path);
      BOOST_TEST((answered.status != 404 || answered.detail() != "Not Found"), method << ' ' << path);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_document_has_every_method_that_the_server_has_for_a_path) {
  const auto consumer = created(mission_consumer(file("values.log")));
  for (const auto& [pattern, methods] : document().operations()) {
    const auto path = real_path(pattern, consumer);
    const std::set<std::string> documented(methods.begin(), methods.end());
    const auto answered = send("PATCH", path, std::nullopt);
    BOOST_TEST(answered.status == 405, path);
    BOOST_TEST((allowed_methods(answered) == documented), path << " allows " << answered.header("allow"));
    BOOST_TEST((allowed_methods(send("OPTIONS", path, std::nullopt)) == documented), path);
  }
}

BOOST_AUTO_TEST_CASE(the_table_of_routes_matches_the_document) {
  const auto source = test::file_text(test::source_file("http/application/routes.cpp"));
  static const std::regex route{R"re(\{"([A-Z]+)", "(/[^"]*)",)re"};
  std::set<std::string> routes;
  for (std::sregex_iterator at{source.begin(), source.end(), route}, end; at != end; ++at) {
    routes.insert((*at)[1].str() + ' ' + (*at)[2].str());
  }
  std::set<std::string> documented;
  for (const auto& [pattern, methods] : document().operations()) {
    for (const auto& method : methods) documented.insert(method + ' ' + pattern);
  }
  BOOST_TEST(routes == documented, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(example_requests_of_the_document_are_accepted) {
  const auto allowed_folder = file("").parent_path().string();
  for (const auto& [pattern, item] : spec.at("paths").items()) {
    for (const auto& [method, operation] : item.items()) {
      if (!operation.is_object() || !operation.contains("requestBody")) continue;
      const auto& given = operation.at("requestBody");
      const auto& asked =
          given.contains("$ref") ? spec.at(json::json_pointer(given.at("$ref").get<std::string>().substr(1))) : given;
      for (const auto& [name, example] : asked.at("content").at("application/json").at("examples").items()) {
        const auto path = real_path(pattern, created(mission_consumer(file("values.log"))));
        const auto body = replaced(example.at("value").dump(), "/var/log", allowed_folder);
        const auto answered = send(method == "post" ? "POST" : "PUT", path, body);
        // The offsets of a consumer that runs are not changed, but the change is understood.
        const bool accepted = answered.status < 300 || (pattern.ends_with("/offsets") && answered.status == 409);
        BOOST_TEST(accepted, method << ' ' << pattern << ", example " << name << ": " << answered.body);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_schemas_of_options_and_processors_are_those_that_validate) {
  const auto& schemas = spec.at("components").at("schemas");
  for (const auto* const option :
       {"auto_offset_reset", "partitions", "batch", "recovery", "on_error", "kafka", "stop_timeout_ms"}) {
    BOOST_TEST(schemas.at("ConsumerOptions").at("properties").contains(option), option);
  }
  const auto types = get("/processor-types").content();
  BOOST_TEST(schemas.at("Processor").at("oneOf").size() == types.size());
  BOOST_TEST(schemas.at("ProcessorConfig").at("oneOf").size() == types.size());
  for (const auto& type : types) {
    const auto name = type.at("name").get<std::string>();
    const auto& mapping = schemas.at("ProcessorConfig").at("discriminator").at("mapping");
    const auto variant = spec.at(json::json_pointer(mapping.at(name).get<std::string>().substr(1)));
    BOOST_TEST(variant.at("properties").at("processor_type").at("const") == name);
    const auto reference = variant.at("properties").at("config").at("$ref").get<std::string>();
    BOOST_TEST(spec.at(json::json_pointer(reference.substr(1))) == type.at("schema"));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::openapi_test
