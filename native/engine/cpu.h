#pragma once

#include <cstdint>
#include <string>

namespace biovil {

/// Physical cores that this process may use: its affinity mask, without hyperthreads, within its cgroup's
/// quota.
int physical_cores();

/// The processor's name as the kernel gives it, or `CPU`.
std::string cpu_name();

/// Memory of the machine in bytes.
uint64_t cpu_memory();

}  // namespace biovil
