#include "processors/http/requests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "config/base/base64.hpp"
#include "config/base/timestamp.hpp"
#include "processors/http/webhook_signature.hpp"

namespace kfs {
namespace {

constexpr std::size_t longest_event_key = 1'024;

void append_place(const std::string& topic, const record& source, std::string& into) {
  into.append(topic).push_back('/');
  append_number(source.partition, into);
  into.push_back('/');
  append_number(source.position.value, into);
}

/// FNV-1a, which stays the same in every version of this program.
std::uint64_t hash_of_offsets(const std::vector<record>& records, std::span<const std::uint32_t> indices) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const auto index : indices) {
    auto bits = static_cast<std::uint64_t>(records[index].position.value);
    for (int byte = 0; byte < 8; ++byte, bits >>= 8U) hash = (hash ^ (bits & 0xFFU)) * 0x100000001b3U;
  }
  return hash;
}

/// W3C Trace Context, section 3.2: four groups of lower-case hexadecimal digits.
bool is_traceparent(std::string_view text) {
  constexpr std::string_view shape = "00-00000000000000000000000000000000-0000000000000000-00";
  return text.size() == shape.size() && std::equal(text.begin(), text.end(), shape.begin(), [](char c, char expected) {
           return expected == '-' ? c == '-' : (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

/// CloudEvents, HTTP binding, 3.1.3.2.
std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c > ' ' && c <= '~' && c != '"' && c != '%')
      out.push_back(c);
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

bool is_event(body_format format) {
  return format == body_format::event_binary || format == body_format::event_json || format == body_format::event_batch;
}

/// The source of a record as a URI. A topic has no characters that would need escaping.
std::string event_source(const record_source& from) {
  return "kafka://" + percent_encoded(from.cluster_id) + '/' + from.topic;
}

/// The time of a record; nullopt when it has none, or one that RFC 3339 cannot write, which has years of four digits.
/// A producer that writes microseconds where Kafka expects milliseconds makes such times.
std::optional<std::string> event_time(const record& source) {
  constexpr timestamp end_of_years = std::chrono::sys_days{std::chrono::year{10'000} / std::chrono::January / 1};
  if (source.timestamp_ms < 0 || source.timestamp_ms >= end_of_years.time_since_epoch().count()) return std::nullopt;
  return to_rfc3339(timestamp(std::chrono::milliseconds(source.timestamp_ms)));
}

/// Whether the next character of a text in UTF-8 may not be in a String of CloudEvents (1.0.2, "Type System"): control
/// characters, and what Unicode calls noncharacters.
bool is_no_event_character(std::string_view text) {
  const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
  if (byte(0) < 0x20 || byte(0) == 0x7F) return true;
  if (byte(0) == 0xC2 && byte(1) < 0xA0) return true;
  if (byte(0) == 0xEF && byte(1) == 0xB7) return byte(2) >= 0x90 && byte(2) <= 0xAF;          // U+FDD0 to U+FDEF
  if (byte(0) == 0xEF) return byte(1) == 0xBF && byte(2) >= 0xBE;                             // U+FFFE, U+FFFF
  return byte(0) >= 0xF0 && (byte(1) & 0x0FU) == 0x0F && byte(2) == 0xBF && byte(3) >= 0xBE;  // the same of a plane
}

bool has_event_key(const record& source) {
  if (!source.has_key || source.key.empty() || source.key.size() > longest_event_key || !is_utf8(source.key))
    return false;
  for (std::string_view rest = source.key; !rest.empty(); rest.remove_prefix(1)) {
    if (is_no_event_character(rest)) return false;
  }
  return true;
}

void append_member(std::string_view name, std::string_view text, std::string& into) {
  into.append(",\"").append(name).append("\":");
  append_json_bytes(text, into);
}

}  // namespace

std::string idempotency_key(const std::string& topic, const std::vector<record>& records,
                            std::span<const std::uint32_t> indices) {
  std::string key;
  append_place(topic, records[indices.front()], key);
  if (indices.size() == 1) return key;
  key.push_back('-');
  append_number(records[indices.back()].position.value, key);
  return key + fmt::format("/{:016x}", hash_of_offsets(records, indices));
}

void request_writer::prepare(const batch& from, std::span<const std::uint32_t> indices, std::int64_t now,
                             prepared_request& into) {
  const auto& first = from.records()[indices.front()];
  const auto key = idempotency_key(from.source().topic, from.records(), indices);
  into.headers.clear();
  into.headers.push_back("Idempotency-Key: " + key);
  if (is_event(options_.format)) event_source_ = event_source(from.source());
  const auto trace = indices.size() == 1 ? traceparent_of(from, first) : std::string_view();
  write_body(from, indices, trace, into);
  if (indices.size() == 1) {
    if (!trace.empty()) into.headers.push_back("traceparent: " + std::string(trace));
    if (options_.format == body_format::value && !first.has_value) into.headers.emplace_back("Kafka-Tombstone: true");
  }
  if (options_.format == body_format::event_binary) add_event_headers(from, first, into.headers);
  into.unsigned_headers = into.headers.size();
  if (options_.hmac_secret.empty()) return;
  into.headers.push_back("webhook-id: " + key);
  into.headers.push_back("webhook-timestamp: " + std::to_string(now));
  into.headers.push_back("webhook-signature: " + webhook_signature(options_.hmac_secret, key, now, into.body));
}

/// `trace` is the traceparent of the record when there is only source.
void request_writer::write_body(const batch& from, std::span<const std::uint32_t> indices, std::string_view trace,
                                prepared_request& into) {
  const auto& records = from.records();
  auto& text = into.text;
  text.clear();
  switch (options_.format) {
    case body_format::value:
    case body_format::event_binary:
      into.body = records[indices.front()].value;
      return;
    case body_format::event_json:
      append_event(from, records[indices.front()], trace, text);
      break;
    case body_format::json_lines:
      for (const auto index : indices) {
        append_value(records[index], text);
        text.push_back('\n');
      }
      break;
    case body_format::json_array:
    case body_format::event_batch:
      for (const auto index : indices) {
        text.push_back(text.empty() ? '[' : ',');
        if (options_.format == body_format::json_array)
          append_value(records[index], text);
        else
          append_event(from, records[index], indices.size() == 1 ? trace : traceparent_of(from, records[index]), text);
      }
      text.push_back(']');
      break;
  }
  into.body = text;
}

void request_writer::append_value(const record& source, std::string& into) {
  if (!source.has_value) {
    into.append("null");
  } else if (!is_json(source)) {
    append_json_bytes(source.value, into);
  } else if (options_.format == body_format::json_lines) {
    append_on_one_line(reader_.text(), into);
  } else {
    into.append(reader_.text());
  }
}

/// What was read stays in the reader.
bool request_writer::is_json(const record& source) {
  return reader_.read(source.value) != json_reader::verdict::no_json;
}

void request_writer::append_event(const batch& from, const record& source, std::string_view trace, std::string& into) {
  into.append(R"({"specversion":"1.0","id":")");
  append_place(from.source().topic, source, into);
  into.push_back('"');
  append_member("source", event_source_, into);
  append_member("type", options_.event_type, into);
  if (const auto time = event_time(source)) append_member("time", *time, into);
  if (has_event_key(source)) append_member("partitionkey", source.key, into);
  if (!trace.empty()) append_member("traceparent", trace, into);
  if (source.has_value && is_json(source)) {
    into.append(R"(,"datacontenttype":"application/json","data":)").append(reader_.text());
  } else if (source.has_value) {
    into.append(R"(,"datacontenttype":"application/octet-stream","data_base64":")");
    append_base64(source.value, into);
    into.push_back('"');
  }
  into.push_back('}');
}

void request_writer::add_event_headers(const batch& from, const record& source, std::vector<std::string>& into) {
  std::string id = "ce-id: ";
  append_place(from.source().topic, source, id);
  into.emplace_back("ce-specversion: 1.0");
  into.push_back(std::move(id));
  into.push_back("ce-source: " + event_source_);
  into.push_back("ce-type: " + options_.event_type);
  if (const auto time = event_time(source)) into.push_back("ce-time: " + *time);
  if (has_event_key(source)) into.push_back("ce-partitionkey: " + percent_encoded(source.key));
  if (!source.has_value)
    into.emplace_back("Content-Type:");  // removes the header, of which libcurl would send its own
  else
    into.emplace_back(is_json(source) ? "Content-Type: application/json" : "Content-Type: application/octet-stream");
}

std::string_view request_writer::traceparent_of(const batch& from, const record& source) {
  from.headers_of(source, record_headers_);
  for (const auto& header : record_headers_) {
    if (header.key == "traceparent" && header.has_value && is_traceparent(header.value)) return header.value;
  }
  return {};
}

}  // namespace kfs
