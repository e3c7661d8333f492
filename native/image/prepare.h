#pragma once

#include <cstdint>
#include <vector>

#include "image/pixels.h"

namespace biovil {

struct PrepareSettings {
  int64_t resize;  // length of the shorter side after resizing
  int64_t crop;    // side of the square in the middle; not more than `resize`
  bool film;       // whether the whole film is wanted as well
  double low;      // percentiles, of which the values become 0 and 255: 0 and 100 for the extremes
  double high;
};

struct PreparedImage {
  std::vector<uint8_t> crop;  // [crop, crop]
  std::vector<uint8_t> film;  // [height, width], or empty
  double mean_grey;           // of the film
  bool constant;              // all samples are equal: everything is black
  uint64_t non_finite;        // samples that are NaN or infinite
  double spread;              // Remap::spread
};

/// Whether `prepare` can do it: sizes above 0 and within memory, 1 <= crop <= resize,
/// 0 <= low < high <= 100.
bool can_prepare(const Pixels& pixels, const PrepareSettings& settings);

/// Stretch to 8 bits of grey, resize, crop: what the image encoders were trained on, to the bit.
PreparedImage prepare(const Pixels& pixels, const PrepareSettings& settings);

}  // namespace biovil
