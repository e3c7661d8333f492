#include "image/prepare.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "image/crop.h"
#include "image/remap.h"
#include "image/resize.h"

namespace biovil {
namespace {

constexpr int64_t kMostPixels = int64_t{1} << 40;
constexpr int64_t kLargestCrop = 16384;

uint64_t sum(const uint8_t* row, int64_t width) {
  uint64_t total = 0;
  for (int64_t x = 0; x < width;) {
    int64_t end = std::min<int64_t>(width, x + 65536);
    uint32_t part = 0;
    for (; x < end; x++) part += row[x];
    total += part;
  }
  return total;
}

using Rows = const uint8_t* [kRowsAtOnce];

/// Takes the rows of the film that the crop depends on, kRowsAtOnce at a time from the top, and makes the
/// crop.
class Cropper {
 public:
  virtual ~Cropper() = default;
  /// `y` counts from the first row that the crop depends on.
  virtual void add(const Rows& rows, size_t y) = 0;
  /// Writes crop rows of `stride` bytes.
  virtual void finish(uint8_t* out, size_t stride) = 0;
};

/// Resizes each row as it comes.
class RowsFirst : public Cropper {
 public:
  RowsFirst(const Weights& x, const Weights& y, size_t stride)
      : y_(y), stride_(stride), resampler_(x, stride) {
    rows_.resize(padded(static_cast<size_t>(y.last() - y.first())) * stride);
  }
  void add(const Rows& rows, size_t y) override { resampler_.run(rows, &rows_[y * stride_]); }
  void finish(uint8_t* out, size_t stride) override { resample_columns(y_, rows_.data(), stride, out); }

 private:
  const Weights& y_;
  const size_t stride_;
  RowResampler resampler_;
  std::vector<uint8_t> rows_;
};

/// Keeps the rows to resize them along y before x.
class ColumnsFirst : public Cropper {
 public:
  ColumnsFirst(const Weights& x, const Weights& y, size_t width)
      : x_(x), y_(y), width_(width), room_(padded(width)) {
    rows_.resize(padded(static_cast<size_t>(y.last() - y.first())) * room_);
  }

  void add(const Rows& rows, size_t y) override {
    for (size_t i = 0; i < kRowsAtOnce; i++) std::memcpy(&rows_[(y + i) * room_], rows[i], width_);
  }

  void finish(uint8_t* out, size_t stride) override {
    std::vector<uint8_t> resized(padded(y_.size()) * room_);
    resample_columns(y_, rows_.data(), room_, resized.data());
    RowResampler resampler(x_, stride);
    for (size_t y = 0; y < y_.size(); y += kRowsAtOnce) {
      Rows rows;
      for (size_t i = 0; i < kRowsAtOnce; i++) rows[i] = &resized[(y + i) * room_];
      resampler.run(rows, out + y * stride);
    }
  }

 private:
  const Weights& x_;
  const Weights& y_;
  const size_t width_;
  const size_t room_;
  std::vector<uint8_t> rows_;
};

/// All rows of the film: each is summed, kept where the film is wanted, and handed on where the crop needs
/// it.
class Film {
 public:
  Film(const Pixels& pixels, const Remap& remap, std::vector<uint8_t>& film)
      : pixels_(pixels),
        remap_(remap),
        film_(film),
        scratch_(static_cast<size_t>(pixels.width) * kRowsAtOnce) {}

  void skip(int64_t y, int64_t end) {
    for (; y < end; y++) take(y, 0);
  }

  /// Rows y to y + kRowsAtOnce; past `end` the last one repeats.
  void block(int64_t y, int64_t end, Rows& rows) {
    for (size_t i = 0; i < kRowsAtOnce; i++) {
      int64_t row = y + static_cast<int64_t>(i);
      rows[i] = row < end ? take(row, i) : rows[i - 1];
    }
  }

  double mean() const {
    return static_cast<double>(total_) /
           (static_cast<double>(pixels_.width) * static_cast<double>(pixels_.height));
  }

 private:
  const uint8_t* take(int64_t y, size_t slot) {
    auto width = static_cast<size_t>(pixels_.width);
    const uint8_t* row = remap_.row(y, &scratch_[slot * width]);
    total_ += sum(row, pixels_.width);
    if (!film_.empty()) std::memcpy(&film_[static_cast<size_t>(y) * width], row, width);
    return row;
  }

  const Pixels& pixels_;
  const Remap& remap_;
  std::vector<uint8_t>& film_;
  std::vector<uint8_t> scratch_;
  uint64_t total_ = 0;
};

}  // namespace

bool can_prepare(const Pixels& pixels, const PrepareSettings& settings) {
  bool channels = pixels.channels == 1 || pixels.channels == 3 || pixels.channels == 4;
  return channels && pixels.width > 0 && pixels.height > 0 && pixels.width <= kMostPixels / pixels.height &&
         settings.crop > 0 && settings.crop <= settings.resize && settings.resize <= kLargestCrop &&
         settings.low >= 0 && settings.low < settings.high && settings.high <= 100;
}

PreparedImage prepare(const Pixels& pixels, const PrepareSettings& settings) {
  PreparedImage out;
  Remap remap(pixels, settings.low, settings.high);
  if (settings.film) out.film.resize(static_cast<size_t>(pixels.width * pixels.height));
  Film film(pixels, remap, out.film);

  CropPlan plan = plan_crop(pixels.width, pixels.height, settings.resize, settings.crop);
  Weights x(pixels.width, plan.x, plan.crop);
  Weights y(pixels.height, plan.y, plan.crop);
  auto crop = static_cast<size_t>(settings.crop);
  size_t stride = padded(crop);
  std::unique_ptr<Cropper> cropper;
  if (plan.columns_first) {
    cropper = std::make_unique<ColumnsFirst>(x, y, static_cast<size_t>(pixels.width));
  } else {
    cropper = std::make_unique<RowsFirst>(x, y, stride);
  }

  film.skip(0, y.first());
  for (int64_t row = y.first(); row < y.last(); row += static_cast<int64_t>(kRowsAtOnce)) {
    Rows rows;
    film.block(row, y.last(), rows);
    cropper->add(rows, static_cast<size_t>(row - y.first()));
  }
  film.skip(y.last(), pixels.height);

  std::vector<uint8_t> rows(padded(crop) * stride);
  cropper->finish(rows.data(), stride);
  out.crop.resize(crop * crop);
  for (size_t row = 0; row < crop; row++) std::memcpy(&out.crop[row * crop], &rows[row * stride], crop);
  out.mean_grey = film.mean();
  out.constant = remap.constant();
  out.non_finite = remap.non_finite();
  out.spread = remap.spread();
  return out;
}

}  // namespace biovil
