#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/json.hpp"

namespace kfs::contract {

/// The parts of an answer that an OpenAPI document describes.
struct observed_answer {
  std::string method;
  std::string path;  ///< as requested, without the query
  int status = 0;
  std::string content_type;  ///< empty when there is none
  std::string body;
};

/// The server's OpenAPI document. Validates answers against it.
///
/// Threading: one thread at a time.
class api_document {
 public:
  /// Errors: std::invalid_argument when the text is not an OpenAPI document.
  explicit api_document(const std::string& text);
  ~api_document();

  /// Every path template with its methods in upper case.
  [[nodiscard]] const std::map<std::string, std::vector<std::string>>& operations() const { return operations_; }

  [[nodiscard]] const json& document() const { return document_; }

  /// The template that matches a requested path. A trailing slash and a leading /api do not matter.
  [[nodiscard]] std::optional<std::string> template_of(std::string_view path) const;

  /// Says how an answer differs from the document; nullopt when it matches. Answers to HEAD and OPTIONS always match.
  /// An answer for a path or method that the document lacks must match the common error schemas.
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
