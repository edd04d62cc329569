// The files of the documentation as bytes in read-only memory. CMakeLists.txt names the folders in which the assembler
// finds them; embedded.hpp declares the symbols.

#define EMBED(symbol, file) \
  .globl symbol;            \
  .globl symbol##_end;      \
  .balign 16;               \
  symbol:                   \
  .incbin file;             \
  symbol##_end:

  .section .rodata
EMBED(kfs_openapi_json, "openapi.json")
EMBED(kfs_index_html, "index.html")
EMBED(kfs_swagger_initializer_js, "swagger-initializer.js")
EMBED(kfs_swagger_ui_css, "swagger-ui.css")
EMBED(kfs_swagger_ui_bundle_js, "swagger-ui-bundle.js")
EMBED(kfs_swagger_ui_bundle_license, "swagger-ui-bundle.js.LICENSE.txt")
EMBED(kfs_swagger_ui_license, "LICENSE")
EMBED(kfs_favicon_png, "favicon-32x32.png")

  .section .note.GNU-stack, "", %progbits
