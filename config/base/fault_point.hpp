#pragma once

namespace kfs {

/// Marks a place between two steps whose order matters. A test may end, stall or fail the process there.
///
/// The linker decides what this function does, so a new fault point needs no entry in any list. The server links
/// config/base/no_fault_points.cpp, where it does nothing; the server of the fault tests links
/// tests/support/fault_points.cpp (tests/README.md says how a test chooses a point).
///
/// Call it at most once per batch, never per record.
/// Threading: may be called from any thread.
void fault_point(const char* name);

}  // namespace kfs
