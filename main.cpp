#include <algorithm>
#include <caf/all.hpp>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/kafka/departures.hpp"
#include "actors/kafka/rdkafka_clients.hpp"
#include "actors/metrics/metrics.hpp"
#include "actors/owned_leases.hpp"
#include "actors/services/access_keeper.hpp"
#include "actors/services/kafka_admin_actor.hpp"
#include "actors/services/lag_actor.hpp"
#include "actors/services/rules_actor.hpp"
#include "actors/services/store_actor.hpp"
#include "actors/supervisor/spawn.hpp"
#include "actors/supervisor/vital_actors.hpp"
#include "cluster/link/protocol.hpp"
#include "cluster/lone_replica.hpp"
#include "cluster/replica_identity.hpp"
#include "cluster/shared_work.hpp"
#include "config/access/access_book.hpp"
#include "config/access/tenant_check.hpp"
#include "config/base/ending_signals.hpp"
#include "config/base/logger.hpp"
#include "config/base/process.hpp"
#include "config/consumers/rules.hpp"
#include "config/opening/open_store.hpp"
#include "config/postgres/credential_files.hpp"
#include "config/postgres/environment.hpp"
#include "config/postgres/store_url.hpp"
#include "config/settings/command_line.hpp"
#include "config/settings/loader.hpp"
#include "http/application/access_setup.hpp"
#include "http/server/open_connections.hpp"
#include "http/server/server.hpp"
#include "processors/database/connections.hpp"
#include "processors/file/writers.hpp"
#include "processors/http/endpoints.hpp"
#include "processors/narrowed_catalog.hpp"
#include "processors/sink_catalog.hpp"

/// Settings of jemalloc, which the server is linked with: memory that was not used for a second is returned to the
/// system, by a thread of its own. Batches are allocated in one thread and released in another, and glibc's malloc
/// would keep most of that memory (tests/bench/README.md). Read before main(); the environment variable MALLOC_CONF
/// overrides it (jemalloc(3), "TUNING").
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0";
}

