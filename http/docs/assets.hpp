#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kfs {

/// The OpenAPI document as JSON: http/openapi.yaml, with the schemas of options and of processor types put in from
/// their declarations in code. Made anew by each call (milliseconds): call it once and keep the text.
std::string openapi_json();

/// One file of the documentation pages. Both views last as long as the process.
struct docs_asset {
  std::string_view content;
  std::string_view content_type;
};

/// The file of that name ("index.html", "swagger-ui.css", …) that belongs below /docs/, or nothing. "index.html" is
/// also what /docs answers, with or without a trailing slash: its links work in both places and below any prefix.
///
/// Threading: any thread.
std::optional<docs_asset> find_docs_asset(std::string_view name);

}  // namespace kfs
