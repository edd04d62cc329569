#include "processors/file/byte_compressor.hpp"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <string>

namespace kfs {
namespace {

constexpr std::size_t piece_bytes = 256 * 1024;
constexpr int gzip_level = 6;
/// The largest window, 32 KiB (15), plus 16 to ask for the header and checksum of gzip.
constexpr int gzip_window_bits = 15 + 16;
constexpr int gzip_memory_level = 8;
constexpr int zstd_level = 3;

tl::unexpected<error> library_failure(std::string_view reason) {
  return failure(ec::sink_unavailable, fmt::format("cannot compress: {}; it is tried again", reason));
}

class gzip_compressor final : public byte_compressor {
 public:
  gzip_compressor() : piece_(piece_bytes, '\0') {
    usable_ = ::deflateInit2(&stream_, gzip_level, Z_DEFLATED, gzip_window_bits, gzip_memory_level,
                             Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~gzip_compressor() override { ::deflateEnd(&stream_); }
  gzip_compressor(const gzip_compressor&) = delete;
  gzip_compressor& operator=(const gzip_compressor&) = delete;

  [[nodiscard]] bool usable() const noexcept { return usable_; }

  result<void> compress(std::string_view bytes, bool last, const writer& write) override {
    while (bytes.size() > piece_bytes) {
      if (auto done = deflated(bytes.substr(0, piece_bytes), Z_NO_FLUSH, write); !done) return done;
      bytes.remove_prefix(piece_bytes);
    }
    return deflated(bytes, last ? Z_FINISH : Z_NO_FLUSH, write);
  }

 private:
  result<void> deflated(std::string_view bytes, int flush, const writer& write) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(piece_.data());
      stream_.avail_out = static_cast<uInt>(piece_.size());
      if (::deflate(&stream_, flush) == Z_STREAM_ERROR) return library_failure("zlib has lost its state");
      const std::string_view ready(piece_.data(), piece_.size() - stream_.avail_out);
      if (auto written = write(ready); !written) return written;
    } while (stream_.avail_out == 0);
    return {};
  }

  z_stream stream_{};
  std::string piece_;
  bool usable_ = false;
};

class zstd_compressor final : public byte_compressor {
 public:
  zstd_compressor() : context_(::ZSTD_createCCtx()), piece_(piece_bytes, '\0') {
    usable_ = context_ != nullptr && take(ZSTD_c_compressionLevel, zstd_level) && take(ZSTD_c_checksumFlag, 1);
  }

  [[nodiscard]] bool usable() const noexcept { return usable_; }

  result<void> compress(std::string_view bytes, bool last, const writer& write) override {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    for (bool more = true; more;) {
      ZSTD_outBuffer out{piece_.data(), piece_.size(), 0};
      const auto left = ::ZSTD_compressStream2(context_.get(), &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
      if (::ZSTD_isError(left) != 0) return library_failure(::ZSTD_getErrorName(left));
      if (auto written = write({piece_.data(), out.pos}); !written) return written;
      more = last ? left != 0 : in.pos < in.size;
    }
    return {};
  }

 private:
  struct free_context {
    void operator()(ZSTD_CCtx* context) const { ::ZSTD_freeCCtx(context); }
  };

  bool take(ZSTD_cParameter parameter, int value) {
    return ::ZSTD_isError(::ZSTD_CCtx_setParameter(context_.get(), parameter, value)) == 0;
  }

  std::unique_ptr<ZSTD_CCtx, free_context> context_;
  std::string piece_;
  bool usable_ = false;
};

template <class compressor>
result<std::unique_ptr<byte_compressor>> usable_one() {
  auto made = std::make_unique<compressor>();
  if (!made->usable()) return library_failure("not enough memory");
  return made;
}

}  // namespace

result<std::unique_ptr<byte_compressor>> make_byte_compressor(compression how) {
  return how == compression::gzip ? usable_one<gzip_compressor>() : usable_one<zstd_compressor>();
}

}  // namespace kfs
