#include "processors/database/columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "config/base/json_pointer.hpp"
#include "config/base/text.hpp"

namespace kfs {
namespace {

constexpr std::array<std::pair<std::string_view, column_source>, 7> plain_sources{{
    {"$key", column_source::key},
    {"$value", column_source::value},
    {"$topic", column_source::topic},
    {"$partition", column_source::partition},
    {"$offset", column_source::position},
    {"$timestamp", column_source::created},
    {"$headers", column_source::headers},
}};
constexpr std::string_view header_prefix = "$headers.";

error no_name(std::string why) {
  return {ec::invalid_request, std::move(why)};
}

/// Takes a name in quotes, or up to a dot; empty when a quote is not closed.
std::string take_name(std::string_view& text) {
  std::string name;
  if (!text.starts_with('"')) {
    name = text.substr(0, text.find('.'));
    text.remove_prefix(name.size());
    return name;
  }
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] != '"') {
      name.push_back(text[at]);
    } else if (at + 1 < text.size() && text[at + 1] == '"') {
      name.push_back(text[at++]);
    } else {
      text.remove_prefix(at + 1);
      return name;
    }
  }
  return {};
}

constexpr std::array<std::pair<std::string_view, value_form>, 7> forms{{
    {"epoch_s", value_form::epoch_s},
    {"epoch_ms", value_form::epoch_ms},
    {"epoch_us", value_form::epoch_us},
    {"text", value_form::text},
    {"json", value_form::raw_json},
    {"base64", value_form::base64},
    {"hex", value_form::hex},
}};

database_column own(std::string name, column_source source, column_kind kind, std::string type) {
  return {.name = std::move(name), .wish = {.from = {source, {}}}, .type = {.name = std::move(type), .kind = kind}};
}

}  // namespace

std::optional<source_expression> parse_source(std::string_view text) {
  if (text.starts_with('/') && is_json_pointer(text))
    return source_expression{column_source::pointer, std::string(text)};
  if (text.starts_with(header_prefix) && text.size() > header_prefix.size())
    return source_expression{column_source::header, std::string(text.substr(header_prefix.size()))};
  const auto* const found = std::ranges::find(plain_sources, text, [](const auto& entry) { return entry.first; });
  if (found == plain_sources.end()) return std::nullopt;
  return source_expression{found->second, {}};
}

std::optional<value_form> parse_form(std::string_view text) {
  const auto* const found = std::ranges::find(forms, text, [](const auto& entry) { return entry.first; });
  if (found == forms.end()) return std::nullopt;
  return found->second;
}

std::string_view name_of(value_form form) {
  const auto* const found = std::ranges::find(forms, form, [](const auto& entry) { return entry.second; });
  return found == forms.end() ? std::string_view() : found->first;
}

std::vector<std::string> form_names() {
  std::vector<std::string> names;
  for (const auto& [name, form] : forms) names.emplace_back(name);
  return names;
}

const std::vector<database_column>& own_columns() {
  static const std::vector<database_column> all{
      own("kafka_topic", column_source::topic, column_kind::text, "text"),
      own("kafka_partition", column_source::partition, column_kind::integer, "integer"),
      own("kafka_offset", column_source::position, column_kind::integer, "bigint"),
      own("kafka_timestamp", column_source::created, column_kind::time, "timestamp with time zone"),
      own("key", column_source::key, column_kind::bytes, "bytea"),
      own("headers", column_source::headers, column_kind::document, "jsonb"),
      own("payload", column_source::payload, column_kind::document, "jsonb"),
      own("value", column_source::remainder, column_kind::bytes, "bytea"),
  };
  return all;
}

result<table_name> parse_table_name(std::string_view text) {
  if (has_control_character(text)) return tl::make_unexpected(no_name("a name without control characters is needed"));
  table_name name;
  name.table = take_name(text);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    name.schema = std::exchange(name.table, take_name(text));
    if (name.schema.empty()) return tl::make_unexpected(no_name("the schema's name is empty"));
  }
  if (!text.empty() || name.table.empty())
    return tl::make_unexpected(
        no_name("table or schema.table is needed; a name that holds a dot goes between double quotes"));
  for (const auto* part : {&name.schema, &name.table}) {
    if (part->size() > longest_identifier)
      return tl::make_unexpected(
          no_name(fmt::format("a name may have {} bytes in PostgreSQL, and one has more", longest_identifier)));
  }
  return name;
}

}  // namespace kfs
