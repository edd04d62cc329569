#include "http/docs/assets.hpp"

#include <algorithm>
#include <array>

#include "http/docs/embedded.hpp"

namespace kfs {
namespace {

struct named_asset {
  std::string_view name;
  const char* begin;
  const char* end;
  std::string_view content_type;
};

constexpr std::string_view javascript = "text/javascript; charset=utf-8";
constexpr std::string_view plain_text = "text/plain; charset=utf-8";

const std::array<named_asset, 7> assets{{
    {"index.html", kfs_index_html, kfs_index_html_end, "text/html; charset=utf-8"},
    {"swagger-initializer.js", kfs_swagger_initializer_js, kfs_swagger_initializer_js_end, javascript},
    {"swagger-ui.css", kfs_swagger_ui_css, kfs_swagger_ui_css_end, "text/css; charset=utf-8"},
    {"swagger-ui-bundle.js", kfs_swagger_ui_bundle_js, kfs_swagger_ui_bundle_js_end, javascript},
    {"swagger-ui-bundle.js.LICENSE.txt", kfs_swagger_ui_bundle_license, kfs_swagger_ui_bundle_license_end, plain_text},
    {"LICENSE", kfs_swagger_ui_license, kfs_swagger_ui_license_end, plain_text},
    {"favicon-32x32.png", kfs_favicon_png, kfs_favicon_png_end, "image/png"},
}};

}  // namespace

std::optional<docs_asset> find_docs_asset(std::string_view name) {
  const auto found = std::find_if(assets.begin(), assets.end(), [&](const auto& asset) { return asset.name == name; });
  if (found == assets.end()) return std::nullopt;
  return docs_asset{{found->begin, static_cast<std::size_t>(found->end - found->begin)}, found->content_type};
}

}  // namespace kfs
