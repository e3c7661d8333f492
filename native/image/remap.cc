#include "image/remap.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "image/percentile.h"
#include "image/simd.h"

namespace biovil {
namespace {

template <typename Sample>
struct Extremes {
  Sample least;
  Sample greatest;
  uint64_t non_finite;
};

template <typename Sample>
BIOVIL_INLINE Extremes<Sample> find_integers(const Sample* samples, size_t count) {
  Sample least = std::numeric_limits<Sample>::max();
  Sample greatest = std::numeric_limits<Sample>::lowest();
  for (size_t i = 0; i < count; i++) {
    least = samples[i] < least ? samples[i] : least;
    greatest = samples[i] > greatest ? samples[i] : greatest;
  }
  return {least, greatest, 0};
}

/// Extremes in lanes, because the compiler may not reorder comparisons that a NaN could see.
template <typename Sample>
struct Lanes {
  static constexpr size_t kCount = 16;
  static constexpr Sample kInfinity = std::numeric_limits<Sample>::infinity();

  Sample least[kCount];
  Sample greatest[kCount];
  uint32_t odd[kCount] = {};

  BIOVIL_INLINE Lanes() {
    for (Sample& value : least) value = kInfinity;
    for (Sample& value : greatest) value = -kInfinity;
  }

  BIOVIL_INLINE void add(size_t lane, Sample sample) {
    bool finite = std::abs(sample) <= std::numeric_limits<Sample>::max();
    odd[lane] += finite ? 0 : 1;
    Sample low = finite ? sample : kInfinity;
    Sample high = finite ? sample : -kInfinity;
    least[lane] = low < least[lane] ? low : least[lane];
    greatest[lane] = high > greatest[lane] ? high : greatest[lane];
  }

  BIOVIL_INLINE Extremes<Sample> all() const {
    Extremes<Sample> all = {kInfinity, -kInfinity, 0};
    for (size_t lane = 0; lane < kCount; lane++) {
      all.least = least[lane] < all.least ? least[lane] : all.least;
      all.greatest = greatest[lane] > all.greatest ? greatest[lane] : all.greatest;
      all.non_finite += odd[lane];
    }
    return all;
  }
};

template <typename Sample>
BIOVIL_INLINE Extremes<Sample> find_floats(const Sample* samples, size_t count) {
  constexpr size_t kLanes = Lanes<Sample>::kCount;
  Lanes<Sample> lanes;
  size_t whole = count - count % kLanes;
  for (size_t i = 0; i < whole; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; lane++) lanes.add(lane, samples[i + lane]);
  }
  for (size_t i = whole; i < count; i++) lanes.add(i - whole, samples[i]);
  return lanes.all();
}

template <typename Sample>
BIOVIL_INLINE Extremes<Sample> find(const Sample* samples, size_t count) {
  if constexpr (std::is_floating_point_v<Sample>) {
    return find_floats(samples, count);
  } else {
    return find_integers(samples, count);
  }
}

template <typename Sample>
BIOVIL_AVX2 Extremes<Sample> find_avx2(const Sample* samples, size_t count) {
  return find(samples, count);
}

/// The order of the operations is the reference's; each rounds on its own.
BIOVIL_INLINE uint8_t stretch(double sample, double minimum, double range) {
  double grey = (sample - minimum) / range * 255;
  // The comparisons also catch what has no place between: infinities, and NaN, which fails both.
  return grey >= 255 ? 255 : grey > 0 ? static_cast<uint8_t>(static_cast<int32_t>(grey)) : 0;
}

template <typename Sample>
BIOVIL_INLINE void stretch_all(const Sample* samples, size_t count, double minimum, double range,
                               uint8_t* out) {
  for (size_t i = 0; i < count; i++) out[i] = stretch(static_cast<double>(samples[i]), minimum, range);
}

template <typename Sample>
BIOVIL_AVX2 void stretch_all_avx2(const Sample* samples, size_t count, double minimum, double range,
                                  uint8_t* out) {
  stretch_all(samples, count, minimum, range, out);
}

BIOVIL_INLINE uint8_t luma(uint32_t red, uint32_t green, uint32_t blue) {
  return static_cast<uint8_t>((red * 19595 + green * 38470 + blue * 7471 + 32768) >> 16);
}

/// Grey row of one or more channels, each sample turned by `grey`.
template <typename Sample, typename Grey>
BIOVIL_INLINE void merge(const Sample* samples, int64_t width, int channels, uint8_t* out, Grey grey) {
  if (channels == 1) {
    for (int64_t x = 0; x < width; x++) out[x] = grey(samples[x]);
  } else if (channels == 3) {
    for (int64_t x = 0; x < width; x++)
      out[x] = luma(grey(samples[3 * x]), grey(samples[3 * x + 1]), grey(samples[3 * x + 2]));
  } else {
    for (int64_t x = 0; x < width; x++)
      out[x] = luma(grey(samples[4 * x]), grey(samples[4 * x + 1]), grey(samples[4 * x + 2]));
  }
}

void merge_identity(const uint8_t* samples, int64_t width, int channels, uint8_t* out) {
  merge(samples, width, channels, out, [](uint8_t sample) { return sample; });
}

BIOVIL_AVX2 void merge_identity_avx2(const uint8_t* samples, int64_t width, int channels, uint8_t* out) {
  merge(samples, width, channels, out, [](uint8_t sample) { return sample; });
}

}  // namespace