namespace kfs {
namespace {

constexpr int exit_bad_settings = 2;
constexpr std::chrono::seconds drain_bound{20};
constexpr std::chrono::seconds audit_bound{1};    ///< for entries of the audit that are not written yet
constexpr std::chrono::seconds closing_bound{2};  ///< for consumers whose leases could not be given away in time
constexpr std::chrono::seconds leaving_bound{3};  ///< for Kafka clients, after their consumers have been drained
/// For the whole end of the process. It is exceeded only when a call does not return.
constexpr std::chrono::seconds ending_bound{28};

void print_mistakes(const loaded_settings& loaded) {
  for (const auto& mistake : loaded.mistakes) std::cerr << to_string(mistake) << '\n';
}

void print_settings(const loaded_settings& loaded) {
  for (const auto& [name, value, origin] : loaded.effective_values)
    std::cout << name << '=' << value << "  # " << origin << '\n';
}

caf::actor_system_config actor_configuration(const std::optional<link_transport>& links) {
  caf::actor_system_config configuration;
  // Idle workers of "sharing" sleep until there is work. Those of the default, "stealing", poll for it.
  configuration.set("scheduler.policy", caf::atom("sharing"));
  // Sinks block on their disks, so there are more workers than cores.
  configuration.set("scheduler.max-threads", std::max<std::size_t>(8, 2 * std::thread::hardware_concurrency()));
  configuration.set("logger.verbosity", caf::atom("quiet"));
  add_message_types(configuration);
  if (links) configure_links(configuration, *links);
  return configuration;
}

/// Parts of the process that actors refer to. They outlive the actor system.
struct process_parts {
  const settings& configured;
  const logger& log;
  kafka_clients& clients;
  kafka_admin& admin;
  std::string replica;
  std::size_t most_connections;
  std::optional<link_transport> links;
  secret_source secrets;
};

const object_schema* schema_of_processor(std::string_view type) {
  const auto* known = find_sink_type(type);
  return known == nullptr ? nullptr : known->options.get();
}

/// Adds to the files of the server those that libraries read to connect for it, and the present place of each: a link
/// may lead elsewhere later, while what was read before is in use.
void note_credential_files(settings& configured, const conninfo_options& postgres_defaults,
                           const std::map<std::string, std::string>& environment) {
  auto options = parse_conninfo(configured.database_url).value_or(conninfo_options());
  options.insert(postgres_defaults.begin(), postgres_defaults.end());
  const auto files = credential_files_of(options, environment);
  configured.own_files.insert(configured.own_files.end(), files.secret.begin(), files.secret.end());
  for (const auto* list : {&files.secret, &files.trusted})
    configured.read_by_server.insert(configured.read_by_server.end(), list->begin(), list->end());
  for (auto* list : {&configured.own_files, &configured.read_by_server}) {
    for (std::size_t i = 0, given = list->size(); i < given; ++i) {
      std::error_code failed;
      auto present = std::filesystem::canonical((*list)[i], failed);
      if (!failed && present != (*list)[i]) list->push_back(std::move(present));
    }
  }
}

/// What no sink writes: what the server reads for itself, and its own log, where that is a file.
std::vector<std::filesystem::path> not_written(const settings& configured) {
  auto files = configured.read_by_server;
  for (const auto* output : {"/proc/self/fd/1", "/proc/self/fd/2"}) {
    std::error_code failed;
    if (std::filesystem::is_regular_file(output, failed)) files.emplace_back(output);
  }
  return files;
}

/// What the actors refer to. It outlives the actor system.
struct surroundings {
  explicit surroundings(const process_parts& process)
      : sinks{.file_sink_directories = process.configured.file_sink_directories,
              .data_dir = process.configured.data_dir,
              .files = std::make_shared<file_writers>(
                  process.log, std::chrono::system_clock::now, std::chrono::seconds{2},
                  server_files(process.configured.data_dir, not_written(process.configured))),
              .database_hosts = process.configured.database_allowed_hosts,
              .databases = std::make_shared<database_connections>(),
              .endpoints = std::make_shared<http_endpoints>(
                  process.configured.forwarder_allowed_hosts,
                  [this](const std::string& origin, std::optional<breaker_state> state) {
                    measured.endpoint_breaker(origin, state ? std::optional(static_cast<int>(*state)) : std::nullopt);
                  }),
              .leases = leases,
              .secrets = process.secrets,
              .redirects_of =
                  [known = access](const std::string& tenant) {
                    const auto present = known->snapshot();
                    const auto* limited = present->find_tenant(tenant);
                    return limited == nullptr ? address_policy() : forwarder_hosts_of(*limited);
                  },
              .read_by_server = not_written(process.configured)},
        rules(process.configured.kafka_allowed_brokers, process.configured.policies, processor_types, process.secrets) {
    measured.replica(process.replica);
    if (process.links && process.links->credentials) {
      process.links->credentials->when_used([this](const link_credentials::files& used) {
        measured.certificate("cluster", used.identity_expires);
        measured.certificate("cluster_ca", used.authority_expires);
      });
    }
  }

  timestamp started_at = now();
  metrics measured;
  std::shared_ptr<owned_leases> leases = std::make_shared<owned_leases>();
  std::shared_ptr<untimely_end> untimely = std::make_shared<untimely_end>();
  std::shared_ptr<access_book> access = std::make_shared<access_book>();
  sink_environment sinks;
  sink_catalog processor_types{sinks};
  consumer_rules rules;
};

/// What of a consumer lies beyond the limits of its tenant, as far as this replica knows them.
tenant_limits_check limits_of_tenants(const settings& configured, const surroundings& around) {
  return [&configured, &around](const consumer_spec& spec) -> std::vector<violation> {
    const auto known = around.access->snapshot();
    const auto* limited = known->find_tenant(spec.tenant);
    if (limited == nullptr) return {};  // the store does not take its consumers
    const auto make_endpoints = [](address_policy allowed) {
      return std::make_shared<http_endpoints>(std::move(allowed), http_endpoints::observer());
    };
    return beyond_tenant(spec, *limited, configured.policies,
                         [&](const tenant& each) { return narrowed_catalog(around.sinks, each, make_endpoints); });
  };
}

/// The actors that the process cannot do without. The constructor starts them, end() ends them.
///
/// Ownership: one for each process, which destroys it before the actor system.
class process_actors {
 public:
  process_actors(const process_parts& process, surroundings& around, caf::actor_system& system,
                 std::unique_ptr<replica_links> links, opened_store store)
      : process_(process),
        around_(around),
        system_(system),
        links_(std::move(links)),
        sharing_(store.shared ? share(*store.shared, store.sealing) : nullptr),
        store_(spawn_store(
            system, std::move(store.keeper), process.log,
            [&measured = around.measured](std::string_view operation, auto took, const std::optional<error>& failed) {
              measured.store_operation(operation, took, failed && failed->code == ec::store_unavailable);
            })),
        checking_(spawn_rules(system, specification_rules_of(around.rules, consumers_in(system, store_),
                                                             limits_of_tenants(process.configured, around)))),
        supervising_(supervise(std::move(store.consumers))),
        asking_(spawn_kafka_admin(system, process.admin)),
        lagging_(spawn_lag_actor(system, {.supervisor = supervising_, .admin = asking_, .kept = kept_})),
        clustered_(sharing_ ? sharing_->cluster() : stand_alone()),
        access_(open_access(system, process.configured, store_, around.access, process.log)),
        watching_(watch()) {}
  process_actors(const process_actors&) = delete;
  process_actors& operator=(const process_actors&) = delete;

