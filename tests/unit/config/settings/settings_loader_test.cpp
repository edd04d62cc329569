#include "config/settings/loader.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fstream>

#include "tests/support/temp_directory.hpp"

namespace kfs::settings_loader_test {

namespace {

using variables = std::map<std::string, std::string>;

/// A working directory for the loader.
struct folder {
  void write(const std::string& name, const std::string& content) const {
    std::ofstream(files.path() / name, std::ios::binary) << content;
  }
  /// kfs.yaml is the file of --config, if there is one.
  [[nodiscard]] kfs::loaded_settings load(const variables& environment = {}) const {
    std::optional<std::filesystem::path> yaml;
    if (std::filesystem::exists(files.path() / "kfs.yaml")) yaml = "kfs.yaml";
    return kfs::load_settings(environment, files.path(), yaml);
  }

  kfs::test::temp_directory files;
};

kfs::loaded_settings with_environment(const variables& environment) {
  return folder().load(environment);
}

kfs::loaded_settings with_dotenv(const std::string& content, const variables& environment = {}) {
  const folder here;
  here.write(".env", content);
  return here.load(environment);
}

/// All mistakes as the user sees them, one a line.
std::string told(const kfs::loaded_settings& loaded) {
  std::string text;
  for (const auto& mistake : loaded.mistakes) text += to_string(mistake) + "\n";
  return text;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

const kfs::loaded_settings::effective& effective(const kfs::loaded_settings& loaded, std::string_view name) {
  const auto found = std::find_if(loaded.effective_values.begin(), loaded.effective_values.end(),
                                  [&](const auto& one) { return one.name == name; });
  BOOST_REQUIRE(found != loaded.effective_values.end());
  return *found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(settings_loader)

BOOST_AUTO_TEST_CASE(without_any_source_the_defaults_hold) {
  const auto loaded = with_environment({});
  BOOST_TEST(told(loaded) == "");
  BOOST_TEST(loaded.values.kafka_bootstrap_servers == "localhost:9092");
  BOOST_TEST((loaded.values.level == kfs::log_level::info));
  BOOST_TEST((loaded.values.format == kfs::log_format::text));
  BOOST_TEST(loaded.values.http_host == "0.0.0.0");
  BOOST_TEST(loaded.values.http_port == 8000);
  BOOST_TEST(loaded.values.data_dir == "./data");
  BOOST_TEST((loaded.values.file_sink_directories == std::vector<std::filesystem::path>{"/var/log", "/tmp", "./data"}));
  BOOST_TEST(loaded.values.kafka_allowed_brokers.check_host("any.example").has_value());
  BOOST_TEST(loaded.values.replica_id == "");
  BOOST_TEST((loaded.values.replica_lease == std::chrono::seconds(3)));
  BOOST_TEST(!loaded.values.replica_capacity.has_value());
  BOOST_TEST(effective(loaded, "HTTP_PORT").origin == "default");
}

BOOST_AUTO_TEST_CASE(environment_wins_over_dotenv_wins_over_yaml_wins_over_defaults) {
  const folder here;
  here.write("kfs.yaml", "http_port: 3\nhttp_host: 127.0.0.3\nlog_level: ERROR\n");
  here.write(".env", "HTTP_PORT=2\nHTTP_HOST=127.0.0.2\n");
  const auto loaded = here.load({{"HTTP_PORT", "1"}});
  BOOST_TEST(told(loaded) == "");
  BOOST_TEST(loaded.values.http_port == 1);
  BOOST_TEST(loaded.values.http_host == "127.0.0.2");
  BOOST_TEST((loaded.values.level == kfs::log_level::error));
  BOOST_TEST(effective(loaded, "HTTP_PORT").origin == "environment");
  BOOST_TEST(effective(loaded, "HTTP_HOST").origin == ".env:2");
  BOOST_TEST(effective(loaded, "LOG_LEVEL").origin == "kfs.yaml:3");
  BOOST_TEST(effective(loaded, "DATA_DIR").origin == "default");
}

BOOST_AUTO_TEST_CASE(an_empty_value_counts_as_not_set_in_every_source) {
  const folder here;
  here.write("kfs.yaml", "http_port: 3\nhttp_host: \"\"\ndata_dir: ~\nreplica_id:\n");
  here.write(".env", "HTTP_PORT=\nLOG_LEVEL=''\n");
  const auto loaded = here.load({{"HTTP_PORT", ""}, {"DATABASE_URL", " "}});
  BOOST_TEST(told(loaded) == "");
  BOOST_TEST(loaded.values.http_port == 3);
  BOOST_TEST(loaded.values.http_host == "0.0.0.0");
  BOOST_TEST(loaded.values.data_dir == "./data");
}

BOOST_AUTO_TEST_CASE(all_mistakes_are_told_at_once_each_with_its_origin) {
  const folder here;
  here.write("kfs.yaml", "http_host: example.org\nhttp_prot: 1\n");
  here.write(".env", "nonsense\nLOG_FORMAT=xml\n");
  const auto text = told(here.load({{"HTTP_PORT", "70000"}}));
  BOOST_TEST(contains(text, "HTTP_PORT (from environment): must be a whole number from 0 to 65535"));
  BOOST_TEST(contains(text, "(given: 70000)"));
  BOOST_TEST(contains(text, "HTTP_HOST (from kfs.yaml:1): "));
  BOOST_TEST(contains(text, "http_prot (from kfs.yaml:2): there is no setting of this name; did you mean http_port?"));
  BOOST_TEST(contains(text, ".env:1: the line is not KEY=VALUE"));
  BOOST_TEST(contains(text, "LOG_FORMAT (from .env:2): must be text or json"));
  BOOST_TEST(std::count(text.begin(), text.end(), '\n') == 5);
}

BOOST_AUTO_TEST_CASE(log_levels_are_read_in_any_case) {
  const auto level = [](const char* name) { return with_environment({{"LOG_LEVEL", name}}).values.level; };
  BOOST_TEST((level("debug") == kfs::log_level::debug));
  BOOST_TEST((level("Info") == kfs::log_level::info));
  BOOST_TEST((level("WARN") == kfs::log_level::warning));
  BOOST_TEST((level("warning") == kfs::log_level::warning));
  BOOST_TEST((level("ERROR") == kfs::log_level::error));
  BOOST_TEST(contains(told(with_environment({{"LOG_LEVEL", "LOUD"}})), "LOG_LEVEL (from environment): must be DEBUG"));
}

BOOST_AUTO_TEST_CASE(good_values_of_every_setting_are_taken) {
  const auto loaded = with_environment({{"KAFKA_BOOTSTRAP_SERVERS", "a:1 , [::1]:9092"},
                                        {"KAFKA_ALLOWED_BROKERS", "kafka.example"},
                                        {"LOG_FORMAT", "JSON"},
                                        {"HTTP_HOST", "::1"},
                                        {"HTTP_PORT", "0"},
                                        {"DATA_DIR", "/srv/kfs"},
                                        {"FILE_SINK_DIRECTORIES", "/a, /b c"},
                                        {"REPLICA_ID", "replica-1"},
                                        {"REPLICA_LEASE_MS", "60000"},
                                        {"REPLICA_CAPACITY", "1"},
                                        {"AUTH_MODE", "none"}});
  BOOST_TEST(told(loaded) == "");
  BOOST_TEST(loaded.values.kafka_bootstrap_servers == "a:1,[::1]:9092");
  BOOST_TEST(!loaded.values.kafka_allowed_brokers.check_host("other.example").has_value());
  BOOST_TEST((loaded.values.format == kfs::log_format::json_lines));
  BOOST_TEST(loaded.values.http_host == "::1");
  BOOST_TEST(loaded.values.http_port == 0);
  BOOST_TEST(loaded.values.data_dir == "/srv/kfs");
  BOOST_TEST((loaded.values.file_sink_directories == std::vector<std::filesystem::path>{"/a", "/b c"}));
  BOOST_TEST(loaded.values.replica_id == "replica-1");
  BOOST_TEST((loaded.values.replica_lease == std::chrono::minutes(1)));
  BOOST_TEST(loaded.values.replica_capacity.value_or(0) == 1U);
}

BOOST_AUTO_TEST_CASE(bad_values_of_every_setting_are_rejected_by_name) {
  const std::pair<const char*, std::string> bad[] = {{"KAFKA_BOOTSTRAP_SERVERS", "localhost"},
                                                     {"KAFKA_BOOTSTRAP_SERVERS", "a:1,,b:2"},
                                                     {"KAFKA_ALLOWED_BROKERS", "10.0.0.0/40"},
                                                     {"KAFKA_ALLOWED_BROKERS", ","},
                                                     {"LOG_FORMAT", "xml"},
                                                     {"HTTP_HOST", "[::1]"},
                                                     {"HTTP_HOST", "127.0.0.1:80"},
                                                     {"HTTP_PORT", "-1"},
                                                     {"HTTP_PORT", "65536"},
                                                     {"HTTP_PORT", "80x"},
                                                     {"HTTP_PORT", "0x50"},
                                                     {"DATA_DIR", "a\nb"},
                                                     {"FILE_SINK_DIRECTORIES", "/a,,/b"},
                                                     {"FILE_SINK_DIRECTORIES", ","},
                                                     {"REPLICA_ID", "a b"},
                                                     {"REPLICA_ID", std::string(256, 'a')},
                                                     {"REPLICA_ID", "é"},
                                                     {"REPLICA_LEASE_MS", "999"},
                                                     {"REPLICA_LEASE_MS", "60001"},
                                                     {"REPLICA_LEASE_MS", "3s"},
                                                     {"REPLICA_LEASE_MS", "99999999999999999999"},
                                                     {"REPLICA_CAPACITY", "0"},
                                                     {"REPLICA_CAPACITY", "-1"},
                                                     {"REPLICA_CAPACITY", "1.5"},
                                                     {"AUTH_MODE", "basic"},
                                                     {"AUTH_MODE", "api_key,,jwt"},
                                                     {"API_KEY_GRACE_SECONDS", "-1"},
                                                     {"METRICS_PUBLIC", "yes"},
                                                     {"AUDIT_RETENTION_DAYS", "0"}};
  for (const auto& [name, value] : bad) {
    const auto text = told(with_environment({{name, value}}));
    BOOST_TEST(text.find(std::string(name) + " (from environment): ") == 0U, name << "=" << value << " gives " << text);
    BOOST_TEST(std::count(text.begin(), text.end(), '\n') == 1, text);
  }
}

BOOST_AUTO_TEST_CASE(modes_of_access_are_a_list_and_settings_without_theirs_are_a_mistake) {
  const auto both = with_environment({{"AUTH_MODE", "API_KEY, jwt"},
                                      {"ADMIN_API_KEY", "0123456789abcdef"},
                                      {"JWT_ISSUER", "https://idp.example/"},
                                      {"JWT_AUDIENCE", "kfs"},
                                      {"JWT_JWKS", "https://idp.example/keys"}});
  BOOST_TEST(told(both) == "");
  BOOST_TEST(both.values.access.api_keys);
  BOOST_TEST(both.values.access.tokens);
  BOOST_TEST(with_environment({}).values.access.asks_nobody());
  BOOST_TEST(contains(told(with_environment({{"AUTH_MODE", "none,jwt"}})), "must be none, or a list"));
  BOOST_TEST(contains(told(with_environment({{"ADMIN_API_KEY", "0123456789abcdef"}})), "no effect without api_key"));
  const auto missing = told(with_environment({{"AUTH_MODE", "jwt"}}));
  BOOST_TEST(contains(missing, "JWT_"), missing);
  const auto short_key = told(with_environment({{"AUTH_MODE", "api_key"}, {"ADMIN_API_KEY", "short-secret"}}));
  BOOST_TEST(contains(short_key, "must be 16 to"), short_key);
  BOOST_TEST(!contains(short_key, "short-secret"), short_key);
}

BOOST_AUTO_TEST_CASE(a_secret_stands_neither_in_a_mistake_nor_in_the_effective_values) {
  for (const std::string value : {"u:s3cret@db/kfs", "s3cret${oops}", "s3cret${env:", "s3cret\n"}) {
    const auto loaded = with_environment({{"DATABASE_URL", value}});
    BOOST_TEST(loaded.mistakes.size() == 1U);
    BOOST_TEST(!contains(told(loaded), "s3cret"));
    BOOST_TEST(effective(loaded, "DATABASE_URL").value == "********");
  }
}

BOOST_AUTO_TEST_CASE(a_password_in_the_url_of_another_setting_is_masked_in_its_mistake) {
  const auto text = told(with_environment({{"KAFKA_BOOTSTRAP_SERVERS", "http://user:s3cret@kafka:9092"}}));
  BOOST_TEST(contains(text, "KAFKA_BOOTSTRAP_SERVERS"));
  BOOST_TEST(!contains(text, "s3cret"));
}

BOOST_AUTO_TEST_CASE(unknown_names_in_dotenv_and_environment_are_no_mistakes) {
  BOOST_TEST(told(with_dotenv("SOMETHING_ELSE=1\n", {{"HOME", "/root"}, {"HTTP_PROT", "1"}})) == "");
}

BOOST_AUTO_TEST_CASE(kfs_config_names_the_yaml_file_when_the_command_line_does_not) {
  const folder here;
  here.write("a.yaml", "http_port: 1\n");
  here.write("b.yaml", "http_port: 2\n");
  const variables environment{{"KFS_CONFIG", "a.yaml"}};
  BOOST_TEST(kfs::load_settings(environment, here.files.path(), std::nullopt).values.http_port == 1);
  BOOST_TEST(kfs::load_settings(environment, here.files.path(), "b.yaml").values.http_port == 2);
  here.write(".env", "KFS_CONFIG=b.yaml\n");
  BOOST_TEST(kfs::load_settings({}, here.files.path(), std::nullopt).values.http_port == 2);
}

BOOST_AUTO_TEST_CASE(references_are_resolved_anywhere_in_a_value_of_any_source) {
  const folder here;
  here.write("port", "9092\r\n");
  here.write(".env", "BROKER=kafka.example\nREPLICA_ID=a-${env:POD}\n");
  here.write("kfs.yaml",
             "kafka_bootstrap_servers: ${env:BROKER}:${file:" + (here.files.path() / "port").string() + "}\n");
  const auto loaded = here.load({{"POD", "7"}, {"HTTP_PORT", "${env:PORT}"}, {"PORT", "81"}});
  BOOST_TEST(told(loaded) == "");
  BOOST_TEST(loaded.values.kafka_bootstrap_servers == "kafka.example:9092");
  BOOST_TEST(loaded.values.replica_id == "a-7");
  BOOST_TEST(loaded.values.http_port == 81);
  BOOST_TEST(effective(loaded, "HTTP_PORT").value == "81");
}

BOOST_AUTO_TEST_CASE(references_in_what_a_reference_gives_are_not_followed) {
  const auto loaded = with_environment({{"REPLICA_ID", "${env:A}"}, {"A", "${env:B}"}, {"B", "b"}});
  BOOST_TEST(told(loaded) == "");
  BOOST_TEST(loaded.values.replica_id == "${env:B}");
}

BOOST_AUTO_TEST_CASE(a_reference_that_cannot_be_resolved_is_a_mistake_that_names_it) {
  const auto text = [](const std::string& value) {
    return told(with_environment({{"REPLICA_ID", value}, {"EMPTY", ""}}));
  };
  BOOST_TEST(contains(text("${env:ABSENT}"), "refers to ${env:ABSENT}, which is not set or empty"));
  BOOST_TEST(contains(text("${env:EMPTY}"), "refers to ${env:EMPTY}, which is not set or empty"));
  BOOST_TEST(contains(text("${file:/absent/file}"), "/absent/file cannot be read: No such file"));
  BOOST_TEST(contains(text("${file:relative}"), "without an absolute path"));
  BOOST_TEST(contains(text("${file:/dev/null}"), "/dev/null cannot be read: it is not a regular file"));
  BOOST_TEST(contains(text("${env:}"), "without the name of a variable"));
  BOOST_TEST(contains(text("${HOME}"), "neither ${env:NAME} nor ${file:/path}"));
  BOOST_TEST(contains(text("a${env:X"), "without the closing"));
}

BOOST_AUTO_TEST_CASE(a_file_that_nobody_writes_to_is_not_waited_for) {
  const folder here;
  const auto pipe = here.files.path() / "pipe";
  BOOST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  BOOST_TEST(contains(told(here.load({{"REPLICA_ID", "${file:" + pipe.string() + "}"}})), "it is not a regular file"));
}

BOOST_AUTO_TEST_CASE(the_files_and_directories_that_settings_name_are_known) {
  const folder here;
  here.write("id", "one");
  here.write("kfs.yaml", "http_port: 1\n");
  const auto id = here.files.path() / "id";
  const auto loaded = here.load({{"REPLICA_ID", "${file:" + id.string() + "}"},
                                 {"ACCESS_FILE", "access.yaml"},
                                 {"JWT_JWKS", "keys.json"},
                                 {"CLUSTER_KEY", "/key.pem"},
                                 {"SECRETS_DIRECTORIES", "/run/secrets"}});
  const auto& known = loaded.values.read_by_server;
  for (const auto& file :
       {here.files.path() / ".env", here.files.path() / "kfs.yaml", id, here.files.path() / "access.yaml",
        here.files.path() / "keys.json", std::filesystem::path("/key.pem"), std::filesystem::path("/run/secrets")})
    BOOST_TEST((std::ranges::find(known, file) != known.end()), file);
}

BOOST_AUTO_TEST_CASE(what_a_file_holds_is_not_repeated_in_a_mistake) {
  const folder here;
  here.write("token", "s3cret value");
  const auto loaded = here.load({{"REPLICA_ID", "${file:" + (here.files.path() / "token").string() + "}"}});
  BOOST_TEST(loaded.mistakes.size() == 1U);
  BOOST_TEST(!contains(told(loaded), "s3cret"));
  BOOST_TEST(!contains(effective(loaded, "REPLICA_ID").value, "s3cret"));
}

BOOST_AUTO_TEST_CASE(effective_values_list_every_setting_as_declared) {
  const auto loaded = with_environment({});
  const auto& declared = kfs::setting_declarations();
  BOOST_REQUIRE(loaded.effective_values.size() == declared.size());
  for (std::size_t i = 0; i < declared.size(); ++i) BOOST_TEST(loaded.effective_values[i].name == declared[i].name);
}

BOOST_AUTO_TEST_CASE(the_table_and_the_help_name_every_setting_with_its_default) {
  const auto table = kfs::settings_markdown();
  const auto help = kfs::settings_help();
  for (const auto& one : kfs::setting_declarations()) {
    BOOST_TEST(contains(table, "| `" + one.name + "` |"), one.name);
    BOOST_TEST(contains(help, "\n  " + one.name + " ") != (help.find("  " + one.name + " ") == 0U), one.name);
    BOOST_TEST(contains(table, one.default_value), one.name);
    BOOST_TEST(contains(help, one.default_value), one.name);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::settings_loader_test
