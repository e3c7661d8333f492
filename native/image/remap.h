#pragma once

#include <cstdint>
#include <vector>

#include "image/pixels.h"

namespace biovil {

/// Stretches the samples of an image to 0..255 and makes one grey channel of them. Exactly, per sample in
/// double precision: subtract the minimum, divide by the new maximum, multiply by 255, truncate. The extremes
/// are those of all channels together, alpha too; RGB becomes grey after the stretch, alpha is dropped.
///
/// NaN is black and infinities are black or white; none of them takes part in the extremes. An image whose
/// samples are all equal is black.
class Remap {
 public:
  /// Reads the whole image once.
  explicit Remap(const Pixels& pixels);

  bool constant() const { return constant_; }
  /// How many samples are NaN or infinite.
  uint64_t non_finite() const { return non_finite_; }

  /// Grey values of one row: either `into`, which has room for `width` of them, or the image itself where it
  /// is already as it should be.
  const uint8_t* row(int64_t y, uint8_t* into) const;

 private:
  template <typename Sample>
  void scan(const Sample* samples);
  template <typename Sample>
  void fill_table();

  const Pixels pixels_;
  double minimum_ = 0;
  double range_ = 0;
  bool constant_ = false;
  bool identity_ = false;
  uint64_t non_finite_ = 0;
  /// For samples of 8 and 16 bits: the grey value of each, from the least that occurs on.
  std::vector<uint8_t> table_;
};

}  // namespace biovil
