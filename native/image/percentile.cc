#include "image/percentile.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

namespace biovil {
namespace {

/// Unsigned integers in the order of the samples, of the same width. Reading them 16 bits at a time from the
/// top finds the value at any rank without a copy of the image.
template <typename Sample>
struct Order {
  using Key =
      std::conditional_t<sizeof(Sample) == 8, uint64_t,
                         std::conditional_t<sizeof(Sample) == 4, uint32_t,
                                            std::conditional_t<sizeof(Sample) == 2, uint16_t, uint8_t>>>;
  static constexpr Key kSign = static_cast<Key>(Key{1} << (8 * sizeof(Key) - 1));

  static Key key(Sample sample) {
    Key bits;
    std::memcpy(&bits, &sample, sizeof bits);
    if constexpr (std::is_floating_point_v<Sample>) {
      return (bits & kSign) != 0 ? static_cast<Key>(~bits) : static_cast<Key>(bits | kSign);
    } else if constexpr (std::is_signed_v<Sample>) {
      return static_cast<Key>(bits ^ kSign);
    } else {
      return bits;
    }
  }

  static Sample sample(Key key) {
    Key bits = key;
    if constexpr (std::is_floating_point_v<Sample>) {
      bits = (key & kSign) != 0 ? static_cast<Key>(key ^ kSign) : static_cast<Key>(~key);
    } else if constexpr (std::is_signed_v<Sample>) {
      bits = static_cast<Key>(key ^ kSign);
    }
    Sample value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
};

template <typename Sample>
bool finite(Sample sample) {
  if constexpr (std::is_floating_point_v<Sample>) {
    return std::isfinite(sample);
  } else {
    return true;
  }
}

/// A value that is looked for: what is known of its key, and its rank among the samples that begin so.
template <typename Key>
struct Sought {
  uint64_t rank;
  Key prefix = 0;
};

constexpr int kSought = 4;

template <typename Sample>
class Selection {
  using Key = typename Order<Sample>::Key;
  static constexpr int kBits = 8 * sizeof(Key);
  static constexpr int kDigit = std::min(16, kBits);

 public:
  Selection(const Sample* samples, size_t count) : samples_(samples), count_(count) {}

  /// The values at the ranks, from 0 in ascending order.
  std::array<Sample, kSought> at(const std::array<uint64_t, kSought>& ranks) const {
    std::array<Sought<Key>, kSought> sought;
    for (int i = 0; i < kSought; i++) sought[i] = {ranks[i]};
    for (int shift = kBits - kDigit; shift >= 0; shift -= kDigit) narrow(sought, shift);
    std::array<Sample, kSought> values;
    for (int i = 0; i < kSought; i++) values[i] = Order<Sample>::sample(sought[i].prefix);
    return values;
  }

 private:
  /// Adds the next digit to every prefix.
  void narrow(std::array<Sought<Key>, kSought>& sought, int shift) const {
    std::vector<Key> prefixes;
    for (const Sought<Key>& one : sought) prefixes.push_back(one.prefix);
    std::sort(prefixes.begin(), prefixes.end());
    prefixes.erase(std::unique(prefixes.begin(), prefixes.end()), prefixes.end());
    constexpr size_t kDigits = size_t{1} << kDigit;
    std::vector<uint64_t> counts(prefixes.size() * kDigits);
    for (size_t i = 0; i < count_; i++) {
      if (!finite(samples_[i])) continue;
      Key known = static_cast<Key>(Order<Sample>::key(samples_[i]) >> shift);
      auto digit = static_cast<size_t>(known & (kDigits - 1));
      Key prefix = 0;
      if constexpr (kDigit < kBits) prefix = static_cast<Key>(known >> kDigit);
      for (size_t p = 0; p < prefixes.size(); p++) {
        if (prefixes[p] == prefix) counts[p * kDigits + digit]++;
      }
    }
    for (Sought<Key>& one : sought) {
      auto p = std::lower_bound(prefixes.begin(), prefixes.end(), one.prefix) - prefixes.begin();
      const uint64_t* digits = &counts[static_cast<size_t>(p) * kDigits];
      size_t digit = 0;
      while (one.rank >= digits[digit]) one.rank -= digits[digit++];
      Key higher = 0;
      if constexpr (kDigit < kBits) higher = static_cast<Key>(one.prefix << kDigit);
      one.prefix = static_cast<Key>(higher | digit);
    }
  }

  const Sample* samples_;
  const size_t count_;
};

/// Between two neighbours, in numpy's order of operations.
double between(double a, double b, double share) {
  double difference = b - a;
  return share >= 0.5 ? b - difference * (1 - share) : a + difference * share;
}

template <typename Sample>
std::array<double, 2> find(const Sample* samples, size_t count, double low, double high) {
  auto finite_count = static_cast<uint64_t>(std::count_if(samples, samples + count, finite<Sample>));
  if (finite_count == 0) {
    double none = std::numeric_limits<double>::quiet_NaN();
    return {none, none};
  }
  double last = static_cast<double>(finite_count - 1);
  std::array<double, 2> places = {last * (low / 100), last * (high / 100)};
  std::array<uint64_t, kSought> ranks;
  for (size_t i = 0; i < 2; i++) {
    auto below = static_cast<uint64_t>(places[i]);
    ranks[2 * i] = std::min(below, finite_count - 1);
    ranks[2 * i + 1] = std::min(below + 1, finite_count - 1);
  }
  std::array<Sample, kSought> values = Selection<Sample>(samples, count).at(ranks);
  std::array<double, 2> found;
  for (size_t i = 0; i < 2; i++) {
    found[i] = between(static_cast<double>(values[2 * i]), static_cast<double>(values[2 * i + 1]),
                       places[i] - std::floor(places[i]));
  }
  return found;
}

}  // namespace

std::array<double, 2> percentiles(const Pixels& pixels, double low, double high) {
  size_t count = pixels.row_length() * static_cast<size_t>(pixels.height);
  return with_samples(pixels, [&](auto* samples) { return find(samples, count, low, high); });
}

}  // namespace biovil
