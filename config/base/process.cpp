#include "config/base/process.hpp"

#include <sys/resource.h>
#include <unistd.h>

namespace kfs {

std::map<std::string, std::string> process_environment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string line(*entry);
    const auto equals = line.find('=');
    if (equals != std::string::npos) variables.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return variables;
}

std::size_t raise_open_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1'024;
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  return limit.rlim_cur;
}

}  // namespace kfs
