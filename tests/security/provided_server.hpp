#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>

#include "config/base/timestamp.hpp"
#include "tests/security/guarded_server.hpp"
#include "tests/support/temp_directory.hpp"
#include "tests/support/token_maker.hpp"

namespace kfs::security {

/// A provider with one key, and a server that takes its tokens and API keys.
struct provided_server {
  test::temp_directory directory;
  test::token_key key = test::token_key::ec("key-1");
  std::filesystem::path access_file = directory.path() / "access.yaml";
  std::unique_ptr<guarded_server> server;

  /// `rules` is the access file; `environment` holds further settings.
  explicit provided_server(const std::string& rules, std::map<std::string, std::string> environment = {}) {
    write("keys.json", test::key_set_of({key}));
    write("access.yaml", rules);
    environment.merge(std::map<std::string, std::string>{{"AUTH_MODE", "api_key,jwt"},
                                                         {"JWT_ISSUER", "https://idp.example/realm"},
                                                         {"JWT_AUDIENCE", "kfs"},
                                                         {"JWT_JWKS", (directory.path() / "keys.json").string()},
                                                         {"ACCESS_FILE", access_file.string()}});
    server = std::make_unique<guarded_server>(std::move(environment));
  }

  /// Replaces a file as a whole.
  void write(const std::string& name, const std::string& text) const {
    const auto next = directory.path() / (name + ".next");
    std::ofstream(next) << text;
    std::filesystem::rename(next, directory.path() / name);
  }

  /// A token of "ann", who is in the group "oncall", for five minutes; `changes` replaces claims, and null removes one.
  [[nodiscard]] std::string token(const json& changes = json::object()) const {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now().time_since_epoch()).count();
    json claims{{"iss", "https://idp.example/realm"},
                {"aud", "kfs"},
                {"sub", "ann"},
                {"exp", seconds + 300},
                {"groups", {"oncall"}},
                {"jti", "t-1"}};
    claims.update(changes);
    for (auto claim = claims.begin(); claim != claims.end();) claim = claim->is_null() ? claims.erase(claim) : ++claim;
    return test::token_of({{"alg", "ES256"}, {"typ", "JWT"}, {"kid", "key-1"}}, claims, key);
  }

  [[nodiscard]] long status(const std::string& token, const std::string& path = "/consumers") const {
    return server->send(token, "GET", path).status;
  }
};

}  // namespace kfs::security
