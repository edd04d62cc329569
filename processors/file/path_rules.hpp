#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace kfs {

/// What is wrong with a `file_path` as it is written, whatever the topic; nullopt when nothing is.
std::optional<std::string> mistake_in_file_path(const std::string& file_path);

/// What is wrong with the names in a `file_path` once its placeholders are replaced: each must have room in the file
/// system together with what is put behind it, and be none that the server keeps for its own files.
/// `path`: as file_path_template::with_topic() returns it. nullopt when nothing is wrong.
std::optional<std::string> mistake_in_names(const std::string& path);

/// The same for the length of the whole path, after symbolic links were followed.
std::optional<std::string> mistake_in_length(const std::filesystem::path& resolved);

}  // namespace kfs
