#pragma once

#include <array>

#include "image/pixels.h"

namespace biovil {

/// Values of the finite samples, all channels together, at two percentiles from 0 to 100, as numpy.percentile
/// finds them: between the two nearest ranks, linearly, in double precision. NaN where no sample is finite.
std::array<double, 2> percentiles(const Pixels& pixels, double low, double high);

}  // namespace biovil
