#pragma once

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "tests/support/child_process.hpp"
#include "tests/support/temp_directory.hpp"

namespace kfs::test {

/// A certificate authority with its certificates in a directory, created by `openssl req`: NAME.pem and NAME.key.
///
/// Threading: none. A step that fails ends the test case.
struct certificate_authority {
  temp_directory directory;

  certificate_authority() { make("ca", {}); }

  [[nodiscard]] std::string path(const std::string& name) const { return (directory.path() / name).string(); }
  [[nodiscard]] std::string text(const std::string& name) const { return file_text(path(name)); }

  void make(const std::string& name, const std::vector<std::string>& more) const {
    run({"openssl", "req", "-x509", "-newkey", "ec", "-nodes", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj",
         "/CN=" + name, "-days", "2", "-keyout", path(name + ".key"), "-out", path(name + ".pem")},
        more);
  }

  /// Creates a certificate that the authority signs.
  void sign(const std::string& name, const std::string& alternative_name,
            const std::vector<std::string>& more = {}) const {
    std::vector<std::string> options{"-CA",     path("ca.pem"),
                                     "-CAkey",  path("ca.key"),
                                     "-addext", "basicConstraints=critical,CA:FALSE",
                                     "-addext", "subjectAltName=" + alternative_name};
    options.insert(options.end(), more.begin(), more.end());
    make(name, options);
  }

 private:
  void run(std::vector<std::string> command, const std::vector<std::string>& more) const {
    command.insert(command.end(), more.begin(), more.end());
    child_process made{{.arguments = command,
                        .environment = inherited_environment(),
                        .working_directory = {},
                        .output = directory.path() / "openssl.log"}};
    BOOST_TEST_REQUIRE(made.wait(std::chrono::seconds{20}).value_or(-1) == 0, text("openssl.log"));
  }
};

}  // namespace kfs::test
