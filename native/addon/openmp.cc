#include "addon/openmp.h"

#include <cstdlib>

namespace biovil {
namespace {

// libgomp's default of 300,000 rounds (some milliseconds) makes threads wait for one another's time slice as
// soon as anything else, this process's own event loop included, wants a core. See docs/performance.md for
// the choice.
constexpr char kSpinCount[] = "10000";

}  // namespace

void limit_openmp_spinning() {
  if (std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr) return;
  setenv("GOMP_SPINCOUNT", kSpinCount, 0);
}

}  // namespace biovil
