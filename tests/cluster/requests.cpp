#include "tests/cluster/requests.hpp"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include "tests/support/eventually.hpp"

namespace kfs::cluster_test {

void answers::add(const answers& others) {
  requests += others.requests;
  unavailable += others.unavailable;
  wrong.insert(wrong.end(), others.wrong.begin(), others.wrong.end());
}

requests::requests(kind what, const replicas& servers, const std::vector<std::size_t>& through, std::vector<json> read,
                   std::vector<json> changed)
    : kind_(what), read_(std::move(read)), changed_(std::move(changed)) {
  for (const auto number : through) clients_.push_back(servers.client(number));
  asking_ = test::background([this](const std::stop_token& ends) { ask(ends); });
}

answers requests::stop() {
  asking_.stop();
  return seen_;
}

void requests::ask(const std::stop_token& ends) {
  for (std::size_t round = 0; !ends.stop_requested(); ++round) {
    auto& client = clients_[round % clients_.size()];
    if (kind_ == kind::reads) {
      for (const auto& one : read_) reads(client, one);
      lists(client);
      continue;
    }
    const auto& one = changed_[round % changed_.size()];
    const auto found = answer(client, "GET", path_of(one));
    // librdkafka before 2.3 may abort the process when a client ends while it joins its group (librdkafka #4381).
    if (found && found->at("status") == "ACTIVE") changes(client, one);
  }
}

void requests::reads(test::http_client& client, const json& one) {
  const auto path = path_of(one);
  if (const auto found = answer(client, "GET", path))
    if (found->at("status") == "INACTIVE" || found->at("status") == "ERROR") is_wrong("GET " + path, found->dump());
  answer(client, "GET", path + "/status");
}

void requests::lists(test::http_client& client) {
  answer(client, "GET", "/cluster?limit=1000");
  const auto found = answer(client, "GET", "/consumers?limit=1000");
  if (found && found->size() != read_.size() + changed_.size()) is_wrong("GET /consumers", found->dump());
}

/// Each change is seen where it was made, at once.
void requests::changes(test::http_client& client, const json& one) {
  const auto path = path_of(one);
  if (answer(client, "POST", path + "/stop"))
    shows(client, path, [&](const json& found) { return found.at("status") == "INACTIVE"; });
  const auto group = test::unique_name("group");
  if (answer(client, "PUT", path, json{{"consumer_group", group}}.dump()))
    shows(client, path, [&](const json& found) { return found.at("consumer_group") == group; });
  if (answer(client, "POST", path + "/start"))
    shows(client, path, [&](const json& found) { return found.at("status") != "INACTIVE"; });
}

void requests::shows(test::http_client& client, const std::string& path,
                     const std::function<bool(const json&)>& is_so) {
  const auto found = answer(client, "GET", path);
  if (found && !is_so(*found)) is_wrong("GET " + path + " after a change", found->dump());
}

/// The body of an answer with 200; nullopt for another status.
std::optional<json> requests::answer(test::http_client& client, const std::string& method, const std::string& path,
                                     std::optional<std::string> body) {
  ++seen_.requests;
  ++count_;
  try {
    const auto came = client.send({.method = method, .path = path, .body = std::move(body), .headers = {}});
    if (came.status == 200) return came.parsed();
    if (came.status == 503)
      ++seen_.unavailable;
    else
      is_wrong(method + ' ' + path, fmt::format("{} {}", came.status, came.body));
  } catch (const std::exception& error) {
    is_wrong(method + ' ' + path, error.what());
  }
  return std::nullopt;
}

void requests::is_wrong(const std::string& asked, const std::string& came) {
  seen_.wrong.push_back(asked + ": " + came);
}

}  // namespace kfs::cluster_test
