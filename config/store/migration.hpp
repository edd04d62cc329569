#pragma once

namespace kfs {

/// One step of a store's schema, applied once, in a transaction. A step that was ever released never changes.
struct migration {
  int version = 0;
  const char* sql = nullptr;
};

}  // namespace kfs
