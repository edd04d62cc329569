#include "processors/record_lines.hpp"

#include <string_view>

#include "processors/json_text.hpp"

namespace kfs {
namespace {

void append_optional(bool present, std::string_view bytes, std::string& into, text_in_json rule = text_in_json::any) {
  if (present)
    append_json_bytes(bytes, into, rule);
  else
    into.append("null");
}

}  // namespace

void append_headers(const std::vector<record_header>& headers, text_in_json rule, std::string& into) {
  into.push_back('[');
  for (std::size_t index = 0; index < headers.size(); ++index) {
    into.append(index == 0 ? R"({"key":)" : R"(,{"key":)");
    append_json_bytes(headers[index].key, into, rule);
    into.append(R"(,"value":)");
    append_optional(headers[index].has_value, headers[index].value, into, rule);
    into.push_back('}');
  }
  into.push_back(']');
}

void record_lines::append_json(const batch& owner, const record& source, std::string& into) {
  owner.headers_of(source, headers_);
  into.append(R"({"topic":)");
  append_json_bytes(owner.source().topic, into);
  into.append(R"(,"partition":)");
  append_number(source.partition, into);
  into.append(R"(,"offset":)");
  append_number(source.position.value, into);
  into.append(R"(,"timestamp":)");
  if (source.timestamp_ms == -1)
    into.append("null");
  else
    append_number(source.timestamp_ms, into);
  into.append(R"(,"key":)");
  append_optional(source.has_key, source.key, into);
  into.append(R"(,"headers":)");
  append_headers(headers_, text_in_json::any, into);
  into.append(R"(,"value":)");
  append_optional(source.has_value, source.value, into);
  into.append("}\n");
}

}  // namespace kfs
