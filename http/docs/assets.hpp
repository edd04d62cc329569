#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kfs {

/// The OpenAPI document as JSON: http/openapi.yaml, completed with the schemas of options and processor types from
/// their declarations in code. Builds the text in each call, which takes milliseconds: call it once and keep the text.
std::string openapi_json();

/// One file of the documentation pages. Both views are valid for the whole process.
struct docs_asset {
  std::string_view content;
  std::string_view content_type;
};

/// Finds a file below /docs/ by its name, such as "swagger-ui.css". nullopt when there is no such file.
///
/// "index.html" also answers /docs and /docs/; its links work in both places and below any prefix.
///
/// Threading: any thread.
std::optional<docs_asset> find_docs_asset(std::string_view name);

}  // namespace kfs