Remap::Remap(const Pixels& pixels, double low, double high) : pixels_(pixels) {
  with_samples(pixels, [&](auto* samples) { scan(samples, low, high); });
}

template <typename Sample>
void Remap::scan(const Sample* samples, double low, double high) {
  size_t count = pixels_.row_length() * static_cast<size_t>(pixels_.height);
  Extremes<Sample> found = BIOVIL_HAS_AVX2 ? find_avx2(samples, count) : find(samples, count);
  non_finite_ = found.non_finite;
  least_ = static_cast<double>(found.least);
  double greatest = static_cast<double>(found.greatest);
  minimum_ = least_;
  double maximum = greatest;
  if (low > 0 || high < 100) {
    auto [lower, upper] = percentiles(pixels_, low, high);
    // Samples beyond them need no clipping: they come out as 0 and 255.
    minimum_ = std::min(std::max(least_, lower), upper);
    maximum = std::min(std::max(greatest, lower), upper);
  }
  range_ = maximum - minimum_;
  constant_ = !(range_ > 0);
  if (constant_) return;
  identity_ = std::is_same_v<Sample, uint8_t> && minimum_ == 0 && range_ == 255;
  if constexpr (sizeof(Sample) <= 2) {
    if (!identity_) fill_table<Sample>(greatest);
  }
}

template <typename Sample>
void Remap::fill_table(double greatest) {
  table_.resize(static_cast<size_t>(greatest - least_) + 1);
  for (size_t i = 0; i < table_.size(); i++)
    table_[i] = stretch(least_ + static_cast<double>(i), minimum_, range_);
}

double Remap::spread() const {
  if (constant_) return 1;
  constexpr double kLast = 4095;
  constexpr uint64_t kEnough = 1 << 18;
  size_t length = pixels_.row_length();
  auto height = static_cast<uint64_t>(pixels_.height);
  uint64_t step = std::max<uint64_t>(1, length * height / kEnough);
  const double scale = kLast / range_;
  std::vector<uint32_t> counts(static_cast<size_t>(kLast) + 1);
  uint64_t total = 0;
  with_samples(pixels_, [&](auto* samples) {
    for (uint64_t y = 0; y < height; y += step) {
      for (size_t i = 0; i < length; i++) {
        double place = (static_cast<double>(samples[y * length + i]) - minimum_) * scale;
        // Nor NaN.
        if (!(std::abs(place) <= std::numeric_limits<double>::max())) continue;
        counts[static_cast<size_t>(std::min(std::max(place, 0.0), kLast) + 0.5)]++;
        total++;
      }
    }
  });
  // The nearest ranks that are not further out: a single outlier of a small image is never told.
  auto outside = static_cast<uint64_t>(static_cast<double>(total) / 1000);
  size_t first = 0;
  for (uint64_t below = counts[0]; below <= outside && first + 1 < counts.size();) below += counts[++first];
  size_t last = counts.size() - 1;
  for (uint64_t above = counts[last]; above <= outside && last > 0;) above += counts[--last];
  return static_cast<double>(last - first) / kLast;
}

const uint8_t* Remap::row(int64_t y, uint8_t* into) const {
  int64_t width = pixels_.width;
  if (constant_) {
    for (int64_t x = 0; x < width; x++) into[x] = 0;
    return into;
  }
  size_t length = pixels_.row_length();
  int channels = pixels_.channels;
  if (identity_) {
    const uint8_t* samples = static_cast<const uint8_t*>(pixels_.data) + static_cast<size_t>(y) * length;
    if (channels == 1) return samples;
    (BIOVIL_HAS_AVX2 ? merge_identity_avx2 : merge_identity)(samples, width, channels, into);
    return into;
  }
  with_samples(pixels_, [&](auto* all) {
    auto* samples = all + static_cast<size_t>(y) * length;
    using Sample = std::remove_const_t<std::remove_pointer_t<decltype(samples)>>;
    if constexpr (sizeof(Sample) <= 2) {
      const uint8_t* table = table_.data();
      auto least = static_cast<int32_t>(least_);
      merge(samples, width, channels, into,
            [table, least](Sample sample) { return table[static_cast<int32_t>(sample) - least]; });
    } else if (channels == 1) {
      (BIOVIL_HAS_AVX2 ? stretch_all_avx2<Sample> : stretch_all<Sample>)(samples, static_cast<size_t>(width),
                                                                         minimum_, range_, into);
    } else {
      merge(samples, width, channels, into,
            [this](Sample sample) { return stretch(static_cast<double>(sample), minimum_, range_); });
    }
  });
  return into;
}

}  // namespace biovil
