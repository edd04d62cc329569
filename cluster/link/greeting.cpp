#include "cluster/link/greeting.hpp"

#include "config/base/json.hpp"

namespace kfs {

std::string to_greeting(const link_peer& self) {
  return json{{"protocol", self.protocol}, {"replica", self.replica.value}, {"run", self.run.value}}.dump();
}

result<link_peer> from_greeting(const std::string& text) {
  const auto parsed = json::parse(text, nullptr, false);
  const auto is = [&](const char* name, bool (json::*type)() const noexcept) {
    const auto found = parsed.find(name);
    return found != parsed.end() && ((*found).*type)();
  };
  if (!parsed.is_object() || !is("protocol", &json::is_number_unsigned) || !is("replica", &json::is_string) ||
      !is("run", &json::is_string) || parsed["protocol"].get<std::uint64_t>() > 1'000'000) {
    return failure(ec::invalid_request, "the greeting is not that of a Kafka Fetcher Server");
  }
  return link_peer{.replica = {parsed["replica"].get<std::string>()},
                   .run = {parsed["run"].get<std::string>()},
                   .protocol = parsed["protocol"].get<int>(),
                   .address = {}};
}

}  // namespace kfs
