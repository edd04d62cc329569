#include "tests/contract/api_document.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::api_document_test {

namespace {

const std::string small_document = R"({"openapi": "3.1.0", "info": {}, "components": {
  "schemas": {
    "Thing": {"type": "object", "required": ["name"], "additionalProperties": false,
              "properties": {"name": {"type": "string"}, "note": {"type": ["string", "null"]}}},
    "Error": {"type": "object", "required": ["detail"], "properties": {"detail": {"type": "string"}}}},
  "responses": {"Error": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}}},
  "paths": {"/things/{id}": {"parameters": [], "get": {"responses": {
    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
    "204": {"description": "nothing"},
    "default": {"$ref": "#/components/responses/Error"}}}}, "/things/all": {"get": {"responses": {}}}}})";

std::optional<std::string> mismatch_of(std::string method, std::string path, int status, std::string body) {
  kfs::contract::api_document document{small_document};
  return document.mismatch({std::move(method), std::move(path), status, "application/json", std::move(body)});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(api_document)

BOOST_AUTO_TEST_CASE(an_answer_that_matches_its_schema_passes) {
  BOOST_TEST(!mismatch_of("GET", "/things/1", 200, R"({"name": "a", "note": null})"));
  BOOST_TEST(!mismatch_of("GET", "/api/things/1/", 200, R"({"name": "a"})"));
  BOOST_TEST(!mismatch_of("GET", "/things/1", 404, R"({"detail": "Not Found"})"));
  BOOST_TEST(!mismatch_of("GET", "/things/1", 204, ""));
}

BOOST_AUTO_TEST_CASE(an_answer_that_does_not_match_its_schema_is_reported) {
  BOOST_TEST(mismatch_of("GET", "/things/1", 200, R"({"name": 1})").has_value());
  BOOST_TEST(mismatch_of("GET", "/things/1", 200, R"({})").has_value());
  BOOST_TEST(mismatch_of("GET", "/things/1", 200, R"({"name": "a", "more": 1})").has_value());
  BOOST_TEST(mismatch_of("GET", "/things/1", 200, "{").has_value());
  BOOST_TEST(mismatch_of("GET", "/things/1", 404, R"({"detail": 1})").has_value());
  BOOST_TEST(mismatch_of("GET", "/things/1", 204, "x").has_value());
}

BOOST_AUTO_TEST_CASE(a_success_that_the_document_lacks_is_reported) {
  BOOST_TEST(mismatch_of("GET", "/things/1", 202, "{}").has_value());
  BOOST_TEST(mismatch_of("POST", "/things/1", 200, "{}").has_value());
  BOOST_TEST(mismatch_of("GET", "/elsewhere", 200, "{}").has_value());
}

BOOST_AUTO_TEST_CASE(a_path_without_a_placeholder_is_preferred) {
  kfs::contract::api_document document{small_document};
  BOOST_TEST(document.template_of("/things/all").value() == "/things/all");
  BOOST_TEST(document.template_of("/things/any").value() == "/things/{id}");
  BOOST_TEST(!document.template_of("/things"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::api_document_test
