#pragma once

// The files in embedded.S. Each file begins at its symbol and ends before the symbol with _end.
extern "C" {
extern const char kfs_openapi_json[], kfs_openapi_json_end[];
extern const char kfs_index_html[], kfs_index_html_end[];
extern const char kfs_swagger_initializer_js[], kfs_swagger_initializer_js_end[];
extern const char kfs_swagger_ui_css[], kfs_swagger_ui_css_end[];
extern const char kfs_swagger_ui_bundle_js[], kfs_swagger_ui_bundle_js_end[];
extern const char kfs_swagger_ui_bundle_license[], kfs_swagger_ui_bundle_license_end[];
extern const char kfs_swagger_ui_license[], kfs_swagger_ui_license_end[];
extern const char kfs_favicon_png[], kfs_favicon_png_end[];
}
