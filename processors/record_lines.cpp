#include "processors/record_lines.hpp"

#include <string_view>

#include "processors/json_text.hpp"

namespace kfs {
namespace {

void append_optional(bool there, std::string_view bytes, std::string& into, nul_in_text nul = nul_in_text::escaped) {
  if (there)
    append_json_bytes(bytes, into, nul);
  else
    into.append("null");
}

}  // namespace

void append_headers(const std::vector<record_header>& headers, nul_in_text nul, std::string& into) {
  into.push_back('[');
  for (std::size_t index = 0; index < headers.size(); ++index) {
    into.append(index == 0 ? R"({"key":)" : R"(,{"key":)");
    append_json_bytes(headers[index].key, into, nul);
    into.append(R"(,"value":)");
    append_optional(headers[index].has_value, headers[index].value, into, nul);
    into.push_back('}');
  }
  into.push_back(']');
}

void record_lines::append_json(const batch& from, const record& one, std::string& into) {
  from.headers_of(one, headers_);
  into.append(R"({"topic":)");
  append_json_bytes(from.source().topic, into);
  into.append(R"(,"partition":)");
  append_number(one.partition, into);
  into.append(R"(,"offset":)");
  append_number(one.position.value, into);
  into.append(R"(,"timestamp":)");
  if (one.timestamp_ms == -1)
    into.append("null");
  else
    append_number(one.timestamp_ms, into);
  into.append(R"(,"key":)");
  append_optional(one.has_key, one.key, into);
  into.append(R"(,"headers":)");
  append_headers(headers_, nul_in_text::escaped, into);
  into.append(R"(,"value":)");
  append_optional(one.has_value, one.value, into);
  into.append("}\n");
}

}  // namespace kfs