  /// Answers HTTP requests, and takes part in the work of the replicas, from now on. Errors: as of
  /// http_server::start().
  result<std::unique_ptr<http_server>> open_api() {
    auto opened = http_server::start(system_, {.configured = process_.configured,
                                               .supervisor = supervising_,
                                               .admin = asking_,
                                               .lag = lagging_,
                                               .cluster = clustered_,
                                               .measured = around_.measured,
                                               .rules = checking_,
                                               .changes = *changes_,
                                               .kept = *kept_,
                                               .log = process_.log,
                                               .version = KFS_VERSION,
                                               .access = access_,
                                               .most_connections = process_.most_connections});
    if (!opened) return opened;
    process_.log.info("listening", {{"host", process_.configured.http_host},
                                    {"port", std::to_string((*opened)->port())},
                                    {"most_connections", std::to_string(process_.most_connections)}});
    if (sharing_) sharing_->begin(supervising_, changes_);
    return opened;
  }

  /// Drains the consumers within bounds, and ends the actors. `api` still answers earlier requests while consumers are
  /// drained; nullptr when it could not be opened.
  void end(http_server* api) {
    caf::scoped_actor self{system_};
    const auto late = [this](const caf::error& reason) {
      process_.log.warning("consumers were not drained in time", {{"reason", from_caf(reason).message}});
    };
    if (sharing_) {
      // The others take over what this replica gives away, so the consumers stay in their groups.
      auto left = self->request(sharing_->coordinator(), drain_bound, leave_atom::value);
      if (api != nullptr) api->stop();
      left.receive([](done) {}, late);
    }
    auto drained = self->request(supervising_, sharing_ ? closing_bound : drain_bound, drain_atom::value);
    if (api != nullptr && !sharing_) api->stop();
    drained.receive([](done) {}, late);
    self->request(access_.keeper, audit_bound, drain_atom::value)
        .receive([](done) {}, [](const caf::error&) {});  // what is not written stands in the log
    caf::anon_send_exit(watching_, caf::exit_reason::user_shutdown);
    for (const auto& [name, actor] : own_actors()) caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  }

 private:
  std::unique_ptr<shared_work> share(const postgres_target& database, const spec_sealing_ptr& sealing) {
    auto shared = std::make_unique<shared_work>(
        system_, shared_work::parts{
                     .target = database,
                     .self = {.replica = {process_.replica},
                              .capacity = process_.configured.replica_capacity,
                              .protocol = link_protocol(),
                              .version = KFS_VERSION,
                              .address = {},
                              .started_at = around_.started_at},
                     .times = lease_times(process_.configured.replica_lease),
                     .measured = around_.measured,
                     .log = process_.log,
                     .name_is_taken = [untimely = around_.untimely](const error& reason) { untimely->note(reason); },
                     .links = links_.get(),
                     .sealing = sealing});
    around_.leases->follow(shared->owned());
    return shared;
  }

