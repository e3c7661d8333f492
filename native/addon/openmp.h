#pragma once

namespace biovil {

/// Tells libgomp, before libtorch loads it, for how long an idle thread of its pool may spin; does nothing
/// where the user has set OMP_WAIT_POLICY or GOMP_SPINCOUNT.
void limit_openmp_spinning();

}  // namespace biovil
