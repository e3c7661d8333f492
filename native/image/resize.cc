#include "image/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "image/transpose.h"

namespace biovil {
namespace {

constexpr int kBits = 22;
constexpr int32_t kHalf = 1 << (kBits - 1);
constexpr size_t kLanes = 16;

static_assert(kLanes == kRowsAtOnce);

#if defined(__SSE2__)

/// The weighted sum of `count` vectors of 16 bytes that lie `step` bytes apart. Two vectors at a time,
/// because there is a multiplication of pairs of 16-bit numbers that adds both products; so each weight is
/// cut into its low 15 bits and the rest. All sums are exact.
inline void weigh(const uint8_t* from, size_t step, const int32_t* weights, size_t count, uint8_t* out) {
  constexpr int kLowBits = 15;
  constexpr int32_t kLowMask = (1 << kLowBits) - 1;
  const __m128i zero = _mm_setzero_si128();
  __m128i low[4], high[4];
  for (__m128i& sums : low) sums = _mm_set1_epi32(kHalf);
  for (__m128i& sums : high) sums = zero;
  for (size_t k = 0; k < count; k += 2) {
    const uint8_t* first = from + k * step;
    const uint8_t* second = k + 1 < count ? first + step : first;
    __m128i a = _mm_loadu_si128(reinterpret_cast<const __m128i*>(first));
    __m128i b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(second));
    __m128i left = _mm_unpacklo_epi8(a, b), right = _mm_unpackhi_epi8(a, b);
    __m128i pairs[4] = {_mm_unpacklo_epi8(left, zero), _mm_unpackhi_epi8(left, zero),
                        _mm_unpacklo_epi8(right, zero), _mm_unpackhi_epi8(right, zero)};
    int32_t v = weights[k], w = k + 1 < count ? weights[k + 1] : 0;
    __m128i low_weights = _mm_set1_epi32((v & kLowMask) | (w & kLowMask) << 16);
    __m128i high_weights = _mm_set1_epi32((v >> kLowBits) | (w >> kLowBits) << 16);
    for (int i = 0; i < 4; i++) {
      low[i] = _mm_add_epi32(low[i], _mm_madd_epi16(pairs[i], low_weights));
      high[i] = _mm_add_epi32(high[i], _mm_madd_epi16(pairs[i], high_weights));
    }
  }
  __m128i sums[4];
  for (int i = 0; i < 4; i++)
    sums[i] = _mm_srai_epi32(_mm_add_epi32(low[i], _mm_slli_epi32(high[i], kLowBits)), kBits);
  // Packing clips, to 16 bits and then to 0..255.
  __m128i bytes = _mm_packus_epi16(_mm_packs_epi32(sums[0], sums[1]), _mm_packs_epi32(sums[2], sums[3]));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
}

#else

inline uint8_t clip(int32_t sum) {
  int32_t value = sum >> kBits;
  return static_cast<uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
}

inline void weigh(const uint8_t* from, size_t step, const int32_t* weights, size_t count, uint8_t* out) {
  for (size_t lane = 0; lane < kLanes; lane++) {
    int32_t sum = kHalf;
    for (size_t k = 0; k < count; k++) sum += weights[k] * static_cast<int32_t>(from[k * step + lane]);
    out[lane] = clip(sum);
  }
}

#endif

void weigh_along_x(const Weights& weights, const uint8_t* columns, uint8_t* results) {
  for (size_t x = 0; x < weights.size(); x++) {
    Weights::Taps taps = weights.taps(x);
    const uint8_t* from = columns + static_cast<size_t>(taps.start - weights.first()) * kLanes;
    weigh(from, kLanes, taps.weights, taps.count, results + x * kLanes);
  }
}

void weigh_along_y(const Weights& weights, const uint8_t* rows, size_t stride, uint8_t* out) {
  for (size_t y = 0; y < weights.size(); y++) {
    Weights::Taps taps = weights.taps(y);
    const uint8_t* from = rows + static_cast<size_t>(taps.start - weights.first()) * stride;
    for (size_t x = 0; x < stride; x += kLanes)
      weigh(from + x, stride, taps.weights, taps.count, out + y * stride + x);
  }
}

}  // namespace

Weights::Weights(int64_t input_size, const Span& span, int64_t crop) : identity_(span.size == input_size) {
  double scale = static_cast<double>(input_size) / static_cast<double>(span.size);
  double support = std::max(scale, 1.0);
  room_ = static_cast<size_t>(std::ceil(support)) * 2 + 1;
  for (int64_t cell = span.start; cell < span.start + crop; cell++)
    add((static_cast<double>(cell) + 0.5) * scale, support, 1.0 / support, input_size);
  first_ = starts_.front();
  last_ = starts_.back() + static_cast<int64_t>(counts_.back());
}

void Weights::add(double center, double support, double inverse_scale, int64_t input_size) {
  int64_t start = std::max<int64_t>(static_cast<int64_t>(center - support + 0.5), 0);
  int64_t end = std::min<int64_t>(static_cast<int64_t>(center + support + 0.5), input_size);
  auto count = static_cast<size_t>(end - start);
  std::vector<double> shares(count);
  double total = 0;
  for (size_t k = 0; k < count; k++) {
    double distance =
        std::abs((static_cast<double>(start + static_cast<int64_t>(k)) - center + 0.5) * inverse_scale);
    shares[k] = distance < 1 ? 1 - distance : 0;
    total += shares[k];
  }
  starts_.push_back(start);
  counts_.push_back(count);
  weights_.resize(starts_.size() * room_);
  int32_t* weights = &weights_[(starts_.size() - 1) * room_];
  for (size_t k = 0; k < count; k++) {
    double share = total == 0 ? shares[k] : shares[k] / total;
    weights[k] = static_cast<int32_t>(0.5 + share * (1 << kBits));
  }
}

RowResampler::RowResampler(const Weights& weights, size_t stride) : weights_(weights), stride_(stride) {
  if (weights.identity()) return;
  columns_.resize(padded(static_cast<size_t>(weights.last() - weights.first())) * kLanes);
  results_.resize(stride * kLanes);
}

void RowResampler::run(const uint8_t* const rows[kRowsAtOnce], uint8_t* out) {
  auto first = static_cast<size_t>(weights_.first());
  auto length = static_cast<size_t>(weights_.last()) - first;
  if (weights_.identity()) {
    for (size_t row = 0; row < kRowsAtOnce; row++)
      std::memcpy(out + row * stride_, rows[row] + first, weights_.size());
    return;
  }
  rows_to_columns(rows, first, length, columns_.data());
  weigh_along_x(weights_, columns_.data(), results_.data());
  columns_to_rows(results_.data(), stride_, out);
}

void resample_columns(const Weights& weights, const uint8_t* rows, size_t stride, uint8_t* out) {
  if (weights.identity()) {
    std::memcpy(out, rows, weights.size() * stride);
    return;
  }
  weigh_along_y(weights, rows, stride, out);
}

}  // namespace biovil