  supervisor_actor supervise(std::optional<std::vector<consumer_spec>> consumers) {
    return spawn_supervisor(
        system_,
        {.store = store_,
         .clients = process_.clients,
         .sinks = around_.sinks,
         .measured = around_.measured,
         .log = process_.log,
         .replica = process_.replica,
         .rules = checking_,
         .masked = [&rules = around_.rules](const consumer_spec& spec) { return rules.masked(spec); },
         .changes = changes_,
         .kept = kept_,
         .policies = process_.configured.policies,
         .owned = sharing_ ? sharing_->owned() : nullptr,
         .report = sharing_ ? sharing_->reporter() : nullptr,
         .announcer = sharing_ ? sharing_->announcer() : std::nullopt,
         .look_at_store = sharing_ ? sharing_->store_looker() : nullptr},
        std::move(consumers));
  }

  cluster_actor stand_alone() {
    return spawn_lone_replica(system_, {.supervisor = supervising_,
                                        .name = {process_.replica},
                                        .version = KFS_VERSION,
                                        .started_at = around_.started_at,
                                        .capacity = process_.configured.replica_capacity});
  }

  /// All that the process cannot do without, with names for people; the coordinator of the replicas ends by itself.
  [[nodiscard]] std::vector<std::pair<std::string, caf::actor>> own_actors() const {
    return {{"supervisor", caf::actor_cast<caf::actor>(supervising_)},
            {"store", caf::actor_cast<caf::actor>(store_)},
            {"checks of configurations", caf::actor_cast<caf::actor>(checking_)},
            {"lag", caf::actor_cast<caf::actor>(lagging_)},
            {"Kafka questions", caf::actor_cast<caf::actor>(asking_)},
            {"cluster", caf::actor_cast<caf::actor>(clustered_)},
            {"access", caf::actor_cast<caf::actor>(access_.keeper)}};
  }

  /// When one of the actors ends, the process ends, to be started again from outside.
  caf::actor watch() {
    const auto own = own_actors();
    std::map<std::string, caf::actor> vital(own.begin(), own.end());
    if (sharing_) vital.emplace("leases", caf::actor_cast<caf::actor>(sharing_->coordinator()));
    return watch_vital_actors(
        system_, std::move(vital),
        [untimely = around_.untimely, log = process_.log](const std::string& name, const error& reason) {
          log.error("a part that the server cannot do without has ended; the server ends",
                    {{"part", name}, {"reason", reason.message}});
          untimely->note({ec::internal, "a part that the server cannot do without has ended"});
        });
  }

