#include "actors/metrics/process_figures.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>

namespace kfs {
namespace {

/// When the machine was started, in seconds since 1970.
std::optional<double> boot_time() {
  std::ifstream from("/proc/stat");
  for (std::string line; std::getline(from, line);) {
    std::istringstream words(line);
    std::string name;
    double value = 0;
    if (words >> name >> value && name == "btime") return value;
  }
  return std::nullopt;
}

/// Since Linux 6.2 the size of the folder is the number of its entries; before, it is 0.
std::optional<double> count_open_files() {
  constexpr const char* folder = "/proc/self/fd";
  struct stat found {};
  if (::stat(folder, &found) == 0 && found.st_size > 0) return static_cast<double>(found.st_size);
  std::error_code unknown;
  const std::filesystem::directory_iterator entries(folder, unknown);
  if (unknown) return std::nullopt;
  return static_cast<double>(std::distance(begin(entries), end(entries)) - 1);  // the folder itself is one
}

std::optional<double> open_files_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return static_cast<double>(limit.rlim_cur);
}

/// The fields of /proc/self/stat from the third on (proc(5)); the second is a name, which may hold spaces.
std::vector<double> stat_fields() {
  std::ifstream from("/proc/self/stat");
  std::string line;
  std::getline(from, line);
  const auto name_end = line.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream words(line.substr(name_end + 1));
  std::string state;
  words >> state;
  std::vector<double> fields{0};
  for (double value = 0; words >> value;) fields.push_back(value);
  return fields;
}

}  // namespace

process_figures process_figures::read() {
  process_figures seen;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  // Positions as in proc(5), where the first of these fields is number 3.
  constexpr std::size_t first = 3, user_time = 14, system_time = 15, threads = 20, start = 22, virtual_size = 23,
                        resident_pages = 24;
  if (const auto fields = stat_fields(); fields.size() > resident_pages - first) {
    seen.cpu_seconds = (fields[user_time - first] + fields[system_time - first]) / ticks;
    seen.threads = fields[threads - first];
    seen.virtual_bytes = fields[virtual_size - first];
    seen.resident_bytes = fields[resident_pages - first] * static_cast<double>(::sysconf(_SC_PAGESIZE));
    static const auto booted = boot_time();
    if (booted) seen.start_time = *booted + fields[start - first] / ticks;
  }
  seen.open_files = count_open_files();
  seen.most_open_files = open_files_limit();
  return seen;
}

const std::vector<process_metric>& process_metrics() {
  using prometheus::MetricType;
  using figures = process_figures;
  static const std::vector<process_metric> all{
      {{"process_cpu_seconds_total", "CPU time of the process, user and system, in seconds."},
       MetricType::Counter,
       &figures::cpu_seconds},
      {{"process_resident_memory_bytes", "Memory of the process that is in RAM, in bytes."},
       MetricType::Gauge,
       &figures::resident_bytes},
      {{"process_virtual_memory_bytes", "Address space of the process, in bytes."},
       MetricType::Gauge,
       &figures::virtual_bytes},
      {{"process_threads", "Threads of the process."}, MetricType::Gauge, &figures::threads},
      {{"process_start_time_seconds", "When the process was started, in seconds since 1970."},
       MetricType::Gauge,
       &figures::start_time},
      {{"process_open_fds", "Open files and sockets of the process."}, MetricType::Gauge, &figures::open_files},
      {{"process_max_fds", "Files and sockets that the process may open."},
       MetricType::Gauge,
       &figures::most_open_files},
  };
  return all;
}

void write_process_metrics(exposition_writer& to) {
  const auto seen = process_figures::read();
  for (const auto& [declared, type, value] : process_metrics()) {
    if (!(seen.*value)) continue;
    to.family(declared.name, declared.help, type);
    to.value("", *(seen.*value));
  }
}

}  // namespace kfs
