#include "processors/file/errors.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace kfs {
namespace {

struct meaning {
  ec code;
  std::string_view advice;
};

meaning meaning_of(int number) {
  switch (number) {
    case ENOSPC:
      return {ec::sink_unavailable, "free space on its file system"};
    case EDQUOT:
      return {ec::sink_unavailable, "free space or raise the quota of the server's user"};
    case EFBIG:
      return {ec::sink_unavailable, "move the file away or raise the server's file size limit"};
    case EIO:
      return {ec::sink_unavailable, "check the disk or the network file system below it"};
    case EMFILE:
    case ENFILE:
      return {ec::sink_unavailable, "raise the limit of open files"};
    case EACCES:
    case EPERM:
      return {ec::sink_denied, "let the server's user write there, or choose another file_path"};
    case EROFS:
      return {ec::sink_denied, "its file system is read-only; choose another file_path"};
    case EISDIR:
      return {ec::sink_denied, "it is a directory; choose another file_path"};
    case ENXIO:
    case ENODEV:
      return {ec::sink_denied, "it is no regular file; choose another file_path"};
    case ELOOP:
    case ENOTDIR:
      return {ec::sink_denied,
              "a part of it is no directory, or is a symbolic link that leads nowhere or was made just "
              "now; mend it or choose another file_path"};
    case ENAMETOOLONG:
      return {ec::sink_denied, "choose a shorter file_path"};
    default:
      return {ec::sink_unavailable, "it is tried again"};
  }
}

}  // namespace

error file_error(int number, std::string_view tried, const std::filesystem::path& path) {
  const auto [code, advice] = meaning_of(number);
  return {code, fmt::format("cannot {} \"{}\": {}; {}", tried, path.native(), std::generic_category().message(number),
                            advice)};
}

}  // namespace kfs
