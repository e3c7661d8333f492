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
/// samples are all equal is black. With percentiles other than 0 and 100 the samples are first clipped to the
/// values there.
class Remap {
 public:
  /// Reads the whole image once, and some times more for percentiles.
  Remap(const Pixels& pixels, double low, double high);

  bool constant() const { return constant_; }
  /// How many samples are NaN or infinite.
  uint64_t non_finite() const { return non_finite_; }
  /// The range between the percentiles .1 and 99.9, as a share of the range that is stretched; 1 where there
  /// is none. To 1 in 4,096, and of a large image from rows spread over it that have a quarter of a
  /// million samples.
  double spread() const;

  /// Grey values of one row: either `into`, which has room for `width` of them, or the image itself where it
  /// is already as it should be.
  const uint8_t* row(int64_t y, uint8_t* into) const;

 private:
  template <typename Sample>
  void scan(const Sample* samples, double low, double high);
  template <typename Sample>
  void fill_table(double greatest);

  const Pixels pixels_;
  double least_ = 0;
  double minimum_ = 0;
  double range_ = 0;
  bool constant_ = false;
  bool identity_ = false;
  uint64_t non_finite_ = 0;
  /// For samples of 8 and 16 bits: the grey value of each, from the least that occurs on.
  std::vector<uint8_t> table_;
};

}  // namespace biovil
