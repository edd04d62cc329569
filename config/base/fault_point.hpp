#pragma once

namespace kfs {

/// A named place between two steps whose order matters, at which a test may end, stall or fail the process.
///
/// Which program has fault points is decided when it is linked, so a file that names one needs no entry in any list:
/// the server links config/base/no_fault_points.cpp, in which this function does nothing; the server that the fault
/// tests run links tests/support/fault_points.cpp (tests/README.md says how a test chooses a point).
///
/// Called once for a batch or more rarely, never for a record. Threading: safe from any thread.
void fault_point(const char* name);

}  // namespace kfs
