#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/json.hpp"

namespace kfs::contract {

/// One answer of the server, as far as the OpenAPI document has something to say about it.
struct observed_answer {
  std::string method;
  std::string path;  ///< as requested, without query
  int status = 0;
  std::string content_type;  ///< empty: none
  std::string body;
};

/// The server's OpenAPI document, as a judge of its answers.
///
/// Threading: one thread at a time.
class api_document {
 public:
  /// Aborts the test case (std::invalid_argument) on what is no OpenAPI document.
  explicit api_document(const std::string& text);
  ~api_document();

  /// Every path template with the methods (upper case) that the document gives it.
  [[nodiscard]] const std::map<std::string, std::vector<std::string>>& operations() const { return operations_; }

  [[nodiscard]] const json& document() const { return document_; }

  /// The template that a requested path fits; trailing slash and /api are the same path.
  [[nodiscard]] std::optional<std::string> template_of(std::string_view path) const;

  /// What the document does not allow in the answer; nothing when all is well. HEAD and OPTIONS have no bodies to
  /// judge; a path or method that the document lacks is judged by the common error schemas.
  [[nodiscard]] std::optional<std::string> mismatch(const observed_answer& answer);

 private:
  struct compiled_schemas;
  [[nodiscard]] const json& resolved(const json& node) const;
  [[nodiscard]] const json* response_of(const observed_answer& answer) const;

  json document_;
  std::map<std::string, std::vector<std::string>> operations_;
  std::unique_ptr<compiled_schemas> schemas_;
};

}  // namespace kfs::contract
