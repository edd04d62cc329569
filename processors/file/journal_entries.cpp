#include "processors/file/journal_entries.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <charconv>
#include <iterator>

#include "config/base/json.hpp"

namespace kfs::journal {
namespace {

constexpr std::size_t checksum_digits = 8;

std::uint32_t checksum(std::string_view text) {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<z_size_t>(text.size())));
}

/// Fills in the checksum at `begin` of `line`, where room was left for it, and appends the line end.
void seal(std::string& line, std::size_t begin) {
  const auto text = std::string_view(line).substr(begin + checksum_digits + 1);
  fmt::format_to_n(line.data() + begin, checksum_digits, "{:08x}", checksum(text));
  line.push_back('\n');
}

std::string quoted(const std::string& text) {
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

void append_positions(const std::vector<position>& positions, std::string& into) {
  auto out = std::back_inserter(into);
  into.push_back('[');
  for (const auto& each : positions) {
    fmt::format_to(out, "{}[{},{},{}", &each == positions.data() ? "" : ",", each.source, each.partition,
                   each.next.value);
    if (!each.log.empty()) fmt::format_to(out, ",{}", quoted(each.log));
    into.push_back(']');
  }
  into.push_back(']');
}

void append_letters(const std::vector<letter>& letters, std::string& into) {
  into.push_back('[');
  for (const auto& each : letters)
    fmt::format_to(std::back_inserter(into), "{}[{},{},{}]", &each == letters.data() ? "" : ",", each.source,
                   each.partition, each.position.value);
  into.push_back(']');
}

struct writer {
  std::string& into;

  template <class... T>
  void put(fmt::format_string<T...> format, T&&... values) {
    fmt::format_to(std::back_inserter(into), format, std::forward<T>(values)...);
  }
  void operator()(const header& it) { put(R"({{"journal":{},"series":{}}})", it.format, quoted(it.series)); }
  void operator()(const opened& it) { put(R"({{"opened":{},"syncs":{}}})", quoted(it.boot), it.syncs); }
  void operator()(const owner& it) { put(R"({{"owner":[{},{},{}]}})", quoted(it.consumer), it.instance, it.epoch); }
  void operator()(const copy& it) { put(R"({{"copy":[{},{}]}})", quoted(it.name), it.inode); }
  void operator()(const source& it) {
    put(R"({{"source":[{},{},{}]}})", quoted(it.of.cluster_id), quoted(it.of.group), quoted(it.of.topic));
  }
  void operator()(const file& it) {
    put(R"({{"file":{},"length":{},"since":{}}})", quoted(it.name), it.length, it.since_ms);
  }
  void operator()(const write& it) {
    put(R"({{"write":[{},{}],"next":)", it.from, it.to);
    append_positions(it.next, into);
    if (!it.redriven.empty()) {
      put(R"(,"redriven":)");
      append_letters(it.redriven, into);
    }
    into.push_back('}');
  }
  void operator()(const whole& it) { put(R"({{"whole":{}}})", it.length); }
  void operator()(const start& it) {
    put(R"({{"start":)");
    append_positions(it.next, into);
    into.push_back('}');
  }
  void operator()(const synced& it) {
    put(R"({{"synced":{},"next":)", it.length);
    append_positions(it.next, into);
    into.push_back('}');
  }
  void operator()(const redriven& it) {
    put(R"({{"redriven":{},"letters":)", it.length);
    append_letters(it.letters, into);
    into.push_back('}');
  }
};

std::vector<position> positions_of(const json& list) {
  std::vector<position> found;
  for (const auto& item : list)
    found.push_back({item.at(0).get<source_number>(), item.at(1).get<partition_number>(),
                     offset{item.at(2).get<std::int64_t>()},
                     item.size() > 3 ? item.at(3).get<std::string>() : std::string()});
  return found;
}

std::vector<letter> letters_of(const json& list) {
  std::vector<letter> found;
  for (const auto& each : list)
    found.push_back(
        {each.at(0).get<source_number>(), each.at(1).get<partition_number>(), offset{each.at(2).get<std::int64_t>()}});
  return found;
}

/// Throws json's exceptions when a field is missing or has another type.
std::optional<entry> entry_of(const json& object) {
  const auto number = [&](const char* name) { return object.at(name).get<std::int64_t>(); };
  const auto text = [&](const char* name) { return object.at(name).get<std::string>(); };
  // Some entries have several fields, of which only one names the entry.
  const auto is = [&](const char* kind) { return object.contains(kind); };
  if (is("journal")) return header{number("journal"), object.value("series", "")};
  if (is("owner")) {
    const auto& names = object.at("owner");
    return owner{names.at(0).get<std::string>(), names.at(1).get<std::int64_t>(), names.at(2).get<std::uint64_t>()};
  }
  if (is("copy")) return copy{object.at("copy").at(0).get<std::string>(), object.at("copy").at(1).get<std::uint64_t>()};
  if (is("opened")) return opened{text("opened"), object.at("syncs").get<bool>()};
  if (is("source")) {
    const auto& names = object.at("source");
    return source{{names.at(0).get<std::string>(), names.at(1).get<std::string>(), names.at(2).get<std::string>()}};
  }
  if (is("file")) return file{text("file"), number("length"), number("since")};
  if (is("write"))
    return write{object.at("write").at(0).get<std::int64_t>(), object.at("write").at(1).get<std::int64_t>(),
                 positions_of(object.at("next")), letters_of(object.value("redriven", json::array()))};
  if (is("redriven")) return redriven{number("redriven"), letters_of(object.at("letters"))};
  if (is("whole")) return whole{number("whole")};
  if (is("start")) return start{positions_of(object.at("start"))};
  if (is("synced")) return synced{number("synced"), positions_of(object.at("next"))};
  return std::nullopt;
}

}  // namespace

void encode(const entry& added, std::string& into) {
  const auto begin = into.size();
  into.append(checksum_digits + 1, ' ');
  std::visit(writer{into}, added);
  seal(into, begin);
}

std::optional<entry> decode(std::string_view line) {
  if (line.size() <= checksum_digits + 1 || line[checksum_digits] != ' ') return std::nullopt;
  std::uint32_t expected = 0;
  const auto [end, failed] = std::from_chars(line.data(), line.data() + checksum_digits, expected, 16);
  if (failed != std::errc{} || end != line.data() + checksum_digits) return std::nullopt;
  const auto text = line.substr(checksum_digits + 1);
  if (checksum(text) != expected) return std::nullopt;
  const auto object = json::parse(text, nullptr, false);
  if (!object.is_object() || object.empty()) return std::nullopt;
  try {
    return entry_of(object);
  } catch (const json::exception&) {  // a field is missing, so this is no entry
    return std::nullopt;
  }
}

}  // namespace kfs::journal