  const process_parts& process_;
  surroundings& around_;
  caf::actor_system& system_;
  // In the order of their start. The supervisor needs those above it.
  std::unique_ptr<replica_links> links_;  ///< nullptr without links
  std::unique_ptr<shared_work> sharing_;  ///< nullptr when this replica is alone
  const change_feed_ptr changes_ =
      sharing_ ? std::make_shared<change_feed>(sharing_->numbering()) : std::make_shared<change_feed>();
  const std::shared_ptr<kept_views> kept_ = std::make_shared<kept_views>();
  store_actor store_;
  rules_actor checking_;
  supervisor_actor supervising_;
  kafka_admin_actor asking_;
  lag_actor lagging_;
  cluster_actor clustered_;
  access_environment access_;
  caf::actor watching_;
};

/// Runs the actors and the API until a signal comes, or an actor that the process cannot do without ends.
result<void> run_actors(const process_parts& process, opened_store store, ending_signals& signals) {
  const auto& log = process.log;
  surroundings around(process);
  if (const auto& file = process.configured.access.file; !file.empty()) {
    auto rules = read_access_file(file);
    if (!rules) return tl::make_unexpected(rules.error());
    around.access->set_rules(std::move(*rules));
  }
  auto configuration = actor_configuration(process.links);
  caf::actor_system system{configuration};
  log.info("starting", {{"version", KFS_VERSION},
                        {"replica", process.replica},
                        {"consumers", store.consumers ? std::to_string(store.consumers->size()) : "not loaded yet"},
                        {"store", store.place}});
  std::unique_ptr<replica_links> links;
  if (process.links) {
    auto opened = replica_links::open(system, *process.links, log);
    if (!opened) return tl::make_unexpected(opened.error());
    links = std::move(*opened);
  }
  process_actors actors(process, around, system, std::move(links), std::move(store));
  const auto api = actors.open_api();
  if (!api) {
    actors.end(nullptr);
    return tl::make_unexpected(api.error());
  }
  const auto signal = signals.wait();
  if (around.untimely->outcome()) log.info("ending", {{"signal", signal}});
  signals.limit_end(ending_bound, [log] {
    log.error(
        "the server did not end in time: a call does not return, for example a write to a disk that hangs; records "
        "that were not committed are read again at the next start");
  });
  actors.end(api->get());
  return around.untimely->outcome();
}

/// How this replica makes links; nullopt without them.
result<std::optional<link_transport>> prepare_links(const link_settings& configured) {
  if (!configured.on()) return std::optional<link_transport>();
  if (!configured.encrypted()) return std::optional(link_transport{configured, nullptr});
  auto credentials = link_credentials::load(configured);
  if (!credentials) return tl::make_unexpected(credentials.error());
  return std::optional(link_transport{configured, std::make_shared<link_credentials>(std::move(*credentials))});
}

/// Opens the store and the Kafka clients, runs the actors, and ends within the bounds.
result<void> serve(const settings& configured, const conninfo_options& postgres_defaults,
                   const std::map<std::string, std::string>& environment, const logger& log) {
  ending_signals signals;
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // exceeding a file-size limit is an error of the sink
  const auto most_connections = connections_within(raise_open_files());

  const auto replica = configured.replica_id.empty() ? make_replica_id() : configured.replica_id;
  auto links = prepare_links(configured.links);
  if (!links) return tl::make_unexpected(links.error());
  auto store = open_store(configured, postgres_defaults, replica, schema_of_processor, log);
  if (!store) return tl::make_unexpected(store.error());
  departures leaving;
  const secret_source secrets(configured.secrets_directories, environment, configured.own_files);
  const auto clients = make_rdkafka_clients(configured.kafka_allowed_brokers, leaving, log, secrets);
  const auto admin = make_rdkafka_admin(configured.kafka_allowed_brokers, leaving, log, secrets);
  const auto outcome =
      run_actors({configured, log, *clients, *admin, replica, most_connections, std::move(*links), secrets},
                 std::move(*store), signals);
  if (!leaving.wait_for(leaving_bound)) {
    log.warning("Kafka clients did not end in time; the process ends without waiting for them");
    std::_Exit(outcome ? EXIT_SUCCESS : EXIT_FAILURE);
  }
  log.info("ended");
  return outcome;
}

int run(const std::vector<std::string>& arguments) {
  const auto asked = parse_command_line(arguments);
  if (!asked) {
    std::cerr << asked.error().message << "\n\n" << command_line_help();
    return exit_bad_settings;
  }
  if (asked->help) {
    std::cout << command_line_help() << '\n' << settings_help();
    return EXIT_SUCCESS;
  }
  if (asked->version) {
    std::cout << "kafka-fetcher-server " << KFS_VERSION << '\n';
    return EXIT_SUCCESS;
  }
  const auto environment = process_environment();
  const auto postgres_defaults = take_postgres_environment();
  auto loaded = load_settings(environment, std::filesystem::current_path(), asked->config_file);
  if (asked->print_config) print_settings(loaded);
  if (!loaded.mistakes.empty()) {
    print_mistakes(loaded);
    return exit_bad_settings;
  }
  if (asked->check_config) {
    if (const auto& file = loaded.values.access.file; !file.empty()) {
      if (const auto rules = read_access_file(file); !rules) {
        std::cerr << rules.error().message << '\n';
        return exit_bad_settings;
      }
    }
    if (const auto links = prepare_links(loaded.values.links); !links) {
      std::cerr << links.error().message << '\n';
      return exit_bad_settings;
    }
    std::cout << "the settings are valid\n";
  }
  if (asked->check_config || asked->print_config) return EXIT_SUCCESS;

  note_credential_files(loaded.values, postgres_defaults, environment);
  const logger log(loaded.values.level, loaded.values.format);
  if (const auto served = serve(loaded.values, postgres_defaults, environment, log); !served) {
    log.error("cannot serve",
              {{"code", std::string(to_string(served.error().code))}, {"reason", served.error().message}});
    return served.error().code == ec::invalid_request ? exit_bad_settings : EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace kfs

int main(int argc, char** argv) {
  return kfs::run({argv + 1, argv + argc});
}
