#pragma once

namespace kfs {

/// A named place at which a test may end or hold up the process, between two steps whose order matters. Only builds
/// with KFS_FAULT_POINTS (the server that the fault tests run) have them; in all others it is nothing.
#ifdef KFS_FAULT_POINTS
void fault_point(const char* name);
#else
inline void fault_point(const char*) noexcept {}
#endif

}  // namespace kfs
