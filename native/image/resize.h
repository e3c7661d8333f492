#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "image/crop.h"

// Pillow's bilinear resampling of 8-bit grey: a triangle as wide as the scale, weights rounded to 22 bits
// after the point, first along the rows and then along the columns, with 8 bits kept in between. Same
// weights, same roundings, hence the same pixels; but only for the cells of a crop.

namespace biovil {

/// Rows are resampled so many at a time, a column of them lying side by side in memory.
constexpr size_t kRowsAtOnce = 16;

/// Rows in memory are padded to a multiple of 16 bytes.
constexpr size_t padded(size_t length) { return (length + 15) / 16 * 16; }

/// The weights of the input cells in each cell of a crop, along one axis.
class Weights {
 public:
  Weights(int64_t input_size, const Span& span, int64_t crop);

  /// Whether nothing changes along this axis; Pillow skips it then.
  bool identity() const { return identity_; }
  /// Number of output cells.
  size_t size() const { return starts_.size(); }
  /// The input cells that the crop depends on, from `first` up to but not including `last`.
  int64_t first() const { return first_; }
  int64_t last() const { return last_; }

  struct Taps {
    int64_t start;
    size_t count;
    const int32_t* weights;
  };
  Taps taps(size_t cell) const { return {starts_[cell], counts_[cell], &weights_[cell * room_]}; }

 private:
  void add(double center, double support, double inverse_scale, int64_t input_size);

  bool identity_;
  size_t room_;  // weights stored for each cell
  std::vector<int64_t> starts_;
  std::vector<size_t> counts_;
  std::vector<int32_t> weights_;
  int64_t first_;
  int64_t last_;
};

/// Resamples kRowsAtOnce rows along x. `rows` hold all input columns; `out` gets the crop's columns of row i
/// at `out + i * stride`. `stride` is a multiple of 16 and at least the crop.
class RowResampler {
 public:
  RowResampler(const Weights& weights, size_t stride);
  void run(const uint8_t* const rows[kRowsAtOnce], uint8_t* out);

 private:
  const Weights& weights_;
  const size_t stride_;
  std::vector<uint8_t> columns_;
  std::vector<uint8_t> results_;
};

/// Resamples along y. `rows` start at input row `weights.first()`; both have `stride` bytes a row, a multiple
/// of 16.
void resample_columns(const Weights& weights, const uint8_t* rows, size_t stride, uint8_t* out);

}  // namespace biovil
