// Build tool: yaml_to_json IN.yaml OUT.json. Follows the core schema of YAML (YAML 1.2, chapter 10.3): a plain null,
// boolean or number has its type; every other scalar, and every quoted one, is a string.

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

namespace {

using json = nlohmann::ordered_json;

/// The number when all of `text` is one; nullopt otherwise.
template <class Number>
std::optional<Number> whole_number(const std::string& text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stopped, failed] = std::from_chars(text.data(), end, value);
  if (failed != std::errc{} || stopped != end) return std::nullopt;
  return value;
}

json plain_scalar(const std::string& text) {
  if (text.empty() || text == "null" || text == "~") return nullptr;
  if (text == "true" || text == "false") return text == "true";
  if (text.find_first_not_of("+-.0123456789eE") != std::string::npos) return text;
  if (const auto integer = whole_number<std::int64_t>(text)) return *integer;
  if (const auto number = whole_number<double>(text)) return *number;
  return text;
}

std::string place(const YAML::Node& node) {
  return "line " + std::to_string(node.Mark().line + 1);
}

json converted(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Null:
      return nullptr;
    case YAML::NodeType::Scalar:
      return node.Tag() == "?" ? plain_scalar(node.Scalar()) : json(node.Scalar());
    case YAML::NodeType::Sequence: {
      auto array = json::array();
      for (const auto& element : node) array.push_back(converted(element));
      return array;
    }
    case YAML::NodeType::Map: {
      auto object = json::object();
      for (const auto& entry : node) {
        const std::string& key = entry.first.Scalar();
        if (object.contains(key)) throw std::runtime_error(place(entry.first) + ": " + "duplicate key " + key);
        object[key] = converted(entry.second);
      }
      return object;
    }
    case YAML::NodeType::Undefined:
      break;
  }
  throw std::runtime_error(place(node) + ": the node is neither a scalar, a sequence nor a map");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: yaml_to_json IN.yaml OUT.json\n", stderr);
    return 2;
  }
  try {
    const json document = converted(YAML::LoadFile(argv[1]));
    std::ofstream out{argv[2], std::ios::binary};
    out.exceptions(std::ios::badbit | std::ios::failbit);
    out << document.dump();
    out.close();
  } catch (const std::exception& failed) {
    std::fprintf(stderr, "%s: %s\n", argv[1], failed.what());
    return 1;
  }
  return 0;
}
