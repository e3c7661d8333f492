#include "addon/openmp.h"

#include <cstdlib>

namespace biovil {
namespace {

// About 40 microseconds: longer than the gap between two operations of a forward, much shorter than a time
// slice. libgomp's own 300,000 rounds make threads wait for one another's time slice as soon as anything
// else, this process's event loop included, wants a core. docs/performance.md has the measurement.
constexpr char kSpinCount[] = "1000";

}  // namespace

void limit_openmp_spinning() {
  if (std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr) return;
  setenv("GOMP_SPINCOUNT", kSpinCount, 0);
}

}  // namespace biovil
