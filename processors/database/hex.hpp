#pragma once

#include <string>
#include <string_view>

namespace kfs::hex {

/// Appends two lower-case digits for each byte.
void append(std::string_view bytes, std::string& into);

/// Appends the bytes that pairs of hexadecimal digits stand for. Returns false for other texts; `into` may then end in
/// some of the bytes.
bool append_bytes(std::string_view digits, std::string& into);

}  // namespace kfs::hex
