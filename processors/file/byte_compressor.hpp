#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "config/base/error.hpp"

namespace kfs {

enum class compression : std::uint8_t {
  none,
  gzip,  ///< RFC 1952, by zlib
  zstd,  ///< RFC 8878, with a checksum of the content
};

/// Compresses one stream of bytes in bounded memory.
///
/// Ownership: its maker, for one stream.
/// Threading: none.
/// Errors: those of `write`, after which it must not be used; sink_unavailable when memory is short.
class byte_compressor {
 public:
  using writer = std::function<result<void>(std::string_view)>;

  virtual ~byte_compressor() = default;

  /// Takes the next bytes; `last` ends the stream. `write` receives the output in pieces of up to 256 KiB.
  virtual result<void> compress(std::string_view bytes, bool last, const writer& write) = 0;
};

/// A compressor for a new stream; `how` is not none.
result<std::unique_ptr<byte_compressor>> make_byte_compressor(compression how);

}  // namespace kfs
