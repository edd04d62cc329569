#include "config/secrets/secret_source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "config/base/file_descriptor.hpp"
#include "config/base/text.hpp"

namespace kfs {
namespace {

namespace fs = std::filesystem;

tl::unexpected<error> unavailable(const secret_reference& reference, std::string_view why) {
  return failure(ec::secret_unavailable, fmt::format("the secret {} cannot be used: {}",
                                                     escaped(to_string(reference), escaping::plain, 512), why));
}

tl::unexpected<error> cannot_be_read(int cause) {
  return failure(ec::secret_unavailable, "the file cannot be read: " + std::generic_category().message(cause));
}

bool is_below(const fs::path& path, const fs::path& directory) {
  const auto [of_directory, of_path] = std::mismatch(directory.begin(), directory.end(), path.begin(), path.end());
  const bool all =
      of_directory == directory.end() || (of_directory->empty() && std::next(of_directory) == directory.end());
  return all && of_path != path.end();
}

std::string path_of_descriptor(const file_descriptor& file) {
  return "/proc/self/fd/" + std::to_string(file.get());
}

/// The content of an open file of at most secret_source::largest_file bytes.
result<std::string> read_all(const file_descriptor& file) {
  std::string content(secret_source::largest_file + 1, '\0');
  std::size_t size = 0;
  while (size < content.size()) {
    const auto got = ::read(file.get(), content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot_be_read(errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  content.resize(size);
  if (size > secret_source::largest_file) return cannot_be_read(EFBIG);
  return content;
}

constexpr std::string_view file_of_the_server =
    "holds a setting of the server itself, so no consumer may use it; put the consumer's secret into a file of its own";

void take_off_line_end(std::string& content) {
  if (content.ends_with('\n')) content.pop_back();
  if (content.ends_with('\r')) content.pop_back();
}

}  // namespace

secret_source::secret_source(std::vector<fs::path> directories, const std::map<std::string, std::string>& variables,
                             std::vector<fs::path> own_files)
    : directories_(std::move(directories)), own_files_(std::move(own_files)) {
  for (const auto& [name, value] : variables) {
    if (name.starts_with(secret_variable_prefix)) variables_.emplace(name, value);
  }
}

std::optional<std::string> secret_source::mistake_in(const secret_reference& reference) const {
  if (reference.where == secret_reference::place::variable) return std::nullopt;
  if (directories_.empty())
    return "files cannot be named as secrets: SECRETS_DIRECTORIES of the server names no directory";
  if (is_own(reference.name))
    return fmt::format("{} {}", escaped(reference.name, escaping::plain, 256), file_of_the_server);
  if (is_below_directories(reference.name)) return std::nullopt;
  return fmt::format("{} is not below the directories of SECRETS_DIRECTORIES: {}",
                     escaped(reference.name, escaping::plain, 256),
                     listed(directories_, directories_.size(), [](const fs::path& each) { return each.string(); }));
}

result<std::string> secret_source::value_of(const secret_reference& reference) const {
  if (const auto mistake = mistake_in(reference)) return unavailable(reference, *mistake);
  if (reference.where == secret_reference::place::variable) {
    const auto found = variables_.find(reference.name);
    if (found == variables_.end() || found->second.empty())
      return unavailable(reference, "the variable is not set, or empty, in the environment of this replica");
    return found->second;
  }
  auto content = content_of(reference.name);
  if (!content) return unavailable(reference, content.error().message);
  take_off_line_end(*content);
  if (content->empty()) return unavailable(reference, "the file is empty");
  return content;
}

/// By the names alone, or after symbolic links as they are now.
bool secret_source::is_below_directories(const fs::path& path) const {
  const auto normal = path.lexically_normal();
  if (std::ranges::any_of(directories_,
                          [&](const fs::path& each) { return is_below(normal, each.lexically_normal()); }))
    return true;
  std::error_code failed;
  const auto real = fs::weakly_canonical(path, failed);
  return !failed && is_really_below_directories(real);
}

bool secret_source::is_really_below_directories(const fs::path& path) const {
  return std::ranges::any_of(directories_, [&](const fs::path& each) {
    std::error_code failed;
    const auto real = fs::canonical(each, failed);
    return !failed && is_below(path, real);
  });
}

/// The same file may have several names: links, and mounts.
bool secret_source::is_own(const fs::path& path) const {
  return std::ranges::any_of(own_files_, [&](const fs::path& own) {
    std::error_code failed;
    return fs::equivalent(path, own, failed) && !failed;
  });
}

/// What is opened first cannot be read and has no effect on devices. The kernel then tells what it is and where, and
/// the same file is opened for reading, whatever happens to the names meanwhile.
result<std::string> secret_source::content_of(const std::string& path) const {
  const file_descriptor found(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!found) return cannot_be_read(errno);
  struct stat kind {};
  if (::fstat(found.get(), &kind) != 0) return cannot_be_read(errno);
  if (!S_ISREG(kind.st_mode)) return failure(ec::secret_unavailable, "it is no regular file");
  std::error_code failed;
  const auto real = fs::read_symlink(path_of_descriptor(found), failed);
  if (failed) return cannot_be_read(failed.value());
  if (!is_really_below_directories(real))
    return failure(ec::secret_unavailable, "a symbolic link leads out of the directories of SECRETS_DIRECTORIES");
  if (is_own(path_of_descriptor(found)))
    return failure(ec::secret_unavailable, "it " + std::string(file_of_the_server));
  const file_descriptor file(::open(path_of_descriptor(found).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return cannot_be_read(errno);
  return read_all(file);
}

std::string to_string(const secret_reference& reference) {
  const auto* const kind = reference.where == secret_reference::place::variable ? "env" : "file";
  return fmt::format("${{{}:{}}}", kind, reference.name);
}

}  // namespace kfs
